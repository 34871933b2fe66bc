/* SPDX-License-Identifier: GPL-2.0-or-later */
/* layouts.h - where each branch of the driver has what of a vGPU type. */
#ifndef UNLOCK_LAYOUTS_H
#define UNLOCK_LAYOUTS_H

#include <stddef.h>
#include <stdint.h>

#include "keys.h"

#define UNLOCK_NOWHERE 0xffff

/* Offsets in the type's description. */
struct unlock_offsets {
	uint16_t name_room; /* bytes of the name and of the class */
	uint16_t unicode;   /* the adapter's name once more, as UTF-16 */
	uint16_t at[UNLOCK_KEYS];
};

#define UNLOCK_ADAPTER_ROOM 64 /* bytes of the adapter's names, units of the one in UTF-16 */

struct unlock_layout {
	uint32_t cmd;
	uint32_t size;	    /* of the parameters */
	uint16_t info;	    /* where in them the description begins */
	uint16_t from, to;  /* branches of the driver that have it; 0: one that is not known */
	const struct unlock_offsets *offsets;
	const char *branches; /* in words */
};

/* All of them; the end has no size. */
extern const struct unlock_layout unlock_layouts[];

/* unlock_layout_is_ambiguous - does the size mean different things, by branch? */
bool unlock_layout_is_ambiguous(uint32_t cmd, uint32_t size);

/* unlock_layout_find - @branch: like 550; 0: not known. NULL: no such layout */
const struct unlock_layout *unlock_layout_find(uint32_t cmd, uint32_t size, unsigned int branch);

#endif
