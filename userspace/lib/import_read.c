// SPDX-License-Identifier: GPL-2.0-or-later
/* import_read.c - the files in which cards are bound without gpushift. */
#include "import.h"
#include "tree.h"

typedef int (*take_file)(struct gs_bindings *bindings, const char *folder, const char *name,
			 const char *text);

static int take_modprobe(struct gs_bindings *bindings, const char *folder, const char *name,
			 const char *text)
{
	char path[GS_PATH_MAX];
	size_t length = strlen(name);

	if (length <= 5 || strcmp(name + length - 5, ".conf") != 0 ||
	    gs_path(path, "%s/%s", folder, name) < 0)
		return 0;
	return gs_bindings_modprobe(bindings, path, text);
}

static int take_driverctl(struct gs_bindings *bindings, const char *folder, const char *name,
			  const char *text)
{
	(void)folder;
	return gs_bindings_driverctl(bindings, name, text);
}

/* Where modprobe looks, in its order. What distributions ship below /usr binds no card to vfio-pci. */
static const struct place {
	const char *folder;
	take_file take;
} places[] = {
	{ "etc/modprobe.d", take_modprobe },
	{ "run/modprobe.d", take_modprobe },
	{ "usr/local/lib/modprobe.d", take_modprobe },
	{ "etc/driverctl.d", take_driverctl },
};

/* A file of the same name in a place before this one is read instead: so one is switched off. */
static bool is_hidden(struct gs_engine *engine, const struct place *place, const char *name)
{
	char path[GS_PATH_MAX];

	for (const struct place *before = places; before < place; before++)
		if (before->take == place->take &&
		    gs_path(path, "%s/%s", before->folder, name) == 0 && gs_tree_has(engine, path))
			return true;
	return false;
}

static int each_file(struct gs_engine *engine, const struct place *place,
		     struct gs_bindings *bindings)
{
	char path[GS_PATH_MAX], **names = NULL;
	int r;

	r = gs_tree_list(engine, place->folder, &names);
	for (char **name = names; r == 0 && name && *name; name++) {
		gs_cleanup_free char *text = NULL;

		if (!is_hidden(engine, place, *name) &&
		    gs_path(path, "%s/%s", place->folder, *name) == 0 &&
		    gs_tree_read(engine, path, &text) == 0)
			r = place->take(bindings, place->folder, *name, text);
	}
	gs_strv_free(names);
	return r == -ENOMEM ? r : 0;
}

int gs_bindings_read(struct gs_engine *engine, struct gs_bindings *ret)
{
	gs_cleanup_free char *cmdline = NULL;
	struct gs_bindings bindings = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < GS_ARRAY_SIZE(places); i++)
		r = each_file(engine, &places[i], &bindings);
	if (r == 0 && gs_tree_read(engine, "proc/cmdline", &cmdline) == 0)
		r = gs_bindings_cmdline(&bindings, cmdline);
	if (r < 0) {
		gs_bindings_clear(&bindings);
		return r;
	}
	*ret = bindings;
	return 0;
}
