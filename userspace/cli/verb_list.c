// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_list.c - gpushift [list] [--all] */
#include "host.h"
#include "json.h"
#include "output.h"
#include "table.h"
#include "text.h"

#define READS (GS_READ_NAMES | GS_READ_HOLDERS | GS_READ_TYPES | GS_READ_DRIVERS)

static int add_card(struct cli_table *table, const struct gs_card *card)
{
	const struct gs_function *display = gs_card_display(card);
	gs_cleanup_free char *group = cli_text_group(display->iommu_group);
	gs_cleanup_free char *resets = cli_text_join(display->reset_methods, ",");
	gs_cleanup_free char *users = cli_text_users(card);
	char vgpus[24] = "";

	if (!group || !resets || !users)
		return -ENOMEM;
	if (card->n_vgpus)
		snprintf(vgpus, sizeof(vgpus), "%zu", card->n_vgpus);
	return cli_table_row(table, (const char *const[]){display->text, display->name,
							  gs_mode_name(card->mode), display->driver,
							  group, resets, vgpus, users});
}

static int print_cards(const struct gs_host *host)
{
	static const struct cli_column columns[] = {
		{"ADDRESS", CLI_WHOLE}, {"NAME", CLI_SHORTENS},	  {"MODE", CLI_WHOLE},
		{"DRIVER", CLI_WHOLE},	{"GROUP", CLI_NUMBER},	  {"RESET", CLI_WHOLE},
		{"VGPUS", CLI_NUMBER},	{"IN USE BY", CLI_WHOLE}, {NULL, 0},
	};
	cli_cleanup_table struct cli_table *table = cli_table_new(columns);
	int r;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < host->n_cards; i++) {
		r = add_card(table, &host->cards[i]);
		if (r < 0)
			return r;
	}
	r = cli_table_print(table);
	if (r < 0)
		return r;
	for (size_t i = 0; i < host->n_cards; i++) {
		const struct gs_card *card = &host->cards[i];

		if (card->reason)
			cli_line(stdout, "%s is %s: %s", gs_card_display(card)->text,
				 gs_mode_name(card->mode), card->reason);
	}
	return 0;
}

static int print_functions(const struct gs_host *host)
{
	static const struct cli_column columns[] = {
		{"ADDRESS", CLI_WHOLE}, {"NAME", CLI_SHORTENS}, {"CLASS", CLI_WHOLE},
		{"DRIVER", CLI_WHOLE},	{"GROUP", CLI_NUMBER},	{NULL, 0},
	};
	cli_cleanup_table struct cli_table *table = cli_table_new(columns);
	int r;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < host->n_functions; i++) {
		const struct gs_function *function = &host->functions[i];
		gs_cleanup_free char *group = cli_text_group(function->iommu_group);
		char class[5];

		if (!group)
			return -ENOMEM;
		cli_text_class(function, class);
		r = cli_table_row(table, (const char *const[]){function->text, function->name,
							       class, function->driver, group});
		if (r < 0)
			return r;
	}
	return cli_table_print(table);
}

static int print_text(const struct cli *cli, const struct gs_host *host)
{
	int r = 0;

	if (host->n_cards)
		r = print_cards(host);
	else
		cli_line(stdout, "This host has no display or accelerator card.");
	if (r < 0 || !cli->all)
		return r;
	cli_line(stdout, "%s", "");
	return print_functions(host);
}

/* Without a verb somebody may not know what there is; on stderr, where no script reads. */
static void tell_newcomer(const struct cli *cli, const struct gs_host *host)
{
	const char *card = host->n_cards ? gs_card_display(&host->cards[0])->text : NULL;

	if (cli->verb_named)
		return;
	if (!host->has_iommu)
		cli_hint(cli, "no guest can have a card yet: gpushift doctor says what is in the way");
	else if (card)
		cli_hint(cli, "next: gpushift plan %s passthrough, gpushift doctor, gpushift help", card);
	else
		cli_hint(cli, "gpushift doctor says what this host has; gpushift help, what there is");
}

int verb_list(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	int r;

	r = cli_read_host(cli, READS | (cli->all ? GS_READ_ALL : 0), &host);
	if (r)
		return r;
	cli_tell_interrupted(host);
	if (cli->json) {
		r = cli_document(gs_json_list(host, cli->all), GS_EXIT_DONE);
	} else if (print_text(cli, host) < 0) {
		return cli_no_memory(cli);
	}
	cli_tell_root(cli, host, false);
	tell_newcomer(cli, host);
	return r;
}
