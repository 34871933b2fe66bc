// SPDX-License-Identifier: GPL-2.0-or-later
#include "claim_make.h"

#include "claims.h"
#include "host.h"
#include "output.h"
#include "switch.h"
#include "want.h"
#include "want_resolve.h"

/* Why a card did not give it. */
struct reason {
	enum gs_exit status;
	const char *code;
	char *message;
	char *fix;
	bool told; /* by itself, as a refusal is */
};

static void reason_clear(struct reason *reason)
{
	free(reason->message);
	free(reason->fix);
	*reason = (struct reason){ 0 };
}
#define cleanup_reason __attribute__((cleanup(reason_clear)))

static int set_reason(struct reason *reason, enum gs_exit status, const char *code, char *message,
		      char *fix)
{
	reason_clear(reason);
	*reason = (struct reason){ status, code, message, fix, false };
	return (int)status;
}

static bool has_type(const struct cli_claim_order *order)
{
	return order->want.kind == GS_CLAIM_PROFILE || order->want.kind == GS_CLAIM_FRAMEBUFFER;
}

/* Written before anything is made. */
static int begin_claim(struct cli *cli, const struct cli_claim_order *order,
		       const struct gs_claim_choice *choice, struct gs_claim *ret)
{
	const struct gs_function *display = gs_card_display(choice->card);

	*ret = (struct gs_claim){
		.whole = order->want.kind == GS_CLAIM_CARD,
		.pending = true,
		.hook = order->hook,
		.identity = gs_function_identity(display),
		.from = choice->card->mode,
		.manager = gs_lease_manager(cli->engine, order->vm),
	};
	ret->card = strdup(display->text);
	if (order->uuid)
		snprintf(ret->id, sizeof(ret->id), "%s", order->uuid);
	else if (cli_random_uuid(ret->id) < 0)
		return -EIO;
	if (!ret->card || (order->vm && !(ret->vm = strdup(order->vm))))
		return -ENOMEM;
	if (choice->vf && !(ret->address = strdup(choice->vf->address)))
		return -ENOMEM;
	/* What only the switch will tell is asked for as it was named. */
	if (has_type(order) && (!(ret->uuid = strdup(ret->id)) ||
			    !(ret->type = strdup(choice->type ? choice->type->id : order->want.type))))
		return -ENOMEM;
	return 0;
}

/* Where a vGPU is made without a switch: what it is defined for may be a VF of the card. */
static const struct gs_parent *parent_of(const struct gs_host *host,
					 const struct cli_claim_order *order,
					 const struct gs_card *card)
{
	const struct gs_parent *parent = order->parent ? gs_host_parent(host, order->parent) : NULL;

	return parent && parent->n_types ? parent : card->parent;
}

/* A card that offers types now gets one more; another is split, or given as it is. */
static int make_plan(struct cli *cli, struct gs_host *host, const struct cli_claim_order *order,
		     const struct gs_claim_choice *choice, const struct gs_claim *claim,
		     struct gs_plan **ret, struct gs_want_error *error)
{
	struct gs_profile_want profile = { .type = claim->type, .count = 1 };
	char *uuids[] = { claim->uuid, NULL };
	struct gs_want want = { .mode = claim->whole ? GS_MODE_PASSTHROUGH : GS_MODE_VGPU };
	struct gs_card *card = gs_host_card(host, &gs_card_display(choice->card)->address);
	int r;

	if (has_type(order) && !choice->switches)
		return gs_plan_vgpu_create(host, parent_of(host, order, card), claim->type,
					   claim->uuid, ret, error);
	if (order->want.kind == GS_CLAIM_VF)
		want.vfs = gs_card_display(card)->sriov_total;
	if (has_type(order)) {
		want.profiles = &profile;
		want.n_profiles = 1;
		want.uuids = uuids;
		want.n_uuids = 1;
	}
	if (claim->whole) {
		want.with = order->with;
		want.n_with = order->n_with;
	}
	r = gs_want_resolve(cli->engine, host, card, &want);
	if (r == 0)
		r = gs_plan_make(host, card, &want, ret, error);
	gs_want_clear(&want);
	return r;
}

/* Returns 0, with the claim still pending, or the exit status; what was undone is forgotten again. */
static int make(struct cli *cli, struct gs_lock *lock, struct gs_plan *plan,
		struct gs_claim *claim, struct reason *why)
{
	struct cli_outcome outcome = { 0 };
	int r = gs_claim_write(cli->engine, claim);

	if (r < 0)
		return set_reason(why, GS_EXIT_REFUSED, "failed",
				  gs_asprintf("cannot record the claim: %s", strerror(-r)), NULL);
	cli_plan_warnings(plan);
	if (plan->n_steps)
		cli_switch_execute(cli, lock, plan, &outcome);
	r = outcome.status;
	if (r != GS_EXIT_DONE)
		set_reason(why, outcome.status,
			   r == GS_EXIT_ATTENTION ? "quarantined" : "failed",
			   gs_asprintf("%s: %s", claim->card,
				       outcome.message ? outcome.message : "failed"),
			   gs_steal(outcome.fix));
	if (r == GS_EXIT_DONE && gs_claim_locate(cli->engine, claim) < 0)
		r = set_reason(why, GS_EXIT_FAILED, "failed", strdup("out of memory"), NULL);
	/* What could not be undone is still there, and taken back when its card is well again. */
	if (r == GS_EXIT_FAILED || r == GS_EXIT_REFUSED)
		(void)!gs_claim_forget(cli->engine, claim->id);
	cli_outcome_clear(&outcome);
	return r;
}

static int refused(struct cli *cli, const struct gs_plan *plan, const char *card, struct reason *why)
{
	const struct gs_blocker *first = &plan->blockers[0];

	cli_hint(cli, "%s could give it, but:", card);
	if (!cli->quiet)
		cli_blockers(stderr, "  ", plan->blockers, plan->n_blockers);
	set_reason(why, cli_refused_status(plan), gs_refusal_code(first->refusal),
		   gs_asprintf("%s: %s", card, first->message),
		   first->fix ? strdup(first->fix) : NULL);
	why->told = true;
	return (int)why->status;
}

/* The VF that it is to be, onto vfio-pci. */
static int give_vf(struct cli *cli, struct gs_lock *lock, struct gs_host *host,
		   const struct gs_vgpu *vf, struct gs_claim *claim, struct reason *why)
{
	cli_cleanup_plan struct gs_plan *plan = NULL;
	struct gs_function *function = NULL;
	struct gs_address address;
	int r;

	if (gs_address_parse(vf->address, &address) == 0)
		function = gs_host_function(host, &address);
	r = function ? gs_override_read(cli->engine, function) : -ENODEV;
	if (r == 0)
		r = gs_plan_vf_give(host, vf, &plan);
	if (r < 0)
		return set_reason(why, GS_EXIT_FAILED, "failed",
				  gs_asprintf("the VF %s: %s", vf->address, strerror(-r)), NULL);
	if (plan->n_blockers)
		return refused(cli, plan, claim->card, why);
	claim->bound = plan->n_steps > 0;
	return make(cli, lock, plan, claim, why);
}

/* The VFs are there now: the first one, on a host that knows them. */
static int give_first_vf(struct cli *cli, struct gs_lock *lock, struct gs_claim *claim,
			 struct reason *why)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_claim_choice *choice = NULL;
	struct gs_claim_want want = { .kind = GS_CLAIM_VF, .n_on = 1 };
	const struct gs_claims nobody = { 0 };
	struct gs_address address;
	size_t count = 0;
	int r = cli_read_host(cli, CLI_PLAN_READS, &host);

	want.on = &address;
	if (r == 0 && (gs_address_parse(claim->card, &address) < 0 ||
		       gs_claim_choose(host, &nobody, &want, &choice, &count) < 0 || !count ||
		       !choice->vf || !(claim->address = strdup(choice->vf->address))))
		r = set_reason(why, GS_EXIT_FAILED, "failed",
			       gs_asprintf("%s: none of its new VFs can be given away", claim->card),
			       gs_asprintf("gpushift show %s", claim->card));
	if (r == 0)
		r = give_vf(cli, lock, host, choice->vf, claim, why);
	free(choice);
	return r;
}

/* All or nothing: VFs that were made for it go again. */
static void unsplit(struct cli *cli, struct gs_lock *lock, const struct gs_claim *claim)
{
	gs_cleanup_host struct gs_host *host = NULL;
	cli_cleanup_plan struct gs_plan *plan = NULL;
	struct gs_want want = { .mode = claim->from };
	struct gs_want_error error = { 0 };
	struct cli_outcome outcome = { 0 };
	struct gs_address address;
	struct gs_card *card = NULL;

	if (gs_address_parse(claim->card, &address) == 0 &&
	    cli_read_host(cli, CLI_PLAN_READS, &host) == 0)
		card = gs_host_card(host, &address);
	if (card && gs_want_resolve(cli->engine, host, card, &want) == 0 &&
	    gs_plan_make(host, card, &want, &plan, &error) == 0 && plan->n_steps)
		cli_switch_execute(cli, lock, plan, &outcome);
	cli_outcome_clear(&outcome);
	gs_want_clear(&want);
	free(error.message);
	free(error.fix);
	(void)!gs_claim_forget(cli->engine, claim->id);
}

static int split_and_give(struct cli *cli, struct gs_lock *lock, struct gs_plan *plan,
			  struct gs_claim *claim, struct reason *why)
{
	int r = make(cli, lock, plan, claim, why);

	if (r)
		return r;
	r = give_first_vf(cli, lock, claim, why);
	if (r && r != GS_EXIT_ATTENTION) {
		unsplit(cli, lock, claim);
		/* A refusal would say that nothing was touched. */
		r = GS_EXIT_FAILED;
	}
	return r;
}

/* What came of one card: 0 with the claim, or the exit status that it would give. */
static int try_card(struct cli *cli, struct gs_lock *lock, struct gs_host *host,
		    const struct cli_claim_order *order, const struct gs_claim_choice *choice,
		    struct gs_claim *claim, struct reason *why)
{
	cli_cleanup_plan struct gs_plan *plan = NULL;
	struct gs_want_error error = { 0 };
	int r = begin_claim(cli, order, choice, claim);

	if (r == 0 && choice->vf)
		return give_vf(cli, lock, host, choice->vf, claim, why);
	if (r == 0)
		r = make_plan(cli, host, order, choice, claim, &plan, &error);
	if (r < 0)
		r = set_reason(why, GS_EXIT_FAILED, "failed",
			       gs_asprintf("%s: %s", gs_card_display(choice->card)->text,
					   error.message ? error.message : strerror(-r)),
			       gs_steal(error.fix));
	else if (plan->n_blockers)
		r = refused(cli, plan, claim->card, why);
	else
		r = (order->want.kind == GS_CLAIM_VF ? split_and_give : make)(cli, lock, plan, claim,
									   why);
	free(error.message);
	free(error.fix);
	return r;
}

static int none_gives_it(struct cli *cli, const struct gs_host *host, const struct gs_claims *claims,
			 const struct gs_claim_want *want)
{
	const char *fix = want->kind == GS_CLAIM_CARD ? "gpushift list" : "gpushift claims";

	for (size_t i = 0; i < host->n_cards; i++) {
		const struct gs_function *display = gs_card_display(&host->cards[i]);
		gs_cleanup_free char *why = gs_claim_why_not(&host->cards[i], claims, want);

		if (want->n_on == 1 && gs_address_equal(&want->on[0], &display->address))
			return cli_fail(cli, GS_EXIT_REFUSED, "no-capacity", fix,
					"%s cannot give that now: %s", display->text,
					why ? why : "out of memory");
		if (!cli->quiet && want->n_on != 1)
			cli_line(stderr, "  %s: %s", display->text, why ? why : "");
	}
	return cli_fail(cli, GS_EXIT_REFUSED, "no-capacity", fix, "no card can give that now");
}

/* Of one card its own reason, of several that none did. */
static int fail(struct cli *cli, enum gs_exit status, const struct reason *why, size_t count)
{
	if (count == 1 && why->message)
		return cli_fail(cli, status, why->code, why->fix, "%s", why->message);
	return cli_fail(cli, status,
			status == GS_EXIT_ATTENTION ? "quarantined"
			: status == GS_EXIT_FAILED  ? "failed"
						    : "no-capacity",
			"gpushift claims", "none of the cards that could give it did");
}

int cli_claim_make(struct cli *cli, struct gs_lock *lock, struct gs_host *host,
		   const struct cli_claim_order *order, struct gs_claim *claim)
{
	gs_cleanup_free struct gs_claim_choice *choices = NULL;
	gs_cleanup_claims struct gs_claims claims = { 0 };
	cleanup_reason struct reason why = { 0 };
	int status = GS_EXIT_REFUSED;
	size_t count = 0;

	if (gs_claims_read(cli->engine, &claims) < 0 ||
	    gs_claim_choose(host, &claims, &order->want, &choices, &count) < 0)
		return cli_no_memory(cli);
	if (!count)
		return none_gives_it(cli, host, &claims, &order->want);
	for (size_t i = 0; i < count; i++) {
		int r;

		gs_claim_clear(claim);
		r = try_card(cli, lock, host, order, &choices[i], claim, &why);
		if (r == GS_EXIT_DONE)
			return 0;
		if (count > 1 && why.message && !why.told)
			cli_message("%s", why.message);
		/* A refusal would say that nothing was touched. */
		if (status != GS_EXIT_FAILED || r == GS_EXIT_ATTENTION)
			status = r;
		if (status == GS_EXIT_ATTENTION || cli_switch_interrupted())
			break;
	}
	return fail(cli, (enum gs_exit)status, &why, count);
}

int cli_claim_settle(struct cli *cli, struct gs_claim *claim)
{
	int r;

	claim->pending = false;
	r = gs_claim_write(cli->engine, claim);
	return r < 0 ? cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"the claim could not be recorded: %s", strerror(-r))
		     : 0;
}
