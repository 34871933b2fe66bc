/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vgpu_types.h - what the texts of a vGPU type say. */
#ifndef GS_VGPU_TYPES_H
#define GS_VGPU_TYPES_H

#include "inventory.h"

/*
 * gs_framebuffer_bytes - the framebuffer that a type's texts tell, or 0
 * @name: e.g. "GRID P40-2Q", "NVIDIA A100-1-5C"
 * @description: e.g. "num_heads=4, frl_config=60, framebuffer=2048M, ..."; may be NULL
 */
uint64_t gs_framebuffer_bytes(const char *name, const char *description);

/* gs_types_read_all - fill in the types of every parent of @host */
int gs_types_read_all(struct gs_engine *engine, struct gs_parent *parents, size_t count) gs_must_check;

/* gs_types_merge - what a VF offers becomes part of what its card does */
int gs_types_merge(struct gs_parent *card, const struct gs_parent *vf) gs_must_check;
/* gs_types_limit - no more than the card has room for, once all VFs are merged */
void gs_types_limit(struct gs_parent *card);

/* gs_max_instances - "max_instance=12" of a description; 0: not told */
unsigned int gs_max_instances(const struct gs_vgpu_type *type);

#endif
