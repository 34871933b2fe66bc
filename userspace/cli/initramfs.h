/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs.h - whether the initramfs knows the wishes. */
#ifndef CLI_INITRAMFS_H
#define CLI_INITRAMFS_H

#include "cli.h"

/* cli_tell_initramfs - a wish was stored for a card of @host: say so where the initramfs is to be made anew for it */
void cli_tell_initramfs(struct cli *cli, const struct gs_host *host);

#endif
