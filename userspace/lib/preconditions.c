// SPDX-License-Identifier: GPL-2.0-or-later
/* What is in the way of each mode. */
#include "plan_build.h"

void gs_note_owned(struct gs_planner *planner, char ***evidence, char *text)
{
	gs_planner_note(planner, evidence, text);
	free(text);
}

/* Its VM may be about to start. */
static void check_claim(struct gs_planner *planner, const struct gs_reserved *reserved,
			const char *what, const char *name)
{
	char **evidence = NULL;

	if (!reserved->claim || planner->want->ends_claim)
		return;
	gs_note_owned(planner, &evidence, gs_asprintf("claim %s", reserved->claim));
	gs_planner_refuse(planner, GS_REFUSE_FOREIGN_OWNER, true,
			  gs_asprintf("%s %s is claimed%s%s", what, name,
				      reserved->vm ? " for the VM " : "",
				      reserved->vm ? reserved->vm : ""),
			  evidence, gs_asprintf("gpushift release %s", reserved->claim));
}

void gs_check_removal(struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	const char *name = gs_vgpu_name(vgpu);
	char **evidence = NULL;

	if (vgpu->in_use != GS_YES) {
		check_claim(planner, &vgpu->reserved, "vGPU", name);
		return;
	}
	gs_note_owned(planner, &evidence,
		      gs_asprintf("vGPU %s (%s) is open", name, vgpu->type ? vgpu->type : "?"));
	gs_planner_refuse(planner, GS_REFUSE_IN_USE, false,
			  gs_asprintf("vGPU %s is used by a VM", name), evidence,
			  gs_asprintf("shut down the VM, then: gpushift vgpu remove %s", name));
}

/* Plain VFs that would go: those of others stay, and so do all while a VM has one. */
static void check_vfs(struct gs_planner *planner)
{
	if (gs_keeps_vfs(planner))
		return;
	gs_check_vfs(planner);
	for (size_t i = 0; i < planner->card->n_vgpus; i++)
		if (gs_vgpu_is_plain(planner->card->vgpus[i]))
			gs_check_removal(planner, planner->card->vgpus[i]);
}

/* What gpushift did not make is never removed without being named. */
static void check_vgpus(struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;
	char **evidence = NULL;
	const char *first = NULL;

	for (size_t i = 0; i < card->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = card->vgpus[i];

		if (gs_vgpu_is_plain(vgpu))
			continue;
		gs_check_removal(planner, vgpu);
		if (gs_streq(vgpu->owner, "gpushift"))
			continue;
		gs_note_owned(planner, &evidence,
			      gs_asprintf("vGPU %s (%s) was not made by gpushift", gs_vgpu_name(vgpu),
					  vgpu->type ? vgpu->type : "?"));
		if (!first)
			first = gs_vgpu_name(vgpu);
	}
	if (first)
		gs_planner_refuse(planner, GS_REFUSE_VGPUS_EXIST, false,
				  gs_asprintf("%s holds vGPUs that somebody else made",
					      gs_planner_card(planner)),
				  evidence, gs_asprintf("gpushift vgpu remove %s", first));
}

void gs_refuse_quarantined(struct gs_planner *planner, const struct gs_card *card)
{
	const char *address = gs_card_display(card)->text;
	char **evidence = NULL;

	gs_planner_note(planner, &evidence, card->reason ? card->reason : "no reason was recorded");
	gs_planner_refuse(
		planner, GS_REFUSE_QUARANTINED, false,
		gs_asprintf("%s is quarantined since a switch went wrong in this boot", address),
		evidence, gs_asprintf("gpushift set %s host", address));
}

/* An override that cannot be read: the driver holds the device lock and does not let go. */
static void check_stuck(struct gs_planner *planner)
{
	bool quarantined = planner->card->mode == GS_MODE_QUARANTINED;
	char **evidence = NULL;

	for (size_t i = 0; i < planner->n_moving; i++)
		if (planner->moving[i]->override_known == GS_UNKNOWN)
			gs_note_owned(planner, &evidence,
				      gs_asprintf("driver_override of %s could not be read in time",
						  planner->moving[i]->text));
	if (evidence)
		gs_planner_refuse(
			planner, quarantined ? GS_REFUSE_QUARANTINED : GS_REFUSE_BUSY, false,
			gs_asprintf("a driver of %s keeps the kernel's lock of the device",
				    gs_planner_card(planner)),
			evidence, gs_asprintf("gpushift show %s", gs_planner_card(planner)));
}

static void refuse_missing(struct gs_planner *planner, char *message, char *evidence_text,
			   char *fix)
{
	char **evidence = NULL;

	gs_note_owned(planner, &evidence, evidence_text);
	gs_planner_refuse(planner, GS_REFUSE_DRIVER_MISSING, false, message, evidence, fix);
}

static void check_vfio_driver(struct gs_planner *planner)
{
	const char *driver = gs_vfio_driver(planner, gs_card_display(planner->card));
	bool named = !gs_streq(driver, GS_VFIO_DRIVER);

	if (named && planner->want->driver_known == GS_NO &&
	    !gs_strv_has(planner->host->drivers, driver))
		refuse_missing(
			planner, gs_asprintf("the driver %s is not on this host", driver),
			gs_asprintf("neither a driver nor a module %s is there", driver),
			gs_asprintf("gpushift set %s passthrough", gs_planner_card(planner)));
	if (planner->host->vfio_loadable == GS_NO)
		refuse_missing(planner, strdup("this kernel has no driver " GS_VFIO_DRIVER),
			       strdup("neither a driver nor a module of this name is there"),
			       strdup("modprobe " GS_VFIO_DRIVER));
}

void gs_check_passthrough(struct gs_planner *planner)
{
	check_vfs(planner);
	check_vgpus(planner);
	if (!gs_needs_passthrough(planner))
		return;
	gs_check_group(planner);
	gs_check_last_display(planner);
	check_claim(planner, &planner->card->reserved, "the card", gs_planner_card(planner));
	gs_check_owners(planner);
	gs_check_holders(planner);
	check_stuck(planner);
	check_vfio_driver(planner);
}

static bool return_driver_missing(struct gs_planner *planner, const char *driver)
{
	const struct gs_card *card = planner->card;

	if (driver[0] && gs_strv_has(planner->host->drivers, driver))
		return false;
	if (planner->want->driver)
		return planner->want->driver_known == GS_NO;
	if (card->host_driver)
		return card->host_driver_known == GS_NO;
	if (card->candidates && card->candidates[0])
		return false;
	return card->candidates_known == GS_YES;
}

static void check_return_driver(struct gs_planner *planner)
{
	const char *driver = gs_return_driver(planner);
	const char *card = gs_planner_card(planner);

	if (!gs_display_moves(planner) || !return_driver_missing(planner, driver))
		return;
	refuse_missing(planner,
		       driver[0] ? gs_asprintf("the driver %s is not on this host", driver)
				 : gs_asprintf("this host has no driver for %s", card),
		       driver[0] ? gs_asprintf("neither a driver nor a module %s is there", driver)
				 : gs_asprintf("no module of this kernel names %s", card),
		       gs_asprintf("gpushift set %s host --driver NAME", card));
}

static void check_way_back(struct gs_planner *planner)
{
	check_vfs(planner);
	if (!gs_needs_host(planner))
		return;
	check_return_driver(planner);
	check_claim(planner, &planner->card->reserved, "the card", gs_planner_card(planner));
	gs_check_owners(planner);
	gs_check_holders(planner);
	check_stuck(planner);
}

void gs_check_host(struct gs_planner *planner)
{
	check_vgpus(planner);
	check_way_back(planner);
}

/* Which vGPUs stay, and which have to go, is judged with the wanted set. */
void gs_check_vgpu(struct gs_planner *planner)
{
	const struct gs_function *display = gs_card_display(planner->card);
	const struct gs_parent *parent = gs_planner_types(planner);
	char **evidence = NULL;

	if (!gs_needs_host(planner))
		gs_check_owners(planner);
	check_way_back(planner);
	if (planner->want->vfs) {
		gs_check_wanted_vfs(planner);
		check_vgpus(planner);
		return;
	}
	if (parent && parent->n_types > 0)
		return;
	/* Then it is for the user to say how many VFs. */
	if (display->sriov_total && planner->want->n_profiles == 0)
		return;
	/* Without its own driver, or its VFs, nobody can tell what it would offer; the switch will. */
	if ((gs_display_moves(planner) && planner->want->n_profiles > 0) || gs_needs_vfs(planner))
		return;
	gs_note_owned(planner, &evidence,
		      gs_asprintf("%s is bound to %s, which offers no mdev types",
				  gs_planner_card(planner),
				  display->driver ? display->driver : "no driver"));
	gs_planner_refuse(planner, GS_REFUSE_NO_VGPU_TYPES, false,
			  gs_asprintf("%s offers no vGPU types", gs_planner_card(planner)),
			  evidence,
			  display->sriov_total
				  ? gs_asprintf("gpushift set %s vgpu --count %u",
						gs_planner_card(planner), display->sriov_total)
			  : gs_driver_owns_dma(display->driver)
				  ? strdup("install the vGPU host driver of the card")
				  : gs_asprintf("gpushift set %s host", gs_planner_card(planner)));
}
