// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_profiles.c - gpushift profiles <card> */
#include "host.h"
#include "json.h"
#include "output.h"
#include "table.h"
#include "text.h"

static int add_type(struct cli_table *table, const struct gs_parent *parent,
		    const struct gs_vgpu_type *type, bool remembered)
{
	gs_cleanup_free char *size = cli_text_size(type->framebuffer_bytes);
	char made[16] = "", available[16] = "";

	if (!size)
		return -ENOMEM;
	if (!remembered) {
		snprintf(made, sizeof(made), "%u", type->made);
		snprintf(available, sizeof(available), "%u", type->available);
	}
	return cli_table_row(
		table,
		(const char *const[]){type->id, type->name, size, made, available,
				      remembered ? NULL : gs_profile_reason(parent, type, false)});
}

static int print_types(const struct gs_parent *parent, bool remembered)
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
		r = add_type(table, parent, &parent->types[i], remembered);
		if (r < 0)
			return r;
	}
	return cli_table_print(table);
}

static int print_profiles(struct cli *cli, const char *name, const struct gs_parent *parent,
			  bool remembered)
{
	if (cli->json)
		return cli_document(gs_json_profiles(name, parent, remembered), GS_EXIT_DONE);
	if (!parent || !parent->n_types) {
		cli_line(stdout, "%s offers no vGPU types now.", name);
		return GS_EXIT_DONE;
	}
	if (remembered)
		cli_hint(cli, "%s offers no types now; these are remembered from when it last did",
			 name);
	return print_types(parent, remembered) < 0 ? cli_no_memory(cli) : GS_EXIT_DONE;
}

int verb_profiles(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_parent *parent;
	struct gs_card *card;
	bool remembered = false;
	const char *name;
	int r;

	r = cli_read_host(cli, GS_READ_NAMES | GS_READ_TYPES, &host);
	if (r)
		return r;
	cli_tell_interrupted(host);
	r = cli_find_parent(cli, host, cli->arguments[0], &parent, &card);
	if (r)
		return r;
	if (!parent && card->remembered && card->remembered->parent) {
		parent = card->remembered->parent;
		remembered = true;
	}
	name = card ? gs_card_display(card)->text : parent->name;
	return print_profiles(cli, name, parent, remembered);
}
