// SPDX-License-Identifier: GPL-2.0-or-later
/* What IOMMU groups and resets have against passthrough. */
#include "plan_build.h"

static bool moves(const struct gs_planner *planner, const struct gs_function *function)
{
	for (size_t i = 0; i < planner->n_moving; i++)
		if (planner->moving[i] == function)
			return true;
	return false;
}

static void check_iommu(struct gs_planner *planner)
{
	char **evidence = NULL;

	for (size_t i = 0; i < planner->n_moving; i++)
		if (planner->moving[i]->iommu_group < 0)
			gs_note_owned(
				planner, &evidence,
				gs_asprintf("%s is in no IOMMU group", planner->moving[i]->text));
	if (!evidence)
		return;
	gs_planner_refuse(
		planner, GS_REFUSE_NO_IOMMU, false,
		gs_asprintf(planner->host->has_iommu
				    ? "the IOMMU of this host does not cover %s"
				    : "this host runs without an IOMMU, so %s cannot be isolated",
			    gs_planner_card(planner)),
		evidence,
		strdup("enable VT-d or AMD-Vi in the firmware, boot with intel_iommu=on on Intel, and reboot"));
}

/* The functions that the user would have to name, as options. */
static char *with_options(struct gs_planner *planner, char **wanted)
{
	char *text = gs_planner_text(
		planner, gs_asprintf("gpushift set %s passthrough", gs_planner_card(planner)));

	for (size_t i = 0; text && i < planner->want->n_with; i++) {
		char address[GS_ADDRESS_LEN];
		char *longer = gs_asprintf("%s --with %s", text,
					   gs_address_format(&planner->want->with[i], address));

		free(text);
		text = gs_planner_text(planner, longer);
	}
	for (; text && wanted && *wanted; wanted++) {
		char *longer = gs_asprintf("%s --with %s", text, *wanted);

		free(text);
		text = gs_planner_text(planner, longer);
	}
	return text;
}

/* A member of the group that has to leave the host too, and was not named. */
static bool is_wanted(const struct gs_planner *planner, const struct gs_function *function)
{
	return gs_driver_owns_dma(function->driver) && !gs_function_is_bridge(function) &&
	       !moves(planner, function);
}

static void check_outside(struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;
	char **evidence = NULL;
	char **wanted = NULL;
	int group = -1;

	for (size_t i = 0; i < card->n_outside; i++) {
		const struct gs_function *function = card->outside[i];

		if (!is_wanted(planner, function))
			continue;
		gs_note_owned(planner, &evidence,
			      gs_asprintf("%s %s (class %04x) is bound to %s", function->text,
					  function->name ? function->name : "",
					  function->class_code >> 8, function->driver));
		gs_planner_note(planner, &wanted, function->text);
		group = function->iommu_group;
	}
	if (evidence)
		gs_planner_refuse(
			planner, GS_REFUSE_OUTSIDE_CARD, false,
			gs_asprintf(
				"IOMMU group %d holds more than %s: what else is in it would have to leave the host too",
				group, gs_planner_card(planner)),
			evidence, with_options(planner, wanted));
	gs_strv_free(wanted);
}

/* A bridge cannot go to a VM; its driver (shpchp) must let go of it instead. */
static void check_bridges(struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;

	for (size_t i = 0; i < card->n_outside; i++) {
		const struct gs_function *function = card->outside[i];
		char **evidence = NULL;

		if (!gs_function_is_bridge(function) || !gs_driver_owns_dma(function->driver))
			continue;
		gs_note_owned(planner, &evidence,
			      gs_asprintf("%s is bound to %s", function->text, function->driver));
		gs_planner_refuse(
			planner, GS_REFUSE_GROUP_NOT_VIABLE, false,
			gs_asprintf("the driver of bridge %s keeps IOMMU group %d for the host",
				    function->text, function->iommu_group),
			evidence,
			gs_asprintf("echo %s > /sys/bus/pci/drivers/%s/unbind", function->text,
				    function->driver));
	}
}

/* What outside-card asks for counts as moving: it is the refusal to solve first. */
static bool goes_along(const struct gs_planner *planner, const struct gs_function *function)
{
	const struct gs_card *card = planner->card;

	for (size_t i = 0; i < card->n_outside; i++)
		if (card->outside[i] == function && is_wanted(planner, function))
			return true;
	return moves(planner, function);
}

static bool scope_moves(const struct gs_planner *planner, const struct gs_function *display,
			bool slot)
{
	for (size_t i = 0; i < planner->host->n_functions; i++) {
		const struct gs_function *other = &planner->host->functions[i];
		bool hit = slot ? gs_address_same_slot(&other->address, &display->address)
				: other->address.domain == display->address.domain &&
					   other->address.bus == display->address.bus;

		if (hit && !other->is_vf && !goes_along(planner, other))
			return false;
	}
	return true;
}

/* "bus" is no reset of the function's own: it fails when anything else is on the bus. */
static bool has_own_reset(const struct gs_function *function)
{
	for (char **method = function->reset_methods; method && *method; method++)
		if (strcmp(*method, "bus") != 0)
			return true;
	return false;
}

/* Without a reset the guest's state stays in the card: it works once per boot of the host. */
static void check_reset(struct gs_planner *planner)
{
	const struct gs_function *display = gs_card_display(planner->card);
	bool bus = display->bus_reset == GS_YES || gs_strv_has(display->reset_methods, "bus");
	char **evidence = NULL;

	if (has_own_reset(display) || (bus && scope_moves(planner, display, false)) ||
	    (display->slot_reset == GS_YES && scope_moves(planner, display, true)))
		return;
	gs_note_owned(planner, &evidence,
		      gs_asprintf("%s has no reset method of its own", display->text));
	gs_note_owned(planner, &evidence,
		      gs_asprintf(bus ? "a reset of the bus of %s would hit functions that stay"
				      : "the bus of %s cannot be reset",
				  display->text));
	gs_planner_refuse(
		planner, GS_REFUSE_NO_RESET, true,
		gs_asprintf("%s cannot be reset between guests: it works once per boot of the host",
			    display->text),
		evidence, gs_asprintf("gpushift set %s passthrough --force", display->text));
}

void gs_check_group(struct gs_planner *planner)
{
	check_iommu(planner);
	check_outside(planner);
	check_bridges(planner);
	check_reset(planner);
}
