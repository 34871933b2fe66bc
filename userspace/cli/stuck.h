/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stuck.h - what hangs in the kernel at a card */
#ifndef GPUSHIFT_CLI_STUCK_H
#define GPUSHIFT_CLI_STUCK_H

#include "cli.h"
#include "quarantine.h"

/* cli_show_stuck - the task, its kernel stack for root, the last values, and the way out */
void cli_show_stuck(FILE *stream, const struct gs_stuck *stuck);

/* cli_tell_stuck - the same on stderr, when something hangs at the card */
void cli_tell_stuck(const struct cli *cli, const char *address);

#endif
