// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_unlock_install.c - gpushift unlock install [--hooks DIR] [--nvidia-smi] */
#include <limits.h>

#include "json_build.h"
#include "output.h"
#include "switch.h"
#include "unlock_hooks.h"
#include "unlock_parts.h"

/* A host with one card that can work is worth it. */
static int check_cards(struct cli *cli, const struct unlock_host *host)
{
	for (size_t i = 0; i < host->n_cards; i++)
		if (!host->cards[i].why_not)
			return 0;
	if (!host->n_cards)
		return cli_fail(cli, GS_EXIT_REFUSED, "unknown-card", NULL,
				"this host has no card of NVIDIA's");
	return cli_fail(cli, GS_EXIT_REFUSED, "hopeless-card", NULL, "%s (%s): %s",
			host->cards[0].function->text,
			unlock_prospects[host->cards[0].generation].name, host->cards[0].why_not);
}

static int check_host(struct cli *cli, const struct unlock_host *host)
{
	enum unlock_hooking hooking;

	if (!host->version)
		return cli_fail(cli, GS_EXIT_REFUSED, "driver-missing",
				"install NVIDIA's vGPU host driver (...-vgpu-kvm.run --dkms), and load it",
				"NVIDIA's driver is not loaded, and not the only one below /usr/src");
	if (!unlock_branch_known(host->branch, &hooking))
		return cli_fail(cli, GS_EXIT_REFUSED, "unknown-driver", NULL,
				"driver %s is not known: its calls may mean something else", host->version);
	if (!host->library)
		return cli_fail(cli, GS_EXIT_REFUSED, "driver-missing",
				"make install, or the package gpushift-unlock",
				"libgpushift-unlock.so is not installed");
	return check_cards(cli, host);
}

struct install {
	struct cli *cli;
	struct unlock_store store;
	struct unlock_host host;
	struct unlock_parts parts;
	char **changed;
	bool driver_changed;
};

static int cannot_change(struct install *install, const char *path, int r)
{
	if (r == -ENOMEM)
		return cli_no_memory(install->cli);
	if (r == -EEXIST)
		return cli_fail(install->cli, GS_EXIT_REFUSED, "foreign-owner", "gpushift unlock remove",
				"/%s was changed by somebody else since", path);
	return cli_fail(install->cli, GS_EXIT_FAILED, "failed", "gpushift unlock remove",
			"cannot write /%s: %s", path, strerror(-r));
}

static int change_all(struct install *install)
{
	for (size_t i = 0; i < install->parts.count; i++) {
		const struct unlock_part *part = &install->parts.list[i];
		int r = unlock_store_change(&install->store, part->path, part->text,
					    strlen(part->text), part->mode);

		if (r < 0)
			return cannot_change(install, part->path, r);
		if (r == 0)
			continue;
		install->driver_changed = install->driver_changed || part->of_driver;
		if (gs_strv_add(&install->changed, part->path) < 0)
			return cli_no_memory(install->cli);
	}
	return 0;
}

/* Written down before anything is changed, for `status` to compare with. */
static int note(struct install *install)
{
	int r = unlock_store_note(&install->store, "driver", install->host.version);

	if (r == 0 && install->cli->hooks)
		r = unlock_store_note(&install->store, "hooks", install->cli->hooks);
	return r < 0 ? unlock_store_fail(install->cli, r) : 0;
}

/* A driver that cannot be built is put back as it was. */
static int rebuild(struct install *install)
{
	struct cli *cli = install->cli;
	char answer[256] = "", version[64];
	int r;

	if (!install->driver_changed || cli->engine->foreign_root)
		return 0;
	cli_hint(cli, "DKMS builds driver %s; that takes minutes", install->host.version);
	r = unlock_rebuild(cli->engine, install->host.version, answer, sizeof(answer));
	if (r == 0)
		return 0;
	for (size_t i = 0; i < unlock_store_count(&install->store); i++)
		if (unlock_source_version(unlock_store_path(&install->store, i), version,
					  sizeof(version)))
			(void)!unlock_store_restore(&install->store, i);
	return cli_fail(cli, GS_EXIT_FAILED, "failed", "gpushift unlock remove",
			"DKMS could not build driver %s with the hooks: %s; its source is as it was, and "
			"so is the driver that is installed",
			install->host.version, answer[0] ? answer : strerror(-r));
}

static const char *next_command(const struct install *install)
{
	if (install->driver_changed)
		return install->cli->engine->foreign_root ?
			       "let DKMS build and install the driver anew, and reboot" :
			       "reboot";
	return "systemctl restart nvidia-vgpud.service nvidia-vgpu-mgr.service";
}

static int tell(const struct install *install)
{
	struct cli *cli = install->cli;
	struct gs_json document;

	if (cli->json) {
		gs_json_begin_document(&document);
		gs_json_put_string(&document, "driver", install->host.version);
		gs_json_put_strings(&document, "changed", install->changed);
		gs_json_put_string(&document, "next", install->changed ? next_command(install) : NULL);
		return cli_document(gs_json_end(&document), GS_EXIT_DONE);
	}
	for (char **path = install->changed; path && *path; path++)
		cli_line(stdout, "written: /%s", *path);
	if (!install->changed)
		cli_line(stdout, "Everything is installed already.");
	else
		cli_line(stdout, "Next: %s", next_command(install));
	return GS_EXIT_DONE;
}

static int run(struct install *install)
{
	struct cli *cli = install->cli;
	int r = unlock_host_read(cli, &install->host);

	if (r == 0)
		r = check_host(cli, &install->host);
	if (r)
		return r;
	r = unlock_store_open(cli->engine, true, &install->store);
	if (r < 0)
		return unlock_store_fail(cli, r);
	r = unlock_parts_collect(cli, &install->host, &install->store, &install->parts);
	if (r == 0)
		r = note(install);
	if (r == 0)
		r = change_all(install);
	if (install->changed)
		unlock_reload(cli);
	if (r == 0)
		r = rebuild(install);
	return r ? r : tell(install);
}

int verb_unlock_install(struct cli *cli)
{
	struct install install = { .cli = cli, .store = { .lock = -1 } };
	char hooks[PATH_MAX];
	int r;

	/* What is written into the driver's source holds wherever it is read. */
	if (cli->hooks && cli->hooks[0] != '/' && realpath(cli->hooks, hooks))
		cli->hooks = hooks;
	if (geteuid() != 0 && !cli->engine->foreign_root)
		return cli_need_root(cli);
	r = run(&install);
	unlock_store_close(&install.store);
	unlock_host_clear(&install.host);
	unlock_parts_clear(&install.parts);
	gs_strv_free(install.changed);
	return r;
}
