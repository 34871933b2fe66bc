// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_set.c - gpushift set <card> <mode>: plan, execute, say where the card is */
#include "claims.h"
#include "definition.h"
#include "host.h"
#include "initramfs.h"
#include "json.h"
#include "output.h"
#include "stuck.h"
#include "switch.h"
#include "want.h"
#include "wish.h"

/* After the switch: a fresh read, which the mode, the wish and the definitions are told from; NULL when it failed. */
static struct gs_host *read_after(struct cli *cli)
{
	struct gs_host *host;

	return gs_inventory_read(cli->engine, cli->persist ? GS_READ_PARAMS : 0, &host) < 0 ? NULL :
											       host;
}

static const struct gs_card *find_card(const struct gs_host *host, const char *name)
{
	struct gs_address address;

	return host && gs_address_parse(name, &address) == 0 ? gs_host_card(host, &address) : NULL;
}

static int refuse(struct cli *cli, const struct gs_plan *plan)
{
	enum gs_exit status = cli_refused_status(plan);

	cli_message("%s: %s -> %s is refused", plan->card, gs_mode_name(plan->from),
		    gs_mode_name(plan->to));
	cli_blockers(stderr, "  ", plan->blockers, plan->n_blockers);
	if (cli->json)
		return cli_document(gs_json_plan_results(plan, gs_mode_name(plan->from)), status);
	return status;
}

/* What --persist leaves to others. */
static void tell_foreign(struct cli *cli, const struct gs_host *host, const char *card)
{
	const struct gs_card *found = find_card(host, card);

	for (size_t i = 0; found && i < found->n_vgpus; i++) {
		const char *uuid = found->vgpus[i]->uuid;

		if (uuid && gs_definition_foreign(host, uuid))
			cli_hint(cli, "the definition of %s is mdevctl's, and stays as it is; to have it at each "
				      "boot: mdevctl modify -u %s --auto",
				 uuid, uuid);
	}
}

/* The wish comes last: after the mode was verified. Returns the exit status of set. */
static int persist(struct cli *cli, const struct gs_host *host, const struct gs_plan *plan,
		   const struct gs_want *want)
{
	int r;

	if (!cli->persist)
		return GS_EXIT_DONE;
	r = host ? gs_wish_store_verified(cli->engine, host, plan->card, want) : -EIO;
	if (r < 0)
		cli_message("%s is in mode %s, but the wish for it, or a definition, could not be stored: %s",
			    plan->card, gs_mode_name(plan->to), strerror(-r));
	else if (want->mode == GS_MODE_VGPU)
		tell_foreign(cli, host, plan->card);
	if (r >= 0)
		cli_tell_initramfs(cli, host);
	return r < 0 ? GS_EXIT_FAILED : GS_EXIT_DONE;
}

/* Every step with what became of it, for those who asked for it. */
static struct json_object *results(const struct cli *cli, const struct gs_plan *plan,
				   const char *mode)
{
	return cli->json ? gs_json_plan_results(plan, mode) : NULL;
}

static int already(struct cli *cli, const struct gs_plan *plan, const struct gs_want *want)
{
	gs_cleanup_host struct gs_host *host = cli->persist ? read_after(cli) : NULL;
	enum gs_exit status = persist(cli, host, plan, want);

	return cli_result(cli, results(cli, plan, gs_mode_name(plan->from)), status,
			  "%s: already in mode %s", plan->card, gs_mode_name(plan->to));
}

static int report(struct cli *cli, const struct gs_plan *plan, const struct gs_want *want,
		  struct cli_outcome *outcome)
{
	gs_cleanup_host struct gs_host *host = read_after(cli);
	const struct gs_card *card = find_card(host, plan->card);
	const char *mode = card ? gs_mode_name(card->mode) : NULL;

	if (outcome->status == GS_EXIT_DONE && !gs_streq(mode, gs_mode_name(plan->to))) {
		outcome->status = GS_EXIT_FAILED;
		outcome->message = gs_asprintf("every step was done, but %s is not in mode %s now",
					       plan->card, gs_mode_name(plan->to));
		outcome->fix = gs_asprintf("gpushift show %s", plan->card);
	}
	if (outcome->status != GS_EXIT_DONE) {
		cli_message("%s: %s", plan->card, outcome->message ? outcome->message : "failed");
		/* What only VFIO or the last look at the users could tell. */
		cli_blockers(stderr, "  ", plan->blockers, plan->n_blockers);
		if (outcome->fix)
			cli_line(stderr, "  fix: %s", outcome->fix);
	} else {
		outcome->status = persist(cli, host, plan, want);
	}
	if (outcome->status == GS_EXIT_ATTENTION)
		cli_tell_stuck(cli, plan->card);
	if (gs_streq(mode, gs_mode_name(plan->to)))
		return cli_result(cli, results(cli, plan, mode), outcome->status,
				  "%s: %s -> %s", plan->card, gs_mode_name(plan->from), mode);
	return cli_result(cli, results(cli, plan, mode), outcome->status, "%s: %s",
			  plan->card, mode ? mode : "unknown");
}

static int execute(struct cli *cli, struct gs_lock *lock, struct gs_plan *plan,
		   const struct gs_want *want)
{
	struct cli_outcome outcome;
	int status;

	cli_switch_execute(cli, lock, plan, &outcome);
	/* What was claimed and is no more; that is no matter of how the switch went. */
	if (want->force && outcome.status == GS_EXIT_DONE)
		(void)!cli_claims_end_leases(cli, lock);
	if (outcome.touched)
		status = report(cli, plan, want, &outcome);
	else
		status = cli_fail(cli, outcome.status, "failed", outcome.fix, "%s: %s", plan->card,
				  outcome.message ? outcome.message : "out of memory");
	cli_outcome_clear(&outcome);
	return status;
}

static int set(struct cli *cli, struct gs_want *want)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	cli_cleanup_plan struct gs_plan *plan = NULL;
	int r;

	r = cli_switch_begin(cli, &lock);
	if (r)
		return r;
	r = cli_read_host(cli, CLI_WANT_READS, &host);
	if (r)
		return r;
	r = cli_want_plan(cli, host, want, &plan);
	if (r)
		return r;
	if (plan->n_blockers)
		return refuse(cli, plan);
	cli_plan_warnings(plan);
	if (!plan->n_steps)
		return already(cli, plan, want);
	return execute(cli, lock, plan, want);
}

int verb_set(struct cli *cli)
{
	struct gs_want want;
	int r = cli_want_begin(cli, &want);

	if (r == 0)
		r = set(cli, &want);
	cli_want_end(&want);
	return r;
}
