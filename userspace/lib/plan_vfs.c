// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain virtual functions of a card: as many as wanted, or none again. */
#include "fences.h"
#include "plan_build.h"
#include "vfs.h"
#include "vgpu_params.h"

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

/* NVIDIA wants its VFs enabled and disabled by its own tool; it enables all of them, for types. */
static bool by_tool(const struct gs_planner *planner, const struct gs_function *function,
		    const struct gs_vfs *vfs)
{
	const char *driver = gs_display_moves(planner) && !vfs->count ? function->driver :
			     gs_display_moves(planner) ? gs_return_driver(planner) :
							 function->driver;

	return planner->host->sriov_manage && gs_streq(driver, "nvidia") &&
	       (!vfs->count || (vfs->count == function->sriov_total && vfs->autoprobe == GS_YES));
}

/*
 * While NVIDIA's driver is asked otherwise, its lock keeps users off. Who has the
 * card open keeps the lock from us.
 */
static void fence(struct gs_planner *planner, const struct gs_function *function, enum gs_op op,
		  const struct gs_vfs *vfs)
{
	const char *lock = gs_fence_name(GS_FENCE_UNBIND_LOCK);

	if (vfs->by_tool || function->fence != GS_FENCE_UNBIND_LOCK)
		return;
	gs_planner_step(planner, op, function->text, lock,
			op == GS_OP_FENCE ? GS_OP_UNFENCE : GS_OP_COUNT, function->text, lock);
}

static void disable(struct gs_planner *planner, const struct gs_function *function)
{
	struct gs_vfs none = { .autoprobe = autoprobe_after(function) };
	struct gs_vfs now = { .count = function->sriov_enabled,
			      .autoprobe = function->sriov_autoprobe };
	char value[GS_VFS_TEXT], undo[GS_VFS_TEXT];

	none.by_tool = by_tool(planner, function, &none);
	now.by_tool = none.by_tool && by_tool(planner, function, &now);
	if (function->own_vfs.count)
		memcpy(now.params, function->own_vfs.params, sizeof(now.params));
	gs_vfs_format(&none, value);
	gs_vfs_format(&now, undo);
	fence(planner, function, GS_OP_FENCE, &none);
	gs_planner_step(planner, GS_OP_DISABLE_VFS, function->text, value, GS_OP_ENABLE_VFS,
			function->text, undo);
	fence(planner, function, GS_OP_UNFENCE, &none);
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
	struct gs_vfs now = *wanted;
	char value[GS_VFS_TEXT], undo[GS_VFS_TEXT];

	now.by_tool = by_tool(planner, display, wanted);
	none.by_tool = now.by_tool;
	gs_vfs_format(&now, value);
	gs_vfs_format(&none, undo);
	fence(planner, display, GS_OP_FENCE, &now);
	gs_planner_step(planner, GS_OP_ENABLE_VFS, display->text, value, GS_OP_DISABLE_VFS,
			display->text, undo);
	fence(planner, display, GS_OP_UNFENCE, &now);
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

/* While another driver has the card nothing tells: then it is the step that fails. */
static void check_params(struct gs_planner *planner)
{
	const struct gs_function *display = gs_card_display(planner->card);
	const char *card = gs_planner_card(planner);
	char value[GS_VF_PARAM_VALUE];
	char **evidence = NULL;
	const char *key;

	if (!planner->want->vf_params || gs_display_moves(planner))
		return;
	for (unsigned int i = 0; (key = gs_vf_param_key(i)); i++)
		if (gs_vf_param_value(planner->want->vf_params, i, value) &&
		    !(display->vf_params & 1u << i))
			gs_note_owned(planner, &evidence,
				      gs_asprintf("sriov_admin/vf1/profile/%s of %s is not there", key,
						  card));
	if (evidence)
		gs_planner_refuse(planner, GS_REFUSE_NO_VGPU_TYPES, false,
				  gs_asprintf("the driver of %s does not have these parameters for VFs",
					      card),
				  evidence, gs_asprintf("gpushift set %s vgpu --count %u", card,
							planner->want->vfs));
}

/* Theirs are the types that are wanted. */
static bool offer_types(const struct gs_planner *planner)
{
	const struct gs_parent *parent = planner->card->parent;

	return planner->want->mode == GS_MODE_VGPU && planner->want->n_profiles && parent &&
	       parent->on_vfs && parent->n_types && !gs_display_moves(planner);
}

/*
 * Before they are enabled nothing tells that VFs will offer types, but that they
 * did before, or that NVIDIA's driver is there and offers none on the card.
 */
bool gs_needs_vfs(const struct gs_planner *planner)
{
	const struct gs_function *display = gs_card_display(planner->card);
	const struct gs_remembered *remembered = planner->card->remembered;
	const struct gs_parent *now = planner->card->parent;
	const struct gs_parent *before = remembered ? remembered->parent : NULL;

	if (!display->sriov_total || planner->want->mode != GS_MODE_VGPU ||
	    !planner->want->n_profiles || (now && now->n_types && !gs_display_moves(planner)))
		return false;
	if (before && before->n_types)
		return before->on_vfs;
	return gs_streq(display->driver, "nvidia") && !gs_display_moves(planner);
}

void gs_steps_prepare_vfs(struct gs_planner *planner)
{
	/* The driver of the card is to take them. */
	const struct gs_vfs all = { .count = gs_card_display(planner->card)->sriov_total,
				    .autoprobe = GS_YES };

	if (offer_types(planner))
		return;
	gs_steps_disable_vfs(planner);
	gs_steps_to_host(planner);
	if (gs_needs_vfs(planner))
		gs_steps_enable_vfs(planner, &all);
	if (gs_needs_vfs(planner) || gs_display_moves(planner))
		gs_planner_step(planner, GS_OP_WAIT, gs_planner_card(planner), GS_WAIT_TYPES,
				GS_OP_COUNT, NULL, NULL);
}

bool gs_keeps_vfs(const struct gs_planner *planner)
{
	const struct gs_function *display = gs_card_display(planner->card);

	if (offer_types(planner))
		return true;
	return planner->want->vfs && display->sriov_enabled == planner->want->vfs &&
	       !gs_display_moves(planner) &&
	       (!planner->want->vf_params ||
		gs_params_equal(display->own_vfs.params, planner->want->vf_params));
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
	check_params(planner);
}

/* A number can only be changed by way of none. */
int gs_steps_to_vfs(struct gs_planner *planner)
{
	/* No driver of the host is to take what is for guests. */
	struct gs_vfs wanted = { .count = planner->want->vfs, .autoprobe = GS_NO };
	char text[GS_VFS_TEXT + sizeof(GS_WAIT_VFS)];

	gs_steps_remove_all(planner);
	if (gs_keeps_vfs(planner)) {
		gs_steps_to_host(planner);
		return 0;
	}
	gs_steps_disable_vfs(planner);
	gs_steps_to_host(planner);
	if (planner->want->vf_params)
		snprintf(wanted.params, sizeof(wanted.params), "%s", planner->want->vf_params);
	gs_steps_enable_vfs(planner, &wanted);
	snprintf(text, sizeof(text), GS_WAIT_VFS "%u", wanted.count);
	gs_planner_step(planner, GS_OP_WAIT, gs_planner_card(planner), text, GS_OP_COUNT, NULL,
			NULL);
	return 0;
}
