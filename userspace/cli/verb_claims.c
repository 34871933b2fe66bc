// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_claims.c - gpushift claims: who has what */
#include "claims.h"
#include "json_build.h"
#include "output.h"
#include "table.h"

static int print_table(const struct gs_claims *claims)
{
	static const struct cli_column columns[] = {
		{"CLAIM", CLI_WHOLE}, {"CARD", CLI_WHOLE}, {"TYPE", CLI_WHOLE},
		{"VM", CLI_SHORTENS}, {NULL, 0},
	};
	cli_cleanup_table struct cli_table *table = cli_table_new(columns);
	int r = table ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < claims->count; i++) {
		const struct gs_claim *claim = &claims->list[i];

		if (claim->same_boot)
			r = cli_table_row(table, (const char *const[]){claim->id, claim->card,
								       cli_claim_kind(claim), claim->vm});
	}
	return r < 0 ? r : cli_table_print(table);
}

static struct json_object *document(const struct gs_claims *claims)
{
	struct gs_json json, list;

	gs_json_begin_array(&list);
	for (size_t i = 0; i < claims->count; i++) {
		if (claims->list[i].same_boot)
			gs_json_add(&list, cli_claim_json(&claims->list[i], false));
	}
	gs_json_begin_document(&json);
	gs_json_put(&json, "claims", gs_json_end(&list));
	return gs_json_end(&json);
}

int verb_claims(struct cli *cli)
{
	gs_cleanup_claims struct gs_claims claims = {0};
	size_t count = 0;
	int r = gs_claims_read(cli->engine, &claims);

	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read the claims: %s",
				strerror(-r));
	if (cli->json)
		return cli_document(document(&claims), GS_EXIT_DONE);
	for (size_t i = 0; i < claims.count; i++)
		count += claims.list[i].same_boot;
	if (!count)
		cli_line(stdout, "Nobody has claimed anything.");
	else if (print_table(&claims) < 0)
		return cli_no_memory(cli);
	return GS_EXIT_DONE;
}
