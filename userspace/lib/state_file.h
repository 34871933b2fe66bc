/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_file.h - small JSON files that survive a power cut.
 *
 * A file is replaced by writing beside it, fsync, rename, fsync of the
 * folder: a reader sees the old content or the new one, whole.
 */
#ifndef GS_STATE_FILE_H
#define GS_STATE_FILE_H

#include <json-c/json.h>
#include <sys/types.h>

#include "engine.h"

#define GS_STATE_VERSION 1

/* gs_state_mkdir - make a folder below the root and its parents (mode for the last one) */
int gs_state_mkdir(struct gs_engine *engine, const char *path, mode_t mode) gs_must_check;

/* What of a file must outlive a power cut. A reader of this boot always finds the old one or the new one. */
enum gs_state_sync {
	GS_STATE_OF_BOOT, /* nothing: it holds in this boot only */
	GS_STATE_WHOLE,	  /* the old one or the new one, whichever */
	GS_STATE_LASTING, /* the new one, once it was written */
};

/*
 * gs_state_write - replace @path by @text, so that it lasts
 * gs_state_write_sync - the same, for what need not. Each step waits for the disk once.
 * Return 0, or -errno with the old file intact.
 */
int gs_state_write(struct gs_engine *engine, const char *path, const char *text) gs_must_check;
int gs_state_write_sync(struct gs_engine *engine, const char *path, const char *text,
			enum gs_state_sync sync) gs_must_check;
/* gs_state_write_in - the same in a folder that is open, which spares finding it for many files */
int gs_state_write_in(int folder, const char *name, const char *text,
		      enum gs_state_sync sync) gs_must_check;

/*
 * gs_state_create - a file that is not there yet, and holds in this boot only; -EEXIST: it is
 * Killed meanwhile it leaves one that no reader takes for whole.
 */
int gs_state_create(struct gs_engine *engine, const char *path, const char *text) gs_must_check;

/*
 * gs_state_replace - the same for a file of somebody else: it keeps its owner and mode
 * @mode: of one that is not there yet; its folder must be
 */
int gs_state_replace(struct gs_engine *engine, const char *path, const char *text,
		     mode_t mode) gs_must_check;

/* gs_state_write_mode - as gs_state_write, for a file that not everybody may read */
int gs_state_write_mode(struct gs_engine *engine, const char *path, const char *text,
			mode_t mode) gs_must_check;

/*
 * gs_state_read - parse a JSON object from @path
 * Returns 0, -ENOENT, -EBADMSG (not a JSON object, or without a version),
 * -EPROTO (a newer version), or -errno.
 */
int gs_state_read(struct gs_engine *engine, const char *path,
		  struct json_object **ret) gs_must_check;

/* gs_state_check - is this an object of a version that we understand? 0, -EBADMSG or -EPROTO */
int gs_state_check(struct json_object *json) gs_must_check;

/*
 * gs_state_remove - remove a file, so that it does not come back; one that is not there is no error
 * gs_state_remove_sync - the same, for what may come back with another boot
 */
int gs_state_remove(struct gs_engine *engine, const char *path) gs_must_check;
int gs_state_remove_sync(struct gs_engine *engine, const char *path,
			 enum gs_state_sync sync) gs_must_check;

/* gs_state_rename - set a file aside under another name in the same folder */
int gs_state_rename(struct gs_engine *engine, const char *from, const char *to) gs_must_check;

/* gs_state_new - an object that carries the version; NULL when out of memory */
struct json_object *gs_state_new(void);

/* A string member, or NULL when it is missing, null or no string. Owned by @object. */
const char *gs_state_string(struct json_object *object, const char *key);

/*
 * May a string of a state file become a single component of a path? Names of
 * drivers, modules, types and devices, and UUIDs.
 */
bool gs_state_is_name(const char *text);

/* gs_state_set - add a string (NULL: null); returns 0 or -ENOMEM */
int gs_state_set(struct json_object *object, const char *key, const char *value) gs_must_check;

/* gs_state_add - add any value, which is freed on failure; NULL for @value is -ENOMEM */
int gs_state_add(struct json_object *object, const char *key, struct json_object *value) gs_must_check;

static inline void gs_json_putp(struct json_object **object)
{
	json_object_put(*object);
}
#define gs_cleanup_json __attribute__((cleanup(gs_json_putp)))

#endif
