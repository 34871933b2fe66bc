// SPDX-License-Identifier: GPL-2.0-or-later
#include "vgpu_backend.h"

#include "tree.h"
#include "vfio_cdev.h"

static const struct gs_vgpu_backend *const backends[] = {
	&gs_backend_nvidia,
	&gs_backend_mdev,
};

/* A device's name becomes part of paths. */
static bool is_name(const char *device)
{
	return *device && !strchr(device, '/') && strcmp(device, ".") != 0 &&
	       strcmp(device, "..") != 0;
}

const struct gs_vgpu_backend *gs_vgpu_backend_of(const struct gs_engine *engine,
						 const char *device)
{
	for (size_t i = 0; is_name(device) && i < GS_ARRAY_SIZE(backends); i++)
		if (backends[i]->offers(engine, device))
			return backends[i];
	return NULL;
}

const struct gs_vgpu_backend *gs_vgpu_backend_having(struct gs_executor *executor,
						     const char *name)
{
	for (size_t i = 0; is_name(name) && i < GS_ARRAY_SIZE(backends); i++)
		if (backends[i]->has(executor, name))
			return backends[i];
	return NULL;
}

bool gs_vgpu_is_open(struct gs_executor *executor, const char *devices, const char *device)
{
	gs_cleanup_free char *group = NULL;
	char path[GS_PATH_MAX];

	if (gs_path(path, "%s/%s/iommu_group", devices, device) == 0 &&
	    gs_tree_link_name(executor->engine, path, &group) == 0 &&
	    gs_path(path, "dev/vfio/%s", group) == 0 &&
	    gs_step_job(executor, GS_JOB_TRY_OPEN, path, NULL, NULL) == -EBUSY)
		return true;
	return gs_path(path, "%s/%s", devices, device) == 0 &&
	       gs_vfio_cdev_held(executor->engine, path);
}

void gs_tell_vgpu_type(struct gs_records *records, const struct gs_told_type *type)
{
	gs_record_field(records, type->id);
	gs_record_field(records, type->name ? type->name : "");
	gs_record_field(records, type->description ? type->description : "");
	gs_record_field(records, type->available ? type->available : "");
	gs_record_number(records, (long)type->made);
}
