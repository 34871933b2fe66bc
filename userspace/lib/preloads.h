/* SPDX-License-Identifier: GPL-2.0-or-later */
/* preloads.h - the libraries that drop-ins have preloaded into NVIDIA's vGPU services. */
#ifndef GS_PRELOADS_H
#define GS_PRELOADS_H

#include "engine.h"

#define GS_VGPUD "nvidia-vgpud"
#define GS_VGPU_MANAGER "nvidia-vgpu-mgr"

/* @drop_in: its path, relative to the root; @library: as it is written there */
typedef void (*gs_preload_fn)(void *data, const char *drop_in, const char *library);

/* gs_preloads_tell - each drop-in that preloads something, by @tell */
void gs_preloads_tell(struct gs_engine *engine, gs_preload_fn tell, void *data);

/* gs_preload_there - is a library where a drop-in says it is? */
bool gs_preload_there(struct gs_engine *engine, const char *library);

#endif
