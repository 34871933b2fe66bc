// SPDX-License-Identifier: GPL-2.0-or-later
#include "unlock_parts.h"

#include "output.h"
#include "tree.h"
#include "unlock_hooks.h"
#include "unlock_rebuild.h"
#include "unlock_trust.h"
#include "unlock_units.h"
#include "vendor_tool.h"

const char *const unlock_services[] = { "nvidia-vgpud.service", "nvidia-vgpu-mgr.service", NULL };

#define SYSTEMCTL "usr/bin/systemctl"
#define RELOAD_LIMIT_MS 60000

void unlock_parts_clear(struct unlock_parts *parts)
{
	for (size_t i = 0; i < parts->count; i++) {
		free(parts->list[i].text);
		free(parts->list[i].from);
	}
	free(parts->list);
	*parts = (struct unlock_parts){ 0 };
}

static int add(struct cli *cli, struct unlock_parts *parts, const char *path, char *text,
	       unsigned int mode, bool of_driver)
{
	struct unlock_part *part;

	if (!text || gs_grow(&parts->list, parts->count, sizeof(*parts->list)) < 0) {
		free(text);
		return cli_no_memory(cli);
	}
	part = &parts->list[parts->count++];
	snprintf(part->path, sizeof(part->path), "%s", path);
	part->text = text;
	part->mode = mode;
	part->of_driver = of_driver;
	return 0;
}

/* --- drop-ins --- */

static int collect_drop_ins(struct cli *cli, const struct unlock_host *host,
			    struct unlock_parts *parts)
{
	char path[GS_PATH_MAX];
	int r = 0;

	for (const char *const *service = unlock_services; r == 0 && *service; service++) {
		r = unlock_units_check(cli, *service);
		if (r)
			break;
		if (gs_path(path, "etc/systemd/system/%s.d/" UNLOCK_DROP_IN, *service) < 0)
			return GS_EXIT_FAILED;
		r = add(cli, parts, path,
			gs_asprintf("# Made by gpushift unlock install; gpushift unlock remove takes it away.\n"
				    "[Service]\nEnvironment=LD_PRELOAD=%s\n",
				    host->library),
			0644, false);
	}
	return r;
}

/* --- nvidia-smi --- */

static char *wrapper_of(const struct unlock_host *host)
{
	return gs_asprintf("#!/bin/sh\n# Made by gpushift unlock install --nvidia-smi; gpushift unlock "
			   "remove takes it away.\n"
			   "if [ \"$1\" = vgpu ]; then\n"
			   "\tLD_PRELOAD=%s${LD_PRELOAD:+:$LD_PRELOAD}\n\texport LD_PRELOAD\nfi\n"
			   "exec /" UNLOCK_SMI " \"$@\"\n",
			   host->library);
}

static int collect_wrapper(struct cli *cli, const struct unlock_host *host,
			   struct unlock_store *store, struct unlock_parts *parts)
{
	cli_cleanup_bytes struct unlock_bytes before = { 0 };
	gs_cleanup_free char *text = wrapper_of(host);
	int r;

	if (!gs_tree_exists(cli->engine, UNLOCK_SMI))
		return cli_fail(cli, GS_EXIT_REFUSED, "driver-missing", NULL,
				"there is no /" UNLOCK_SMI " to wrap");
	r = text ? unlock_store_original(store, UNLOCK_SMI_WRAPPER, &before) : -ENOMEM;
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	/* Ours may be there of an installation that nothing is known of any more. */
	if (r < 0 || (before.bytes && !gs_streq(before.bytes, text)))
		return unlock_units_refuse(cli, UNLOCK_SMI_WRAPPER, "is there already");
	return add(cli, parts, UNLOCK_SMI_WRAPPER, gs_steal(text), 0755, false);
}

/* --- hooks --- */

/* The checkout may be here, while the driver of another tree is changed. */
static int check_upstream(struct cli *cli, const char *path)
{
	gs_cleanup_free char *why = NULL;
	int r = unlock_trust(cli->engine, path, &why);

	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r < 0)
		return cli_usage(cli, "%s: %s; --hooks takes a checkout of vgpu_unlock", path,
				 strerror(-r));
	if (why)
		return cli_fail(cli, GS_EXIT_REFUSED, "insecure",
				"have it where root alone can write, from / on",
				"%s becomes a part of the kernel, and %s", path, why);
	return 0;
}

static int collect_hook(struct cli *cli, const struct unlock_host *host, struct unlock_store *store,
			const struct unlock_hook *hook, struct unlock_parts *parts)
{
	cli_cleanup_bytes struct unlock_bytes before = { 0 };
	char path[GS_PATH_MAX], upstream[GS_PATH_MAX];
	char *text = NULL;
	int r;

	if (gs_path(path, "%s/%s", host->source, hook->file) < 0 ||
	    gs_path(upstream, "%s/%s", cli->hooks, hook->upstream) < 0)
		return cli_usage(cli, "--hooks: the path is too long");
	r = check_upstream(cli, upstream);
	if (r)
		return r;
	r = unlock_store_original(store, path, &before);
	if (r < 0 || !before.bytes)
		return cli_fail(cli, GS_EXIT_REFUSED, "driver-missing", NULL, "cannot read /%s: %s", path,
				strerror(r < 0 ? -r : ENOENT));
	if (unlock_hook_is_there(before.bytes, before.length, hook))
		return unlock_units_refuse(cli, path, "has been edited for vgpu_unlock already");
	/* A power cut leaves such a file, which no compiler takes. */
	r = memchr(before.bytes, '\0', before.length) ?
		    -EINVAL : hook->edit(before.bytes, before.length, upstream, &text);
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_REFUSED, "unknown-driver", NULL,
				"/%s looks like that of no driver that is known", path);
	r = add(cli, parts, path, text, 0644, true);
	if (r == 0)
		parts->list[parts->count - 1].from = gs_steal(before.bytes);
	return r;
}

static int collect_hooks(struct cli *cli, const struct unlock_host *host, struct unlock_store *store,
			 struct unlock_parts *parts)
{
	enum unlock_hooking hooking = UNLOCK_HOOKS_USELESS;
	int r = 0;

	if (!unlock_hook_is_path(cli->hooks))
		return cli_usage(cli, "--hooks takes a folder, with letters, digits and ./_+- in its path, not '%s'",
				 cli->hooks);
	if (!host->source)
		return cli_fail(cli, GS_EXIT_REFUSED, "driver-missing",
				"install NVIDIA's vGPU host driver with --dkms",
				"the driver has no source below /usr/src for DKMS");
	if (!cli->engine->foreign_root && !gs_tree_exists(cli->engine, UNLOCK_DKMS))
		return cli_fail(cli, GS_EXIT_REFUSED, "driver-missing", "install dkms",
				"there is no /" UNLOCK_DKMS " to build the driver with");
	if (!unlock_branch_known(host->branch, &hooking) || hooking == UNLOCK_HOOKS_USELESS)
		return cli_fail(cli, GS_EXIT_REFUSED, "unknown-driver", NULL,
				"no hooks are known to work with driver %s", host->version);
	for (const struct unlock_hook *hook = unlock_hooks; r == 0 && hook->file; hook++)
		r = collect_hook(cli, host, store, hook, parts);
	if (r == 0 && hooking == UNLOCK_HOOKS_NEED_PATCH)
		cli_hint(cli, "from 470 on the driver refuses consumer cards by itself, too: without a patch "
			      "of it, which gpushift has not, the hooks do not help");
	return r;
}

int unlock_parts_collect(struct cli *cli, const struct unlock_host *host, struct unlock_store *store,
			 struct unlock_parts *ret)
{
	int r = collect_drop_ins(cli, host, ret);
	size_t index;

	/* One that is there has the library's path in it, which may have changed since. */
	if (r == 0 && (cli->nvidia_smi || unlock_store_find(store, UNLOCK_SMI_WRAPPER, &index)))
		r = collect_wrapper(cli, host, store, ret);
	if (r == 0 && cli->hooks)
		r = collect_hooks(cli, host, store, ret);
	return r;
}

bool unlock_reload(const struct cli *cli)
{
	const struct gs_tool reload = {
		.unit = "unlock-reload",
		.arguments = (const char *const[]){ SYSTEMCTL, "daemon-reload", NULL },
		.limit_ms = RELOAD_LIMIT_MS,
	};
	char answer[256] = "";

	if (cli->engine->foreign_root || !gs_tree_exists(cli->engine, "run/systemd/system"))
		return true;
	if (gs_vendor_tool(cli->engine, &reload, answer, sizeof(answer)) == 0)
		return true;
	cli_message("systemctl daemon-reload failed: %s", answer);
	return false;
}

int unlock_store_fail(struct cli *cli, int r)
{
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r == -EBUSY)
		return cli_fail(cli, GS_EXIT_BUSY, "busy", NULL, "another gpushift unlock is at work");
	if (r == -EBADMSG || r == -EPROTO)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"/" UNLOCK_STORE "/manifest is %s", r == -EPROTO ?
				"of a newer gpushift; use that one" : "damaged");
	return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "/" UNLOCK_STORE ": %s", strerror(-r));
}
