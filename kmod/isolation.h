/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_ISOLATION_H
#define _GPUSHIFT_ISOLATION_H

#include <linux/xarray.h>

struct gpushift_function;
struct gpushift_pack;

void gpushift_isolation_pack(struct xarray *functions,
			     const struct gpushift_function *function,
			     unsigned int members, struct gpushift_pack *pack,
			     struct gpushift_pack *privileged);

#endif /* _GPUSHIFT_ISOLATION_H */
