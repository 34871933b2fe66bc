/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_CACHED_H
#define _GPUSHIFT_CACHED_H

#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "pack.h"
#include "reset.h"

struct gpushift_bus;
struct gpushift_function;
struct gpushift_group;

/**
 * struct gpushift_cached - facts that only change with an event, never written
 * after they were made
 * @ref: the function's reference, and one for each view
 * @public_size: bytes of @data that everyone may see
 * @size: bytes of @data
 * @barriers: what stands in the way of each reset method
 * @data: netlink attributes, first those that everyone may see
 */
struct gpushift_cached {
	refcount_t ref;
	unsigned int public_size;
	unsigned int size;
	struct gpushift_barrier barriers[GPUSHIFT_RESET_METHODS];
	u8 data[];
};

/**
 * struct gpushift_surroundings - where a function sits
 * @functions: the array of all functions
 * @group: its IOMMU group, or NULL
 * @bus: its bus, NULL for a root bus
 * @slot_has_reset: it is in a hotplug slot whose driver can reset it
 */
struct gpushift_surroundings {
	struct xarray *functions;
	const struct gpushift_group *group;
	const struct gpushift_bus *bus;
	bool slot_has_reset;
};

/**
 * struct gpushift_cached_scratch - room to pack in, shared by all functions
 * @open: what everyone may see
 * @privileged: the rest
 */
struct gpushift_cached_scratch {
	struct gpushift_pack open;
	struct gpushift_pack privileged;
};

#define GPUSHIFT_CACHED_SCRATCH { \
	.open = { .grows = true }, .privileged = { .grows = true } }

int gpushift_cached_update(struct gpushift_function *function,
			   const struct gpushift_surroundings *around,
			   struct gpushift_cached_scratch *scratch);
void gpushift_cached_put(struct gpushift_cached *cached);
void gpushift_cached_scratch_free(struct gpushift_cached_scratch *scratch);

#endif /* _GPUSHIFT_CACHED_H */
