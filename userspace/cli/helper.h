/* SPDX-License-Identifier: GPL-2.0-or-later */
/* helper.h - programs of the host that the command runs. */
#ifndef CLI_HELPER_H
#define CLI_HELPER_H

#include "cli.h"

/*
 * cli_helper_run - run @command and wait for it; what it prints goes to standard error
 *
 * It is looked for where root's programs are, whatever PATH says, and has the language of the
 * caller's environment, nothing else. Returns 0; -ENOENT: there is none; -EIO: it failed.
 * The latter two have been said.
 */
int cli_helper_run(char *const *command) gs_must_check;

/* cli_helper_ask - the same, and what it prints to standard output (allocated), in no language */
int cli_helper_ask(char *const *command, char **ret) gs_must_check;

#endif
