/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bus.h - changes by the daemon, where it runs or can be started.
 *
 * It does in a child what this process would do with --direct, and what that
 * prints comes here as records (job.h): both ways look the same.
 */
#ifndef CLI_BUS_H
#define CLI_BUS_H

#include "cli.h"

/*
 * cli_bus_run - have the verb done by the daemon
 * Returns false when there is no daemon: nothing was done, nothing said.
 */
bool cli_bus_run(struct cli *cli, int *ret_status) gs_must_check;

#endif
