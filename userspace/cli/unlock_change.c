// SPDX-License-Identifier: GPL-2.0-or-later
#include "unlock_change.h"

#include "output.h"
#include "state_file.h"
#include "unlock_rebuild.h"

void unlock_changes_clear(struct unlock_changes *changes)
{
	gs_strv_free(changes->paths);
	*changes = (struct unlock_changes){ 0 };
}

/* What a file was just before, so that it can be that again. */
struct earlier {
	struct unlock_bytes bytes;
	bool ours; /* of an earlier installation */
};

struct change {
	struct cli *cli;
	const struct unlock_host *host;
	struct unlock_store *store;
	const struct unlock_parts *parts;
	struct json_object *mark; /* the manifest */
	struct earlier *earlier;  /* of each part */
	size_t tried;		  /* parts */
	struct unlock_changes *ret;
};

static int remember(struct change *change, size_t part)
{
	struct earlier *earlier = &change->earlier[part];
	const char *path = change->parts->list[part].path;
	size_t index;
	int state;

	if (!unlock_store_find(change->store, path, &index))
		return 0;
	state = unlock_store_state(change->store, index);
	if (state < 0)
		return state;
	earlier->ours = state == UNLOCK_FILE_OURS;
	return unlock_bytes_read(change->store->engine, path, &earlier->bytes);
}

static int undo_one(struct change *change, size_t part)
{
	const struct earlier *earlier = &change->earlier[part];
	const char *path = change->parts->list[part].path;
	size_t index;

	if (!unlock_store_find(change->store, path, &index))
		return 0;
	/* A source that came in between has nothing of ours. */
	if (unlock_store_state(change->store, index) == UNLOCK_FILE_REPLACED)
		return 0;
	if (earlier->ours)
		return unlock_store_change(change->store, path, NULL, earlier->bytes.bytes,
					   earlier->bytes.length, earlier->bytes.mode);
	return unlock_store_restore(change->store, index);
}

/* The last one first. What it came from is said by the caller. */
static int undo(struct change *change)
{
	int failed = 0;

	for (size_t i = change->tried; i-- > 0;) {
		int r = undo_one(change, i);

		if (r < 0)
			failed = r;
	}
	if (failed == 0)
		failed = unlock_store_go_back(change->store, change->mark);
	return failed;
}

static int cannot_change(struct change *change, const char *path, int r)
{
	bool undone = undo(change) == 0;

	if (r == -ENOMEM)
		return cli_no_memory(change->cli);
	return cli_fail(change->cli, GS_EXIT_FAILED, "failed", undone ? NULL : "gpushift unlock remove",
			"cannot write /%s: %s; %s", path,
			r == -EEXIST ? "somebody else has just changed it" : strerror(-r),
			undone ? "what was written is taken back" :
				 "what was written could not be taken back");
}

static int change_one(struct change *change, size_t part)
{
	const struct unlock_part *to = &change->parts->list[part];
	int r = remember(change, part);

	if (r < 0)
		return r;
	change->tried = part + 1;
	r = unlock_store_change(change->store, to->path, to->from, to->text, strlen(to->text), to->mode);
	if (r > 0)
		r = gs_strv_add(&change->ret->paths, to->path);
	return r;
}

/* All of them before the first one is written: a refusal leaves everything as it was. */
static int check_all(struct change *change)
{
	for (size_t i = 0; i < change->parts->count; i++) {
		const struct unlock_part *part = &change->parts->list[i];
		int r = unlock_store_check(change->store, part->path, part->text,
					   strlen(part->text));

		if (r == -ENOMEM)
			return cli_no_memory(change->cli);
		if (r == -EEXIST)
			return cli_fail(change->cli, GS_EXIT_REFUSED, "foreign-owner",
					"gpushift unlock remove",
					"/%s was changed by somebody else since", part->path);
		if (r < 0)
			return cli_fail(change->cli, GS_EXIT_FAILED, "failed", NULL,
					"cannot read /%s: %s", part->path, strerror(-r));
		change->ret->of_driver = change->ret->of_driver || (r > 0 && part->of_driver);
	}
	return 0;
}

/* Written down before anything is changed, for `status` to compare with, and for whoever comes after a kill. */
static int note(struct change *change)
{
	const struct unlock_host *host = change->host;
	struct cli *cli = change->cli;
	int r = unlock_store_note(change->store, "driver", host->version);

	if (r == 0)
		r = unlock_store_note(change->store, "library", host->library);
	if (r == 0)
		r = unlock_store_note(change->store, UNLOCK_RELOAD, UNLOCK_RELOAD_OWED);
	if (r == 0 && cli->hooks)
		r = unlock_store_note(change->store, "hooks", cli->hooks);
	if (r == 0 && change->ret->of_driver && !cli->engine->foreign_root)
		r = unlock_owe(change->store, host->version, host->version);
	if (r == 0)
		return 0;
	(void)!undo(change);
	return unlock_store_fail(cli, r);
}

/*
 * A disk is full before the first file is changed, or it has room for the rest: a driver's source is written in the place
 * of another, one file after the other.
 */
static int prepare_each(struct change *change)
{
	for (size_t i = 0; i < change->parts->count; i++) {
		const struct unlock_part *part = &change->parts->list[i];
		int r = unlock_store_prepare(change->store, part->path, part->text,
					     strlen(part->text));

		if (r > 0)
			r = gs_strv_add(&change->ret->paths, part->path);
		if (r < 0)
			return cannot_change(change, part->path, r);
	}
	return 0;
}

static int change_each(struct change *change)
{
	for (size_t i = 0; i < change->parts->count; i++) {
		int r = change_one(change, i);

		if (r < 0)
			return cannot_change(change, change->parts->list[i].path, r);
	}
	return 0;
}

int unlock_change_all(struct cli *cli, const struct unlock_host *host, struct unlock_store *store,
		      const struct unlock_parts *parts, struct unlock_changes *ret)
{
	gs_cleanup_json struct json_object *mark = NULL;
	gs_cleanup_free struct earlier *earlier = calloc(parts->count + 1, sizeof(*earlier));
	struct change change = { cli, host, store, parts, NULL, earlier, 0, ret };
	int r;

	*ret = (struct unlock_changes){ 0 };
	if (!earlier || unlock_store_mark(store, &mark) < 0)
		return cli_no_memory(cli);
	change.mark = mark;
	r = check_all(&change);
	if (r == 0)
		r = note(&change);
	if (r == 0)
		r = prepare_each(&change);
	if (r == 0)
		r = change_each(&change);
	for (size_t i = 0; i < parts->count; i++)
		unlock_bytes_clear(&earlier[i].bytes);
	return r;
}
