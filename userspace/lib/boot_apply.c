// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * boot_apply.c - changing the command line, and changing it back.
 *
 * The record stands before the first file changes, and until the last one is back
 * and the program was run. Each file is the old or the new one, whole. So whatever
 * was done when the writer was killed, apply goes on, and revert puts back what is
 * not as it was.
 */
#include <sys/stat.h>

#include "boot_ways.h"
#include "state_file.h"

static int copy(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static const struct gs_boot_file *find_file(const struct gs_boot_change *change, const char *path)
{
	for (size_t i = 0; i < change->n_files; i++)
		if (gs_streq(change->files[i].path, path))
			return &change->files[i];
	return NULL;
}

static int add_copy(struct gs_boot_change *change, const char *path, const char *before,
		    const char *after)
{
	char *old = NULL, *new = NULL;
	int r;

	r = copy(before, &old);
	if (r == 0)
		r = copy(after, &new);
	if (r == 0)
		return gs_boot_change_add(change, path, old, new);
	free(old);
	free(new);
	return r;
}

/* A file that an earlier apply changed keeps its first original, unless somebody wrote it since. */
static int merge_old(struct gs_engine *engine, const struct gs_boot_change *change,
		     const struct gs_boot_file *old, struct gs_boot_change *record)
{
	const struct gs_boot_file *new = find_file(change, old->path);
	gs_cleanup_free char *now = NULL;
	int r;

	r = gs_boot_file_read(engine, old->path, &now);
	if (r < 0)
		return r;
	if (!gs_streq(now, old->after) && !gs_streq(now, old->before))
		return new ? add_copy(record, new->path, new->before, new->after) : 0;
	if (!new && gs_streq(now, old->before))
		return 0;
	return add_copy(record, old->path, old->before, new ? new->after : old->after);
}

/* What was run once is undone, also when it has nothing more to do. */
static int merge_commands(const struct gs_boot_change *old, const struct gs_boot_change *change,
			  struct gs_boot_change *record)
{
	int r = 0;

	if (old)
		r = gs_boot_commands_add(&record->undo, old->undo);
	if (r == 0)
		r = gs_boot_commands_add(&record->undo, change->undo);
	if (r < 0)
		return r;
	return gs_boot_commands_add(&record->command,
				    old && !change->command ? old->command : change->command);
}

static int make_record(struct gs_engine *engine, const struct gs_boot_change *old,
		       const struct gs_boot_change *change, struct gs_boot_change *record)
{
	int r = 0;

	for (size_t i = 0; old && r == 0 && i < old->n_files; i++)
		r = merge_old(engine, change, &old->files[i], record);
	for (size_t i = 0; r == 0 && i < change->n_files; i++) {
		const struct gs_boot_file *file = &change->files[i];

		if (!find_file(record, file->path))
			r = add_copy(record, file->path, file->before, file->after);
	}
	return r == 0 ? merge_commands(old, change, record) : r;
}

static int put(struct gs_engine *engine, const char *path, const char *text)
{
	gs_cleanup_free char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	int r;

	if (!folder)
		return -ENOMEM;
	if (!text)
		return gs_state_remove(engine, path);
	if (!slash)
		return -EINVAL;
	*slash = '\0';
	r = gs_state_mkdir(engine, folder, 0755);
	return r < 0 ? r : gs_state_replace(engine, path, text, 0644);
}

/* What a killed writer left beside the file. */
static int remove_unfinished(struct gs_engine *engine, const char *path)
{
	const char *slash = strrchr(path, '/');
	gs_cleanup_free char *unfinished = NULL;

	if (!slash)
		return 0;
	unfinished = gs_asprintf("%.*s/.%s.new", (int)(slash - path), path, slash + 1);
	return unfinished ? gs_state_remove(engine, unfinished) : -ENOMEM;
}

/* What had been there before and is gone (with its kernel) is nothing to put back. */
static bool has_gone(const struct gs_boot_file *file, const char *now)
{
	return !now && file->before && file->after;
}

static int put_back(struct gs_engine *engine, const struct gs_boot_change *record)
{
	int r = 0;

	for (size_t i = record->n_files; r == 0 && i > 0; i--) {
		const struct gs_boot_file *file = &record->files[i - 1];
		gs_cleanup_free char *now = NULL;

		r = remove_unfinished(engine, file->path);
		if (r == 0)
			r = gs_boot_file_read(engine, file->path, &now);
		if (r == 0 && !gs_streq(now, file->before) && !has_gone(file, now))
			r = put(engine, file->path, file->before);
	}
	return r;
}

/* Of another tree the program would be the wrong one. */
static int run(struct gs_engine *engine, char *const *commands, const struct gs_boot_host *host)
{
	int r;

	if (!commands || engine->foreign_root)
		return 0;
	r = gs_boot_commands_run(engine, host, commands);
	return r < 0 && r != -ENOMEM ? -EIO : r;
}

/* A program that failed may have done a part of its work: it is run on the old state, too. */
static int take_back(struct gs_engine *engine, const struct gs_boot_change *old,
		     const struct gs_boot_change *change, const struct gs_boot_host *host,
		     bool was_run)
{
	int r = put_back(engine, change);

	if (r == 0 && was_run)
		r = change->undo ? run(engine, change->undo, host) : -ENOTSUP;
	if (r < 0)
		return r;
	/* What an earlier one did stays, and is still on record. */
	return old ? gs_boot_record_write(engine, old) : gs_state_remove(engine, GS_BOOT_RECORD);
}

static int do_apply(struct gs_engine *engine, const struct gs_boot_change *old,
		    const struct gs_boot_change *change, struct gs_boot_change *record,
		    const struct gs_boot_host *host, enum gs_boot_reach *ret_reach)
{
	bool was_run = false;
	int r;

	r = gs_boot_record_write(engine, record);
	for (size_t i = 0; r == 0 && i < change->n_files; i++)
		r = put(engine, change->files[i].path, change->files[i].after);
	if (r == 0) {
		was_run = change->command != NULL;
		r = run(engine, change->command, host);
	}
	if (r < 0) {
		if (take_back(engine, old, change, host, was_run) < 0)
			*ret_reach = GS_BOOT_IN_PART;
		return r;
	}
	*ret_reach = GS_BOOT_ALL_BUT_RECORD;
	record->finished = !(engine->foreign_root && record->command);
	return gs_boot_record_write(engine, record);
}

int gs_boot_apply(struct gs_engine *engine, const struct gs_boot *boot,
		  const struct gs_boot_host *host, enum gs_boot_reach *ret_reach)
{
	bool ask = boot->way == GS_BOOT_PROGRAM && !engine->foreign_root;
	struct gs_boot_change record = { 0 }, asked = { 0 };
	const struct gs_boot_change *change = ask ? &asked : &boot->change;
	int r = 0;

	*ret_reach = GS_BOOT_NOTHING;
	if (ask)
		r = gs_boot_ask(boot, host, &asked);
	if (r < 0 && r != -ENOMEM)
		r = -EIO;
	if (r == 0)
		r = make_record(engine, boot->applied, change, &record);
	for (char **word = boot->words; r == 0 && ask && word && *word; word++)
		r = gs_strv_add(&record.words, *word);
	if (r == 0)
		r = do_apply(engine, boot->applied, change, &record, host, ret_reach);
	gs_boot_change_clear(&record);
	gs_boot_change_clear(&asked);
	return r;
}

/* Nothing is put back when somebody else has changed one of the files since. */
static int check_unchanged(struct gs_engine *engine, const struct gs_boot_change *record,
			   char **ret_changed)
{
	for (size_t i = 0; i < record->n_files; i++) {
		const struct gs_boot_file *file = &record->files[i];
		gs_cleanup_free char *now = NULL;
		int r = gs_boot_file_read(engine, file->path, &now);

		if (r < 0)
			return r;
		if (gs_streq(now, file->before) || gs_streq(now, file->after) ||
		    has_gone(file, now))
			continue;
		*ret_changed = strdup(file->path);
		return *ret_changed ? -ESTALE : -ENOMEM;
	}
	return 0;
}

int gs_boot_revert(struct gs_engine *engine, const struct gs_boot *boot,
		   const struct gs_boot_host *host, char **ret_changed,
		   enum gs_boot_reach *ret_reach)
{
	struct gs_boot_change *record = boot->applied;
	int r;

	*ret_changed = NULL;
	*ret_reach = GS_BOOT_NOTHING;
	if (!record)
		return 0;
	r = check_unchanged(engine, record, ret_changed);
	if (r < 0)
		return r;
	*ret_reach = GS_BOOT_IN_PART;
	r = put_back(engine, record);
	if (r == 0)
		r = run(engine, record->undo, host);
	if (r < 0)
		return r;
	*ret_reach = GS_BOOT_ALL_BUT_RECORD;
	return gs_state_remove(engine, GS_BOOT_RECORD);
}
