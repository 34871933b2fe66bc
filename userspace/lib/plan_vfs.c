// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain virtual functions of a card: as many as wanted, or none again. */
#include "plan_build.h"
#include "vfs.h"

/* Those that somebody enabled whom we do not know. */
static bool is_foreign(const struct gs_function *function)
{
	return function->sriov_enabled != 0 &&
	       function->own_vfs.count != function->sriov_enabled;
}

static void refuse_foreign(struct gs_planner *planner, const struct gs_function *function)
{
	char **evidence = NULL;

	gs_note_owned(planner, &evidence,
		      gs_asprintf("%s has %u VFs that gpushift did not enable", function->text,
				  function->sriov_enabled));
	gs_planner_refuse(planner, GS_REFUSE_VFS_ENABLED, false,
			  gs_asprintf("somebody else enabled the VFs of %s", function->text),
			  evidence, gs_asprintf("gpushift vgpu remove %s", function->text));
}

void gs_check_vfs(struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;

	for (size_t i = 0; i < card->n_functions; i++)
		if (is_foreign(card->functions[i]))
			refuse_foreign(planner, card->functions[i]);
}

bool gs_has_vfs(const struct gs_card *card)
{
	for (size_t i = 0; i < card->n_functions; i++)
		if (card->functions[i]->sriov_enabled)
			return true;
	return false;
}

/* What autoprobe is to be once they are gone: as it was, if that is known. */
static enum gs_known autoprobe_after(const struct gs_function *function)
{
	return function->own_vfs.autoprobe != GS_UNKNOWN ? function->own_vfs.autoprobe
							 : function->sriov_autoprobe;
}

static void disable(struct gs_planner *planner, const struct gs_function *function)
{
	struct gs_vfs none = { .autoprobe = autoprobe_after(function) };
	struct gs_vfs now = { .count = function->sriov_enabled,
			      .autoprobe = function->sriov_autoprobe };
	char value[GS_VFS_TEXT], undo[GS_VFS_TEXT];

	gs_vfs_format(&none, value);
	gs_vfs_format(&now, undo);
	gs_planner_step(planner, GS_OP_DISABLE_VFS, function->text, value, GS_OP_ENABLE_VFS,
			function->text, undo);
}

/* Also where they are gone, but what was changed for them was not put back. */
static bool is_left(const struct gs_function *function)
{
	return function->sriov_enabled || (function->sriov_total &&
					   function->sriov_autoprobe != autoprobe_after(function));
}

void gs_steps_disable_vfs(struct gs_planner *planner)
{
	for (size_t i = 0; i < planner->card->n_functions; i++)
		if (is_left(planner->card->functions[i]))
			disable(planner, planner->card->functions[i]);
}

void gs_steps_enable_vfs(struct gs_planner *planner, const struct gs_vfs *wanted)
{
	const struct gs_function *display = gs_card_display(planner->card);
	struct gs_vfs none = { .autoprobe = autoprobe_after(display) };
	char value[GS_VFS_TEXT], undo[GS_VFS_TEXT];

	gs_vfs_format(wanted, value);
	gs_vfs_format(&none, undo);
	gs_planner_step(planner, GS_OP_ENABLE_VFS, display->text, value, GS_OP_DISABLE_VFS,
			display->text, undo);
}

static void refuse_no_sriov(struct gs_planner *planner)
{
	const char *card = gs_planner_card(planner);
	char **evidence = NULL;

	gs_note_owned(planner, &evidence, gs_asprintf("%s has no SR-IOV capability", card));
	gs_planner_refuse(planner, GS_REFUSE_NO_VGPU_TYPES, false,
			  gs_asprintf("%s cannot have VFs; --count alone asks for them", card),
			  evidence, gs_asprintf("gpushift profiles %s", card));
}

static void refuse_too_many(struct gs_planner *planner)
{
	const struct gs_function *display = gs_card_display(planner->card);
	char **evidence = NULL;

	gs_note_owned(planner, &evidence,
		      gs_asprintf("sriov_totalvfs of %s is %u", display->text,
				  display->sriov_total));
	gs_planner_refuse(planner, GS_REFUSE_NO_CAPACITY, false,
			  gs_asprintf("%s can have %u VFs, not %u", display->text,
				      display->sriov_total, planner->want->vfs),
			  evidence,
			  gs_asprintf("gpushift set %s vgpu --count %u", display->text,
				      display->sriov_total));
}

bool gs_keeps_vfs(const struct gs_planner *planner)
{
	return planner->want->vfs &&
	       gs_card_display(planner->card)->sriov_enabled == planner->want->vfs &&
	       !gs_display_moves(planner);
}

void gs_check_wanted_vfs(struct gs_planner *planner)
{
	const struct gs_function *display = gs_card_display(planner->card);

	if (display->sriov_total == 0) {
		refuse_no_sriov(planner);
		return;
	}
	if (planner->want->vfs > display->sriov_total)
		refuse_too_many(planner);
}

/* A number can only be changed by way of none. */
int gs_steps_to_vfs(struct gs_planner *planner)
{
	/* No driver of the host is to take what is for guests. */
	const struct gs_vfs wanted = { .count = planner->want->vfs, .autoprobe = GS_NO };
	char text[GS_VFS_TEXT + sizeof(GS_WAIT_VFS)];

	gs_steps_remove_all(planner);
	if (gs_keeps_vfs(planner)) {
		gs_steps_to_host(planner);
		return 0;
	}
	gs_steps_disable_vfs(planner);
	gs_steps_to_host(planner);
	gs_steps_enable_vfs(planner, &wanted);
	snprintf(text, sizeof(text), GS_WAIT_VFS "%u", wanted.count);
	gs_planner_step(planner, GS_OP_WAIT, gs_planner_card(planner), text, GS_OP_COUNT, NULL,
			NULL);
	return 0;
}
