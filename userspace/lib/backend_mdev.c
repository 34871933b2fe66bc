// SPDX-License-Identifier: GPL-2.0-or-later
/* backend_mdev.c - mediated devices, the kernel's own interface: of a card, of its VFs, of any parent. */
#include "tree.h"
#include "vgpu_backend.h"
#include "vgpu_params.h"

#define MDEVS "sys/bus/mdev/devices"
#define PARENTS "sys/class/mdev_bus"

static bool offers(const struct gs_engine *engine, const char *device)
{
	char path[GS_PATH_MAX];

	return gs_path(path, PARENTS "/%s", device) == 0 && gs_tree_exists(engine, path);
}

static char *read_text(struct gs_engine *engine, const char *device, const char *type,
		       const char *name)
{
	char path[GS_PATH_MAX], *text;

	if (gs_path(path, PARENTS "/%s/mdev_supported_types/%s/%s", device, type, name) < 0 ||
	    gs_tree_read(engine, path, &text) < 0)
		return NULL;
	return text;
}

static unsigned int count_made(struct gs_engine *engine, const char *device, const char *type)
{
	char path[GS_PATH_MAX], **names = NULL;
	size_t count;

	if (gs_path(path, PARENTS "/%s/mdev_supported_types/%s/devices", device, type) < 0 ||
	    gs_tree_list(engine, path, &names) < 0)
		names = NULL;
	count = gs_strv_count(names);
	gs_strv_free(names);
	return (unsigned int)count;
}

static void tell_type(struct gs_engine *engine, struct gs_records *records, const char *device,
		      const char *id)
{
	gs_cleanup_free char *name = read_text(engine, device, id, "name");
	gs_cleanup_free char *description = read_text(engine, device, id, "description");
	gs_cleanup_free char *available = read_text(engine, device, id, "available_instances");

	gs_tell_vgpu_type(records, &(struct gs_told_type){
					   .id = id,
					   .name = name,
					   .description = description,
					   .available = available,
					   .made = count_made(engine, device, id),
				   });
}

static void tell_types(struct gs_engine *engine, struct gs_records *records, const char *device)
{
	char path[GS_PATH_MAX], **types = NULL;

	if (gs_path(path, PARENTS "/%s/mdev_supported_types", device) < 0 ||
	    gs_tree_list(engine, path, &types) < 0)
		types = NULL;
	for (size_t i = 0; types && types[i]; i++)
		tell_type(engine, records, device, types[i]);
	gs_strv_free(types);
}

static bool has(struct gs_executor *executor, const char *uuid)
{
	char path[GS_PATH_MAX];

	return gs_path(path, MDEVS "/%s", uuid) == 0 && gs_tree_exists(executor->engine, path);
}

static int verify(struct gs_engine *engine, const struct gs_vgpu_order *order)
{
	gs_cleanup_free char *now = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, MDEVS "/%s/mdev_type", order->name);
	if (r == 0)
		r = gs_tree_link_name(engine, path, &now);
	if (r < 0)
		return r;
	return gs_streq(now, order->type) ? 0 : -EIO;
}

static int create(struct gs_executor *executor, const struct gs_vgpu_order *order, char **error)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, PARENTS "/%s/mdev_supported_types/%s/create", order->device, order->type);
	if (r == 0)
		r = gs_step_write(executor, path, order->name, error);
	return r == 0 ? verify(executor->engine, order) : r;
}

static int remove_mdev(struct gs_executor *executor, const char *uuid, char **error)
{
	char path[GS_PATH_MAX];
	int r;

	if (gs_vgpu_is_open(executor, MDEVS, uuid))
		return gs_step_fail(error, -EBUSY, gs_asprintf("vGPU %s is used by a VM", uuid));
	r = gs_path(path, MDEVS "/%s/remove", uuid);
	if (r == 0)
		r = gs_step_write(executor, path, "1", error);
	if (r < 0)
		return r;
	if (has(executor, uuid))
		return gs_step_fail(error, -EIO, gs_asprintf("vGPU %s is still there", uuid));
	return 0;
}

static int params(struct gs_engine *engine, const char *uuid, char ret[GS_PATH_MAX])
{
	int r = gs_path(ret, MDEVS "/%s/" GS_PARAMS_FILE, uuid);

	return r == 0 && !gs_tree_exists(engine, ret) ? -ENOENT : r;
}

const struct gs_vgpu_backend gs_backend_mdev = {
	.name = "mdev",
	.offers = offers,
	.tell_types = tell_types,
	.create = create,
	.has = has,
	.remove = remove_mdev,
	.params = params,
};
