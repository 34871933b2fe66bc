/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unlock_store.h - files of others that were changed, so that every byte can be put back.
 *
 * What a file was is on disk before it is written, and it is written by
 * rename: whenever the command is killed, each file is whole, and known to be
 * either as it was or as it was meant to be. Everything lies in
 * /var/lib/gpushift/unlock: a manifest, and per file what it was and what it
 * became.
 */
#ifndef CLI_UNLOCK_STORE_H
#define CLI_UNLOCK_STORE_H

#include <json-c/json.h>

#include "engine.h"

#define UNLOCK_STORE "var/lib/gpushift/unlock"

/* Bytes of a file, and its mode; absent without bytes. */
struct unlock_bytes {
	char *bytes;
	size_t length;
	unsigned int mode, uid, gid;
};

void unlock_bytes_clear(struct unlock_bytes *bytes);
#define cli_cleanup_bytes __attribute__((cleanup(unlock_bytes_clear)))

/* unlock_bytes_read - 0 also for a file that is not there; -errno */
int unlock_bytes_read(struct gs_engine *engine, const char *path,
		      struct unlock_bytes *ret) gs_must_check;

/* unlock_bytes_same - of files: the same bytes, or no file either */
bool unlock_bytes_same(const struct unlock_bytes *a, const struct unlock_bytes *b);

struct unlock_store {
	struct gs_engine *engine;
	struct json_object *manifest; /* NULL: nothing is installed */
	int lock;
};

enum unlock_file_state {
	UNLOCK_FILE_OURS,     /* as it was meant to be */
	UNLOCK_FILE_ORIGINAL, /* as it was before */
	UNLOCK_FILE_CHANGED,  /* somebody else changed it since */
	UNLOCK_FILE_REPLACED, /* a driver's source came anew, and nothing of ours is in it */
	UNLOCK_FILE_GONE,
	UNLOCK_FILE_OBSOLETE, /* gone with its folder: of a driver that is no more */
};

/*
 * unlock_store_open - for changes (@changes) or to look at it
 * Returns 0; -EBUSY: another command changes it; -EBADMSG, -EPROTO: the manifest is damaged, or newer; -errno.
 */
int unlock_store_open(struct gs_engine *engine, bool changes,
		      struct unlock_store *ret) gs_must_check;
void unlock_store_close(struct unlock_store *store);
#define cli_cleanup_store __attribute__((cleanup(unlock_store_close)))

/* unlock_store_count, unlock_store_path - the files that were changed */
size_t unlock_store_count(const struct unlock_store *store);
const char *unlock_store_path(const struct unlock_store *store, size_t index);

/* unlock_store_find - the index of a file; false: it was not changed */
bool unlock_store_find(const struct unlock_store *store, const char *path, size_t *ret);

/* unlock_store_state - enum unlock_file_state, or -errno */
int unlock_store_state(struct unlock_store *store, size_t index) gs_must_check;

/* unlock_store_original - what a file was before it was changed, or what it is now if it never was, or was replaced */
int unlock_store_original(struct unlock_store *store, const char *path,
			  struct unlock_bytes *ret) gs_must_check;

/* Has systemd read the drop-ins? */
#define UNLOCK_RELOAD "reload"
#define UNLOCK_RELOAD_OWED "owed"
#define UNLOCK_RELOAD_DONE "done"

/* A word about the whole, like the driver's version. */
int unlock_store_note(struct unlock_store *store, const char *key, const char *value) gs_must_check;
const char *unlock_store_noted(const struct unlock_store *store, const char *key);

/*
 * unlock_store_check - what unlock_store_change() would come to; nothing is written
 * Returns as that does.
 */
int unlock_store_check(struct unlock_store *store, const char *path, const char *bytes,
		       size_t length) gs_must_check;

/*
 * unlock_store_prepare - have on disk what a file is, and what it is to be: all that needs room
 * Returns 1: it is so already, of an installation that was forgotten; 0; -errno.
 */
int unlock_store_prepare(struct unlock_store *store, const char *path, const char *bytes,
			 size_t length) gs_must_check;

/*
 * unlock_store_change - make a file what it is meant to be, once it is prepared; once more does nothing
 * @from: what the file said of which @bytes were made; NULL: they were made of none
 * @mode: for a file that is not there
 * Returns 1: changed, 0: it was so; -EEXIST: somebody else changed it since; -errno.
 */
int unlock_store_change(struct unlock_store *store, const char *path, const char *from,
			const char *bytes, size_t length, unsigned int mode) gs_must_check;

/*
 * unlock_store_restore - put one file back
 * Returns 1: put back, 0: it was so, or is gone, or replaced; -EEXIST: somebody else changed it, and it was left; -errno.
 */
int unlock_store_restore(struct unlock_store *store, size_t index) gs_must_check;

/* unlock_store_forget - all files are back: nothing is installed any more */
int unlock_store_forget(struct unlock_store *store) gs_must_check;

/*
 * unlock_store_mark - what the manifest is now; @ret: NULL where there is none
 * unlock_store_go_back - make it that again, after its files were put back
 */
int unlock_store_mark(const struct unlock_store *store, struct json_object **ret) gs_must_check;
int unlock_store_go_back(struct unlock_store *store, struct json_object *mark) gs_must_check;

#endif
