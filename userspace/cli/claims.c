// SPDX-License-Identifier: GPL-2.0-or-later
#include "claims.h"

#include "host.h"
#include "identity.h"
#include "json_build.h"
#include "output.h"
#include "stuck.h"
#include "switch.h"
#include "vgpu.h"
#include "want.h"
#include "want_resolve.h"

#define PATIENCE_US (300 * 1000000ULL)

int cli_claims_begin(struct cli *cli, struct gs_lock **ret)
{
	cli->patient_until_us = cli->end_us ? cli->end_us : gs_now_us() + PATIENCE_US;
	return cli_switch_begin(cli, ret);
}

const char *cli_claim_name(const struct gs_claim *claim)
{
	return claim->address ? claim->address : claim->uuid ? claim->uuid : claim->card;
}

const char *cli_claim_kind(const struct gs_claim *claim)
{
	return claim->whole ? "the card" : claim->type ? claim->type : claim->address;
}

struct json_object *cli_claim_json(const struct gs_claim *claim, bool document)
{
	struct gs_json json;

	if (document)
		gs_json_begin_document(&json);
	else
		gs_json_begin(&json);
	gs_json_put_string(&json, "claim", claim->id);
	gs_json_put_string(&json, "kind", claim->whole ? "card" : "vgpu");
	gs_json_put_string(&json, claim->uuid && !claim->address ? "uuid" : "address",
			   cli_claim_name(claim));
	gs_json_put_string(&json, "card", claim->card);
	gs_json_put_string(&json, "type", claim->type);
	gs_json_put_string(&json, "vm", claim->vm);
	return gs_json_end(&json);
}

/* Its address may have gone to another card since. */
static bool is_claimed_card(const struct gs_card *card, const struct gs_claim *claim)
{
	struct gs_identity identity = gs_function_identity(gs_card_display(card));

	return gs_identity_equal(&identity, &claim->identity);
}

/* The plan that takes it back, on @host; NULL in @ret: there is nothing to take back. */
static int plan_back(struct cli *cli, struct gs_host *host, const struct gs_claim *claim,
		     struct gs_plan **ret)
{
	struct gs_want want = { .mode = claim->from, .ends_claim = true };
	struct gs_want_error error = { 0 };
	const struct gs_vgpu *vgpu;
	struct gs_address address;
	struct gs_card *card = NULL;
	int r;

	*ret = NULL;
	if (!claim->whole) {
		vgpu = gs_claim_vgpu(host, claim);
		/* A VF stays for the next, and loses what it got for this one. */
		if (!vgpu || (gs_vgpu_is_plain(vgpu) && !claim->bound))
			return 0;
		return gs_plan_claim_end(host, vgpu, ret);
	}
	if (gs_address_parse(claim->card, &address) == 0)
		card = gs_host_card(host, &address);
	if (!card || card->mode == claim->from || !is_claimed_card(card, claim))
		return 0;
	r = gs_want_resolve(cli->engine, host, card, &want);
	if (r == 0)
		r = gs_plan_make(host, card, &want, ret, &error);
	gs_want_clear(&want);
	free(error.message);
	free(error.fix);
	return r;
}

int cli_claim_take_back(struct cli *cli, struct gs_lock *lock, const struct gs_claim *claim)
{
	gs_cleanup_host struct gs_host *host = NULL;
	cli_cleanup_plan struct gs_plan *plan = NULL;
	int r;

	r = cli_read_host(cli, CLI_PLAN_READS, &host);
	if (r)
		return r;
	r = plan_back(cli, host, claim, &plan);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot plan: %s", strerror(-r));
	r = plan && (plan->n_steps || plan->n_blockers) ? cli_vgpu_run(cli, lock, plan) : 0;
	if (r)
		return r;
	r = gs_claim_forget(cli->engine, claim->id);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"%s is given back, but the claim could not be removed: %s",
				cli_claim_name(claim), strerror(-r));
	return 0;
}

/* What is in the way of ending a lease is no reason not to go on: it stays one. */
static int end_lease(struct cli *cli, struct gs_lock *lock, const struct gs_claim *claim)
{
	bool json = cli->json;
	int status;

	cli_message("the claim of %s%s%s on %s is over", cli_claim_name(claim),
		    claim->vm ? " for " : "", claim->vm ? claim->vm : "", claim->card);
	/* The one document is for the claim that is to come. */
	cli->json = false;
	status = cli_claim_take_back(cli, lock, claim);
	cli->json = json;
	return status == GS_EXIT_ATTENTION ? status : 0;
}

int cli_claims_end_leases(struct cli *cli, struct gs_lock *lock)
{
	gs_cleanup_claims struct gs_claims claims = { 0 };
	gs_cleanup_host struct gs_host *host = NULL;
	int r = gs_claims_read(cli->engine, &claims);

	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read the claims: %s",
				strerror(-r));
	if (!claims.count)
		return 0;
	r = cli_read_host(cli, GS_READ_HOLDERS, &host);
	for (size_t i = 0; r == 0 && i < claims.count; i++) {
		struct gs_claim *claim = &claims.list[i];

		switch (gs_lease_look(cli->engine, host, claim)) {
		case GS_LEASE_HELD:
			break;
		case GS_LEASE_SEEN:
			(void)!gs_claim_write(cli->engine, claim);
			break;
		case GS_LEASE_ENDED:
			r = end_lease(cli, lock, claim);
			break;
		case GS_LEASE_GONE:
			(void)!gs_claim_forget(cli->engine, claim->id);
			break;
		}
	}
	return r;
}
