/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_types.h - the vGPU types that NVIDIA's host driver knows: vgpuConfig.xml, as nvidia-vgpud reads it. */
#ifndef GS_UNLOCK_TYPES_H
#define GS_UNLOCK_TYPES_H

#include "engine.h"

#define GS_UNLOCK_TYPES_PATH "usr/share/nvidia/vgpu/vgpuConfig.xml"

/* What is not said there is 0. */
struct gs_unlock_type {
	uint32_t id;
	char name[64];
	uint64_t framebuffer, reservation; /* bytes */
	uint64_t max_pixels, width, height;
};

/* A card, and how many of a type it takes. */
struct gs_unlock_support {
	uint16_t device;
	uint16_t subsystem; /* 0: any board */
	uint32_t type;
	uint64_t max;
	bool sriov; /* the card is split by virtual functions */
};

struct gs_unlock_types {
	struct gs_unlock_type *types; /* by id */
	size_t n_types;
	struct gs_unlock_support *supports;
	size_t n_supports;
};

/* gs_unlock_types_read - 0, -ENOENT, -EINVAL for what is no such file, or -errno */
int gs_unlock_types_read(const struct gs_engine *engine, struct gs_unlock_types **ret) gs_must_check;
/* gs_unlock_types_parse - the same of an open file */
int gs_unlock_types_parse(int fd, struct gs_unlock_types **ret) gs_must_check;
void gs_unlock_types_free(struct gs_unlock_types *types);

static inline void gs_unlock_types_freep(struct gs_unlock_types **types)
{
	gs_unlock_types_free(*types);
}
#define gs_cleanup_unlock_types __attribute__((cleanup(gs_unlock_types_freep)))

const struct gs_unlock_type *gs_unlock_type_find(const struct gs_unlock_types *types, uint32_t id);

/* gs_unlock_type_max - how many of a type the card takes that takes most; 0: not said */
uint64_t gs_unlock_type_max(const struct gs_unlock_types *types, uint32_t id);

/* gs_unlock_type_memory - bytes of the largest card that takes this type, as far as its types fill it; 0: not said */
uint64_t gs_unlock_type_memory(const struct gs_unlock_types *types, uint32_t id);

/* gs_unlock_card_listed - is a card on NVIDIA's list? */
bool gs_unlock_card_listed(const struct gs_unlock_types *types, uint16_t device);
/* gs_unlock_card_sriov - is it split by virtual functions? */
bool gs_unlock_card_sriov(const struct gs_unlock_types *types, uint16_t device);

#endif
