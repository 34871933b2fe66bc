/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_CLAIMANT_H
#define _GPUSHIFT_CLAIMANT_H

#include <linux/types.h>

struct gpushift_function;

bool gpushift_claimant(const struct gpushift_function *function,
		       unsigned int bar, char *name, size_t size);

#endif /* _GPUSHIFT_CLAIMANT_H */
