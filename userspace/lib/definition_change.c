// SPDX-License-Identifier: GPL-2.0-or-later
/* definition_change.c - writes definitions: the ledger, the files, the ledger. */
#include "definition.h"

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
		    size_t count, struct gs_ledger *ledger)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = announce_one(ledger, &changes[i]);
	return r < 0 ? r : gs_ledger_write(engine, ledger);
}

static int remove_file(struct gs_engine *engine, const char *path)
{
	return gs_state_remove(engine, path);
}

static int write_file(struct gs_engine *engine, const struct gs_definition_change *change,
		      const char *path, enum gs_state_sync sync)
{
	gs_cleanup_definition struct gs_definition_file file = { 0 };
	gs_cleanup_free char *text = NULL;
	char folder[GS_PATH_MAX];
	int r;

	r = gs_definition_read(engine, change->parent, change->uuid, &file);
	if (r < 0 && r != -ENOENT && r != -EBADMSG)
		return r;
	/* What mdevctl would not take either defines nothing, and is nobody's loss. */
	if (!change->type && !file.type)
		return 0;
	text = gs_definition_text(r == 0 ? &file : NULL, change->type ? change->type : file.type,
				  change->params, change->automatic);
	if (!text)
		return -ENOMEM;
	r = gs_path(folder, GS_DEFINITIONS "/%s", change->parent);
	if (r == 0)
		r = gs_state_mkdir(engine, folder, 0755);
	return r < 0 ? r : gs_state_write_sync(engine, path, text, sync);
}

/* The folder of the last one is synced, which is that of all: they are one parent's. */
static int do_one(struct gs_engine *engine, const struct gs_definition_change *change, bool last,
		  struct old *old)
{
	char path[GS_PATH_MAX];
	int r;

	r = file_path(change, path);
	if (r == 0)
		r = gs_tree_read(engine, path, &old->text);
	if (r < 0 && r != -ENOENT && r != -ENOTDIR)
		return r;
	old->touched = true;
	if (change->remove)
		return remove_file(engine, path);
	return write_file(engine, change, path, last ? GS_STATE_LASTING : GS_STATE_WHOLE);
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
	int r = old ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < count; i++) {
		bool last = i + 1 == count || !gs_streq(changes[i].parent, changes[i + 1].parent);

		r = do_one(engine, &changes[i], last, &old[i]);
	}
	if (r < 0 && old)
		put_back(engine, changes, old, count);
	for (size_t i = 0; old && i < count; i++)
		free(old[i].text);
	free(old);
	return r;
}

/* Only what was done: what an earlier change was cut off from, and could not be done again, stays to be done. */
static int conclude(struct gs_engine *engine, const struct gs_definition_change *changes,
		    size_t count, struct gs_ledger *ledger)
{
	for (size_t i = 0; i < count; i++) {
		struct gs_ledger_entry *entry = gs_ledger_find(ledger, changes[i].uuid);

		if (!entry)
			continue;
		entry->pending = false;
		if (entry->removing)
			gs_ledger_drop(ledger, entry);
	}
	return gs_ledger_write(engine, ledger);
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
	char path[GS_PATH_MAX];
	int r = gs_definition_read(engine, entry->parent, entry->uuid, &file);

	if (r == 0 && !gs_streq(file.type, entry->type))
		return -EEXIST;
	r = file_path(&change, path);
	return r == 0 ? write_file(engine, &change, path, GS_STATE_LASTING) : r;
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
		r = announce(engine, changes, count, &ledger);
	if (r < 0)
		return r;
	r = do_all(engine, changes, count);
	if (r == 0)
		r = conclude(engine, changes, count, &ledger);
	else
		(void)!gs_ledger_write(engine, &before);
	return r;
}
