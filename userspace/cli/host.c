// SPDX-License-Identifier: GPL-2.0-or-later
/* host.c - reading the host, and finding cards in it */
#include "host.h"

#include "config.h"
#include "output.h"
#include "suggest.h"

int cli_read_host(struct cli *cli, unsigned int flags, struct gs_host **ret)
{
	int r = gs_inventory_read(cli->engine, flags, ret);

	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read the host: %s",
				strerror(-r));
	if (cli->verbose && (*ret)->source == GS_SOURCE_SYSFS)
		cli_message("read from sysfs");
	else if (cli->verbose)
		cli_message("read from the kernel module, generation %u", (*ret)->generation);
	return 0;
}

void cli_tell_interrupted(const struct gs_host *host)
{
	const struct gs_interrupted *switching = host->interrupted;

	if (!switching)
		return;
	if (switching->damaged)
		cli_message("an interrupted switch left a journal that cannot be read (%s); run: "
			    "gpushift recover",
			    strerror(switching->damaged));
	else if (switching->running)
		cli_message("a switch is running: %s from %s to %s", switching->card,
			    switching->from, switching->to);
	else
		cli_message("a switch was interrupted%s: %s from %s to %s; run: gpushift recover",
			    switching->other_boot ? " before the last boot" : "", switching->card,
			    switching->from, switching->to);
}

/* What root would see of the cards in addition. */
struct unseen {
	int processes;
	bool overrides;
	bool facts;
};

static struct unseen find_unseen(const struct gs_host *host)
{
	struct unseen unseen = { 0 };

	for (size_t i = 0; i < host->n_cards; i++) {
		const struct gs_card *card = &host->cards[i];

		if (card->holders_unreadable > unseen.processes)
			unseen.processes = card->holders_unreadable;
		for (size_t j = 0; j < card->n_functions; j++) {
			unseen.overrides |= card->functions[j]->override_known == GS_UNKNOWN;
			unseen.facts |= card->functions[j]->facts.for_root == GS_NO;
		}
	}
	return unseen;
}

void cli_tell_root(const struct cli *cli, const struct gs_host *host, bool facts)
{
	struct unseen unseen = find_unseen(host);
	char text[256] = "", processes[80] = "";

	if (geteuid() == 0)
		return;
	if (unseen.processes)
		snprintf(processes, sizeof(processes), "which of %d other processes use the cards",
			 unseen.processes);
	snprintf(text, sizeof(text), "%s%s%s%s%s", processes,
		 *processes && unseen.overrides ? ", and " : "",
		 unseen.overrides ? "the driver overrides" : "",
		 (*processes || unseen.overrides) && facts && unseen.facts ? ", and " : "",
		 facts && unseen.facts ? "which ACS bits and resets are missing, and why" : "");
	if (*text)
		cli_hint(cli, "as root, this also shows %s", text);
}

/* The card that a function belongs to: its own, or that of its PF; NULL: none. */
static const struct gs_card *card_of(const struct gs_host *host, const struct gs_function *function)
{
	const struct gs_function *physical = function;

	if (function->is_vf)
		physical = gs_host_function(host, &function->physfn);
	for (size_t i = 0; physical && i < host->n_cards; i++) {
		const struct gs_card *card = &host->cards[i];

		for (size_t j = 0; j < card->n_functions; j++) {
			if (card->functions[j] == physical)
				return card;
		}
	}
	return NULL;
}

/* The name of the nearest card (and parent); the short form of an address counts too. */
static const char *nearest(const struct gs_host *host, const char *text, bool parents)
{
	struct cli_suggest whole, part;

	cli_suggest_begin(&whole, text);
	cli_suggest_begin(&part, text);
	for (size_t i = 0; i < host->n_cards; i++) {
		const char *address = gs_card_display(&host->cards[i])->text;

		if (host->cards[i].alias)
			cli_suggest_try(&whole, host->cards[i].alias);
		cli_suggest_try(&whole, address);
		if (strncmp(address, "0000:", 5) == 0)
			cli_suggest_try(&part, address + 5);
	}
	for (size_t i = 0; parents && i < host->n_parents; i++)
		cli_suggest_try(&whole, host->parents[i].name);
	return part.distance < whole.distance ? part.best : whole.best;
}

static int unknown_card(struct cli *cli, const struct gs_host *host, const char *text, bool parents)
{
	const char *near = nearest(host, text, parents);

	if (near)
		return cli_fail(cli, GS_EXIT_USAGE, "unknown-card", "gpushift list",
				"there is no card '%s'; did you mean '%s'?", text, near);
	return cli_fail(cli, GS_EXIT_USAGE, "unknown-card", "gpushift list",
			"there is no card '%s'", text);
}

/* A function that exists, but is not what a card is named after. */
static int not_a_card(struct cli *cli, const struct gs_host *host,
		      const struct gs_function *function)
{
	const struct gs_card *card = card_of(host, function);

	if (card)
		return cli_fail(cli, GS_EXIT_USAGE, "unknown-card", "gpushift list",
				"%s is a %s of the card %s; name the card", function->text,
				function->is_vf ? "virtual function" : "function",
				gs_card_display(card)->text);
	return cli_fail(cli, GS_EXIT_USAGE, "unknown-card", "gpushift list",
			"%s (class %04x) is not a card", function->text, function->class_code >> 8);
}

/* The card of that alias. It may be configured, and not be there. */
static int find_alias(struct cli *cli, const struct gs_host *host, const char *text, bool parents,
		      struct gs_card **ret)
{
	const struct gs_card_config *config =
		gs_configuration_alias(cli->engine->configuration, text);
	char address[GS_ADDRESS_LEN];

	for (size_t i = 0; i < host->n_cards; i++) {
		if (host->cards[i].alias && gs_streq(host->cards[i].alias, text)) {
			*ret = &host->cards[i];
			return 0;
		}
	}
	if (!config)
		return unknown_card(cli, host, text, parents);
	return cli_fail(cli, GS_EXIT_USAGE, "unknown-card", "gpushift list",
			"'%s' is %s (%s), and there is no card at that address", text,
			gs_address_format(&config->address, address), config->where);
}

/* The card or parent that @text names. */
static int find(struct cli *cli, const struct gs_host *host, const char *text, bool parents,
		struct gs_card **ret)
{
	const struct gs_function *function;
	struct gs_address address;
	struct gs_card *card;

	if (gs_address_parse(text, &address) < 0)
		return find_alias(cli, host, text, parents, ret);
	card = gs_host_card(host, &address);
	if (card && gs_address_equal(&gs_card_display(card)->address, &address)) {
		*ret = card;
		return 0;
	}
	function = gs_host_function(host, &address);
	return function ? not_a_card(cli, host, function) : unknown_card(cli, host, text, parents);
}

int cli_find_card(struct cli *cli, const struct gs_host *host, const char *text,
		  struct gs_card **ret)
{
	return find(cli, host, text, false, ret);
}

int cli_find_parent(struct cli *cli, const struct gs_host *host, const char *text,
		    struct gs_parent **ret, struct gs_card **ret_card)
{
	struct gs_parent *parent = gs_host_parent(host, text);
	struct gs_address address;
	struct gs_card *card = NULL;
	int r;

	/* A VF that is a parent itself (as NVIDIA's are) may be named too. */
	if (!parent && gs_address_parse(text, &address) == 0) {
		char canonical[GS_ADDRESS_LEN];

		parent = gs_host_parent(host, gs_address_format(&address, canonical));
	}
	if (parent) {
		*ret = parent;
		*ret_card = NULL;
		if (gs_address_parse(parent->name, &address) == 0)
			*ret_card = gs_host_card(host, &address);
		return 0;
	}
	r = find(cli, host, text, true, &card);
	if (r)
		return r;
	*ret = card->parent;
	*ret_card = card;
	return 0;
}
