// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_plan.c - gpushift plan <card> <mode>: what set would do */
#include "host.h"
#include "json.h"
#include "output.h"
#include "want.h"

static void print_action(const struct gs_action *action)
{
	cli_fragment(stdout, "%-13s", gs_op_name(action->op));
	if (action->target)
		cli_fragment(stdout, " %s", action->target);
	if (action->value)
		cli_fragment(stdout, " %s", action->value[0] ? action->value : "\"\"");
}

static void print_steps(const struct gs_plan *plan, bool undos)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_step *step = &plan->steps[i];

		cli_fragment(stdout, "  %2zu  ", i + 1);
		print_action(&step->action);
		cli_line(stdout, "%s", "");
		if (undos && step->undo) {
			cli_fragment(stdout, "      undo: ");
			print_action(step->undo);
			cli_line(stdout, "%s", "");
		}
	}
}

static void print_plan(const struct cli *cli, const struct gs_plan *plan)
{
	if (plan->n_blockers) {
		cli_line(stdout, "%s: %s -> %s is refused", plan->card, gs_mode_name(plan->from),
			 gs_mode_name(plan->to));
		cli_blockers(stdout, "  ", plan->blockers, plan->n_blockers);
	} else if (!plan->n_steps) {
		cli_line(stdout, "%s: already in mode %s", plan->card, gs_mode_name(plan->to));
	} else {
		cli_line(stdout, "%s: %s -> %s", plan->card, gs_mode_name(plan->from),
			 gs_mode_name(plan->to));
		print_steps(plan, cli->verbose);
	}
}

static int plan(struct cli *cli, struct gs_want *want)
{
	gs_cleanup_host struct gs_host *host = NULL;
	cli_cleanup_plan struct gs_plan *plan = NULL;
	enum gs_exit status;
	int r;

	r = cli_read_host(cli, CLI_WANT_READS, &host);
	if (r)
		return r;
	cli_tell_interrupted(host);
	r = cli_want_plan(cli, host, want, &plan);
	if (r)
		return r;

	status = plan->n_blockers ? cli_refused_status(plan) : GS_EXIT_DONE;
	cli_plan_warnings(plan);
	cli_tell_root(cli, host, false);
	if (cli->json)
		return cli_document(gs_json_plan(plan), status);
	print_plan(cli, plan);
	return status;
}

int verb_plan(struct cli *cli)
{
	struct gs_want want;
	int r = cli_want_begin(cli, &want);

	if (r == 0)
		r = plan(cli, &want);
	cli_want_end(&want);
	return r;
}
