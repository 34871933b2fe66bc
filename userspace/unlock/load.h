/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load.h - from an open configuration file to what it says, in memory of its own. */
#ifndef UNLOCK_LOAD_H
#define UNLOCK_LOAD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "report.h"

/* Larger files are nobody's configuration. */
#define UNLOCK_FILE_MAX (16 * 1024 * 1024)

/* How the text of one kind of file becomes what it says. */
struct unlock_kind {
	size_t (*room)(const char *text, size_t length);
	int (*parse)(void *memory, char *text, size_t length, const struct unlock_report *report);
};

extern const struct unlock_kind unlock_kind_overrides, unlock_kind_settings;

/* What was loaded; the content follows. */
struct unlock_loaded {
	size_t size; /* of the mapping */
	struct unlock_loaded *next; /* of those that wait to be unmapped */
	_Alignas(16) char content[];
};

/*
 * unlock_load_text - parse a text
 * Returns 0; -EINVAL when the text is wrong, which was reported; -ENOMEM.
 */
int unlock_load_text(const struct unlock_kind *kind, const char *text, size_t length,
		     const struct unlock_report *report, struct unlock_loaded **ret);

/*
 * unlock_load_fd - the same for a file, from its beginning
 * @st: what it was when the caller judged it, by fstat()
 * Returns also -EAGAIN: it is no longer that, or -errno.
 */
int unlock_load_fd(const struct unlock_kind *kind, int fd, const struct stat *st,
		   const struct unlock_report *report, struct unlock_loaded **ret);

void unlock_unload(struct unlock_loaded *loaded);

/* unlock_insecure - why a file, or its folder, is not to be trusted; NULL: it is */
const char *unlock_insecure(const struct stat *st, bool folder);

/* unlock_folder_of - the folder of an open file, by whatever links that was found; 0 or -errno */
int unlock_folder_of(int fd, struct stat *ret);

/*
 * unlock_distrust - why the library does not use a file of its configuration; NULL: it does
 * @folder: the one that its path names; @real: the one that it is in
 */
const char *unlock_distrust(const struct stat *file, const struct stat *folder,
			    const struct stat *real);

/* unlock_fingerprint - a number that differs when a file does; never 0 */
uint64_t unlock_fingerprint(const struct stat *st);

#endif
