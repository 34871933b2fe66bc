// SPDX-License-Identifier: GPL-2.0-or-later
/* stuck.c - what hangs in the kernel at a card, and what there is left to do */
#include "stuck.h"

#include "output.h"
#include "text.h"

static void print_stack(FILE *stream, const char *stack)
{
	while (*stack) {
		size_t length = strcspn(stack, "\n");

		cli_line(stream, "    %.*s", (int)length, stack);
		stack += length + (stack[length] == '\n');
	}
}

void cli_show_stuck(FILE *stream, const struct gs_stuck *stuck)
{
	cli_line(stream, "  process %d (%s) hangs in the kernel%s", stuck->pid,
		 cli_text_or_dash(stuck->name), stuck->stack ? ":" : "; root is told where");
	if (stuck->stack)
		print_stack(stream, stuck->stack);
	cli_line(stream, "  what is shown of the card may be stale; last seen:");
	for (size_t i = 0; i < stuck->n_last; i++)
		cli_line(stream, "    %s  %s, driver override %s", stuck->last[i].address,
			 stuck->last[i].driver ? stuck->last[i].driver : "no driver",
			 stuck->last[i].driver_override ? stuck->last[i].driver_override : "none");
	cli_line(stream, "  a reboot is needed, and an orderly one may hang in the kernel's own shutdown: "
			 "then `sync`, and `echo b >/proc/sysrq-trigger` or a power cycle");
}

void cli_tell_stuck(const struct cli *cli, const char *address)
{
	struct gs_stuck *stuck = NULL;

	if (!address || gs_stuck_read(cli->engine, address, &stuck) < 0 || !stuck)
		return;
	cli_show_stuck(stderr, stuck);
	gs_stuck_free(stuck);
}
