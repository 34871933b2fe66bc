/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wait.h - wait for a condition by the kernel's own events, never by sleeping. */
#ifndef GS_WAIT_H
#define GS_WAIT_H

#include "engine.h"

/*
 * gs_wait_uevent - until @done says true
 * @subsystem: only events of it wake us ("pci"), or NULL for all
 * @timeout_ms: at most this long
 *
 * The condition is looked at once the listener is set up, so nothing that
 * happens in between is missed. Returns 0, -ETIMEDOUT, or -errno.
 */
int gs_wait_uevent(struct gs_engine *engine, const char *subsystem, bool (*done)(void *data),
		   void *data, unsigned int timeout_ms) gs_must_check;

#endif
