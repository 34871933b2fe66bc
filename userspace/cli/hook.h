/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook.h - called by who runs VMs, when one starts and ends.
 *
 * The work is the verb `__vm` (vm.h) in a child, which has the daemon do it where that runs. This
 * process waits for it, for a bounded time, prints nothing on standard output, and says what is
 * wrong in one line: whoever called it shows that to its user.
 */
#ifndef CLI_HOOK_H
#define CLI_HOOK_H

#include "cli.h"

struct cli_hook {
	const char *event; /* "start" or "end" */
	const char *manager;
	const char *vm;
	const char *text; /* the description of the VM; NULL: none is needed */
	size_t length;
};

/* cli_hook_run - returns the exit status */
int cli_hook_run(struct cli *cli, const struct cli_hook *hook) gs_must_check;

/* cli_hook_fail - one line, or with --json the document. Returns @status. */
int cli_hook_fail(const struct cli *cli, enum gs_exit status, const char *code, const char *message,
		  const char *fix);

#endif
