// SPDX-License-Identifier: GPL-2.0-or-later
/* backend_mdev.c - mediated devices, the kernel's own interface: of a card, of its VFs, of any parent. */
#include "definition.h"
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

/* "TYPE/name"; NULL: it has none, or none that can be read */
static const char *read_text(const struct gs_dir *types, const char *type, const char *name,
			     char buffer[GS_ATTRIBUTE_MAX])
{
	char path[GS_PATH_MAX];

	if (gs_path(path, "%s/%s", type, name) < 0 || gs_dir_read(types, path, buffer) < 0)
		return NULL;
	return buffer;
}

/* The types of the vGPUs of a device, which lie in its folder: one look for all types. */
static char **read_made(struct gs_engine *engine, const char *device)
{
	char path[GS_PATH_MAX], **names = NULL, **made = NULL, *type;

	if (gs_path(path, PARENTS "/%s", device) < 0 || gs_tree_list(engine, path, &names) < 0)
		return NULL;
	for (char **name = names; name && *name; name++) {
		if (!gs_is_uuid(*name) ||
		    gs_path(path, PARENTS "/%s/%s/mdev_type", device, *name) < 0 ||
		    gs_tree_link_name(engine, path, &type) < 0)
			continue;
		(void)!gs_strv_add(&made, type);
		free(type);
	}
	gs_strv_free(names);
	return made;
}

static unsigned int count(char *const *made, const char *type)
{
	unsigned int n = 0;

	for (; made && *made; made++)
		n += gs_streq(*made, type);
	return n;
}

static void tell_type(struct gs_records *records, const struct gs_dir *types, const char *id,
		      unsigned int made)
{
	char name[GS_ATTRIBUTE_MAX], description[GS_ATTRIBUTE_MAX], available[GS_ATTRIBUTE_MAX];

	gs_tell_vgpu_type(records,
			  &(struct gs_told_type){
				  .id = id,
				  .name = read_text(types, id, "name", name),
				  .description = read_text(types, id, "description", description),
				  .available = read_text(types, id, "available_instances", available),
				  .made = made,
			  });
}

static void tell_types(struct gs_engine *engine, struct gs_records *records, const char *device)
{
	gs_cleanup_dir struct gs_dir dir = { .fd = -1 };
	char path[GS_PATH_MAX], **types = NULL, **made;

	if (gs_path(path, PARENTS "/%s/mdev_supported_types", device) < 0 ||
	    gs_dir_open(engine, path, &dir) < 0 || gs_tree_list(engine, path, &types) < 0)
		return;
	made = read_made(engine, device);
	for (size_t i = 0; types && types[i]; i++)
		tell_type(records, &dir, types[i], count(made, types[i]));
	gs_strv_free(made);
	gs_strv_free(types);
}

/* It may be a name, which holds whatever its vendor likes. */
static bool has_type(struct gs_engine *engine, const char *device, const char *id)
{
	char path[GS_PATH_MAX];

	return !strchr(id, '/') && *id != '.' &&
	       gs_path(path, PARENTS "/%s/mdev_supported_types/%s", device, id) == 0 &&
	       gs_tree_exists(engine, path);
}

static int room(struct gs_executor *executor, const char *device, const char *id, unsigned int *ret)
{
	char path[GS_PATH_MAX], text[GS_JOB_TEXT] = "";
	uint64_t number;
	int r;

	if (!has_type(executor->engine, device, id))
		return -ENOENT;
	r = gs_path(path, PARENTS "/%s/mdev_supported_types/%s/available_instances", device, id);
	if (r == 0)
		r = gs_step_job(executor, GS_JOB_READ, path, NULL, text);
	if (r == 0)
		r = gs_number_parse(text, &number);
	if (r == 0)
		*ret = number > INT32_MAX ? INT32_MAX : (unsigned int)number;
	return r;
}

static bool has(struct gs_executor *executor, const char *uuid)
{
	char path[GS_PATH_MAX];

	return gs_path(path, MDEVS "/%s", uuid) == 0 && gs_tree_has(executor->engine, path);
}

/* The type lists its devices. */
static int verify(struct gs_engine *engine, const struct gs_vgpu_order *order)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, PARENTS "/%s/mdev_supported_types/%s/devices/%s", order->device,
		    order->type, order->name);
	return r == 0 && !gs_tree_has(engine, path) ? -EIO : r;
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
	.has_type = has_type,
	.room = room,
	.create = create,
	.has = has,
	.remove = remove_mdev,
	.params = params,
};
