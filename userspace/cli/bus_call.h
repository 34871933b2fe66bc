/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bus_call.h - from a command line to the call of a method of the daemon. */
#ifndef CLI_BUS_CALL_H
#define CLI_BUS_CALL_H

#include <systemd/sd-bus.h>

#include "cli.h"

#define BUS_NAME "org.gpushift1"
#define BUS_PATH "/org/gpushift1"

/*
 * cli_bus_call_new - the call that does what the verb says
 * Returns 1 with a call; 0 when @ret_status is already what came of it (a
 * wrong argument, which has been said); or -errno.
 */
int cli_bus_call_new(struct cli *cli, sd_bus *bus, sd_bus_message **ret,
		     int *ret_status) gs_must_check;

#endif
