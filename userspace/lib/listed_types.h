/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listed_types.h - what NVIDIA's vGPU host driver would offer of a card, by its vgpuConfig.xml. */
#ifndef GS_LISTED_TYPES_H
#define GS_LISTED_TYPES_H

#include "model.h"
#include "unlock_types.h"

/* gs_types_listed - @ret: NULL for a card that is not listed; freed by gs_listed_free() */
int gs_types_listed(const struct gs_unlock_types *types, const struct gs_function *display,
		    struct gs_parent **ret) gs_must_check;
/* gs_types_listed_read - the same from the file; no file, or one that is none, lists nothing */
int gs_types_listed_read(const struct gs_engine *engine, const struct gs_function *display,
			 struct gs_parent **ret) gs_must_check;
void gs_listed_free(struct gs_parent *parent);

#endif
