// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_explain.c - gpushift explain <card>: why it is not in each mode, and why it offers no vGPU types */
#include "host.h"
#include "json_explain.h"
#include "output.h"

#define READS (GS_READ_NAMES | GS_READ_HOLDERS | GS_READ_TYPES | GS_READ_DRIVERS | GS_READ_GROUPS)

struct explanation {
	struct gs_vgpu_facts facts;
	struct gs_causes causes;
};

static int print_mode(const struct gs_host *host, const struct gs_card *card,
		      const struct gs_vgpu_facts *facts, enum gs_mode mode)
{
	gs_cleanup_free char *command = gs_mode_command(card, facts, mode);
	struct gs_blocker *blockers = NULL;
	size_t count = 0;

	if (!command || gs_blockers_for(host, card, mode, &blockers, &count) < 0)
		return -ENOMEM;
	if (card->mode == mode)
		cli_line(stdout, "%s: the card is in it", gs_mode_name(mode));
	else if (count)
		cli_line(stdout, "%s: the card cannot be brought to it now", gs_mode_name(mode));
	else
		cli_line(stdout, "%s: can be taken: %s", gs_mode_name(mode), command);
	cli_blockers(stdout, "  ", blockers, count);
	gs_blockers_free(blockers, count);
	return 0;
}

static void print_cause(const struct gs_cause *cause)
{
	cli_line(stdout, "  %s: %s", cause->id, cause->message);
	for (char **fact = cause->evidence; fact && *fact; fact++)
		cli_line(stdout, "    %s", *fact);
	if (cause->fix)
		cli_line(stdout, "    fix: %s", cause->fix);
}

static void print_types(const struct gs_card *card, const struct gs_causes *causes)
{
	size_t can_be_made = 0;

	if (causes->count) {
		cli_line(stdout, "%s", "vGPU types: none are offered");
		for (size_t i = 0; i < causes->count; i++)
			print_cause(&causes->list[i]);
		return;
	}
	for (size_t i = 0; i < card->parent->n_types; i++)
		can_be_made += card->parent->types[i].available > 0;
	cli_line(stdout, "vGPU types: %zu are offered, %zu of them can be made now: gpushift profiles %s",
		 card->parent->n_types, can_be_made, gs_card_display(card)->text);
}

static int print_card(const struct gs_host *host, const struct gs_card *card,
		      const struct explanation *explanation)
{
	cli_line(stdout, "%s: %s%s%s", gs_card_display(card)->text, gs_mode_name(card->mode),
		 card->reason ? ": " : "", card->reason ? card->reason : "");
	for (int mode = 0; mode < GS_MODE_WANTABLE; mode++)
		if (print_mode(host, card, &explanation->facts, mode) < 0)
			return -ENOMEM;
	print_types(card, &explanation->causes);
	return 0;
}

static int explain(struct cli *cli, const struct gs_host *host, const struct gs_card *card,
		   struct explanation *explanation)
{
	if (gs_vgpu_facts_read(cli->engine, card, &explanation->facts) < 0 ||
	    gs_why_no_types(host, card, &explanation->facts, &explanation->causes) < 0)
		return cli_no_memory(cli);
	if (cli->json)
		return cli_document(gs_json_explain(host, card, &explanation->facts,
						    &explanation->causes),
				    GS_EXIT_DONE);
	return print_card(host, card, explanation) < 0 ? cli_no_memory(cli) : GS_EXIT_DONE;
}

int verb_explain(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct explanation explanation = { 0 };
	struct gs_card *card;
	int r;

	r = cli_read_host(cli, READS, &host);
	if (r)
		return r;
	cli_tell_interrupted(host);
	r = cli_find_card(cli, host, cli->arguments[0], &card);
	if (r)
		return r;
	r = explain(cli, host, card, &explanation);
	gs_causes_clear(&explanation.causes);
	gs_vgpu_facts_clear(&explanation.facts);
	cli_tell_root(cli, host, true);
	return r;
}
