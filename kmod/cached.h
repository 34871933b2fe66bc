/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_CACHED_H
#define _GPUSHIFT_CACHED_H

#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "changeable.h"
#include "pack.h"
#include "reset.h"

struct gpushift_bus;
struct gpushift_function;
struct gpushift_group;
struct gpushift_reach;

/**
 * struct gpushift_text - part of /proc/gpushift
 * @size: bytes of @text
 * @text: lines, without a zero at the end
 */
struct gpushift_text {
	unsigned int size;
	char text[];
};

/**
 * struct gpushift_cached - facts that only change with an event, and what rarely
 * changes without; but for @text never written after it was made
 * @ref: the function's reference, and one for each view
 * @changeable: what part of @data was made from
 * @barriers: what stands in the way of each reset method
 * @text: @data as text, for everyone and for the privileged, NULL until somebody
 *	has asked; then never changed
 * @steady_size: bytes of @data that only change with an event
 * @open_size: bytes of @data that everyone may see: these and what was made from
 *	@changeable
 * @detail_start: where what is privileged and only changes with an event begins
 * @size: bytes of @data
 * @data: netlink attributes
 */
struct gpushift_cached {
	refcount_t ref;
	struct gpushift_changeable changeable;
	struct gpushift_barrier barriers[GPUSHIFT_RESET_METHODS];
	struct gpushift_text *text[2];
	unsigned int steady_size;
	unsigned int open_size;
	unsigned int detail_start;
	unsigned int size;
	u8 data[];
};

/**
 * struct gpushift_surroundings - where a function sits
 * @functions: the array of all functions
 * @group: its IOMMU group, or NULL
 * @bus: its bus, NULL for a root bus
 * @scope: what a reset of its slot, or else of its bus, would hit; NULL when
 *	neither can be
 * @slot_has_reset: it is in a hotplug slot whose driver can reset it
 */
struct gpushift_surroundings {
	struct xarray *functions;
	const struct gpushift_group *group;
	const struct gpushift_bus *bus;
	const struct gpushift_reach *scope;
	bool slot_has_reset;
};

/**
 * struct gpushift_cached_scratch - room to pack in, shared by all functions
 * @open: what everyone may see and only changes with an event
 * @detail: the same that only the privileged may see
 * @whole: all facts in their order
 */
struct gpushift_cached_scratch {
	struct gpushift_pack open;
	struct gpushift_pack detail;
	struct gpushift_pack whole;
};

#define GPUSHIFT_CACHED_SCRATCH { \
	.open = { .grows = true }, .detail = { .grows = true }, \
	.whole = { .grows = true } }

int gpushift_cached_update(struct gpushift_function *function,
			   const struct gpushift_surroundings *around,
			   struct gpushift_cached_scratch *scratch);
void gpushift_cached_put(struct gpushift_cached *cached);
void gpushift_cached_remember(struct gpushift_cached *cached, bool privileged,
			      const char *text, unsigned int size);
void gpushift_cached_scratch_free(struct gpushift_cached_scratch *scratch);

#endif /* _GPUSHIFT_CACHED_H */
