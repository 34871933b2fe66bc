// SPDX-License-Identifier: GPL-2.0-or-later
/* initramfs.c - after a wish was stored: whether the initramfs knows it. */
#include "initramfs.h"

#include "early.h"
#include "output.h"

void cli_tell_initramfs(struct cli *cli, const struct gs_host *host)
{
	gs_cleanup_early struct gs_early *early = NULL;

	/* What cannot be told changes nothing about the wish. */
	if (!gs_early_rebuild(cli->engine) || gs_early_read(cli->engine, host, &early) < 0)
		return;
	if (!early->current)
		cli_hint(cli, "the initramfs does not have this yet; for it to hold before drivers load: %s",
			 early->rebuild);
}
