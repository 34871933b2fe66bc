// SPDX-License-Identifier: GPL-2.0-or-later
/* boot.c - what this host needs on its command line, and the way there. */
#include "boot.h"

#include "boot_ways.h"

void gs_boot_free(struct gs_boot *boot)
{
	if (!boot)
		return;
	free(boot->known_by);
	gs_strv_free(boot->words);
	gs_strv_free(boot->missing);
	gs_boot_change_clear(&boot->change);
	free(boot->refusal);
	free(boot->by_hand);
	if (boot->applied)
		gs_boot_change_clear(boot->applied);
	free(boot->applied);
	free(boot);
}

static int find_missing(struct gs_engine *engine, struct gs_boot *boot)
{
	int r = 0;

	for (char **word = boot->words; r == 0 && word && *word; word++)
		if (!gs_boot_running(engine, *word))
			r = gs_strv_add(&boot->missing, *word);
	return r;
}

bool gs_boot_asks(const struct gs_boot *boot)
{
	return !boot->refusal && boot->way == GS_BOOT_PROGRAM && boot->change.command;
}

/* What it was told in this boot it has; later the running command line shows it. */
static bool was_told(const struct gs_boot *boot)
{
	const struct gs_boot_change *applied = boot->applied;

	if (!applied || !applied->finished || !applied->same_boot)
		return false;
	for (char **word = boot->missing; word && *word; word++)
		if (!gs_strv_has(applied->words, *word))
			return false;
	return true;
}

bool gs_boot_pending(const struct gs_boot *boot)
{
	if (boot->refusal)
		return false;
	return boot->change.n_files || (gs_boot_asks(boot) && !was_told(boot)) ||
	       (boot->applied && !boot->applied->finished && !boot->elsewhere);
}

int gs_boot_read(struct gs_engine *engine, struct gs_boot **ret)
{
	gs_cleanup_boot struct gs_boot *boot = calloc(1, sizeof(*boot));
	int r;

	if (!boot)
		return -ENOMEM;
	boot->elsewhere = engine->foreign_root;
	r = gs_boot_words(engine, &boot->words);
	if (r == 0)
		r = find_missing(engine, boot);
	if (r == 0)
		r = gs_boot_find_owner(engine, boot);
	if (r < 0)
		return r;
	r = gs_boot_record_read(engine, &boot->applied);
	if (r == -ENOMEM)
		return r;
	/* It holds what is for root only. */
	if (r == -EACCES) {
		r = boot->refusal ? 0 : gs_boot_leave_hidden(engine, boot);
		if (r < 0)
			return r;
	}
	boot->record_error = r == -ENOENT ? 0 : r;
	/* What is refused is not half done. */
	if (boot->refusal)
		gs_boot_change_clear(&boot->change);
	*ret = gs_steal(boot);
	return 0;
}
