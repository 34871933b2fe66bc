// SPDX-License-Identifier: GPL-2.0-or-later
/* options_params.c - parameters of vGPUs, which go on as a part of their profile, and of VFs */
#include "options.h"
#include "output.h"
#include "vgpu_params.h"

static int check(struct cli *cli, const char *text)
{
	gs_cleanup_free char *problem = NULL;
	gs_cleanup_free char *params = NULL;
	int r = gs_params_read(text, &params, &problem);

	if (r == -EINVAL)
		return cli_usage(cli, "%s", problem);
	return r < 0 ? cli_no_memory(cli) : 0;
}

/* Of the VFs that --count alone asks for. */
static int set_vf_params(struct cli *cli, const char *text)
{
	gs_cleanup_free char *problem = NULL;
	gs_cleanup_free char *params = NULL;
	int r;

	if (!cli->vfs || cli->vf_params)
		return cli_usage(cli, "--params belongs to the --profile or --count before it");
	r = gs_vf_params_read(text, &params, &problem);
	if (r == -EINVAL)
		return cli_usage(cli, "%s", problem);
	if (r < 0 || gs_strv_add(&cli->joined, params) < 0)
		return cli_no_memory(cli);
	cli->vf_params = cli->joined[gs_strv_count(cli->joined) - 1];
	return 0;
}

int cli_set_params(struct cli *cli, const char *text)
{
	gs_cleanup_free char *joined = NULL;
	struct gs_profile_want *profile;
	int r;

	if (!cli->n_profiles)
		return set_vf_params(cli, text);
	r = check(cli, text);
	if (r)
		return r;
	profile = &cli->profiles[cli->n_profiles - 1];
	joined = gs_asprintf("%s,%s", profile->type, text);
	if (!joined || gs_strv_add(&cli->joined, joined) < 0)
		return cli_no_memory(cli);
	profile->type = cli->joined[gs_strv_count(cli->joined) - 1];
	return 0;
}
