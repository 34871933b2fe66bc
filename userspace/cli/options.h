/* SPDX-License-Identifier: GPL-2.0-or-later */
/* options.h - options that are taken in files of their own; each returns 0, or the exit status when it was wrong. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli.h"

int cli_set_params(struct cli *cli, const char *text) gs_must_check;
int cli_set_format(struct cli *cli, const char *text) gs_must_check;
int cli_set_policy(struct cli *cli, const char *text) gs_must_check;
int cli_set_framebuffer(struct cli *cli, const char *text) gs_must_check;
int cli_add_on(struct cli *cli, const char *name) gs_must_check;
int cli_set_vm(struct cli *cli, const char *name) gs_must_check;

#endif
