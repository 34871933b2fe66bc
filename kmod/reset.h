/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_RESET_H
#define _GPUSHIFT_RESET_H

#include <linux/types.h>

#include <linux/gpushift.h>

struct gpushift_bus;
struct gpushift_function;
struct gpushift_pack;

#define GPUSHIFT_RESET_METHODS (GPUSHIFT_RESET_METHOD_SLOT + 1)

/**
 * struct gpushift_barrier - what stands in the way of a reset
 * @reason: one of enum gpushift_reset_reason; 0 when nothing does
 * @unknown: it could not be found out
 * @detail: what @reason is about, or ""
 */
struct gpushift_barrier {
	u8 reason;
	bool unknown;
	char detail[GPUSHIFT_ADDRESS_MAX + 1];
};

void gpushift_reset_judge(const struct gpushift_function *function,
			  const struct gpushift_function *bridge,
			  const struct gpushift_bus *bus, bool slot_has_reset,
			  struct gpushift_barrier *barriers);
struct gpushift_barrier
gpushift_reset_judge_bus(const struct gpushift_function *function,
			 const struct gpushift_bus *bus);
void gpushift_reset_pack_methods(struct gpushift_pack *pack, const u8 *methods);
void gpushift_reset_pack(struct gpushift_pack *pack, const u8 *methods,
			 const struct gpushift_barrier *barriers,
			 bool privileged);

#endif /* _GPUSHIFT_RESET_H */
