/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_SCOPE_H
#define _GPUSHIFT_SCOPE_H

#include <linux/xarray.h>

/**
 * struct gpushift_scope - what was found while the scope was worked out
 * @functions: number of functions in scope
 * @largest_group: number of functions in the largest IOMMU group
 */
struct gpushift_scope {
	unsigned int functions;
	unsigned int largest_group;
};

int gpushift_scope_update(struct xarray *functions,
			  struct gpushift_scope *scope);

#endif /* _GPUSHIFT_SCOPE_H */
