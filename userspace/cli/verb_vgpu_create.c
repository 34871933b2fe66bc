// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_vgpu_create.c - gpushift vgpu create <card> --profile TYPE */
#include "host.h"
#include "initramfs.h"
#include "json.h"
#include "output.h"
#include "remembered.h"
#include "switch.h"
#include "vgpu.h"
#include "want.h"
#include "wish.h"

static int no_types(struct cli *cli, const struct gs_card *card)
{
	const char *address = gs_card_display(card)->text;
	gs_cleanup_free char *fix = NULL;

	fix = gs_asprintf("gpushift plan %s vgpu --profile %s", address, cli->profiles[0].type);
	return cli_fail(cli, GS_EXIT_REFUSED, "no-vgpu-types", fix,
			"%s is in mode %s and offers no vGPU types now", address,
			gs_mode_name(card->mode));
}

/* Into the wish of its card, which plan_create() saw to that there is. */
static int persist(struct cli *cli, const struct gs_host *host, const struct gs_vgpu *vgpu)
{
	struct gs_address address;
	const struct gs_card *card = NULL;
	int r = -ENODEV;

	if (gs_address_parse(vgpu->parent, &address) == 0)
		card = gs_host_card(host, &address);
	if (card)
		r = gs_wish_store_vgpu(cli->engine, host, card, vgpu);
	if (r == 0) {
		cli_tell_initramfs(cli, host);
		return 0;
	}
	return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
			"the vGPU %s was made, but the wish for it, or its definition, could not be "
			"stored: %s",
			gs_vgpu_name(vgpu), strerror(-r));
}

/* A VF that became a vGPU is known by its address, and made by a UUID all the same. */
static const struct gs_vgpu *find_created(struct cli *cli, const struct gs_host *host,
					  const char *uuid)
{
	gs_cleanup_free char *device = NULL;
	const struct gs_vgpu *vgpu = gs_host_vgpu(host, uuid);

	if (!vgpu && gs_vgpu_recorded(cli->engine, uuid, &device) == 0)
		vgpu = gs_host_vgpu(host, device);
	return vgpu;
}

/* The vGPU as it is after it was made, from a fresh read. */
static int print_created(struct cli *cli, const char *uuid)
{
	gs_cleanup_host struct gs_host *host = NULL;
	const struct gs_vgpu *vgpu;
	int r;

	r = cli_read_host(cli, GS_READ_HOLDERS | GS_READ_TYPES, &host);
	if (r)
		return r;
	vgpu = find_created(cli, host, uuid);
	if (!vgpu)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", "gpushift vgpu list",
				"the vGPU %s was made, and is gone again", uuid);
	r = cli->persist ? persist(cli, host, vgpu) : 0;
	if (r)
		return r;
	return cli_result(cli, gs_json_one_vgpu(vgpu), GS_EXIT_DONE, "%s: %s on %s",
			  gs_vgpu_name(vgpu), vgpu->type ? vgpu->type : "-", vgpu->parent);
}

static int plan_create(struct cli *cli, const struct gs_host *host, struct gs_plan **ret)
{
	struct gs_want_error error = {0};
	struct gs_parent *parent;
	struct gs_card *card;
	int r;

	r = cli_find_parent(cli, host, cli->arguments[0], &parent, &card);
	if (r)
		return r;
	if (!parent)
		return no_types(cli, card);
	if (cli->persist && !card)
		return cli_usage(cli, "%s is no card that could be found again after a boot, so "
				      "--persist cannot be used for it",
				 parent->name);
	r = gs_plan_vgpu_create(host, parent, cli->profiles[0].type, cli->uuid, ret, &error);
	if (r == -EINVAL)
		return cli_want_error(cli, &error);
	return r < 0 ? cli_no_memory(cli) : 0;
}

int verb_vgpu_create(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	cli_cleanup_plan struct gs_plan *plan = NULL;
	int r;

	if (!cli->n_profiles)
		return cli_usage(cli, "'vgpu create' needs --profile TYPE");
	if (!cli->uuid[0] && cli_random_uuid(cli->uuid) < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot make a UUID");
	r = cli_switch_begin(cli, &lock);
	if (r)
		return r;
	r = cli_read_host(cli, CLI_PLAN_READS, &host);
	if (r)
		return r;
	r = plan_create(cli, host, &plan);
	if (r)
		return r;
	r = cli_vgpu_run(cli, lock, plan);
	return r ? r : print_created(cli, cli->uuid);
}
