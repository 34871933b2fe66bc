// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_unlock_remove.c - gpushift unlock remove: every byte as it was */
#include "json_build.h"
#include "output.h"
#include "switch.h"
#include "unlock_parts.h"

struct removal {
	struct cli *cli;
	struct unlock_store store;
	char **restored, **left; /* paths */
	char **versions;	 /* of drivers whose source was put back */
};

static int restore(struct removal *removal, size_t index)
{
	const char *path = unlock_store_path(&removal->store, index);
	int r = unlock_store_restore(&removal->store, index);
	char version[64];

	if (r == -EEXIST)
		return gs_strv_add(&removal->left, path);
	if (r <= 0)
		return r;
	r = gs_strv_add(&removal->restored, path);
	if (r == 0 && unlock_source_version(path, version, sizeof(version)) &&
	    !gs_strv_has(removal->versions, version))
		r = gs_strv_add(&removal->versions, version);
	return r;
}

/* The last one first. */
static int restore_all(struct removal *removal)
{
	int r = 0;

	for (size_t i = unlock_store_count(&removal->store); r == 0 && i-- > 0;) {
		r = restore(removal, i);
		if (r < 0)
			return cli_fail(removal->cli, GS_EXIT_FAILED, "failed", "gpushift unlock remove",
					"cannot put back /%s: %s", unlock_store_path(&removal->store, i),
					strerror(-r));
	}
	return 0;
}

static int rebuild(struct removal *removal)
{
	struct cli *cli = removal->cli;
	char answer[256] = "";
	int r = 0;

	if (cli->engine->foreign_root)
		return 0;
	for (char **version = removal->versions; r == 0 && version && *version; version++) {
		cli_hint(cli, "DKMS builds driver %s; that takes minutes", *version);
		r = unlock_rebuild(cli->engine, *version, answer, sizeof(answer));
		if (r < 0)
			cli_message("DKMS could not build driver %s: %s; its source is as it was", *version,
				    answer[0] ? answer : strerror(-r));
	}
	return r < 0 ? GS_EXIT_FAILED : 0;
}

static int tell(const struct removal *removal, int status)
{
	struct gs_json document;

	if (removal->left)
		status = GS_EXIT_FAILED;
	if (removal->cli->json) {
		gs_json_begin_document(&document);
		gs_json_put_strings(&document, "restored", removal->restored);
		gs_json_put_strings(&document, "left", removal->left);
		return cli_document(gs_json_end(&document), (enum gs_exit)status);
	}
	for (char **path = removal->restored; path && *path; path++)
		cli_line(stdout, "as it was: /%s", *path);
	for (char **path = removal->left; path && *path; path++)
		cli_message("/%s was changed by somebody else, and left; what it was is in /" UNLOCK_STORE
			    "/saved",
			    *path);
	if (!removal->left)
		cli_line(stdout, removal->restored ? "Next: %s" : "Nothing was installed%s",
			 !removal->restored ? "." :
			 removal->versions  ? "reboot" :
					      "systemctl restart nvidia-vgpud.service nvidia-vgpu-mgr.service");
	return status;
}

static int run(struct removal *removal)
{
	int r = restore_all(removal);

	if (r)
		return r;
	if (removal->restored)
		unlock_reload(removal->cli);
	r = rebuild(removal);
	if (!removal->left && removal->store.manifest) {
		int forgotten = unlock_store_forget(&removal->store);

		if (forgotten < 0)
			return unlock_store_fail(removal->cli, forgotten);
		unlock_reload(removal->cli);
	}
	return tell(removal, r);
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
	gs_strv_free(removal.versions);
	return r;
}
