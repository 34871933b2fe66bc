// SPDX-License-Identifier: GPL-2.0-or-later
#include "unlock_redo.h"

#include "unlock_hooks.h"
#include "unlock_rebuild.h"
#include "unlock_trust.h"

const char *const unlock_state_names[] = {
	[UNLOCK_FILE_OURS] = "installed",
	[UNLOCK_FILE_ORIGINAL] = "as it was before",
	[UNLOCK_FILE_CHANGED] = "changed by somebody else",
	[UNLOCK_FILE_REPLACED] = "another one, without hooks",
	[UNLOCK_FILE_GONE] = "gone",
	[UNLOCK_FILE_OBSOLETE] = "gone with its driver",
};

struct redo {
	const struct unlock_host *host;
	struct unlock_store *store;
	const char *hooks; /* NULL: none */
	bool hookable;	   /* there are some, which are known to do something for the driver of today */
	char *found;
};

/* What is found later has to be done first. */
static int found(struct redo *redo, char *text)
{
	free(redo->found);
	redo->found = text;
	return text ? 0 : -ENOMEM;
}

/* The end of a command. */
static const char *option(const struct redo *redo)
{
	return redo->hookable ? " --hooks " : "";
}

static const char *option_value(const struct redo *redo)
{
	return redo->hookable ? redo->hooks : "";
}

/* Whoever removes packages or cleans up may take drop-ins along. */
static int look_at_files(struct redo *redo)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < unlock_store_count(redo->store); i++) {
		int state = unlock_store_state(redo->store, i);

		if (state < 0)
			return state;
		if (state != UNLOCK_FILE_OURS && state != UNLOCK_FILE_OBSOLETE)
			r = found(redo,
				  gs_asprintf("/%s is %s: gpushift unlock remove, then gpushift unlock install%s%s",
					      unlock_store_path(redo->store, i),
					      unlock_state_names[state], option(redo),
					      option_value(redo)));
	}
	return r;
}

/* Whoever was killed before systemd was told leaves services that would start without. */
static int look_at_reload(struct redo *redo)
{
	if (!gs_streq(unlock_store_noted(redo->store, UNLOCK_RELOAD), UNLOCK_RELOAD_OWED))
		return 0;
	return found(redo, gs_asprintf("systemd has not read the drop-ins yet: gpushift unlock install%s%s",
				       option(redo), option_value(redo)));
}

static int look_at_builds(struct redo *redo)
{
	struct unlock_build build;

	if (!unlock_owed_count(redo->store))
		return 0;
	build = unlock_owed(redo->store, 0);
	return found(redo,
		     gs_asprintf("DKMS has not yet built driver %s for kernel %s as its source is now: gpushift unlock install, or gpushift unlock remove",
				 build.version, build.kernel));
}

/* An update brings another source, without the hooks. */
static int look_at_driver(struct redo *redo)
{
	const char *driver = unlock_store_noted(redo->store, "driver");

	if (!redo->host->version || gs_streq(driver, redo->host->version))
		return 0;
	return found(redo,
		     gs_asprintf("the driver is %s, and was %s at the installation: gpushift unlock install%s%s",
				 redo->host->version, driver, option(redo), option_value(redo)));
}

/* An installation after an update may have been told of no hooks. */
static int look_at_source(struct redo *redo)
{
	const struct unlock_host *host = redo->host;
	char path[GS_PATH_MAX];
	size_t index;

	if (!redo->hookable || !host->source)
		return 0;
	for (const struct unlock_hook *hook = unlock_hooks; hook->file; hook++)
		if (gs_path(path, "%s/%s", host->source, hook->file) == 0 &&
		    !unlock_store_find(redo->store, path, &index))
			return found(redo, gs_asprintf("/%s has no hooks: gpushift unlock install%s%s", path,
						       option(redo), option_value(redo)));
	return 0;
}

/* The services would start without it, and hardly say so. */
static int look_at_library(struct redo *redo)
{
	const char *library = unlock_store_noted(redo->store, "library");
	const struct unlock_host *host = redo->host;

	if (!host->library)
		return found(redo,
			     gs_asprintf("the services are to preload %s, which is not installed: make install, or gpushift unlock remove",
					 library ? library : "the library"));
	if (host->library_why)
		return found(redo,
			     gs_asprintf("the services preload %s, and %s: have it where root alone can write",
					 host->library, host->library_why));
	if (!library || gs_streq(library, host->library))
		return 0;
	return found(redo,
		     gs_asprintf("the services are to preload %s, and the library is %s now: gpushift unlock install",
				 library, host->library));
}

/* DKMS reads them at the next kernel, too. */
static int look_at_hooks(struct redo *redo)
{
	int r = 0;

	for (const struct unlock_hook *hook = unlock_hooks; r == 0 && redo->hooks && hook->file;
	     hook++) {
		gs_cleanup_free char *path = gs_asprintf("%s/%s", redo->hooks, hook->upstream);
		gs_cleanup_free char *why = NULL;
		int trust = path ? unlock_trust(redo->store->engine, path, &why) : -ENOMEM;

		if (trust == -ENOMEM)
			return trust;
		if (trust < 0 || why)
			r = found(redo,
				  gs_asprintf("the driver is built with %s (%s): put that in order, or gpushift unlock remove",
					      path, trust < 0 ? strerror(-trust) : why));
	}
	return r;
}

int unlock_redo_find(const struct unlock_host *host, struct unlock_store *store, char **ret)
{
	static int (*const looks[])(struct redo *redo) = {
		look_at_reload, look_at_files,	look_at_builds,	 look_at_source,
		look_at_driver, look_at_library, look_at_hooks,
	};
	struct redo redo = { host, store, unlock_store_noted(store, "hooks"), false, NULL };
	enum unlock_hooking hooking;
	int r = 0;

	*ret = NULL;
	if (!unlock_store_noted(store, "driver"))
		return 0;
	redo.hookable = redo.hooks && unlock_branch_known(host->branch, &hooking) &&
			hooking != UNLOCK_HOOKS_USELESS;
	for (size_t i = 0; r == 0 && i < GS_ARRAY_SIZE(looks); i++)
		r = looks[i](&redo);
	if (r == 0)
		*ret = gs_steal(redo.found);
	free(redo.found);
	return r;
}
