// SPDX-License-Identifier: GPL-2.0-or-later
/* vgpu.c - plans for one vGPU */
#include "vgpu.h"

#include "json.h"
#include "output.h"
#include "switch.h"
#include "want.h"

static int refuse(struct cli *cli, const struct gs_plan *plan)
{
	const struct gs_blocker *first = &plan->blockers[0];
	enum gs_exit status = cli_refused_status(plan);

	cli_message("%s is refused", cli->verb->name);
	cli_blockers(stderr, "  ", plan->blockers, plan->n_blockers);
	if (cli->json)
		return cli_document(
			gs_json_error(gs_refusal_code(first->refusal), first->message, first->fix),
			status);
	return status;
}

int cli_vgpu_run(struct cli *cli, struct gs_lock *lock, struct gs_plan *plan)
{
	struct cli_outcome outcome;
	int status;

	if (plan->n_blockers)
		return refuse(cli, plan);
	cli_plan_warnings(plan);
	cli_switch_execute(cli, lock, plan, &outcome);
	status = outcome.status;
	if (status != GS_EXIT_DONE)
		cli_fail(cli, outcome.status, "failed", outcome.fix, "%s",
			 outcome.message ? outcome.message : "out of memory");
	cli_outcome_clear(&outcome);
	return status;
}
