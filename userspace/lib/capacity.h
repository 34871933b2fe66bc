/* SPDX-License-Identifier: GPL-2.0-or-later */
/* capacity.h - what is left of a card for vGPUs, and why nothing is. No I/O. */
#ifndef GS_CAPACITY_H
#define GS_CAPACITY_H

#include "model.h"

/* Where a list of types comes from. */
enum gs_types_source {
	GS_TYPES_NOW,	     /* the card's driver, or those of its VFs */
	GS_TYPES_REMEMBERED, /* from when it was last a vGPU host */
	GS_TYPES_LISTED,     /* its driver's vgpuConfig.xml: what it could be then */
};

/* gs_sizes_clash - NVIDIA's rule: all time-sliced vGPUs of a card have one framebuffer size */
bool gs_sizes_clash(const struct gs_vgpu_type *a, const struct gs_vgpu_type *b);

/*
 * gs_why_no_more - why no more vGPUs of @type can be made, or why that cannot be told
 * @ret: NULL when they can; freed by the caller. Returns 0 or -ENOMEM.
 */
int gs_why_no_more(const struct gs_parent *parent, const struct gs_vgpu_type *type,
		   enum gs_types_source source, char **ret) gs_must_check;

#endif
