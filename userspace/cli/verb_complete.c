// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * verb_complete.c - gpushift __complete <kind> [<card>]: what the shells offer,
 * a word a line; and what packages ask. Silent about errors: nobody asked.
 */
#include "definition.h"
#include "doctor.h"
#include "inventory.h"
#include "output.h"

static void print_cards(const struct gs_host *host)
{
	for (size_t i = 0; i < host->n_cards; i++)
		cli_line(stdout, "%s", gs_card_display(&host->cards[i])->text);
	for (size_t i = 0; i < host->n_cards; i++) {
		if (host->cards[i].alias)
			cli_line(stdout, "%s", host->cards[i].alias);
	}
}

static void print_parents(const struct gs_host *host)
{
	struct gs_address address;

	print_cards(host);
	for (size_t i = 0; i < host->n_parents; i++) {
		const char *name = host->parents[i].name;

		if (gs_address_parse(name, &address) < 0 || !gs_host_card(host, &address))
			cli_line(stdout, "%s", name);
	}
}

static void print_vgpus(const struct gs_host *host)
{
	for (size_t i = 0; i < host->n_vgpus; i++)
		cli_line(stdout, "%s", gs_vgpu_name(&host->vgpus[i]));
}

static void print_targets(const struct gs_host *host)
{
	print_cards(host);
	print_vgpus(host);
}

static void print_formats(const struct gs_host *host)
{
	(void)host;
	for (int format = 0; format < GS_EXPORT_FORMATS; format++)
		cli_line(stdout, "%s", gs_export_format_name((enum gs_export_format)format));
}

/* A card may be named by its alias, or by a part of its address. */
static const char *parent_name(const struct gs_host *host, const char *name,
			       char canonical[GS_ADDRESS_LEN])
{
	struct gs_address address;

	for (size_t i = 0; i < host->n_cards; i++)
		if (gs_streq(host->cards[i].alias, name))
			return gs_card_display(&host->cards[i])->text;
	return gs_address_parse(name, &address) == 0 ? gs_address_format(&address, canonical) :
						       name;
}

/* Of one parent, or of all without a name. */
static void print_types(const struct gs_host *host, const char *name)
{
	char canonical[GS_ADDRESS_LEN];

	if (name)
		name = parent_name(host, name, canonical);
	for (size_t i = 0; i < host->n_parents; i++) {
		const struct gs_parent *parent = &host->parents[i];

		if (name && !gs_streq(parent->name, name))
			continue;
		for (size_t j = 0; j < parent->n_types; j++)
			cli_line(stdout, "%s", parent->types[j].id);
	}
}

static void print_functions(const struct gs_host *host)
{
	for (size_t i = 0; i < host->n_functions; i++)
		cli_line(stdout, "%s", host->functions[i].text);
}

static void print_drivers(const struct gs_host *host)
{
	for (char **driver = host->drivers; driver && *driver; driver++)
		cli_line(stdout, "%s", *driver);
}

static void print_policies(const struct gs_host *host)
{
	(void)host;
	for (int policy = 0; policy < GS_CLAIM_POLICIES; policy++)
		cli_line(stdout, "%s", gs_claim_policy_name((enum gs_claim_policy)policy));
}

static void print_checks(const struct gs_host *host)
{
	(void)host;
	for (size_t i = 0; gs_doctor_id(i); i++)
		cli_line(stdout, "%s", gs_doctor_id(i));
}

static int print_claims(struct cli *cli)
{
	gs_cleanup_claims struct gs_claims claims = {0};

	if (gs_claims_read(cli->engine, &claims) < 0)
		return GS_EXIT_FAILED;
	for (size_t i = 0; i < claims.count; i++) {
		if (claims.list[i].same_boot)
			cli_line(stdout, "%s", claims.list[i].id);
	}
	return GS_EXIT_DONE;
}

/* For packages: files of mdevctl that we wrote, and nobody has changed since. */
static void print_definitions(const struct gs_host *host)
{
	for (size_t i = 0; i < host->n_definitions; i++) {
		const struct gs_definition *definition = &host->definitions[i];

		if (definition->ours && !definition->changed)
			cli_line(stdout, "/" GS_DEFINITIONS "/%s/%s", definition->parent,
				 definition->uuid);
	}
}

static const struct {
	const char *kind;
	void (*print)(const struct gs_host *host);
} kinds[] = {
	{"cards", print_cards},		{"parents", print_parents}, {"vgpus", print_vgpus},
	{"functions", print_functions}, {"drivers", print_drivers}, {"targets", print_targets},
	{"formats", print_formats},	{"policies", print_policies},
	{"definitions", print_definitions}, {"checks", print_checks},
};

int verb_complete(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	const char *kind = cli->arguments[0];

	if (gs_streq(kind, "claims"))
		return print_claims(cli);
	if (gs_inventory_read(cli->engine, GS_READ_TYPES | GS_READ_DRIVERS, &host) < 0)
		return GS_EXIT_FAILED;
	for (size_t i = 0; i < GS_ARRAY_SIZE(kinds); i++) {
		if (gs_streq(kinds[i].kind, kind)) {
			kinds[i].print(host);
			return GS_EXIT_DONE;
		}
	}
	if (!gs_streq(kind, "types"))
		return GS_EXIT_USAGE;
	print_types(host, cli->arguments[1]);
	return GS_EXIT_DONE;
}
