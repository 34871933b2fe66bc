/* SPDX-License-Identifier: GPL-2.0-or-later */
/* modules.h - libkmod, told to keep quiet. */
#ifndef GS_MODULES_H
#define GS_MODULES_H

#include <libkmod.h>

/* gs_modules_open - the modules of the running kernel; ended by kmod_unref(). NULL: no memory */
struct kmod_ctx *gs_modules_open(void);

#endif
