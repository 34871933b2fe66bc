// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_claim.c - gpushift claim --card | --profile TYPE | --framebuffer SIZE | --vf */
#include "claim_make.h"
#include "claims.h"
#include "exported.h"
#include "host.h"
#include "output.h"
#include "switch.h"
#include "want.h"

/* Exactly one of them. */
int cli_claim_check(struct cli *cli)
{
	int asked = cli->whole_card + cli->vf + (cli->n_profiles > 0) + (cli->framebuffer > 0);

	if (asked != 1)
		return cli_usage(cli, "'claim' needs one of --card, --profile TYPE, "
				      "--framebuffer SIZE and --vf");
	return 0;
}

static int fill_want(struct cli *cli, const struct gs_host *host, struct gs_claim_want *want)
{
	*want = (struct gs_claim_want){
		.kind = cli->whole_card   ? GS_CLAIM_CARD
			: cli->vf	  ? GS_CLAIM_VF
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
	if (!claim->whole)
		export.vgpu = gs_claim_vgpu(host, claim);
	else if (gs_address_parse(claim->card, &address) == 0)
		export.card = gs_host_card(host, &address);
	if (!export.vgpu && !export.card)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", "gpushift claims",
				"%s was claimed, and is gone again", cli_claim_name(claim));
	return cli_exported(cli, &export, cli->format, GS_EXIT_FAILED, ret);
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
			  cli_claim_kind(claim), claim->card);
}

static int claim_it(struct cli *cli, struct gs_lock *lock, struct gs_host *host)
{
	struct cli_claim_order order = { .vm = cli->vm };
	gs_cleanup_free char *text = NULL;
	struct gs_claim claim = { 0 };
	int r = fill_want(cli, host, &order.want);

	if (r == 0)
		r = cli_claim_make(cli, lock, host, &order, &claim);
	if (r == 0) {
		r = cli->format_given ? export_claim(cli, &claim, &text) : 0;
		if (r == 0)
			r = cli_claim_settle(cli, &claim);
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
