/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_FACTS_H
#define _GPUSHIFT_FACTS_H

#include <linux/types.h>

struct gpushift_function;
struct gpushift_pack;
struct gpushift_view;

/* Room that the facts of one function need at most besides the cached ones. */
#define GPUSHIFT_LIVE_SIZE 1536

/* What these facts take as a rule; an estimate for the size of a whole dump. */
#define GPUSHIFT_LIVE_USUAL 224

void gpushift_facts_note_domain(struct gpushift_function *function);
bool gpushift_facts_are_cached(const struct gpushift_view *view);
void gpushift_facts_pack_cached(const struct gpushift_view *view,
				bool privileged, struct gpushift_pack *pack);
void gpushift_facts_pack_live(const struct gpushift_view *view,
			      struct gpushift_pack *pack);

#endif /* _GPUSHIFT_FACTS_H */
