// SPDX-License-Identifier: GPL-2.0-or-later
#include "fences.h"

#include "tree.h"
#include "vendor_tool.h"

static const char *const names[] = {
	[GS_FENCE_UNBIND_LOCK] = "unbind-lock",
	[GS_FENCE_DRAIN] = "drain",
};

const char *gs_fence_name(enum gs_fence fence)
{
	return names[fence];
}

enum gs_fence gs_fence_parse(const char *text)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(names); i++)
		if (text && gs_streq(names[i], text))
			return (enum gs_fence)i;
	return GS_FENCE_NONE;
}

void gs_fences_read(struct gs_engine *engine, struct gs_host *host)
{
	for (size_t i = 0; i < host->n_functions; i++) {
		struct gs_function *function = &host->functions[i];
		char path[GS_PATH_MAX];

		if (!gs_streq(function->driver, "nvidia") ||
		    gs_path(path, "proc/driver/nvidia/gpus/%s/unbindLock", function->text) < 0)
			continue;
		if (gs_tree_exists(engine, path))
			function->fence = GS_FENCE_UNBIND_LOCK;
		else if (gs_tree_exists(engine, GS_NVIDIA_SMI))
			function->fence = GS_FENCE_DRAIN;
	}
}

int gs_drain(struct gs_engine *engine, const char *address, bool on, unsigned int limit_ms,
	     char *answer, size_t size)
{
	const char *const arguments[] = { GS_NVIDIA_SMI, "drain", "-p", address,
					  "-m",		 on ? "1" : "0", NULL };
	gs_cleanup_free char *unit = gs_asprintf("drain-%s", address);
	const struct gs_tool tool = { .unit = unit, .arguments = arguments, .limit_ms = limit_ms };

	return unit ? gs_vendor_tool(engine, &tool, answer, size) : -ENOMEM;
}
