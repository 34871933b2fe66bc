/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wishes.h - granting the wishes that were stored by --persist. */
#ifndef CLI_WISHES_H
#define CLI_WISHES_H

#include "cli.h"

/* cli_grant_wishes - all of them, in their order; returns the exit status */
int cli_grant_wishes(struct cli *cli);

#endif
