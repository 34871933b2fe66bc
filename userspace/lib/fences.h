/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fences.h - keeping new users off a card while it is taken from NVIDIA's driver
 *
 * unbind-lock: /proc/driver/nvidia/gpus/ADDRESS/unbindLock, where the driver has
 * it. Whoever writes 1 and reads 1 keeps the card closed; it is not given while
 * somebody has the card open, and the write itself never fails.
 * drain: `nvidia-smi drain` for other drivers, where it works.
 */
#ifndef GS_FENCES_H
#define GS_FENCES_H

#include "engine.h"
#include "model.h"

#define GS_NVIDIA_SMI "usr/bin/nvidia-smi"

/* gs_fences_read - which of them each function on NVIDIA's driver has */
void gs_fences_read(struct gs_engine *engine, struct gs_host *host);

/* The words of a plan: "unbind-lock", "drain"; NULL and GS_FENCE_NONE for no fence. */
const char *gs_fence_name(enum gs_fence fence);
enum gs_fence gs_fence_parse(const char *text);

/*
 * gs_drain - run `nvidia-smi drain`, and wait for it
 * @limit_ms, @answer, @size: see gs_vendor_tool()
 * For the worker, which has a deadline. Returns 0; -EIO: it failed; or -errno.
 */
int gs_drain(struct gs_engine *engine, const char *address, bool on, unsigned int limit_ms,
	     char *answer, size_t size) gs_must_check;

#endif
