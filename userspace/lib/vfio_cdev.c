// SPDX-License-Identifier: GPL-2.0-or-later
#include "vfio_cdev.h"

#include "inventory.h"
#include "tree.h"

char *gs_vfio_cdev(const struct gs_engine *engine, const char *device)
{
	char path[GS_PATH_MAX], **names = NULL, *node = NULL;

	if (gs_path(path, "%s/vfio-dev", device) < 0 || gs_tree_list(engine, path, &names) < 0)
		return NULL;
	/* The folder is there without the node, too, in kernels that have none. */
	for (char **name = names; name && *name && !node; name++)
		if (gs_path(path, "%s/vfio-dev/%s/dev", device, *name) == 0 &&
		    gs_tree_exists(engine, path))
			node = gs_asprintf("/dev/vfio/devices/%s", *name);
	gs_strv_free(names);
	return node;
}

bool gs_vfio_cdev_held(struct gs_engine *engine, const char *device)
{
	gs_cleanup_free char *node = gs_vfio_cdev(engine, device);
	struct gs_holder *holders = NULL;
	bool held = false;
	size_t count = 0;

	if (!node || gs_holders_below(engine, device, &holders, &count) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		held = held || gs_streq(holders[i].detail, node);
	gs_holders_free(holders, count);
	return held;
}
