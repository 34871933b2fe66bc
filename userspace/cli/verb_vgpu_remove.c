// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_vgpu_remove.c - gpushift vgpu remove <uuid|address> */
#include <ctype.h>
#include <strings.h>

#include "definition.h"
#include "host.h"
#include "json.h"
#include "output.h"
#include "suggest.h"
#include "switch.h"
#include "vgpu.h"
#include "want.h"
#include "wish.h"

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

/* For the next boots: the wish that it is in, and what we defined. Others' definitions are theirs. */
static int forget(struct cli *cli, const struct gs_host *host, const struct gs_vgpu *vgpu)
{
	int r = gs_wish_forget_vgpu(cli->engine, vgpu->uuid);

	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"the vGPU %s was removed, but is still wished for, or defined: %s",
				vgpu->uuid, strerror(-r));
	if (gs_definition_foreign(host, vgpu->uuid))
		cli_hint(cli, "its definition is mdevctl's, and stays: mdevctl undefine -u %s",
			 vgpu->uuid);
	return 0;
}

/* With --persist also one that is only defined; it is no more than its definition. */
static bool find_defined(struct cli *cli, const struct gs_host *host, struct gs_vgpu *ret)
{
	for (size_t i = 0; cli->persist && i < host->n_definitions; i++) {
		const struct gs_definition *definition = &host->definitions[i];

		if (!definition->ours || strcasecmp(definition->uuid, cli->arguments[0]) != 0 ||
		    gs_host_vgpu(host, definition->uuid))
			continue;
		*ret = (struct gs_vgpu){
			.uuid = definition->uuid,
			.parent = definition->parent,
			.type = definition->type,
			.backend = "mdev",
			.owner = "gpushift",
			.in_use = GS_NO,
		};
		return true;
	}
	return false;
}

static int remove_live(struct cli *cli, struct gs_lock *lock, const struct gs_host *host,
		       const struct gs_vgpu **ret, const struct gs_card **ret_card)
{
	cli_cleanup_plan struct gs_plan *plan = NULL;
	int r;

	r = find_vgpu(cli, host, cli->arguments[0], ret, ret_card);
	if (r)
		return r;
	r = *ret ? gs_plan_vgpu_remove(host, *ret, &plan)
		 : gs_plan_vfs_remove(host, *ret_card, &plan);
	return r < 0 ? cli_no_memory(cli) : cli_vgpu_run(cli, lock, plan);
}

int verb_vgpu_remove(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	const struct gs_vgpu *vgpu;
	const struct gs_card *card = NULL;
	struct gs_vgpu defined;
	int r;

	r = cli_switch_begin(cli, &lock);
	if (r)
		return r;
	r = cli_read_host(cli, CLI_PLAN_READS, &host);
	if (r)
		return r;
	if (find_defined(cli, host, &defined))
		vgpu = &defined;
	else
		r = remove_live(cli, lock, host, &vgpu, &card);
	if (r == 0 && cli->persist && vgpu && vgpu->uuid)
		r = forget(cli, host, vgpu);
	return r ? r
		 : print_removed(cli, host, vgpu, vgpu ? vgpu->parent : gs_card_display(card)->text);
}
