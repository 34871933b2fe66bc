// SPDX-License-Identifier: GPL-2.0-or-later
/* steps_vgpu_place.c - where a vGPU of a plan is made: on the device itself, or on which of its VFs. */
#include "definition.h"
#include "inventory.h"
#include "remembered.h"
#include "steps.h"
#include "vfs.h"
#include "vgpu_backend.h"
#include "vgpu_types.h"

void gs_vgpu_place_clear(struct gs_vgpu_place *place)
{
	free(place->device);
	free(place->type);
	free(place->ownership);
}

/* The id of a type that the plan may name by id or by name, and how many of it can be had. */
static int find_type(struct gs_executor *executor, const char *device, const char *type,
		     char **ret, unsigned int *ret_available)
{
	struct gs_parent parent = { 0 };
	const struct gs_vgpu_type *found;
	int r;

	r = gs_types_read(executor->engine, device, &parent);
	if (r < 0)
		return r;
	r = gs_type_find(&parent, type, &found);
	if (r == 0) {
		*ret_available = found->available;
		*ret = strdup(found->id);
		r = *ret ? 0 : -ENOMEM;
	}
	gs_parent_clear(&parent);
	return r;
}

/* The same with fewer files, where the back end can tell it of one type that is named by its id. */
static int ask_room(struct gs_executor *executor, const char *device, const char *type, char **ret,
		    unsigned int *ret_available)
{
	const struct gs_vgpu_backend *backend = gs_vgpu_backend_of(executor->engine, device);

	if (!backend || !backend->room ||
	    backend->room(executor, device, type, ret_available) < 0)
		return find_type(executor, device, type, ret, ret_available);
	*ret = strdup(type);
	return *ret ? 0 : -ENOMEM;
}

/*
 * A VF that can take one now. The one after the last is the likely one; what
 * they can be changes with each that is made.
 */
static int pick_vf(struct gs_executor *executor, const char *pf, const char *asked, char **ret,
		   char **ret_type)
{
	unsigned int count = gs_vfs_count(executor->engine, pf);
	int r = -ENOENT;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int number = (executor->next_vf + i) % count;
		gs_cleanup_free char *vf = gs_vfs_address(executor->engine, pf, number);
		gs_cleanup_free char *type = NULL;
		unsigned int available = 0;

		if (!vf || ask_room(executor, vf, asked, &type, &available) < 0)
			continue;
		r = -ENOSPC;
		if (!available)
			continue;
		executor->next_vf = number + 1;
		*ret = gs_steal(vf);
		*ret_type = gs_steal(type);
		return 0;
	}
	return r;
}

static void remember_place(struct gs_executor *executor, const char *target, const char *asked,
			   const struct gs_vgpu_place *place)
{
	struct gs_last_place *last = &executor->last_place;

	if (strlen(asked) >= sizeof(last->asked) || strlen(place->type) >= sizeof(last->type) ||
	    strlen(place->ownership) >= sizeof(last->ownership))
		return;
	last->target = target;
	last->backend = place->backend;
	last->defined = place->defined;
	strcpy(last->asked, asked);
	strcpy(last->type, place->type);
	strcpy(last->ownership, place->ownership);
}

/* Whether there is room, its driver says. */
static int find_on_device(struct gs_executor *executor, const char *target, const char *asked,
			  struct gs_vgpu_place *ret)
{
	unsigned int available;
	int r;

	ret->device = strdup(target);
	if (!ret->device)
		return -ENOMEM;
	if (!ret->backend->has_type || !ret->backend->has_type(executor->engine, target, asked)) {
		r = find_type(executor, target, asked, &ret->type, &available);
		if (r < 0)
			return r;
	} else {
		ret->type = strdup(asked);
	}
	if (!ret->type)
		return -ENOMEM;
	ret->defined = gs_definitions_exist(executor->engine, target);
	ret->ownership = gs_vgpu_ownership(executor->engine, target, ret->type);
	if (!ret->ownership)
		return -ENOMEM;
	remember_place(executor, target, asked, ret);
	return 0;
}

int gs_find_place(struct gs_executor *executor, const char *target, const char *asked,
		      struct gs_vgpu_place *ret)
{
	const struct gs_last_place *last = &executor->last_place;
	int r;

	if (gs_streq(last->target, target) && strcmp(last->asked, asked) == 0) {
		ret->backend = last->backend;
		ret->defined = last->defined;
		ret->device = strdup(target);
		ret->type = strdup(last->type);
		ret->ownership = strdup(last->ownership);
		return ret->device && ret->type && ret->ownership ? 0 : -ENOMEM;
	}
	ret->backend = gs_vgpu_backend_of(executor->engine, target);
	if (ret->backend)
		return find_on_device(executor, target, asked, ret);
	ret->defined = true;
	r = pick_vf(executor, target, asked, &ret->device, &ret->type);
	if (r < 0)
		return r;
	ret->backend = gs_vgpu_backend_of(executor->engine, ret->device);
	ret->ownership = gs_vgpu_ownership(executor->engine, ret->device, ret->type);
	return !ret->backend ? -ENODEV : ret->ownership ? 0 : -ENOMEM;
}
