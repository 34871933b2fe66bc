/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_units.h - what units and drop-ins of others say already of the services that the library is preloaded into. */
#ifndef CLI_UNLOCK_UNITS_H
#define CLI_UNLOCK_UNITS_H

#include "host.h"

#define UNLOCK_DROP_IN "gpushift-unlock.conf"

/*
 * unlock_units_check - does anything preload into a service already, or take away what our drop-in says?
 * Returns 0, or the exit status of a refusal that has been said.
 */
int unlock_units_check(struct cli *cli, const char *service) gs_must_check;

/* unlock_units_refuse - somebody else's file is in the way: @what it does; returns the exit status */
int unlock_units_refuse(struct cli *cli, const char *path, const char *what);

#endif
