/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree.h - reading files and links below an engine's root.
 *
 * Paths are relative to the root ("sys/bus/pci/devices"). Symlinks, absolute
 * ones too, never lead out of the root. Nothing here writes.
 */
#ifndef GS_TREE_H
#define GS_TREE_H

#include <dirent.h>
#include <sys/stat.h>

#include "engine.h"

/* Longest relative path that the engine builds. */
#define GS_PATH_MAX 512

/* gs_path - print a path into @buffer; returns 0 or -ENAMETOOLONG */
int gs_path(char buffer[GS_PATH_MAX], const char *format, ...) gs_printf(2, 3) gs_must_check;

/*
 * gs_tree_open - open a path below the root; returns a descriptor or -errno
 * O_CLOEXEC is always added; a file made by O_CREAT gets mode 0600.
 */
int gs_tree_open(const struct gs_engine *engine, const char *path, int flags) gs_must_check;

/*
 * gs_tree_read - a whole small file as a string, final newlines removed
 * Returns 0 or -errno; -EFBIG above 1 MiB.
 */
int gs_tree_read(const struct gs_engine *engine, const char *path, char **ret) gs_must_check;

/* gs_tree_read_head - the same of a long file, of which only the first @max bytes are read */
int gs_tree_read_head(const struct gs_engine *engine, const char *path, size_t max,
		      char **ret) gs_must_check;

/* gs_tree_read_u64 - a file holding one number (decimal, or 0x hexadecimal) */
int gs_tree_read_u64(const struct gs_engine *engine, const char *path, uint64_t *ret) gs_must_check;

/* gs_tree_link_name - the last component of what a symlink points to */
int gs_tree_link_name(const struct gs_engine *engine, const char *path, char **ret) gs_must_check;

/* gs_tree_real_path - where a path really lies, relative to the root */
int gs_tree_real_path(const struct gs_engine *engine, const char *path, char **ret) gs_must_check;

bool gs_tree_exists(const struct gs_engine *engine, const char *path);
/* gs_tree_has - is there such a name, whatever a symlink there points to? */
bool gs_tree_has(const struct gs_engine *engine, const char *path);

/*
 * gs_tree_list - names in a directory, sorted, without "." and ".."
 * A directory that does not exist is an empty list.
 */
int gs_tree_list(const struct gs_engine *engine, const char *path, char ***ret) gs_must_check;

/*
 * A directory that several files are read from: opened once, which is what
 * makes reading a host's sysfs cheap. Names are single components.
 */
struct gs_dir {
	const struct gs_engine *engine;
	int fd; /* -1: not open */
	char path[GS_PATH_MAX];
};

/* What one sysfs attribute can hold, and its final NUL. */
#define GS_ATTRIBUTE_MAX 4097

int gs_dir_open(const struct gs_engine *engine, const char *path, struct gs_dir *ret) gs_must_check;
void gs_dir_close(struct gs_dir *dir);
#define gs_cleanup_dir __attribute__((cleanup(gs_dir_close)))

/*
 * gs_dir_read - an attribute's text, final newlines removed
 * Returns its length or -errno; -EFBIG above a page.
 */
int gs_dir_read(const struct gs_dir *dir, const char *name, char buffer[GS_ATTRIBUTE_MAX]) gs_must_check;
int gs_dir_read_u64(const struct gs_dir *dir, const char *name, uint64_t *ret) gs_must_check;
bool gs_dir_has(const struct gs_dir *dir, const char *name);

/* gs_dir_link_name - the last component of what a symlink in it, or in a folder in it, points to */
int gs_dir_link_name(const struct gs_dir *dir, const char *name, char buffer[GS_PATH_MAX]) gs_must_check;

/* gs_number_parse - decimal or 0x hexadecimal, nothing else; -EINVAL, -ERANGE */
int gs_number_parse(const char *text, uint64_t *ret) gs_must_check;

#endif
