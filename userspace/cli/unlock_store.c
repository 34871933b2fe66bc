// SPDX-License-Identifier: GPL-2.0-or-later
#include "unlock_store.h"

#include <sys/stat.h>

#include "state_file.h"
#include "tree.h"
#include "unlock_files.h"
#include "unlock_hooks.h"
#include "unlock_manifest.h"

static int saved_path(char buffer[GS_PATH_MAX], size_t index, const char *what)
{
	return gs_path(buffer, UNLOCK_SAVED "/%zu.%s", index, what);
}

static int read_saved(struct unlock_store *store, size_t index, const char *what,
		      struct unlock_bytes *ret)
{
	struct json_object *entry = unlock_manifest_entry(store, index);
	char path[GS_PATH_MAX];
	int r;

	*ret = (struct unlock_bytes){ 0 };
	if (strcmp(what, "before") == 0 && !json_object_get_boolean(unlock_manifest_member(entry, "existed")))
		return 0;
	r = saved_path(path, index, what);
	if (r == 0)
		r = unlock_bytes_read(store->engine, path, ret);
	if (r == 0 && !ret->bytes)
		r = -EBADMSG;
	ret->mode = (unsigned int)json_object_get_int(unlock_manifest_member(entry, "mode"));
	ret->uid = (unsigned int)json_object_get_int(unlock_manifest_member(entry, "uid"));
	ret->gid = (unsigned int)json_object_get_int(unlock_manifest_member(entry, "gid"));
	return r;
}

struct versions {
	struct unlock_bytes before, after, now;
};

static void clear_versions(struct versions *versions)
{
	unlock_bytes_clear(&versions->before);
	unlock_bytes_clear(&versions->after);
	unlock_bytes_clear(&versions->now);
}
#define cli_cleanup_versions __attribute__((cleanup(clear_versions)))

static int read_versions(struct unlock_store *store, size_t index, struct versions *ret)
{
	int r = read_saved(store, index, "before", &ret->before);

	if (r == 0)
		r = read_saved(store, index, "after", &ret->after);
	if (r == 0)
		r = unlock_bytes_read(store->engine, unlock_store_path(store, index), &ret->now);
	return r;
}

/* Of what is neither as it was nor as it was meant to be. */
static enum unlock_file_state state_of_other(const char *path, const struct unlock_bytes *now)
{
	const struct unlock_hook *hook = unlock_hook_of(path);

	return !hook || unlock_hook_is_there(now->bytes, now->length, hook) ? UNLOCK_FILE_CHANGED :
									     UNLOCK_FILE_REPLACED;
}

static enum unlock_file_state state_of(struct unlock_store *store, const char *path,
				       const struct versions *versions)
{
	if (unlock_bytes_same(&versions->now, &versions->after))
		return UNLOCK_FILE_OURS;
	if (unlock_bytes_same(&versions->now, &versions->before))
		return UNLOCK_FILE_ORIGINAL;
	if (versions->now.bytes)
		return state_of_other(path, &versions->now);
	return unlock_file_has_folder(store->engine, path) ? UNLOCK_FILE_GONE : UNLOCK_FILE_OBSOLETE;
}

int unlock_store_state(struct unlock_store *store, size_t index)
{
	cli_cleanup_versions struct versions versions = { 0 };
	int r = read_versions(store, index, &versions);

	return r < 0 ? r : (int)state_of(store, unlock_store_path(store, index), &versions);
}

bool unlock_store_find(const struct unlock_store *store, const char *path, size_t *ret)
{
	for (*ret = 0; *ret < unlock_store_count(store); (*ret)++)
		if (gs_streq(unlock_store_path(store, *ret), path))
			return true;
	return false;
}

int unlock_store_original(struct unlock_store *store, const char *path, struct unlock_bytes *ret)
{
	size_t index;
	int state;

	*ret = (struct unlock_bytes){ 0 };
	if (!unlock_store_find(store, path, &index))
		return unlock_bytes_read(store->engine, path, ret);
	state = unlock_store_state(store, index);
	if (state < 0)
		return state;
	if (state == UNLOCK_FILE_REPLACED)
		return unlock_bytes_read(store->engine, path, ret);
	return read_saved(store, index, "before", ret);
}

static int save(struct unlock_store *store, size_t index, const char *what,
		const struct unlock_bytes *bytes)
{
	struct unlock_bytes private = *bytes;
	char path[GS_PATH_MAX];
	int r = saved_path(path, index, what);

	private.mode = 0600;
	private.uid = geteuid();
	private.gid = getegid();
	return r < 0 ? r : unlock_file_write(store->engine, path, &private, NULL);
}

static int describe(struct json_object *entry, const struct unlock_bytes *before)
{
	int r = gs_state_add(entry, "existed", json_object_new_boolean(before->bytes != NULL));

	if (r == 0)
		r = gs_state_add(entry, "mode", json_object_new_int((int)before->mode));
	if (r == 0)
		r = gs_state_add(entry, "uid", json_object_new_int64(before->uid));
	if (r == 0)
		r = gs_state_add(entry, "gid", json_object_new_int64(before->gid));
	return r;
}

/* What a file was, what it is to be, and then that this is so: in this order. */
static int record(struct unlock_store *store, const char *path, const struct unlock_bytes *before,
		  const struct unlock_bytes *after, bool left)
{
	bool folder = !left && unlock_file_has_folder(store->engine, path);
	gs_cleanup_json struct json_object *entry = json_object_new_object();
	size_t index = unlock_store_count(store);
	int r = unlock_manifest_need(store);

	if (!entry)
		return -ENOMEM;
	if (r == 0 && before->bytes)
		r = save(store, index, "before", before);
	if (r == 0)
		r = save(store, index, "after", after);
	if (r == 0)
		r = gs_state_set(entry, "path", path);
	if (r == 0)
		r = describe(entry, before);
	if (r == 0)
		r = gs_state_add(entry, "folder", json_object_new_boolean(folder));
	if (r == 0)
		r = unlock_manifest_add(store, gs_steal(entry));
	return r == 0 ? unlock_manifest_write(store) : r;
}

/* Nothing is known of it yet. Returns 1: it is as it is to be, by an installation that nothing is known of any more. */
static int note_new(struct unlock_store *store, const char *path, const struct unlock_bytes *after)
{
	cli_cleanup_bytes struct unlock_bytes before = { 0 };
	int r = unlock_bytes_read(store->engine, path, &before);
	bool left = unlock_bytes_same(&before, after);

	if (r < 0)
		return r;
	/* Then there was nothing before it. */
	if (left)
		unlock_bytes_clear(&before);
	r = record(store, path, &before, after, left);
	return r < 0 ? r : left;
}

/*
 * What took its place is what it was, from now on. Its bytes come last: without them it is still known as one that took
 * the place of another, and whoever comes after a kill takes mode and owner from it once more.
 */
static int adopt(struct unlock_store *store, size_t index, struct versions *versions)
{
	int r = describe(unlock_manifest_entry(store, index), &versions->now);

	if (r == 0)
		r = unlock_manifest_write(store);
	if (r == 0)
		r = save(store, index, "before", &versions->now);
	if (r < 0)
		return r;
	unlock_bytes_clear(&versions->before);
	return unlock_bytes_read(store->engine, unlock_store_path(store, index), &versions->before);
}

/* Who unpacks a driver may be at it just now: what is written must not be made of another one's source. */
static bool is_made_of(const char *from, const struct unlock_bytes *before)
{
	return !from || (before->bytes && before->length == strlen(from) &&
			 memcmp(before->bytes, from, before->length) == 0);
}

static int change_known(struct unlock_store *store, size_t index, const char *from,
			struct unlock_bytes *after)
{
	cli_cleanup_versions struct versions versions = { 0 };
	int r = read_versions(store, index, &versions);
	enum unlock_file_state state;

	if (r < 0)
		return r;
	if (unlock_bytes_same(&versions.now, after) && unlock_bytes_same(&versions.after, after))
		return 0;
	state = state_of(store, unlock_store_path(store, index), &versions);
	if (state == UNLOCK_FILE_CHANGED ||
	    !is_made_of(from, state == UNLOCK_FILE_REPLACED ? &versions.now : &versions.before))
		return -EEXIST;
	if (state == UNLOCK_FILE_REPLACED)
		r = adopt(store, index, &versions);
	if (r < 0)
		return r;
	if (versions.before.bytes) {
		after->mode = versions.before.mode;
		after->uid = versions.before.uid;
		after->gid = versions.before.gid;
	}
	/* Put back first: what the file is must be one of two known things at any moment. */
	r = unlock_store_restore(store, index);
	if (r >= 0)
		r = save(store, index, "after", after);
	if (r >= 0)
		r = unlock_file_write(store->engine, unlock_store_path(store, index), after,
				      &versions.before);
	return r < 0 ? r : 1;
}

int unlock_store_check(struct unlock_store *store, const char *path, const char *bytes,
		       size_t length)
{
	struct unlock_bytes after = { .bytes = (char *)bytes, .length = length };
	cli_cleanup_versions struct versions versions = { 0 };
	size_t index;
	int r;

	if (!unlock_store_find(store, path, &index)) {
		r = unlock_bytes_read(store->engine, path, &versions.now);
		return r < 0 ? r : 1;
	}
	r = read_versions(store, index, &versions);
	if (r < 0)
		return r;
	if (unlock_bytes_same(&versions.now, &after) && unlock_bytes_same(&versions.after, &after))
		return 0;
	return state_of(store, path, &versions) == UNLOCK_FILE_CHANGED ? -EEXIST : 1;
}

int unlock_store_prepare(struct unlock_store *store, const char *path, const char *bytes,
			 size_t length)
{
	struct unlock_bytes after = { .bytes = (char *)bytes, .length = length };
	size_t index;

	return unlock_store_find(store, path, &index) ? 0 : note_new(store, path, &after);
}

int unlock_store_change(struct unlock_store *store, const char *path, const char *from,
			const char *bytes, size_t length, unsigned int mode)
{
	struct unlock_bytes after = {
		.bytes = (char *)bytes,
		.length = length,
		.mode = mode,
		.uid = geteuid(),
		.gid = getegid(),
	};
	size_t index;

	return unlock_store_find(store, path, &index) ? change_known(store, index, from, &after) :
							-ENOENT;
}

int unlock_store_restore(struct unlock_store *store, size_t index)
{
	cli_cleanup_versions struct versions versions = { 0 };
	const char *path = unlock_store_path(store, index);
	int r = read_versions(store, index, &versions);

	if (r < 0)
		return r;
	unlock_file_tidy(store->engine, path);
	switch (state_of(store, path, &versions)) {
	case UNLOCK_FILE_CHANGED:
		return -EEXIST;
	case UNLOCK_FILE_ORIGINAL:
	case UNLOCK_FILE_REPLACED:
	case UNLOCK_FILE_OBSOLETE:
		return 0;
	case UNLOCK_FILE_GONE:
	case UNLOCK_FILE_OURS:
		break;
	}
	if (versions.before.bytes)
		r = unlock_file_write(store->engine, path, &versions.before, &versions.now);
	else
		r = unlock_file_remove(store->engine, path);
	return r < 0 ? r : 1;
}

/* Of files from @first on. */
static int remove_saved(struct unlock_store *store, size_t first, size_t end)
{
	char path[GS_PATH_MAX];
	int r = 0;

	for (size_t i = first; r == 0 && i < end; i++) {
		if (saved_path(path, i, "before") == 0)
			r = gs_state_remove_sync(store->engine, path, GS_STATE_WHOLE);
		if (r == 0 && saved_path(path, i, "after") == 0)
			r = gs_state_remove_sync(store->engine, path, GS_STATE_WHOLE);
	}
	return r;
}

int unlock_store_forget(struct unlock_store *store)
{
	size_t count = unlock_store_count(store);
	int r;

	for (size_t i = 0; i < count; i++) {
		struct json_object *entry = unlock_manifest_entry(store, i);

		if (!json_object_get_boolean(unlock_manifest_member(entry, "folder")))
			unlock_file_tidy_folder(store->engine, unlock_store_path(store, i));
	}
	r = gs_state_remove(store->engine, UNLOCK_MANIFEST);
	if (r == 0)
		r = remove_saved(store, 0, count);
	if (r < 0)
		return r;
	json_object_put(store->manifest);
	store->manifest = NULL;
	return 0;
}

int unlock_store_mark(const struct unlock_store *store, struct json_object **ret)
{
	*ret = NULL;
	if (!store->manifest)
		return 0;
	return json_object_deep_copy(store->manifest, ret, NULL) < 0 ? -ENOMEM : 0;
}

int unlock_store_go_back(struct unlock_store *store, struct json_object *mark)
{
	size_t count = unlock_store_count(store);
	int r;

	if (!mark)
		return unlock_store_forget(store);
	json_object_put(store->manifest);
	store->manifest = json_object_get(mark);
	r = unlock_manifest_write(store);
	return r == 0 ? remove_saved(store, unlock_store_count(store), count) : r;
}
