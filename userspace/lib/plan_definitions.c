// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan_definitions.c - definitions that mdevctl's boot rule would start when the card's driver
 * comes back: held while the card is not split, released when it is.
 */
#include "plan_build.h"

static bool is_of_card(const struct gs_planner *planner, const struct gs_definition *definition)
{
	return definition->ours && gs_streq(definition->card, gs_planner_card(planner));
}

static void step(struct gs_planner *planner, const char *value, const char *undo)
{
	const char *card = gs_planner_card(planner);

	gs_planner_step(planner, GS_OP_SET_DEFINITIONS, card, value, GS_OP_SET_DEFINITIONS, card,
			undo);
}

void gs_steps_hold_definitions(struct gs_planner *planner)
{
	gs_cleanup_free char *text = NULL;
	size_t count = 0;

	for (size_t i = 0; i < planner->host->n_definitions; i++)
		count += is_of_card(planner, &planner->host->definitions[i]) &&
			 planner->host->definitions[i].automatic;
	if (!count)
		return;
	text = gs_asprintf("mdevctl is to start %zu vGPU%s of %s by itself; not while it is in mode %s: "
			   "set to manual until it is split again",
			   count, count == 1 ? "" : "s", gs_planner_card(planner),
			   gs_mode_name(planner->want->mode));
	gs_planner_note(planner, &planner->plan->warnings, text);
	step(planner, GS_DEFINITIONS_MANUAL, GS_DEFINITIONS_AUTO);
}

void gs_steps_release_definitions(struct gs_planner *planner)
{
	for (size_t i = 0; i < planner->host->n_definitions; i++) {
		const struct gs_definition *definition = &planner->host->definitions[i];

		if (!is_of_card(planner, definition) || !definition->wanted ||
		    definition->automatic || definition->changed)
			continue;
		step(planner, GS_DEFINITIONS_AUTO, GS_DEFINITIONS_MANUAL);
		return;
	}
}
