// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_claim.c - gpushift claim --card | --profile TYPE | --framebuffer SIZE */
#include "claims.h"
#include "exported.h"
#include "host.h"
#include "output.h"
#include "switch.h"
#include "want.h"
#include "want_resolve.h"

/* Exactly one of the three. */
int cli_claim_check(struct cli *cli)
{
	int asked = cli->whole_card + (cli->n_profiles > 0) + (cli->framebuffer > 0);

	if (asked != 1)
		return cli_usage(cli, "'claim' needs one of --card, --profile TYPE and "
				      "--framebuffer SIZE");
	return 0;
}

static int fill_want(struct cli *cli, const struct gs_host *host, struct gs_claim_want *want)
{
	*want = (struct gs_claim_want){
		.kind = cli->whole_card   ? GS_CLAIM_CARD
			: cli->n_profiles ? GS_CLAIM_PROFILE
					  : GS_CLAIM_FRAMEBUFFER,
		.type = cli->n_profiles ? cli->profiles[0].type : NULL,
		.framebuffer = cli->framebuffer,
		.policy = cli->policy,
	};
	for (char **name = cli->on; name && *name; name++) {
		struct gs_card *card;
		int r = cli_find_card(cli, host, *name, &card);

		if (r)
			return r;
		if (gs_grow(&cli->with, cli->n_with, sizeof(*cli->with)) < 0)
			return cli_no_memory(cli);
		cli->with[cli->n_with++] = gs_card_display(card)->address;
	}
	want->on = cli->with;
	want->n_on = cli->n_with;
	return 0;
}

/* Written before anything is made. */
static int begin_claim(struct cli *cli, const struct gs_claim_choice *choice, struct gs_claim *ret)
{
	const struct gs_function *display = gs_card_display(choice->card);

	*ret = (struct gs_claim){
		.whole = !choice->type,
		.pending = true,
		.identity = gs_function_identity(display),
		.from = choice->card->mode,
		.manager = gs_lease_manager(cli->engine, cli->vm),
	};
	ret->card = strdup(display->text);
	if (cli_random_uuid(ret->id) < 0 || !ret->card)
		return -ENOMEM;
	if (cli->vm && !(ret->vm = strdup(cli->vm)))
		return -ENOMEM;
	if (choice->type && (!(ret->uuid = strdup(ret->id)) ||
			     !(ret->type = strdup(choice->type->id))))
		return -ENOMEM;
	return 0;
}

/* A card that offers types now gets one more; one in passthrough is split, or given as it is. */
static int make_plan(struct cli *cli, struct gs_host *host, const struct gs_claim_choice *choice,
		     const struct gs_claim *claim, struct gs_plan **ret, struct gs_want_error *error)
{
	struct gs_profile_want profile = { .type = claim->type, .count = 1 };
	char *uuids[] = { claim->uuid, NULL };
	struct gs_want want = { .mode = claim->whole ? GS_MODE_PASSTHROUGH : GS_MODE_VGPU };
	struct gs_card *card = gs_host_card(host, &gs_card_display(choice->card)->address);
	int r;

	if (!claim->whole && !choice->switches)
		return gs_plan_vgpu_create(host, card->parent, claim->type, claim->uuid, ret, error);
	if (!claim->whole) {
		want.profiles = &profile;
		want.n_profiles = 1;
		want.uuids = uuids;
		want.n_uuids = 1;
	}
	r = gs_want_resolve(cli->engine, host, card, &want);
	if (r == 0)
		r = gs_plan_make(host, card, &want, ret, error);
	gs_want_clear(&want);
	return r;
}

/* Returns 0, with the claim still pending, or the exit status; what was undone is forgotten again. */
static int make(struct cli *cli, struct gs_lock *lock, struct gs_plan *plan,
		const struct gs_claim *claim)
{
	struct cli_outcome outcome = { 0 };
	int r = gs_claim_write(cli->engine, claim);

	if (r < 0) {
		cli_message("cannot record the claim: %s", strerror(-r));
		return GS_EXIT_REFUSED;
	}
	cli_plan_warnings(plan);
	if (plan->n_steps)
		cli_switch_execute(cli, lock, plan, &outcome);
	r = outcome.status;
	if (r != GS_EXIT_DONE)
		cli_message("%s: %s", claim->card, outcome.message ? outcome.message : "failed");
	/* What could not be undone is still there, and taken back when its card is well again. */
	if (r == GS_EXIT_FAILED || r == GS_EXIT_REFUSED)
		(void)!gs_claim_forget(cli->engine, claim->id);
	cli_outcome_clear(&outcome);
	return r;
}

/* What came of one card: 0 with the claim, or the exit status that it would give. */
static int try_card(struct cli *cli, struct gs_lock *lock, struct gs_host *host,
		    const struct gs_claim_choice *choice, struct gs_claim *claim)
{
	cli_cleanup_plan struct gs_plan *plan = NULL;
	struct gs_want_error error = { 0 };
	int r = begin_claim(cli, choice, claim);

	if (r == 0)
		r = make_plan(cli, host, choice, claim, &plan, &error);
	if (r < 0)
		cli_message("%s: %s", gs_card_display(choice->card)->text,
			    error.message ? error.message : strerror(-r));
	free(error.message);
	free(error.fix);
	if (r < 0)
		return GS_EXIT_FAILED;
	if (plan->n_blockers) {
		cli_hint(cli, "%s could give it, but:", claim->card);
		if (!cli->quiet)
			cli_blockers(stderr, "  ", plan->blockers, plan->n_blockers);
		return (int)cli_refused_status(plan);
	}
	return make(cli, lock, plan, claim);
}

static int none_gives_it(struct cli *cli, const struct gs_host *host, const struct gs_claims *claims,
			 const struct gs_claim_want *want)
{
	for (size_t i = 0; i < host->n_cards && !cli->quiet; i++) {
		gs_cleanup_free char *why = gs_claim_why_not(&host->cards[i], claims, want);

		cli_line(stderr, "  %s: %s", gs_card_display(&host->cards[i])->text, why ? why : "");
	}
	return cli_fail(cli, GS_EXIT_REFUSED, "no-capacity",
			want->kind == GS_CLAIM_CARD ? "gpushift list" : "gpushift claims",
			"no card can give that now");
}

static int try_cards(struct cli *cli, struct gs_lock *lock, struct gs_host *host,
		     struct gs_claim *claim)
{
	gs_cleanup_free struct gs_claim_choice *choices = NULL;
	gs_cleanup_claims struct gs_claims claims = { 0 };
	struct gs_claim_want want;
	size_t count = 0;
	int status = GS_EXIT_REFUSED;

	if (fill_want(cli, host, &want))
		return GS_EXIT_USAGE;
	if (gs_claims_read(cli->engine, &claims) < 0 ||
	    gs_claim_choose(host, &claims, &want, &choices, &count) < 0)
		return cli_no_memory(cli);
	if (!count)
		return none_gives_it(cli, host, &claims, &want);
	for (size_t i = 0; i < count; i++) {
		int r;

		gs_claim_clear(claim);
		r = try_card(cli, lock, host, &choices[i], claim);
		/* A refusal would say that nothing was touched. */
		if (status != GS_EXIT_FAILED || r == GS_EXIT_DONE || r == GS_EXIT_ATTENTION)
			status = r;
		if (status == GS_EXIT_DONE || status == GS_EXIT_ATTENTION ||
		    cli_switch_interrupted())
			break;
	}
	if (status == GS_EXIT_DONE)
		return 0;
	return cli_fail(cli, (enum gs_exit)status,
			status == GS_EXIT_ATTENTION ? "quarantined"
			: status == GS_EXIT_FAILED  ? "failed"
						    : "no-capacity",
			"gpushift claims", "none of the cards that could give it did");
}

static int print_lines(struct cli *cli, char *text)
{
	char *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		cli_result_line(cli, "%s", line);
	return 0;
}

/* In the words of others, from a fresh read. */
static int export_claim(struct cli *cli, const struct gs_claim *claim, char **ret)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_export export = { 0 };
	struct gs_address address;
	int r;

	r = cli_read_host(cli, 0, &host);
	if (r)
		return r;
	export.host = host;
	if (claim->uuid)
		export.vgpu = gs_host_vgpu(host, claim->uuid);
	else if (gs_address_parse(claim->card, &address) == 0)
		export.card = gs_host_card(host, &address);
	if (!export.vgpu && !export.card)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", "gpushift claims",
				"%s was claimed, and is gone again", cli_claim_name(claim));
	return cli_exported(cli, &export, cli->format, GS_EXIT_FAILED, ret);
}

/* From here on it is the caller's: what it will be told is known. */
static int settle(struct cli *cli, struct gs_claim *claim)
{
	int r;

	claim->pending = false;
	r = gs_claim_write(cli->engine, claim);
	return r < 0 ? cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"the claim could not be recorded: %s", strerror(-r))
		     : 0;
}

/* Why it is, has been said. */
static int give_back(struct cli *cli, struct gs_lock *lock, const struct gs_claim *claim)
{
	int status;

	/* There is one document, of what went wrong. */
	cli->json = false;
	status = cli_claim_take_back(cli, lock, claim);
	return status == GS_EXIT_ATTENTION ? status : GS_EXIT_FAILED;
}

static int print_exported(struct cli *cli, const struct gs_claim *claim, char *text)
{
	struct json_object *document = cli_claim_json(claim, true);

	if (document &&
	    (json_object_object_add(document, "format",
				    json_object_new_string(gs_export_format_name(cli->format))) < 0 ||
	     json_object_object_add(document, "text", json_object_new_string(text)) < 0))
		return cli_no_memory(cli);
	print_lines(cli, text);
	if (cli->json)
		return cli_document(document, GS_EXIT_DONE);
	json_object_put(document);
	return GS_EXIT_DONE;
}

static int print_claim(struct cli *cli, const struct gs_claim *claim, char *text)
{
	if (text)
		return print_exported(cli, claim, text);
	return cli_result(cli, cli_claim_json(claim, true), GS_EXIT_DONE, "%s: %s on %s", claim->id,
			  claim->whole ? "the card" : claim->type, claim->card);
}

static int claim_it(struct cli *cli, struct gs_lock *lock, struct gs_host *host)
{
	gs_cleanup_free char *text = NULL;
	struct gs_claim claim = { 0 };
	int r = try_cards(cli, lock, host, &claim);

	if (r == 0) {
		r = cli->format_given ? export_claim(cli, &claim, &text) : 0;
		if (r == 0)
			r = settle(cli, &claim);
		r = r == 0 ? print_claim(cli, &claim, text) : give_back(cli, lock, &claim);
	}
	gs_claim_clear(&claim);
	return r;
}

int verb_claim(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	int r;

	r = cli_claim_check(cli);
	if (r == 0)
		r = cli_claims_begin(cli, &lock);
	if (r == 0)
		r = cli_claims_end_leases(cli, lock);
	if (r == 0)
		r = cli_read_host(cli, CLI_PLAN_READS, &host);
	return r == 0 ? claim_it(cli, lock, host) : r;
}
