// SPDX-License-Identifier: GPL-2.0-or-later
#include "capacity.h"

#include "vgpu_types.h"

bool gs_sizes_clash(const struct gs_vgpu_type *a, const struct gs_vgpu_type *b)
{
	return a && b && strncmp(a->id, "nvidia-", 7) == 0 && a->framebuffer_bytes &&
	       b->framebuffer_bytes && a->framebuffer_bytes != b->framebuffer_bytes;
}

/* Another one that is there; of another size rather than of any. */
static const struct gs_vgpu_type *find_other(const struct gs_parent *parent,
					     const struct gs_vgpu_type *type)
{
	const struct gs_vgpu_type *found = NULL;

	for (size_t i = 0; i < parent->n_types; i++) {
		const struct gs_vgpu_type *other = &parent->types[i];

		if (!other->made || other == type)
			continue;
		if (gs_sizes_clash(type, other))
			return other;
		if (!found)
			found = other;
	}
	return found;
}

static unsigned int count_made(const struct gs_parent *parent)
{
	unsigned int made = 0;

	for (size_t i = 0; i < parent->n_types; i++)
		made += parent->types[i].made;
	return made;
}

static char *why_not_now(const struct gs_parent *parent, const struct gs_vgpu_type *type)
{
	const struct gs_vgpu_type *other = find_other(parent, type);
	unsigned int most = gs_max_instances(type);

	if (gs_sizes_clash(type, other))
		return gs_asprintf("one size at a time: %u of %s %s there", other->made, other->name,
				   other->made == 1 ? "is" : "are");
	if (parent->vfs && count_made(parent) >= parent->vfs)
		return gs_asprintf("each of the %u virtual functions holds a vGPU", parent->vfs);
	if (most && type->made >= most)
		return gs_asprintf("all %u that fit are made", most);
	if (other)
		return gs_asprintf("the vGPUs of %s leave no room", other->name);
	return strdup(type->made ? "all that fit are made" :
				   "the driver offers none now, and no vGPU is in the way");
}

int gs_why_no_more(const struct gs_parent *parent, const struct gs_vgpu_type *type,
		   enum gs_types_source source, char **ret)
{
	unsigned int most = gs_max_instances(type);

	*ret = NULL;
	if (source == GS_TYPES_NOW && type->available)
		return 0;
	if (source == GS_TYPES_NOW)
		*ret = why_not_now(parent, type);
	else if (source == GS_TYPES_REMEMBERED)
		*ret = strdup("remembered from when the card was last a vGPU host");
	else if (most)
		*ret = gs_asprintf("listed for this card, at most %u", most);
	else
		*ret = strdup("listed for this card");
	return *ret ? 0 : -ENOMEM;
}
