/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_REGISTRY_H
#define _GPUSHIFT_REGISTRY_H

#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "function.h"

/* Marks the functions in scope in the array of all functions. */
#define GPUSHIFT_IN_SCOPE XA_MARK_0

/**
 * struct gpushift_view - one function as one reader sees it
 * @function: the function; a reference is held
 * @cached: its cached facts; a reference is held
 * @group: its IOMMU group or NULL; a reference is held
 * @generation: number of the latest event when it was looked at
 * @driver: name of the bound driver, or ""
 */
struct gpushift_view {
	struct gpushift_function *function;
	struct gpushift_cached *cached;
	struct iommu_group *group;
	u32 generation;
	char driver[GPUSHIFT_DRIVER_SIZE];
};

extern struct xarray gpushift_functions;
extern struct mutex gpushift_events_mutex;

u32 gpushift_functions_count_event(void);
int gpushift_functions_refresh(void);
unsigned int gpushift_functions_in_scope(void);
unsigned int gpushift_functions_largest(void);
unsigned int gpushift_functions_bytes(bool all, unsigned int each);
u32 gpushift_functions_refreshed(void);
u32 gpushift_functions_generation(void);

bool gpushift_view_get(struct gpushift_view *view, unsigned long index);
bool gpushift_view_find(struct gpushift_view *view, unsigned long *index,
			bool all);
void gpushift_view_put(struct gpushift_view *view);

#endif /* _GPUSHIFT_REGISTRY_H */
