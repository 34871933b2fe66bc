// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_unlock_remove.c - gpushift unlock remove: every byte as it was */
#include "json_build.h"
#include "output.h"
#include "switch.h"
#include "tree.h"
#include "unlock/driver.h"
#include "unlock_parts.h"
#include "unlock_rebuild.h"

struct removal {
	struct cli *cli;
	struct unlock_store store;
	char **restored, **left, **failed; /* paths */
	char **unfinished; /* versions of the driver whose source is not as it was */
	bool of_driver;	   /* something of its source was put back */
	bool unread;	   /* systemd goes by the drop-ins that were there */
	struct unlock_builds builds;
};

/* DKMS has to build what is put back, and whoever is killed here leaves that to the next one. */
static int owe(struct removal *removal)
{
	struct gs_engine *engine = removal->cli->engine;
	gs_cleanup_free char *loaded = NULL;
	char version[UNLOCK_VERSION_SIZE];
	int r = gs_tree_read(engine, UNLOCK_DRIVER_PATH + 1, &loaded);

	if (r == -ENOMEM)
		return r;
	r = 0;
	for (size_t i = 0; r == 0 && i < unlock_store_count(&removal->store); i++) {
		int state;

		if (!unlock_source_version(unlock_store_path(&removal->store, i), version,
					   sizeof(version)))
			continue;
		state = unlock_store_state(&removal->store, i);
		if (state == UNLOCK_FILE_OURS || state == UNLOCK_FILE_GONE)
			r = unlock_owe(&removal->store, version, loaded);
	}
	return r;
}

static int sort(struct removal *removal, const char *path, int r)
{
	char version[UNLOCK_VERSION_SIZE];
	bool of_driver = unlock_source_version(path, version, sizeof(version));

	if (r == 0)
		return 0;
	if (r > 0) {
		removal->of_driver = removal->of_driver || of_driver;
		return gs_strv_add(&removal->restored, path);
	}
	if (r == -EEXIST)
		r = gs_strv_add(&removal->left, path);
	else
		r = gs_strv_add(&removal->failed, path);
	if (r == 0 && of_driver && !gs_strv_has(removal->unfinished, version))
		r = gs_strv_add(&removal->unfinished, version);
	return r;
}

/* The last one first. One that fails keeps no other from being put back. */
static int restore_all(struct removal *removal)
{
	int r = 0;

	for (size_t i = unlock_store_count(&removal->store); r == 0 && i-- > 0;) {
		const char *path = unlock_store_path(&removal->store, i);
		int result = unlock_store_restore(&removal->store, i);

		if (result < 0 && result != -EEXIST)
			cli_message("cannot put back /%s: %s", path, strerror(-result));
		r = sort(removal, path, result);
	}
	return r;
}

static bool is_done(const struct removal *removal)
{
	return !removal->left && !removal->failed && !removal->unread &&
	       !unlock_owed_count(&removal->store);
}

/* --- what is said --- */

static void tell_failures(const struct removal *removal)
{
	struct json_object *failed = removal->builds.failed;

	for (size_t i = 0; failed && i < json_object_array_length(failed); i++) {
		struct json_object *one = json_object_array_get_idx(failed, i);
		struct unlock_build build = unlock_build_of(one);

		cli_message("DKMS could not build driver %s for kernel %s: %s; its source is as it was",
			    build.version, build.kernel, unlock_build_error(one));
	}
	for (char **version = removal->unfinished; version && *version; version++)
		cli_message("driver %s is not built anew as long as its source is not as it was",
			    *version);
}

static const char *next_command(const struct removal *removal)
{
	if (!is_done(removal))
		return "gpushift unlock remove, once that is mended";
	if (removal->of_driver && removal->cli->engine->foreign_root)
		return "let DKMS build and install the driver anew, and reboot";
	if (removal->builds.done)
		return "reboot";
	return removal->restored ? "systemctl restart nvidia-vgpud.service nvidia-vgpu-mgr.service" :
				   NULL;
}

static void print_lines(const struct removal *removal, bool installed)
{
	const char *next = next_command(removal);

	for (char **path = removal->restored; path && *path; path++)
		cli_line(stdout, "as it was: /%s", *path);
	unlock_builds_print(removal->builds.done);
	for (char **path = removal->left; path && *path; path++)
		cli_message("/%s was changed by somebody else, and left; what it was is in /" UNLOCK_STORE
			    "/saved",
			    *path);
	if (next)
		cli_line(stdout, "Next: %s", next);
	else
		cli_line(stdout, installed ? "Everything is as it was." : "Nothing was installed.");
}

static int tell(const struct removal *removal, bool installed)
{
	int status = is_done(removal) ? GS_EXIT_DONE : GS_EXIT_FAILED;
	struct gs_json document;

	tell_failures(removal);
	if (!removal->cli->json) {
		print_lines(removal, installed);
		return status;
	}
	gs_json_begin_document(&document);
	gs_json_put_strings(&document, "restored", removal->restored);
	gs_json_put_strings(&document, "left", removal->left);
	gs_json_put_strings(&document, "failed", removal->failed);
	unlock_builds_json(&document, "built", removal->builds.done);
	unlock_owed_json(&document, "owed", &removal->store);
	return cli_document(gs_json_end(&document), (enum gs_exit)status);
}

static int change(struct removal *removal)
{
	int r = removal->cli->engine->foreign_root ? 0 : owe(removal);

	if (r == 0)
		r = restore_all(removal);
	removal->unread = !unlock_reload(removal->cli);
	if (r == 0)
		r = unlock_rebuild(removal->cli, &removal->store, removal->unfinished, true,
				   &removal->builds);
	/* That is said, and owed. */
	if (r == -EIO && removal->builds.failed)
		r = 0;
	if (r == 0 && is_done(removal))
		r = unlock_store_forget(&removal->store);
	return r;
}

static int run(struct removal *removal)
{
	bool installed = removal->store.manifest != NULL;
	int r = installed ? change(removal) : 0;

	return r < 0 ? unlock_store_fail(removal->cli, r) : tell(removal, installed);
}

int verb_unlock_remove(struct cli *cli)
{
	struct removal removal = { .cli = cli, .store = { .lock = -1 } };
	int r;

	if (geteuid() != 0 && !cli->engine->foreign_root)
		return cli_need_root(cli);
	r = unlock_store_open(cli->engine, true, &removal.store);
	r = r < 0 ? unlock_store_fail(cli, r) : run(&removal);
	unlock_store_close(&removal.store);
	gs_strv_free(removal.restored);
	gs_strv_free(removal.left);
	gs_strv_free(removal.failed);
	gs_strv_free(removal.unfinished);
	unlock_builds_clear(&removal.builds);
	return r;
}
