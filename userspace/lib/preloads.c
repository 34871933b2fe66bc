// SPDX-License-Identifier: GPL-2.0-or-later
#include "preloads.h"

#include "tree.h"

/* The library that a drop-in has preloaded; NULL: none. */
static char *preloaded(const char *text)
{
	const char *at = strstr(text, "LD_PRELOAD=");

	if (!at)
		return NULL;
	at += strlen("LD_PRELOAD=");
	return strndup(at, strcspn(at, " \t\n\"':"));
}

static void tell_drop_in(struct gs_engine *engine, const char *path, gs_preload_fn tell, void *data)
{
	gs_cleanup_free char *text = NULL;
	gs_cleanup_free char *library = NULL;

	if (gs_tree_read(engine, path, &text) < 0)
		return;
	library = preloaded(text);
	if (library && *library)
		tell(data, path, library);
}

void gs_preloads_tell(struct gs_engine *engine, gs_preload_fn tell, void *data)
{
	static const char *const units[] = { GS_VGPUD, GS_VGPU_MANAGER };
	char folder[GS_PATH_MAX], path[GS_PATH_MAX];

	for (size_t i = 0; i < GS_ARRAY_SIZE(units); i++) {
		char **names = NULL;

		if (gs_path(folder, "etc/systemd/system/%s.service.d", units[i]) < 0 ||
		    gs_tree_list(engine, folder, &names) < 0)
			continue;
		for (char **name = names; name && *name; name++)
			if (gs_path(path, "%s/%s", folder, *name) == 0)
				tell_drop_in(engine, path, tell, data);
		gs_strv_free(names);
	}
}

bool gs_preload_there(struct gs_engine *engine, const char *library)
{
	return library[0] != '/' || gs_tree_exists(engine, library + 1);
}
