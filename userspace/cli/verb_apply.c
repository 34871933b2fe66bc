// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_apply.c - gpushift apply <file>, and gpushift apply --wishes */
#include "output.h"
#include "wanted.h"
#include "wishes.h"

int cli_apply_check(struct cli *cli)
{
	if (cli->wishes && cli->n_arguments)
		return cli_usage(cli, "--wishes takes no file");
	if (!cli->wishes && !cli->n_arguments)
		return cli_usage(cli, "'apply' needs a file, or --wishes");
	return 0;
}

int verb_apply(struct cli *cli)
{
	int r = cli_apply_check(cli);

	if (r)
		return r;
	return cli->wishes ? cli_grant_wishes(cli) : cli_apply_file(cli);
}
