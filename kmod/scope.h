/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_SCOPE_H
#define _GPUSHIFT_SCOPE_H

#include <linux/iommu.h>
#include <linux/xarray.h>

#include "pack.h"

struct gpushift_function;

/**
 * struct gpushift_reach - what a reset would hit
 * @text: RESET_SCOPE, without the zero at its end: the functions
 * @group: their IOMMU group, unless @mixed
 * @functions: number of them
 * @mixed: not all of them are in the same IOMMU group
 */
struct gpushift_reach {
	struct gpushift_pack text;
	const struct iommu_group *group;
	unsigned int functions;
	bool mixed;
};

/**
 * struct gpushift_bus - what the functions of a bus that is no root bus share
 * @reach: the functions at or below it
 * @first: a function on it, or NULL
 * @second: another one, or NULL
 * @no_reset: a function at or below it that is known not to survive its reset,
 *	or NULL
 * @has_gpu: a GPU is on it
 */
struct gpushift_bus {
	struct gpushift_reach reach;
	const struct gpushift_function *first;
	const struct gpushift_function *second;
	const struct gpushift_function *no_reset;
	bool has_gpu;
};

/**
 * struct gpushift_group - what the functions of an IOMMU group share
 * @list: IOMMU_GROUP_MEMBER: all members
 * @members: number of them
 * @has_gpu: a GPU is among them
 */
struct gpushift_group {
	struct gpushift_pack list;
	unsigned int members;
	bool has_gpu;
};

/**
 * struct gpushift_sets - what was learned about functions together
 * @groups: struct gpushift_group by number
 * @slots: those that hold a GPU, by address
 * @buses: struct gpushift_bus by domain and number
 * @resettable: struct gpushift_reach of the hotplug slots that can be reset, by
 *	their address in memory
 */
struct gpushift_sets {
	struct xarray groups;
	struct xarray slots;
	struct xarray buses;
	struct xarray resettable;
};

/**
 * struct gpushift_scope - what was found while the scope was worked out
 * @functions: number of functions in scope
 * @largest: bytes of the largest of all functions' packed attributes
 * @bytes: bytes of the packed attributes of those in scope
 * @bytes_all: the same of all functions
 * @all: number of all functions
 */
struct gpushift_scope {
	unsigned int functions;
	unsigned int largest;
	unsigned int bytes;
	unsigned int bytes_all;
	unsigned int all;
};

int gpushift_scope_update(struct xarray *functions,
			  struct gpushift_scope *scope);

#endif /* _GPUSHIFT_SCOPE_H */
