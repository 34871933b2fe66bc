// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_profiles.c - gpushift profiles <card> */
#include "host.h"
#include "json.h"
#include "listed_types.h"
#include "output.h"
#include "table.h"
#include "text.h"

static int add_type(struct cli_table *table, const struct gs_parent *parent,
		    const struct gs_vgpu_type *type, enum gs_types_source source)
{
	gs_cleanup_free char *size = cli_text_size(type->framebuffer_bytes);
	gs_cleanup_free char *reason = NULL;
	char made[16] = "", available[16] = "";

	/* That all are remembered was said above. */
	if (!size || (source != GS_TYPES_REMEMBERED &&
		      gs_why_no_more(parent, type, source, &reason) < 0))
		return -ENOMEM;
	if (source == GS_TYPES_NOW) {
		snprintf(made, sizeof(made), "%u", type->made);
		snprintf(available, sizeof(available), "%u", type->available);
	}
	return cli_table_row(
		table, (const char *const[]){type->id, type->name, size, made, available, reason});
}

static int print_types(const struct gs_parent *parent, enum gs_types_source source)
{
	static const struct cli_column columns[] = {
		{"ID", CLI_WHOLE},
		{"NAME", CLI_SHORTENS},
		{"FRAMEBUFFER", CLI_NUMBER},
		{"MADE", CLI_NUMBER},
		{"AVAILABLE", CLI_NUMBER},
		{"REASON", CLI_WHOLE},
		{NULL, 0},
	};
	cli_cleanup_table struct cli_table *table = cli_table_new(columns);
	int r;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < parent->n_types; i++) {
		r = add_type(table, parent, &parent->types[i], source);
		if (r < 0)
			return r;
	}
	return cli_table_print(table);
}

static int print_profiles(struct cli *cli, const char *name, const struct gs_parent *parent,
			  enum gs_types_source source)
{
	if (cli->json)
		return cli_document(gs_json_profiles(name, parent, source), GS_EXIT_DONE);
	if (!parent || !parent->n_types) {
		cli_line(stdout, "%s offers no vGPU types now.", name);
		return GS_EXIT_DONE;
	}
	if (source == GS_TYPES_REMEMBERED)
		cli_hint(cli, "%s offers no types now; these are remembered from when it last did",
			 name);
	else if (source == GS_TYPES_LISTED)
		cli_hint(cli, "%s offers no types now; these are what its driver's list has", name);
	return print_types(parent, source) < 0 ? cli_no_memory(cli) : GS_EXIT_DONE;
}

/* What it offers, or did when it was last a vGPU host, or what the list of its driver says. */
static int print_of_card(struct cli *cli, const struct gs_card *card,
			 const struct gs_parent *parent)
{
	const struct gs_function *display = gs_card_display(card);
	enum gs_types_source source = GS_TYPES_NOW;
	struct gs_parent *listed = NULL;
	int r;

	if (!parent && card->remembered && card->remembered->parent) {
		parent = card->remembered->parent;
		source = GS_TYPES_REMEMBERED;
	}
	if (!parent || !parent->n_types) {
		if (gs_types_listed_read(cli->engine, display, &listed) < 0)
			return cli_no_memory(cli);
		parent = listed ? listed : parent;
		source = listed ? GS_TYPES_LISTED : source;
	}
	r = print_profiles(cli, display->text, parent, source);
	if (!cli->json && (!parent || !parent->n_types))
		cli_hint(cli, "why: gpushift explain %s", display->text);
	gs_listed_free(listed);
	return r;
}

int verb_profiles(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_parent *parent;
	struct gs_card *card;
	int r;

	r = cli_read_host(cli, GS_READ_NAMES | GS_READ_TYPES, &host);
	if (r)
		return r;
	cli_tell_interrupted(host);
	r = cli_find_parent(cli, host, cli->arguments[0], &parent, &card);
	if (r)
		return r;
	return card ? print_of_card(cli, card, parent) :
		      print_profiles(cli, parent->name, parent, GS_TYPES_NOW);
}
