// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_apply.c - gpushift apply <file>, and gpushift apply --wishes */
#include "output.h"
#include "wanted.h"
#include "wishes.h"

int verb_apply(struct cli *cli)
{
	if (cli->wishes && cli->n_arguments)
		return cli_usage(cli, "--wishes takes no file");
	if (cli->wishes)
		return cli_grant_wishes(cli);
	if (!cli->n_arguments)
		return cli_usage(cli, "'apply' needs a file, or --wishes");
	return cli_apply_file(cli);
}
