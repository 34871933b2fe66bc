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

#include "boot.h"
#include "state_file.h"

static int copy(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static int copy_list(char *const *list, char ***ret)
{
	int r = 0;

	for (; r == 0 && list && *list; list++)
		r = gs_strv_add(ret, *list);
	return r;
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
static int merge_old(struct gs_engine *engine, const struct gs_boot *boot,
		     const struct gs_boot_file *old, struct gs_boot_change *record)
{
	const struct gs_boot_file *new = find_file(&boot->change, old->path);
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

static int make_record(struct gs_engine *engine, const struct gs_boot *boot,
		       struct gs_boot_change *record)
{
	const struct gs_boot_change *old = boot->applied;
	bool program = boot->way == GS_BOOT_PROGRAM && !boot->change.command && old;
	int r = 0;

	for (size_t i = 0; old && r == 0 && i < old->n_files; i++)
		r = merge_old(engine, boot, &old->files[i], record);
	for (size_t i = 0; r == 0 && i < boot->change.n_files; i++) {
		const struct gs_boot_file *file = &boot->change.files[i];

		if (!find_file(record, file->path))
			r = add_copy(record, file->path, file->before, file->after);
	}
	/* What grubby was told once is undone, also when it has nothing more to do. */
	if (r == 0)
		r = copy_list(program ? old->command : boot->change.command, &record->command);
	return r == 0 ? copy_list(program ? old->undo : boot->change.undo, &record->undo) : r;
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

static int put_back(struct gs_engine *engine, const struct gs_boot_change *record)
{
	int r = 0;

	for (size_t i = record->n_files; r == 0 && i > 0; i--) {
		const struct gs_boot_file *file = &record->files[i - 1];
		gs_cleanup_free char *now = NULL;

		r = remove_unfinished(engine, file->path);
		if (r == 0)
			r = gs_boot_file_read(engine, file->path, &now);
		if (r == 0 && !gs_streq(now, file->before))
			r = put(engine, file->path, file->before);
	}
	return r;
}

/* Of another tree the program would be the wrong one. */
static int run(struct gs_engine *engine, char *const *command, gs_boot_runner runner, void *data)
{
	if (!command || engine->foreign_root)
		return 0;
	return runner(data, command) < 0 ? -EIO : 0;
}

static int do_apply(struct gs_engine *engine, const struct gs_boot *boot,
		    struct gs_boot_change *record, gs_boot_runner runner, void *data)
{
	int r;

	r = gs_boot_record_write(engine, record);
	for (size_t i = 0; r == 0 && i < boot->change.n_files; i++)
		r = put(engine, boot->change.files[i].path, boot->change.files[i].after);
	if (r == 0)
		r = run(engine, record->command, runner, data);
	if (r == 0) {
		record->finished = true;
		return gs_boot_record_write(engine, record);
	}
	/* What this run changed goes back; what an earlier one did stays, and is still on record. */
	if (put_back(engine, &boot->change) < 0)
		return r;
	if ((boot->applied ? gs_boot_record_write(engine, boot->applied) :
			     gs_state_remove(engine, GS_BOOT_RECORD)) < 0)
		return r;
	return r;
}

int gs_boot_apply(struct gs_engine *engine, const struct gs_boot *boot, gs_boot_runner runner,
		  void *data)
{
	struct gs_boot_change record = { 0 };
	int r;

	r = make_record(engine, boot, &record);
	if (r == 0)
		r = do_apply(engine, boot, &record, runner, data);
	gs_boot_change_clear(&record);
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
		if (gs_streq(now, file->before) || gs_streq(now, file->after))
			continue;
		*ret_changed = strdup(file->path);
		return *ret_changed ? -ESTALE : -ENOMEM;
	}
	return 0;
}

int gs_boot_revert(struct gs_engine *engine, const struct gs_boot *boot, gs_boot_runner runner,
		   void *data, char **ret_changed)
{
	struct gs_boot_change *record = boot->applied;
	int r;

	*ret_changed = NULL;
	if (!record)
		return 0;
	r = check_unchanged(engine, record, ret_changed);
	if (r == 0)
		r = put_back(engine, record);
	if (r == 0)
		r = run(engine, record->undo, runner, data);
	return r == 0 ? gs_state_remove(engine, GS_BOOT_RECORD) : r;
}
