// SPDX-License-Identifier: GPL-2.0-or-later
/* What IOMMU groups and resets have against passthrough. */
#include "assignable.h"
#include "explain.h"
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

/* The bridge to blame, where it is known. */
static void note_culprit(struct gs_planner *planner, int id, char ***evidence)
{
	const struct gs_group *group = gs_host_group(planner->host, id);
	char *text = NULL;

	if (!group)
		return;
	if (gs_explain_group(planner->host, group, &text) < 0)
		gs_planner_text(planner, NULL);
	else if (text)
		gs_note_owned(planner, evidence, text);
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
		note_culprit(planner, group, &evidence);
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
		note_culprit(planner, function->iommu_group, &evidence);
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

/* Whom the module or sysfs says that a reset of the bus or slot hits. */
static bool known_scope_moves(const struct gs_planner *planner, char *const *scope)
{
	for (; *scope; scope++) {
		const struct gs_function *hit = NULL;
		struct gs_address address;

		if (gs_address_parse(*scope, &address) == 0)
			hit = gs_host_function(planner->host, &address);
		if (!hit || (!hit->is_vf && !goes_along(planner, hit)))
			return false;
	}
	return true;
}

/* An older module does not tell: all on the bus are hit, or all in the slot. */
static bool likely_scope_moves(const struct gs_planner *planner, const struct gs_function *display,
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

static bool scope_moves(const struct gs_planner *planner, const struct gs_function *display,
			bool slot)
{
	if (display->facts.reset_scope)
		return known_scope_moves(planner, display->facts.reset_scope);
	return likely_scope_moves(planner, display, slot);
}

/* These reset the bus, and fail when anything else is on it. */
static bool is_of_bus(const char *method)
{
	return strcmp(method, "bus") == 0 || strcmp(method, "cxl_bus") == 0;
}

static bool is_stale(const struct gs_function *function, const char *method)
{
	int number = gs_reset_method_find(method);
	const struct gs_reset *reset;

	if (number < 0)
		return false;
	reset = gs_facts_reset(&function->facts, (enum gpushift_reset_method)number);
	return reset && reset->state == GPUSHIFT_RESET_STATE_STALE;
}

static bool has_own_reset(const struct gs_function *function)
{
	for (char **method = function->reset_methods; method && *method; method++)
		if (!is_of_bus(*method) && !is_stale(function, *method))
			return true;
	return false;
}

static bool has_bus_method(const struct gs_function *function)
{
	for (char **method = function->reset_methods; method && *method; method++)
		if (is_of_bus(*method))
			return true;
	return false;
}

/* The reset of something larger than the card, all of which goes along. */
static bool has_wide_reset(const struct gs_planner *planner, const struct gs_function *display)
{
	bool bus = display->bus_reset == GS_YES || has_bus_method(display);

	return (bus && scope_moves(planner, display, false)) ||
	       (display->slot_reset == GS_YES && scope_moves(planner, display, true));
}

/* The methods that one looks for; that a card lacks one of the others says nothing. */
static bool is_usual(const struct gs_reset *reset)
{
	return reset->method == GPUSHIFT_RESET_METHOD_FLR ||
	       reset->method == GPUSHIFT_RESET_METHOD_AF_FLR ||
	       reset->method == GPUSHIFT_RESET_METHOD_PM ||
	       reset->method == GPUSHIFT_RESET_METHOD_BUS ||
	       reset->state != GPUSHIFT_RESET_STATE_IMPOSSIBLE;
}

/* "flr: no capability" */
static void note_methods(struct gs_planner *planner, const struct gs_function *display,
			 char ***evidence)
{
	for (size_t i = 0; i < display->facts.n_resets; i++) {
		const struct gs_reset *reset = &display->facts.resets[i];
		gs_cleanup_free char *why = gs_planner_text(planner, gs_explain_reset(reset));

		if (why && *why && is_usual(reset))
			gs_note_owned(planner, evidence,
				      gs_asprintf("%s: %s", gs_reset_method_name(reset->method),
						  why));
	}
}

static void note_scope(struct gs_planner *planner, const struct gs_function *display,
		       char ***evidence)
{
	bool bus = display->bus_reset == GS_YES || has_bus_method(display);

	const struct gs_reset *known = gs_facts_reset(&display->facts, GPUSHIFT_RESET_METHOD_BUS);

	if (display->facts.reset_scope)
		gs_note_owned(planner, evidence, gs_explain_scope(display));
	else if (known && known->reason == display->facts.bus_reason && known->reason)
		return; /* said by note_methods() */
	else if (bus)
		gs_note_owned(planner, evidence,
			      gs_asprintf("a reset of the bus of %s would hit functions that stay",
					  display->text));
	else
		gs_note_owned(planner, evidence,
			      gs_asprintf("the bus of %s cannot be reset", display->text));
}

/* A guest had it, or may have had: nothing but a boot of the host takes out what that left in it. */
static void refuse_second(struct gs_planner *planner, const struct gs_function *display,
			  char **evidence)
{
	gs_note_owned(planner, &evidence,
		      gs_asprintf("%s was in passthrough in this boot already", display->text));
	gs_planner_refuse(
		planner, GS_REFUSE_REBOOT_REQUIRED, false,
		gs_asprintf("%s cannot be reset, and was in passthrough in this boot of the host",
			    display->text),
		evidence,
		gs_asprintf("reboot, then: gpushift set %s passthrough --force", display->text));
}

/* Without a reset the guest's state stays in the card: it works once per boot of the host. */
static void check_reset(struct gs_planner *planner)
{
	const struct gs_function *display = gs_card_display(planner->card);
	char **evidence = NULL;

	if (has_own_reset(display) || has_wide_reset(planner, display))
		return;
	gs_note_owned(planner, &evidence,
		      gs_asprintf("%s has no reset method of its own", display->text));
	note_methods(planner, display, &evidence);
	note_scope(planner, display, &evidence);
	if (gs_passed_in_this_boot(planner->card) && !gs_driver_is_vfio(display->driver)) {
		refuse_second(planner, display, evidence);
		return;
	}
	gs_planner_refuse(
		planner, GS_REFUSE_NO_RESET, true,
		gs_asprintf("%s cannot be reset between guests: it works once per boot of the host",
			    display->text),
		evidence, gs_asprintf("gpushift set %s passthrough --force", display->text));
}

static void refuse(struct gs_planner *planner, int r, const struct gs_blocker *blocker)
{
	if (r < 0)
		planner->failed = r;
	else
		gs_planner_refuse(planner, blocker->refusal, blocker->overridable,
				  blocker->message, blocker->evidence, blocker->fix);
}

static void check_interrupts(struct gs_planner *planner)
{
	const struct gs_interrupts *interrupts = &planner->host->interrupts;
	struct gs_blocker blocker;

	if (interrupts->plain && !interrupts->unsafe_allowed)
		refuse(planner,
		       gs_interrupts_blocker(interrupts, gs_planner_card(planner), &blocker),
		       &blocker);
}

static void check_regions(struct gs_planner *planner)
{
	for (size_t i = 0; i < planner->host->n_groups; i++) {
		const struct gs_group *group = &planner->host->groups[i];
		struct gs_blocker blocker;
		char number[16];
		bool moving = false;

		for (size_t j = 0; j < planner->n_moving; j++)
			moving = moving || planner->moving[j]->iommu_group == group->id;
		snprintf(number, sizeof(number), "%d", group->id);
		if (moving && group->direct)
			refuse(planner,
			       gs_regions_blocker(number, group->direct, gs_planner_card(planner),
						  &blocker),
			       &blocker);
	}
}

void gs_check_assignable(struct gs_planner *planner)
{
	check_iommu(planner);
	check_interrupts(planner);
	check_regions(planner);
}

void gs_check_group(struct gs_planner *planner)
{
	gs_check_assignable(planner);
	check_outside(planner);
	check_bridges(planner);
	check_reset(planner);
}
