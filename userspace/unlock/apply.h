/* SPDX-License-Identifier: GPL-2.0-or-later */
/* apply.h - one override, written into the description of a vGPU type. */
#ifndef UNLOCK_APPLY_H
#define UNLOCK_APPLY_H

#include "layouts.h"
#include "overrides.h"

/* unlock_apply - @info: where the description begins. Returns the keys whose texts are too long for it. */
uint32_t unlock_apply(const struct unlock_layout *layout, unsigned char *info,
		      const struct unlock_override *override);

/* unlock_text_fits - is a text short enough for its members of this layout? */
bool unlock_text_fits(const struct unlock_layout *layout, enum unlock_key key,
		      const union unlock_word *value);

#endif
