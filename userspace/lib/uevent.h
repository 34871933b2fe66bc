/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uevent.h - what a uevent of the kernel says about functions and vGPUs. */
#ifndef GS_UEVENT_H
#define GS_UEVENT_H

#include "events.h"

/*
 * gs_uevent_parse - read one uevent
 * @text: "add@/devices/...", NUL, then KEY=VALUE strings each ending in NUL
 * @functions: tell events of PCI functions too (else only those of vGPUs)
 * Returns 0, or -ENOMSG: nothing that we tell.
 */
int gs_uevent_parse(const char *text, size_t length, bool functions, struct gs_event *ret) gs_must_check;

#endif
