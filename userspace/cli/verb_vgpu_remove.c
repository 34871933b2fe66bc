// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_vgpu_remove.c - gpushift vgpu remove <uuid|address> */
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

/* A card that is named stands for its VFs. */
static int find_address(struct cli *cli, const struct gs_host *host,
			const struct gs_address *address, const struct gs_vgpu **ret,
			const struct gs_card **ret_card)
{
	char text[GS_ADDRESS_LEN];

	gs_address_format(address, text);
	*ret_card = gs_host_card(host, address);
	*ret = *ret_card ? NULL : gs_host_vgpu(host, text);
	if (*ret)
		return 0;
	if (!*ret_card)
		return cli_fail(cli, GS_EXIT_USAGE, "usage", "gpushift vgpu list",
				"%s is neither a vGPU nor a card with virtual functions", text);
	if (gs_card_display(*ret_card)->sriov_enabled)
		return 0;
	return cli_fail(cli, GS_EXIT_USAGE, "usage", "gpushift vgpu list",
			"the card %s has no virtual functions; name a vGPU by its UUID", text);
}

static int find_vgpu(struct cli *cli, const struct gs_host *host, char *name,
		     const struct gs_vgpu **ret, const struct gs_card **ret_card)
{
	struct gs_address address;

	*ret_card = NULL;
	if (gs_address_parse(name, &address) == 0)
		return find_address(cli, host, &address, ret, ret_card);
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	*ret = gs_host_vgpu(host, name);
	return *ret ? 0 : unknown_vgpu(cli, host, name);
}

static int print_removed(const struct cli *cli, const struct gs_host *host,
			 const struct gs_vgpu *vgpu, const char *parent)
{
	if (vgpu)
		return cli_result(cli, gs_json_one_vgpu(vgpu), GS_EXIT_DONE, "%s: removed from %s",
				  gs_vgpu_name(vgpu), parent);
	return cli_result(cli, gs_json_vgpus_of(host, parent), GS_EXIT_DONE,
			  "%s: its virtual functions are removed", parent);
}

int verb_vgpu_remove(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	cli_cleanup_plan struct gs_plan *plan = NULL;
	const struct gs_vgpu *vgpu;
	const struct gs_card *card;
	int r;

	r = cli_switch_begin(cli, &lock);
	if (r)
		return r;
	r = cli_read_host(cli, CLI_PLAN_READS, &host);
	if (r)
		return r;
	r = find_vgpu(cli, host, cli->arguments[0], &vgpu, &card);
	if (r)
		return r;
	r = vgpu ? gs_plan_vgpu_remove(host, vgpu, &plan) : gs_plan_vfs_remove(host, card, &plan);
	if (r < 0)
		return cli_no_memory(cli);
	r = cli_vgpu_run(cli, lock, plan);
	return r ? r
		 : print_removed(cli, host, vgpu, vgpu ? vgpu->parent : gs_card_display(card)->text);
}
