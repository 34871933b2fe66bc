// SPDX-License-Identifier: GPL-2.0-or-later
/* definition_change.c - writes definitions: the ledger, the files, the ledger. */
#include "definition.h"

#include <fcntl.h>

#include "state_file.h"
#include "tree.h"

/* A file as it was before, to be put back. */
struct old {
	char *text; /* NULL: there was none */
	bool touched;
};

static int file_path(const struct gs_definition_change *change, char path[GS_PATH_MAX])
{
	return gs_path(path, GS_DEFINITIONS "/%s/%s", change->parent, change->uuid);
}

/* What is about to be: until the files are written, they may be old or new. */
static int announce_one(struct gs_ledger *ledger, const struct gs_definition_change *change)
{
	struct gs_ledger_entry *entry = gs_ledger_find(ledger, change->uuid);
	char *type = change->type ? strdup(change->type) : NULL;
	int r = 0;

	if (change->type && !type)
		return -ENOMEM;
	if (!entry)
		r = gs_ledger_add(ledger, change->uuid, change->parent, change->card, change->type,
				  &entry);
	if (r == 0) {
		entry->wanted = change->wanted;
		entry->automatic = change->automatic;
		entry->pending = true;
		entry->removing = change->remove;
	}
	if (r == 0 && type) {
		free(entry->type);
		entry->type = gs_steal(type);
	}
	free(type);
	return r;
}

static int announce(struct gs_engine *engine, const struct gs_definition_change *changes,
		    size_t count, struct gs_ledger *ledger, struct json_object **ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = announce_one(ledger, &changes[i]);
	if (r < 0)
		return r;
	*ret = gs_ledger_to_json(ledger);
	return *ret ? gs_ledger_write_json(engine, *ret) : -ENOMEM;
}

static int remove_file(struct gs_engine *engine, const char *path)
{
	return gs_state_remove(engine, path);
}

/* The folder of a parent, in which several files are written, most often with the same text. */
struct folder {
	const char *parent;
	int fd; /* below 0: not open */
	const struct gs_definition_change *written; /* the last file that was new; NULL: none */
	char *text;				     /* of that one */
};

static void close_folder(struct folder *folder)
{
	if (folder->fd >= 0)
		close(folder->fd);
	free(folder->text);
	*folder = (struct folder){ .fd = -1 };
}
#define cleanup_folder __attribute__((cleanup(close_folder)))

static int open_folder(struct gs_engine *engine, const char *parent, struct folder *folder)
{
	char path[GS_PATH_MAX];
	int r;

	if (folder->fd >= 0 && gs_streq(folder->parent, parent))
		return 0;
	close_folder(folder);
	r = gs_path(path, GS_DEFINITIONS "/%s", parent);
	if (r < 0)
		return folder->fd = r;
	folder->fd = gs_tree_open(engine, path, O_PATH | O_DIRECTORY);
	if (folder->fd == -ENOENT) {
		r = gs_state_mkdir(engine, path, 0755);
		folder->fd = r < 0 ? r : gs_tree_open(engine, path, O_PATH | O_DIRECTORY);
	}
	folder->parent = parent;
	return folder->fd < 0 ? folder->fd : 0;
}

static bool is_alike(const struct gs_definition_change *a, const struct gs_definition_change *b)
{
	return gs_streq(a->type, b->type) && a->automatic == b->automatic &&
	       (a->params == b->params || gs_streq(a->params, b->params));
}

/* A file that there is none of yet. */
static int write_new(const struct gs_definition_change *change, enum gs_state_sync sync,
		     struct folder *folder)
{
	if (!folder->written || !is_alike(folder->written, change)) {
		free(folder->text);
		folder->text = gs_definition_text(NULL, change->type, change->params,
						  change->automatic);
		folder->written = folder->text ? change : NULL;
	}
	return folder->text ? gs_state_write_in(folder->fd, change->uuid, folder->text, sync) :
			      -ENOMEM;
}

/* What is in it of others stays in it. */
static int rewrite(const struct gs_definition_change *change,
		   const struct gs_definition_file *file, enum gs_state_sync sync,
		   struct folder *folder)
{
	gs_cleanup_free char *text = gs_definition_text(
		file, change->type ? change->type : file->type, change->params, change->automatic);

	return text ? gs_state_write_in(folder->fd, change->uuid, text, sync) : -ENOMEM;
}

/* @old: what the file holds now; NULL: there is none */
static int write_file(struct gs_engine *engine, const struct gs_definition_change *change,
		      const char *old, enum gs_state_sync sync, struct folder *folder)
{
	gs_cleanup_definition struct gs_definition_file file = { 0 };
	int r = old ? gs_definition_parse(old, &file) : -ENOENT;

	if (r == -ENOMEM)
		return r;
	/* What mdevctl would not take either defines nothing, and is nobody's loss. */
	if (!change->type && !file.type)
		return 0;
	if (open_folder(engine, change->parent, folder) < 0)
		return folder->fd;
	return r == 0 ? rewrite(change, &file, sync, folder) : write_new(change, sync, folder);
}

static int read_file(struct gs_engine *engine, const char *path, char **ret)
{
	int r = gs_tree_read(engine, path, ret);

	return r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

/* The folder of the last one is synced, which is that of all: they are one parent's. */
static int do_one(struct gs_engine *engine, const struct gs_definition_change *change, bool last,
		  struct old *old, struct folder *folder)
{
	char path[GS_PATH_MAX];
	int r;

	r = file_path(change, path);
	if (r == 0 && !change->absent)
		r = read_file(engine, path, &old->text);
	if (r < 0)
		return r;
	old->touched = true;
	if (change->remove)
		return remove_file(engine, path);
	return write_file(engine, change, old->text, last ? GS_STATE_LASTING : GS_STATE_WHOLE,
			  folder);
}

static void put_back(struct gs_engine *engine, const struct gs_definition_change *changes,
		     const struct old *old, size_t count)
{
	char path[GS_PATH_MAX];

	for (size_t i = count; i-- > 0;) {
		if (!old[i].touched || file_path(&changes[i], path) < 0)
			continue;
		if (old[i].text)
			(void)!gs_state_write(engine, path, old[i].text);
		else
			(void)!remove_file(engine, path);
	}
}

static int do_all(struct gs_engine *engine, const struct gs_definition_change *changes,
		  size_t count)
{
	struct old *old = calloc(count, sizeof(*old));
	cleanup_folder struct folder folder = { .fd = -1 };
	int r = old ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < count; i++) {
		bool last = i + 1 == count || !gs_streq(changes[i].parent, changes[i + 1].parent);

		r = do_one(engine, &changes[i], last, &old[i], &folder);
	}
	if (r < 0 && old)
		put_back(engine, changes, old, count);
	for (size_t i = 0; old && i < count; i++)
		free(old[i].text);
	free(old);
	return r;
}

/*
 * Only what was done: what an earlier change was cut off from, and could not be
 * done again, stays to be done.
 * @json: the ledger as it was announced
 */
static int conclude(struct gs_engine *engine, const struct gs_definition_change *changes,
		    size_t count, const struct gs_ledger *ledger, struct json_object *json)
{
	for (size_t i = 0; i < count; i++) {
		const struct gs_ledger_entry *entry = gs_ledger_find(ledger, changes[i].uuid);

		if (entry)
			gs_ledger_json_done(json, entry);
	}
	return gs_ledger_write_json(engine, json);
}

/* A file of the same UUID at another parent would be a second vGPU. */
static int check(const struct gs_definition_change *changes, size_t count,
		 const struct gs_ledger *ledger)
{
	for (size_t i = 0; i < count; i++) {
		const struct gs_ledger_entry *entry = gs_ledger_find(ledger, changes[i].uuid);

		if (!gs_is_uuid(changes[i].uuid) || !gs_state_is_name(changes[i].parent) ||
		    (!entry && (changes[i].remove || !changes[i].type || !changes[i].card)))
			return -EINVAL;
		if (entry && !gs_streq(entry->parent, changes[i].parent))
			return -EEXIST;
	}
	return 0;
}

static const struct gs_definition_change *find_change(const struct gs_definition_change *changes,
						      size_t count, const char *uuid)
{
	for (size_t i = 0; i < count; i++)
		if (gs_streq(changes[i].uuid, uuid))
			return &changes[i];
	return NULL;
}

static int finish_removal(struct gs_engine *engine, const struct gs_ledger_entry *entry)
{
	char path[GS_PATH_MAX];
	int r = gs_path(path, GS_DEFINITIONS "/%s/%s", entry->parent, entry->uuid);

	return r == 0 ? remove_file(engine, path) : r;
}

/* A file of another type was changed by somebody since, or is still to be: whoever wishes for it knows. */
static int finish_write(struct gs_engine *engine, const struct gs_ledger_entry *entry)
{
	const struct gs_definition_change change = { .uuid = entry->uuid,
						     .parent = entry->parent,
						     .type = entry->type,
						     .automatic = entry->automatic };
	gs_cleanup_definition struct gs_definition_file file = { 0 };
	cleanup_folder struct folder folder = { .fd = -1 };
	gs_cleanup_free char *old = NULL;
	char path[GS_PATH_MAX];
	int r = file_path(&change, path);

	if (r == 0)
		r = read_file(engine, path, &old);
	if (r < 0)
		return r;
	if (old && gs_definition_parse(old, &file) == 0 && !gs_streq(file.type, entry->type))
		return -EEXIST;
	return write_file(engine, &change, old, GS_STATE_LASTING, &folder);
}

/* What an earlier change was cut off from. A file that is still to be written waits for no other. */
static int finish_earlier(struct gs_engine *engine, const struct gs_definition_change *changes,
			  size_t count, struct gs_ledger *ledger)
{
	int r = 0;

	for (size_t i = ledger->count; r == 0 && i-- > 0;) {
		struct gs_ledger_entry *entry = &ledger->entries[i];
		bool changes_now = find_change(changes, count, entry->uuid) != NULL;

		if (entry->removing)
			r = finish_removal(engine, entry);
		if (entry->removing && r == 0 && !changes_now)
			gs_ledger_drop(ledger, entry);
		else if (entry->pending && !entry->removing && !changes_now)
			entry->pending = finish_write(engine, entry) < 0;
	}
	return r;
}

int gs_definitions_change(struct gs_engine *engine, const struct gs_definition_change *changes,
			  size_t count)
{
	gs_cleanup_ledger struct gs_ledger before = { 0 };
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	gs_cleanup_json struct json_object *json = NULL;
	int r;

	if (!count)
		return 0;
	r = gs_ledger_read(engine, &before);
	if (r == 0)
		r = gs_ledger_read(engine, &ledger);
	if (r == 0)
		r = check(changes, count, &ledger);
	if (r == 0)
		r = finish_earlier(engine, changes, count, &ledger);
	if (r == 0)
		r = announce(engine, changes, count, &ledger, &json);
	if (r < 0)
		return r;
	r = do_all(engine, changes, count);
	if (r == 0)
		r = conclude(engine, changes, count, &ledger, json);
	else
		(void)!gs_ledger_write(engine, &before);
	return r;
}
