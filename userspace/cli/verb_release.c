// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_release.c - gpushift release <claim|uuid|address> | --vm NAME | --ended */
#include <strings.h>

#include "claims.h"
#include "host.h"
#include "json_build.h"
#include "output.h"
#include "switch.h"

int cli_release_check(struct cli *cli)
{
	if ((cli->n_arguments > 0) + (cli->vm != NULL) + cli->ended != 1)
		return cli_usage(cli, "'release' needs a claim, a UUID or an address, or --vm NAME, or "
				      "--ended");
	return 0;
}

static bool is_meant(const struct cli *cli, const struct gs_claim *claim)
{
	char address[GS_ADDRESS_LEN];
	struct gs_address parsed;

	/* Of another boot: what has the address now is somebody else's. */
	if (!claim->same_boot)
		return false;
	if (cli->vm)
		return gs_streq(claim->vm, cli->vm);
	if (!cli->n_arguments)
		return false;
	if (strcasecmp(claim->id, cli->arguments[0]) == 0 ||
	    (claim->uuid && strcasecmp(claim->uuid, cli->arguments[0]) == 0))
		return true;
	return (claim->whole || claim->address) &&
	       gs_address_parse(cli->arguments[0], &parsed) == 0 &&
	       gs_streq(gs_address_format(&parsed, address), cli_claim_name(claim));
}

static int release(struct cli *cli, struct gs_lock *lock, const struct gs_host *host,
		   const struct gs_claim *claim)
{
	if (gs_claim_in_use(host, claim))
		return cli_fail(cli, GS_EXIT_REFUSED, "in-use", "gpushift list",
				"%s is in use; end the VM first", cli_claim_name(claim));
	return cli_claim_take_back(cli, lock, claim);
}

static int release_meant(struct cli *cli, struct gs_lock *lock, struct gs_json *released)
{
	gs_cleanup_claims struct gs_claims claims = { 0 };
	gs_cleanup_host struct gs_host *host = NULL;
	size_t count = 0;
	int r;

	r = cli_read_host(cli, GS_READ_HOLDERS, &host);
	if (r)
		return r;
	if (gs_claims_read(cli->engine, &claims) < 0)
		return cli_no_memory(cli);
	for (size_t i = 0; r == 0 && i < claims.count; i++) {
		const struct gs_claim *claim = &claims.list[i];

		if (!is_meant(cli, claim))
			continue;
		count++;
		r = release(cli, lock, host, claim);
		if (r)
			return r;
		gs_json_add(released, cli_claim_json(claim, false));
		cli_result_line(cli, "%s: released", cli_claim_name(claim));
	}
	if (r == 0 && !count && cli->n_arguments)
		return cli_fail(cli, GS_EXIT_USAGE, "unknown-claim", "gpushift claims",
				"nobody has claimed '%s'", cli->arguments[0]);
	return r;
}

static struct json_object *document(struct gs_json *released)
{
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put(&json, "released", gs_json_end(released));
	return gs_json_end(&json);
}

int verb_release(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	struct gs_json released;
	int r;

	r = cli_release_check(cli);
	if (r == 0)
		r = cli_claims_begin(cli, &lock);
	if (r)
		return r;
	gs_json_begin_array(&released);
	/* What is named is looked for first: it may be over already. */
	if (!cli->ended)
		r = release_meant(cli, lock, &released);
	if (r == 0)
		r = cli_claims_end_leases(cli, lock);
	if (r == 0 && cli->json)
		return cli_document(document(&released), GS_EXIT_DONE);
	json_object_put(gs_json_end(&released));
	return r;
}
