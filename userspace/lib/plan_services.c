// SPDX-License-Identifier: GPL-2.0-or-later
/* Units that keep a card busy: stopped before it moves, started again when it has. */
#include "plan_build.h"

static void warn(struct gs_planner *planner, const struct gs_unit *unit)
{
	gs_cleanup_free char *text =
		gs_asprintf("%s is not stopped for %s: %s", unit->name, gs_planner_card(planner),
			    unit->state == GS_UNIT_MISSING ? "there is no such unit"
							   : "systemd does not tell of it");

	gs_planner_note(planner, &planner->plan->warnings, text);
}

void gs_steps_stop_services(struct gs_planner *planner)
{
	const struct gs_want *want = planner->want;

	for (size_t i = 0; i < want->n_services; i++) {
		const struct gs_unit *unit = &want->services[i];

		if (unit->state == GS_UNIT_RUNNING)
			gs_planner_step(planner, GS_OP_STOP_SERVICE, unit->name, NULL,
					GS_OP_START_SERVICE, unit->name, NULL);
		else if (unit->state != GS_UNIT_IDLE)
			warn(planner, unit);
	}
}

/* Those that were stopped, the last one first. */
void gs_steps_start_services(struct gs_planner *planner)
{
	struct gs_plan *plan = planner->plan;

	for (size_t i = plan->n_steps; i-- > 0;) {
		const char *unit = plan->steps[i].action.target;

		if (plan->steps[i].action.op == GS_OP_STOP_SERVICE)
			gs_planner_step(planner, GS_OP_START_SERVICE, unit, NULL, GS_OP_COUNT, NULL,
					NULL);
	}
}

/* It will be gone by then; if a process of it is not, the last look finds it. */
bool gs_stops_holder(const struct gs_planner *planner, const struct gs_holder *holder)
{
	const struct gs_want *want = planner->want;

	if (!gs_streq(holder->kind, "unit"))
		return false;
	for (size_t i = 0; i < want->n_services; i++)
		if (want->services[i].state == GS_UNIT_RUNNING &&
		    gs_streq(want->services[i].name, holder->name))
			return true;
	return false;
}
