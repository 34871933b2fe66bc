/* SPDX-License-Identifier: GPL-2.0-or-later */
/* want_resolve.h - the facts about a want that only the host can tell. */
#ifndef GS_WANT_RESOLVE_H
#define GS_WANT_RESOLVE_H

#include "engine.h"
#include "plan.h"

/*
 * gs_want_resolve - fill driver_known, with_holders: who uses the
 * functions outside @card that would move, and services: the units that are
 * configured to be stopped for @card, as they are now
 *
 * To be called before gs_plan_make(). Overrides that were not read in time
 * are asked for again: a host that is busy must not look like one that is
 * stuck. Returns 0 or -errno.
 */
int gs_want_resolve(struct gs_engine *engine, struct gs_host *host, const struct gs_card *card,
		    struct gs_want *want) gs_must_check;

/* gs_want_clear - frees what gs_want_resolve() filled */
void gs_want_clear(struct gs_want *want);

#endif
