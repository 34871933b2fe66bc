/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unlock_rebuild.h - what DKMS has to build because the driver's source was changed
 *
 * It is noted in the manifest before the source is written, and struck off
 * when it is built and installed: whoever is killed on the way, or fails,
 * leaves it to the next one.
 */
#ifndef CLI_UNLOCK_REBUILD_H
#define CLI_UNLOCK_REBUILD_H

#include "host.h"
#include "json_build.h"
#include "unlock_store.h"

#define UNLOCK_DKMS "usr/sbin/dkms"

/* A version of the driver that is to be built for a kernel; strings of whom it was asked of. */
struct unlock_build {
	const char *version, *kernel;
};

size_t unlock_owed_count(const struct unlock_store *store);
struct unlock_build unlock_owed(const struct unlock_store *store, size_t index);

/*
 * unlock_owe - note that a version has to be built, for each kernel that DKMS has it installed for
 * @loaded: the version for which it is the running kernel where DKMS has none installed; may be NULL
 */
int unlock_owe(struct unlock_store *store, const char *version, const char *loaded) gs_must_check;

/* unlock_owe_again - also what was built already */
int unlock_owe_again(struct unlock_store *store, struct json_object *done) gs_must_check;

/* What came of it; arrays of objects with "version" and "kernel", and "error" of those that failed. */
struct unlock_builds {
	struct json_object *done, *failed; /* NULL: none */
};

void unlock_builds_clear(struct unlock_builds *builds);

/* Of one object of these arrays. */
struct unlock_build unlock_build_of(struct json_object *object);
const char *unlock_build_error(struct json_object *object);

/* unlock_builds_json - a copy of such an array; an empty one for NULL */
void unlock_builds_json(struct gs_json *json, const char *key, struct json_object *list);

void unlock_owed_json(struct gs_json *json, const char *key, const struct unlock_store *store);

/* unlock_builds_print - a line for each that was built */
void unlock_builds_print(struct json_object *done);

/*
 * unlock_rebuild - have DKMS build and install what is owed; each that is done is struck off
 * @but: versions that are left alone for now; may be NULL
 * @go_on: with the next one after one that failed
 *
 * What has no source or no kernel any more, or gave way to another version, is
 * struck off. Returns 0: nothing failed, -EIO: see @ret, or -errno of the
 * manifest. In another tree nothing is built.
 */
int unlock_rebuild(struct cli *cli, struct unlock_store *store, char *const *but, bool go_on,
		   struct unlock_builds *ret) gs_must_check;

/* unlock_is_installed - has DKMS this version installed for this kernel? */
bool unlock_is_installed(struct gs_engine *engine, const char *version, const char *kernel);

/* Of a driver's version. */
#define UNLOCK_VERSION_SIZE 64

/* unlock_source_version - of "usr/src/nvidia-535.129.03/...": that; false: no such path */
bool unlock_source_version(const char *path, char *ret, size_t size);

#endif
