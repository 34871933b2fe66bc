/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vgpu_backend.h - the ways in which a device is split into vGPUs.
 *
 * Which one a device has is told by the files that it has now, never by a
 * kernel or driver version. A device is a card's function, one of its VFs, or
 * any other mdev parent. A card that offers nothing itself is split by its VFs,
 * each of which holds one vGPU.
 */
#ifndef GS_VGPU_BACKEND_H
#define GS_VGPU_BACKEND_H

#include "child.h"
#include "steps.h"
#include "tree.h"

/* A vGPU to be made: @type is an id that @device offers, @name a UUID that nobody has. */
struct gs_vgpu_order {
	const char *device;
	const char *type;
	const char *name;
};

struct gs_vgpu_backend {
	const char *name; /* as in struct gs_vgpu */
	bool (*offers)(const struct gs_engine *engine, const char *device);
	/* In an expendable child: each type by gs_tell_vgpu_type(). */
	void (*tell_types)(struct gs_engine *engine, struct gs_records *records,
			   const char *device);
	/*
	 * Is there a type of this id, and how many more of it can there be now: without a child, for
	 * what is made one after the other. -ENOENT: it has no such id. NULL: only all types tell.
	 */
	bool (*has_type)(struct gs_engine *engine, const char *device, const char *id);
	int (*room)(struct gs_executor *executor, const char *device, const char *id,
		    unsigned int *ret);
	/* In a switch, through the worker: made and looked at, is it there, removed and gone. */
	int (*create)(struct gs_executor *executor, const struct gs_vgpu_order *order,
		      char **error);
	bool (*has)(struct gs_executor *executor, const char *name);
	int (*remove)(struct gs_executor *executor, const char *name, char **error);
	/* The file of its parameters, see vgpu_params.h; -ENOENT: it has none. */
	int (*params)(struct gs_engine *engine, const char *name, char ret[GS_PATH_MAX]);
};

extern const struct gs_vgpu_backend gs_backend_mdev;
extern const struct gs_vgpu_backend gs_backend_nvidia;

/* gs_vgpu_backend_of - of a device; NULL: it offers no types */
const struct gs_vgpu_backend *gs_vgpu_backend_of(const struct gs_engine *engine,
						 const char *device);

/* gs_vgpu_backend_having - the one that shows a vGPU of this name now; NULL: none */
const struct gs_vgpu_backend *gs_vgpu_backend_having(struct gs_executor *executor,
						     const char *name);

/*
 * gs_vgpu_is_open - has somebody opened its VFIO group, or itself by iommufd? Removed meanwhile it
 * would keep the kernel waiting until its VM ends.
 * @devices: the folder that it is in, below the root
 */
bool gs_vgpu_is_open(struct gs_executor *executor, const char *devices, const char *device);

/* gs_nvidia_current - the type that a VF is, for a child; NULL: none, or it cannot be read */
char *gs_nvidia_current(struct gs_engine *engine, const char *vf);

/* What the driver says of a type; texts may be NULL. */
struct gs_told_type {
	const char *id;
	const char *name;
	const char *description;
	const char *available; /* a number */
	unsigned int made;
};

void gs_tell_vgpu_type(struct gs_records *records, const struct gs_told_type *type);

#endif
