/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs_config.h - configuration space by sysfs, of functions that are awake. */
#ifndef GS_SYSFS_CONFIG_H
#define GS_SYSFS_CONFIG_H

#include "scope.h"

/*
 * gs_sysfs_ask - power states and configuration space of all that is listed and
 * of the bridges above, which isolation is judged by
 *
 * A sleeping function is not asked: the kernel would wake it. A read waits
 * while a reset goes on, so that a child makes it.
 */
int gs_sysfs_ask(struct gs_engine *engine, struct gs_scope *scope) gs_must_check;

#endif
