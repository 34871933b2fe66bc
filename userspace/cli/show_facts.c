// SPDX-License-Identifier: GPL-2.0-or-later
/* show_facts.c - resets, power, link and BARs of a card, for `gpushift show` */
#include "show_facts.h"

#include "explain.h"
#include "output.h"
#include "text.h"

int cli_show_power(const struct gs_function *function)
{
	const struct gs_power *power = &function->facts.power;
	const char *state = gs_power_state_name(power->state);
	const char *runtime = gs_runtime_status_name(power->runtime_status);

	if (!state && !function->power_control)
		return 0;
	cli_fragment(stdout, "  %-12s %s", "power", state ? state : "state not known");
	if (function->power_control)
		cli_fragment(stdout, ", runtime %s", function->power_control);
	if (runtime)
		cli_fragment(stdout, " (%s)", runtime);
	if (power->d3cold_allowed != GS_UNKNOWN)
		cli_fragment(stdout, ", D3cold %s",
			     power->d3cold_allowed == GS_YES ? "allowed" : "not allowed");
	cli_line(stdout, "%s", "");
	if (function->facts.config_answers == GS_NO)
		cli_line(stdout, "  %-12s %s", "",
			 "configuration space reads as all ones: it has fallen off the bus, or hangs");
	return 0;
}

/* "16 GT/s x8"; "2.5 GT/s"; "" for what is not known */
static char *link_text(uint32_t speed, unsigned int width)
{
	gs_cleanup_free char *rate = NULL, *lanes = NULL;

	if (speed % 1000)
		rate = gs_asprintf("%u.%u GT/s", speed / 1000, speed % 1000 / 100);
	else
		rate = speed ? gs_asprintf("%u GT/s", speed / 1000) : strdup("");
	lanes = width ? gs_asprintf("x%u", width) : strdup("");
	if (!rate || !lanes)
		return NULL;
	return gs_asprintf("%s%s%s", rate, speed && width ? " " : "", lanes);
}

int cli_show_link(const struct gs_function *function)
{
	const struct gs_link *link = &function->facts.link;
	gs_cleanup_free char *now = link_text(link->speed, link->width);
	gs_cleanup_free char *most = link_text(link->speed_max, link->width_max);

	if (!now || !most)
		return -ENOMEM;
	if (!*now && !*most)
		return 0;
	cli_line(stdout, "  %-12s %s%s%s", "link", *now ? now : "not known", *most ? ", at most " : "",
		 most);
	return 0;
}

static int print_reset(const struct gs_reset *reset)
{
	gs_cleanup_free char *why = gs_explain_reset(reset);

	if (!why)
		return -ENOMEM;
	cli_fragment(stdout, "    %-15s  ", gs_reset_method_name(reset->method));
	if (*why)
		cli_line(stdout, "%-10s  %s", gs_reset_state_name(reset->state), why);
	else
		cli_line(stdout, "%s", gs_reset_state_name(reset->state));
	return 0;
}

/* What an older module tells, and the methods without more about them. */
static int print_methods(const struct gs_function *function)
{
	gs_cleanup_free char *methods = cli_text_join(function->reset_methods, ", ");

	if (!methods)
		return -ENOMEM;
	cli_line(stdout, "  %s  %s", function->text, *methods ? methods : "none");
	return 0;
}

int cli_show_resets(const struct gs_card *card)
{
	const struct gs_function *display = gs_card_display(card);
	gs_cleanup_free char *scope = gs_explain_scope(display);
	int r = scope ? 0 : -ENOMEM;

	cli_line(stdout, "%s", "");
	cli_line(stdout, "%s", "resets, in the order tried");
	for (size_t i = 0; i < card->n_functions && r == 0; i++) {
		const struct gs_facts *facts = &card->functions[i]->facts;

		r = print_methods(card->functions[i]);
		for (size_t j = 0; j < facts->n_resets && r == 0; j++)
			r = print_reset(&facts->resets[j]);
	}
	if (r == 0)
		cli_line(stdout, "  %s", scope);
	return r;
}

static int print_sizes(const struct gs_bar *bar)
{
	const char *separator = ", can be ";

	for (unsigned int bit = 0; bit <= 42; bit++) {
		gs_cleanup_free char *size = NULL;

		if (!(bar->resizable >> bit & 1))
			continue;
		size = cli_text_size((uint64_t)1 << (20 + bit));
		if (!size)
			return -ENOMEM;
		cli_fragment(stdout, "%s%s", separator, size);
		separator = ", ";
	}
	return 0;
}

static int print_bar(const struct gs_bar *bar)
{
	gs_cleanup_free char *size = cli_text_size(bar->size);
	const char *type = gs_bar_type_name(bar->type);

	if (!size)
		return -ENOMEM;
	cli_fragment(stdout, "    BAR %u  %-10s  %s", bar->index, type ? type : "?", size);
	if (bar->has_start)
		cli_fragment(stdout, " at %llx", (unsigned long long)bar->start);
	else
		cli_fragment(stdout, ", no address assigned");
	if (print_sizes(bar) < 0)
		return -ENOMEM;
	if (bar->claimant)
		cli_fragment(stdout, ", claimed by %s", bar->claimant);
	cli_line(stdout, "%s", "");
	return 0;
}

static int print_rom(const struct gs_facts *facts)
{
	gs_cleanup_free char *size = cli_text_size(facts->rom_size);

	if (!size)
		return -ENOMEM;
	if (*size)
		cli_line(stdout, "    ROM    %s", size);
	return 0;
}

static int print_bars_of(const struct gs_function *function)
{
	const struct gs_facts *facts = &function->facts;
	int r = 0;

	cli_line(stdout, "  %s%s", function->text,
		 facts->bars_known ? "" : "  not known");
	for (size_t i = 0; i < facts->n_bars && r == 0; i++)
		r = print_bar(&facts->bars[i]);
	return r == 0 ? print_rom(facts) : r;
}

int cli_show_bars(const struct gs_card *card)
{
	int r = 0;

	cli_line(stdout, "%s", "");
	cli_line(stdout, "%s", "memory and ports");
	for (size_t i = 0; i < card->n_functions && r == 0; i++)
		r = print_bars_of(card->functions[i]);
	return r;
}
