// SPDX-License-Identifier: GPL-2.0-or-later
/* steps_service.c - units that are stopped for a switch, and started again. */
#include "steps.h"

static int move_service(struct gs_executor *executor, enum gs_job_kind kind, const char *verb,
			const char *unit, char **error)
{
	char answer[GS_JOB_TEXT] = "";
	int r = gs_step_job(executor, kind, unit, NULL, answer);

	if (r == -ETIMEDOUT)
		return gs_step_fail(error, r,
				    gs_asprintf("systemd did not %s %s within %u ms", verb, unit,
						executor->options->timeout_ms));
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot %s %s: %s", verb, unit,
						*answer ? answer : strerror(-r)));
	return 0;
}

int gs_step_stop_service(struct gs_executor *executor, const struct gs_action *action,
			 char **error)
{
	return move_service(executor, GS_JOB_STOP_UNIT, "stop", action->target, error);
}

int gs_step_start_service(struct gs_executor *executor, const struct gs_action *action,
			  char **error)
{
	return move_service(executor, GS_JOB_START_UNIT, "start", action->target, error);
}

void gs_start_services(struct gs_executor *executor)
{
	struct gs_plan *plan = executor->plan;

	for (size_t i = plan->n_steps; i-- > 0 && !gs_step_stuck(executor);) {
		struct gs_step *step = &plan->steps[i];
		char *error = NULL;

		if (step->action.op != GS_OP_STOP_SERVICE || !gs_step_may_have_run(plan, i))
			continue;
		(void)!gs_step_start_service(executor, &step->action, &error);
		if (step->error)
			free(error);
		else
			step->error = error;
	}
}
