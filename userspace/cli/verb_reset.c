// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_reset.c - gpushift reset <card> */
#include "host.h"
#include "json.h"
#include "output.h"
#include "quarantine.h"
#include "switch.h"
#include "want.h"

static int unknown_method(struct cli *cli)
{
	gs_cleanup_free char *known = strdup("");

	for (unsigned int method = 1; known && gs_reset_method_name(method); method++) {
		char *longer = gs_asprintf("%s%s%s", known, *known ? ", " : "",
					   gs_reset_method_name(method));

		free(known);
		known = longer;
	}
	return cli_usage(cli, "there is no reset method '%s'; the kernel knows %s", cli->method,
			 known ? known : "others");
}

static int refuse(struct cli *cli, const struct gs_plan *plan)
{
	enum gs_exit status = cli_refused_status(plan);

	cli_message("%s: a reset is refused", plan->card);
	cli_blockers(stderr, "  ", plan->blockers, plan->n_blockers);
	if (cli->json)
		return cli_document(gs_json_plan_results(plan, gs_mode_name(plan->from)), status);
	return status;
}

/* A task that hangs at the card may still write to it: nothing is done beside it. */
static int still_stuck(struct cli *cli, const char *card, const struct gs_process *stuck)
{
	return cli_fail(cli, GS_EXIT_ATTENTION, "quarantined", NULL,
			"%s stays quarantined: process %d still hangs in the kernel; a reboot is "
			"needed",
			card, stuck->pid);
}

static int execute(struct cli *cli, struct gs_lock *lock, struct gs_plan *plan)
{
	const char *mode = gs_mode_name(plan->from);
	struct cli_outcome outcome;
	int status;

	cli_switch_execute(cli, lock, plan, &outcome);
	status = outcome.status;
	if (status != GS_EXIT_DONE)
		cli_message("%s: %s", plan->card, outcome.message ? outcome.message : "failed");
	if (outcome.fix)
		cli_line(stderr, "  fix: %s", outcome.fix);
	cli_outcome_clear(&outcome);
	if (status == GS_EXIT_DONE)
		cli_result_line(cli, "%s: reset, and it answers", plan->card);
	return cli->json ? cli_document(gs_json_plan_results(plan, mode), status) : status;
}

int cli_reset_check(struct cli *cli)
{
	return cli->method && gs_reset_method_find(cli->method) < 0 ? unknown_method(cli) : 0;
}

int verb_reset(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	cli_cleanup_plan struct gs_plan *plan = NULL;
	struct gs_process stuck;
	struct gs_card *card;
	int r;

	r = cli_reset_check(cli);
	if (r == 0)
		r = cli_switch_begin(cli, &lock);
	if (r == 0)
		r = cli_read_host(cli, CLI_PLAN_READS, &host);
	if (r == 0)
		r = cli_find_card(cli, host, cli->arguments[0], &card);
	if (r)
		return r;
	if (gs_quarantine_stuck(cli->engine, gs_card_display(card)->text, &stuck))
		return still_stuck(cli, gs_card_display(card)->text, &stuck);
	if (gs_plan_reset(host, card, cli->method, &plan) < 0)
		return cli_no_memory(cli);
	return plan->n_blockers ? refuse(cli, plan) : execute(cli, lock, plan);
}
