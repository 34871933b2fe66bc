// SPDX-License-Identifier: GPL-2.0-or-later
#include "listed_types.h"

#include "vgpu_types.h"

#define NVIDIA 0x10de

static int add_type(struct gs_parent *parent, const struct gs_unlock_type *type, uint64_t most)
{
	struct gs_vgpu_type *added;

	if (gs_grow(&parent->types, parent->n_types, sizeof(*parent->types)) < 0)
		return -ENOMEM;
	added = &parent->types[parent->n_types++];
	added->id = gs_asprintf("nvidia-%u", type->id);
	added->name = type->name[0] ? strdup(type->name) : gs_asprintf("nvidia-%u", type->id);
	/* As the driver's own descriptions have it. */
	if (most && most <= UINT32_MAX)
		added->description = gs_asprintf("max_instance=%u", (unsigned int)most);
	if (!added->id || !added->name)
		return -ENOMEM;
	/* The name tells the nominal size; the sizes that are listed are what is left of it. */
	added->framebuffer_bytes = gs_framebuffer_bytes(added->name, NULL);
	if (!added->framebuffer_bytes)
		added->framebuffer_bytes = type->framebuffer + type->reservation;
	return 0;
}

static bool is_for(const struct gs_unlock_support *support, const struct gs_function *display)
{
	return support->device == display->device_id &&
	       (!support->subsystem || support->subsystem == display->subsystem_device_id);
}

static bool is_there(const struct gs_parent *parent, uint32_t id)
{
	char text[24];

	snprintf(text, sizeof(text), "nvidia-%u", id);
	for (size_t i = 0; i < parent->n_types; i++)
		if (gs_streq(parent->types[i].id, text))
			return true;
	return false;
}

int gs_types_listed(const struct gs_unlock_types *types, const struct gs_function *display,
		    struct gs_parent **ret)
{
	struct gs_parent *parent = calloc(1, sizeof(*parent));
	int r = parent ? 0 : -ENOMEM;

	*ret = NULL;
	if (r == 0 && !(parent->name = strdup(display->text)))
		r = -ENOMEM;
	for (size_t i = 0; r == 0 && i < types->n_supports; i++) {
		const struct gs_unlock_support *support = &types->supports[i];
		const struct gs_unlock_type *type = gs_unlock_type_find(types, support->type);

		if (!type || !is_for(support, display) || is_there(parent, type->id))
			continue;
		parent->on_vfs = parent->on_vfs || support->sriov;
		r = add_type(parent, type, support->max);
	}
	if (r == 0 && parent->n_types)
		*ret = gs_steal(parent);
	gs_listed_free(parent);
	return r;
}

int gs_types_listed_read(const struct gs_engine *engine, const struct gs_function *display,
			 struct gs_parent **ret)
{
	gs_cleanup_unlock_types struct gs_unlock_types *types = NULL;
	int r = 0;

	*ret = NULL;
	if (display->vendor_id == NVIDIA)
		r = gs_unlock_types_read(engine, &types);
	if (r == -ENOMEM || !types)
		return r == -ENOMEM ? r : 0;
	return gs_types_listed(types, display, ret);
}

void gs_listed_free(struct gs_parent *parent)
{
	if (!parent)
		return;
	gs_parent_clear(parent);
	free(parent);
}
