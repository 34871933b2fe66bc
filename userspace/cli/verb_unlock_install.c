// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_unlock_install.c - gpushift unlock install [--hooks DIR] [--nvidia-smi] */
#include <limits.h>

#include "json_build.h"
#include "output.h"
#include "switch.h"
#include "unlock_change.h"
#include "unlock_hooks.h"
#include "unlock_rebuild.h"

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

/* What comes of it is a path, and a word to DKMS; `remove` has to find both again. */
static bool is_version(const char *version)
{
	static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._+-~";

	return strlen(version) < UNLOCK_VERSION_SIZE && !version[strspn(version, allowed)];
}

static int check_host(struct cli *cli, const struct unlock_host *host)
{
	enum unlock_hooking hooking;

	if (!host->version)
		return cli_fail(cli, GS_EXIT_REFUSED, "driver-missing",
				"install NVIDIA's vGPU host driver (...-vgpu-kvm.run --dkms), and load it",
				"NVIDIA's driver is not loaded, and not the only one below /usr/src");
	if (!unlock_branch_known(host->branch, &hooking) || !is_version(host->version))
		return cli_fail(cli, GS_EXIT_REFUSED, "unknown-driver", NULL,
				"driver '%s' is not known: its calls may mean something else",
				host->version);
	if (!host->library)
		return cli_fail(cli, GS_EXIT_REFUSED, "driver-missing",
				"make install, or the package gpushift-unlock",
				"libgpushift-unlock.so is not installed");
	if (host->library_why)
		return cli_fail(cli, GS_EXIT_REFUSED, "insecure",
				"install gpushift where root alone can write, from / on",
				"daemons of root's would load %s, and %s", host->library,
				host->library_why);
	/* LD_PRELOAD takes blanks and colons for the end of a name, systemd % for more. */
	if (!unlock_hook_is_path(host->library))
		return cli_fail(cli, GS_EXIT_REFUSED, "unusable-path",
				"install gpushift where the path has letters, digits and ./_+- only",
				"no service can be told to preload '%s'", host->library);
	return check_cards(cli, host);
}

struct install {
	struct cli *cli;
	struct unlock_store store;
	struct unlock_host host;
	struct unlock_parts parts;
	struct unlock_changes changes;
	struct unlock_builds builds;
	bool unread; /* systemd goes by the drop-ins that were there */
};

/* --- a driver that cannot be built is put back as it was --- */

static bool is_source_of(const struct install *install, size_t index, const char *version)
{
	char of[UNLOCK_VERSION_SIZE];

	return unlock_source_version(unlock_store_path(&install->store, index), of, sizeof(of)) &&
	       gs_streq(of, version);
}

static bool is_hooked(struct install *install, const char *version)
{
	for (size_t i = 0; i < unlock_store_count(&install->store); i++)
		if (is_source_of(install, i, version) &&
		    unlock_store_state(&install->store, i) == UNLOCK_FILE_OURS)
			return true;
	return false;
}

static int restore_source(struct install *install, const char *version)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < unlock_store_count(&install->store); i++)
		if (is_source_of(install, i, version))
			r = unlock_store_restore(&install->store, i);
	return r < 0 ? r : 0;
}

/* What became of it then, as the end of a sentence. */
static char *tell_plain(struct install *install, int r, const struct unlock_builds *plain)
{
	struct json_object *first = NULL;
	struct unlock_build build;

	if (r == 0)
		return gs_asprintf("its source is as it was, and it was built from that again");
	if (plain->failed)
		first = json_object_array_get_idx(plain->failed, 0);
	if (!first)
		return gs_asprintf("its source could not be put back: %s", strerror(-r));
	build = unlock_build_of(first);
	return gs_asprintf("its source is as it was, but DKMS could not build that either: %s; kernel %s %s",
			   unlock_build_error(first), build.kernel,
			   unlock_is_installed(install->cli->engine, build.version, build.kernel) ?
				   "has the driver that it had" : "has no driver now");
}

static int fall_back(struct install *install, struct json_object *failed)
{
	struct unlock_build build = unlock_build_of(failed);
	struct unlock_builds plain = { 0 };
	gs_cleanup_free char *then = NULL;
	int r;

	if (!is_hooked(install, build.version))
		return cli_fail(install->cli, GS_EXIT_FAILED, "failed", "gpushift unlock install",
				"DKMS could not build driver %s for kernel %s: %s", build.version,
				build.kernel, unlock_build_error(failed));
	/* Also for kernels that have it with the hooks by now. */
	r = unlock_owe_again(&install->store, install->builds.done);
	if (r == 0)
		r = restore_source(install, build.version);
	if (r == 0)
		r = unlock_rebuild(install->cli, &install->store, NULL, true, &plain);
	then = tell_plain(install, r, &plain);
	unlock_builds_clear(&plain);
	if (!then)
		return cli_no_memory(install->cli);
	return cli_fail(install->cli, GS_EXIT_FAILED, "failed", "gpushift unlock remove",
			"DKMS could not build driver %s with the hooks for kernel %s: %s; %s",
			build.version, build.kernel, unlock_build_error(failed), then);
}

/* What this installation needs, or an earlier one that did not come to that. */
static int rebuild(struct install *install)
{
	int r = unlock_rebuild(install->cli, &install->store, NULL, false, &install->builds);

	if (r == 0)
		return 0;
	if (!install->builds.failed)
		return unlock_store_fail(install->cli, r);
	return fall_back(install, json_object_array_get_idx(install->builds.failed, 0));
}

/* --- what is said --- */

static const char *next_command(const struct install *install)
{
	if (install->unread)
		return "gpushift unlock install, once that is mended";
	if (install->changes.of_driver && install->cli->engine->foreign_root)
		return "let DKMS build and install the driver anew, and reboot";
	if (install->changes.of_driver || install->builds.done)
		return "reboot";
	if (install->changes.paths)
		return "systemctl restart nvidia-vgpud.service nvidia-vgpu-mgr.service";
	return NULL;
}

static int tell(const struct install *install)
{
	enum gs_exit status = install->unread ? GS_EXIT_FAILED : GS_EXIT_DONE;
	const char *next = next_command(install);
	struct cli *cli = install->cli;
	struct gs_json document;

	if (cli->json) {
		gs_json_begin_document(&document);
		gs_json_put_string(&document, "driver", install->host.version);
		gs_json_put_strings(&document, "changed", install->changes.paths);
		unlock_builds_json(&document, "built", install->builds.done);
		gs_json_put_string(&document, "next", next);
		return cli_document(gs_json_end(&document), status);
	}
	for (char **path = install->changes.paths; path && *path; path++)
		cli_line(stdout, "written: /%s", *path);
	unlock_builds_print(install->builds.done);
	if (next)
		cli_line(stdout, "Next: %s", next);
	else
		cli_line(stdout, "Everything is installed already.");
	return status;
}

/* Where it fails, or cannot be noted, status has it done once more. */
static void reload(struct install *install)
{
	install->unread = !unlock_reload(install->cli);
	if (!install->unread)
		(void)!unlock_store_note(&install->store, UNLOCK_RELOAD, UNLOCK_RELOAD_DONE);
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
	if (r)
		return r;
	r = unlock_change_all(cli, &install->host, &install->store, &install->parts,
			      &install->changes);
	if (install->store.manifest)
		reload(install);
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
	unlock_changes_clear(&install.changes);
	unlock_builds_clear(&install.builds);
	return r;
}
