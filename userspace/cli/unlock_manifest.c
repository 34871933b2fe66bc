// SPDX-License-Identifier: GPL-2.0-or-later
/* unlock_manifest.c - which files were changed, and what else has to be known of it. */
#include "unlock_manifest.h"

#include <fcntl.h>
#include <sys/file.h>

#include "state_file.h"
#include "tree.h"

struct json_object *unlock_manifest_member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(object, key, &value);
	return value;
}

static struct json_object *files(const struct unlock_store *store)
{
	return store->manifest ? unlock_manifest_member(store->manifest, "files") : NULL;
}

struct json_object *unlock_manifest_entry(const struct unlock_store *store, size_t index)
{
	return json_object_array_get_idx(files(store), index);
}

size_t unlock_store_count(const struct unlock_store *store)
{
	struct json_object *list = files(store);

	return list ? json_object_array_length(list) : 0;
}

const char *unlock_store_path(const struct unlock_store *store, size_t index)
{
	return gs_state_string(unlock_manifest_entry(store, index), "path");
}

static int check_builds(struct json_object *list)
{
	if (!list)
		return 0;
	if (!json_object_is_type(list, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *build = json_object_array_get_idx(list, i);
		bool is_object = json_object_is_type(build, json_type_object);
		const char *version = is_object ? gs_state_string(build, "version") : NULL;
		const char *kernel = is_object ? gs_state_string(build, "kernel") : NULL;

		if (!version || !gs_state_is_name(version) || !kernel || !gs_state_is_name(kernel))
			return -EBADMSG;
	}
	return 0;
}

/* Below the root, and not out of a folder. */
static bool is_below(const char *path)
{
	if (!path || !strchr(path, '/'))
		return false;
	for (const char *part = path; part; part = strchr(part, '/')) {
		size_t length;

		part += part > path;
		length = strcspn(part, "/");
		if (!length || strspn(part, ".") == length)
			return false;
	}
	return true;
}

/* What the manifest may hold: paths below the root, and nothing that leads out of a folder. */
static int check_manifest(struct json_object *manifest)
{
	struct json_object *list = unlock_manifest_member(manifest, "files");

	if (!json_object_is_type(list, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		const char *path = json_object_is_type(entry, json_type_object) ?
					   gs_state_string(entry, "path") :
					   NULL;

		if (!is_below(path) ||
		    !json_object_is_type(unlock_manifest_member(entry, "mode"), json_type_int) ||
		    !json_object_is_type(unlock_manifest_member(entry, "existed"), json_type_boolean))
			return -EBADMSG;
	}
	return check_builds(unlock_manifest_member(manifest, "rebuild"));
}

static int take_lock(struct unlock_store *store)
{
	int r = gs_state_mkdir(store->engine, UNLOCK_STORE, 0700);

	if (r == 0)
		r = gs_state_mkdir(store->engine, UNLOCK_SAVED, 0700);
	if (r < 0)
		return r;
	store->lock = gs_tree_open(store->engine, UNLOCK_STORE, O_RDONLY | O_DIRECTORY);
	if (store->lock < 0)
		return store->lock;
	if (flock(store->lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	return 0;
}

int unlock_store_open(struct gs_engine *engine, bool changes, struct unlock_store *ret)
{
	int r = 0;

	*ret = (struct unlock_store){ .engine = engine, .lock = -1 };
	if (changes)
		r = take_lock(ret);
	if (r == 0)
		r = gs_state_read(engine, UNLOCK_MANIFEST, &ret->manifest);
	if (r == 0)
		r = check_manifest(ret->manifest);
	if (r == -ENOENT)
		r = 0;
	if (r < 0)
		unlock_store_close(ret);
	return r;
}

void unlock_store_close(struct unlock_store *store)
{
	json_object_put(store->manifest);
	store->manifest = NULL;
	if (store->lock >= 0)
		close(store->lock);
	store->lock = -1;
}

int unlock_manifest_write(struct unlock_store *store)
{
	return gs_state_write(store->engine, UNLOCK_MANIFEST,
			      json_object_to_json_string_ext(store->manifest,
							     JSON_C_TO_STRING_PRETTY));
}

int unlock_manifest_need(struct unlock_store *store)
{
	if (store->manifest)
		return 0;
	store->manifest = gs_state_new();
	if (!store->manifest)
		return -ENOMEM;
	return gs_state_add(store->manifest, "files", json_object_new_array());
}

int unlock_manifest_add(struct unlock_store *store, struct json_object *entry)
{
	if (json_object_array_add(files(store), entry) == 0)
		return 0;
	json_object_put(entry);
	return -ENOMEM;
}

int unlock_store_note(struct unlock_store *store, const char *key, const char *value)
{
	int r = unlock_manifest_need(store);

	if (r == 0)
		r = gs_state_set(store->manifest, key, value);
	return r == 0 ? unlock_manifest_write(store) : r;
}

const char *unlock_store_noted(const struct unlock_store *store, const char *key)
{
	return store->manifest ? gs_state_string(store->manifest, key) : NULL;
}
