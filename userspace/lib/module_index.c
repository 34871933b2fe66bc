// SPDX-License-Identifier: GPL-2.0-or-later
#include "module_index.h"

#include "tree.h"

/* A list of modules has about one megabyte. */
#define LIST_MAX (16 * 1024 * 1024)

static bool is_same_char(char a, char b)
{
	return a == b || (a == '-' && b == '_') || (a == '_' && b == '-');
}

/* Does the line "kernel/drivers/vfio/pci/vfio-pci.ko.xz: ..." begin with the module's file? */
static bool names_module(const char *line, size_t length, const char *module)
{
	const char *name = line;
	size_t wanted = strlen(module);

	for (size_t i = 0; i < length && line[i] != ':'; i++)
		if (line[i] == '/')
			name = line + i + 1;
	if ((size_t)(line + length - name) < wanted + 3)
		return false;
	for (size_t i = 0; i < wanted; i++)
		if (!is_same_char(name[i], module[i]))
			return false;
	return strncmp(name + wanted, ".ko", 3) == 0;
}

/* Each file lists a module a line. */
static bool is_listed(struct gs_engine *engine, const char *path, const char *module)
{
	gs_cleanup_free char *text = NULL;

	if (gs_tree_read_head(engine, path, LIST_MAX, &text) < 0)
		return false;
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		if (names_module(line, length, module))
			return true;
		line += length + (line[length] != '\0');
	}
	return false;
}

enum gs_module_place gs_module_place(struct gs_engine *engine, const char *release,
				     const char *module)
{
	static const char *const folders[] = { "lib/modules", "usr/lib/modules" };
	char path[GS_PATH_MAX];

	for (size_t i = 0; i < GS_ARRAY_SIZE(folders); i++) {
		if (gs_path(path, "%s/%s/modules.builtin", folders[i], release) == 0 &&
		    is_listed(engine, path, module))
			return GS_MODULE_BUILT_IN;
		if (gs_path(path, "%s/%s/modules.dep", folders[i], release) == 0 &&
		    is_listed(engine, path, module))
			return GS_MODULE_FILE;
	}
	return GS_MODULE_NOWHERE;
}

bool gs_module_index_there(struct gs_engine *engine, const char *release)
{
	char path[GS_PATH_MAX];

	return gs_path(path, "lib/modules/%s/modules.dep", release) == 0 &&
	       gs_tree_exists(engine, path);
}
