// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_vgpu_remove.c - gpushift vgpu remove <uuid> */
#include <ctype.h>

#include "host.h"
#include "json.h"
#include "output.h"
#include "suggest.h"
#include "switch.h"
#include "vgpu.h"
#include "want.h"

static int unknown_vgpu(struct cli *cli, const struct gs_host *host, const char *uuid)
{
	struct cli_suggest suggest;

	cli_suggest_begin(&suggest, uuid);
	for (size_t i = 0; i < host->n_vgpus; i++) {
		if (host->vgpus[i].uuid)
			cli_suggest_try(&suggest, host->vgpus[i].uuid);
	}
	if (suggest.best)
		return cli_fail(cli, GS_EXIT_USAGE, "usage", "gpushift vgpu list",
				"there is no vGPU '%s'; did you mean '%s'?", uuid, suggest.best);
	return cli_fail(cli, GS_EXIT_USAGE, "usage", "gpushift vgpu list", "there is no vGPU '%s'",
			uuid);
}

static int find_vgpu(struct cli *cli, const struct gs_host *host, char *uuid,
		     const struct gs_vgpu **ret)
{
	struct gs_address address;

	if (gs_address_parse(uuid, &address) == 0)
		return cli_usage(cli, "'%s' is an address; name the vGPU by its UUID", uuid);
	for (char *p = uuid; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	*ret = gs_host_vgpu(host, uuid);
	return *ret ? 0 : unknown_vgpu(cli, host, uuid);
}

static int print_removed(const struct cli *cli, const struct gs_vgpu *vgpu)
{
	return cli_result(cli, gs_json_one_vgpu(vgpu), GS_EXIT_DONE, "%s: removed from %s",
			  vgpu->uuid, vgpu->parent);
}

int verb_vgpu_remove(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	cli_cleanup_plan struct gs_plan *plan = NULL;
	const struct gs_vgpu *vgpu;
	int r;

	r = cli_switch_begin(cli, &lock);
	if (r)
		return r;
	r = cli_read_host(cli, CLI_PLAN_READS, &host);
	if (r)
		return r;
	r = find_vgpu(cli, host, cli->arguments[0], &vgpu);
	if (r)
		return r;
	if (gs_plan_vgpu_remove(host, vgpu, &plan) < 0)
		return cli_no_memory(cli);
	r = cli_vgpu_run(cli, lock, plan);
	return r ? r : print_removed(cli, vgpu);
}
