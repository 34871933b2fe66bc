/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_explain.h - the document of `explain` */
#ifndef GS_JSON_EXPLAIN_H
#define GS_JSON_EXPLAIN_H

#include <json-c/json.h>

#include "why_no_types.h"

/*
 * gs_mode_command - what brings a card to a mode that nothing is in the way of
 * Returns a string of its own; NULL: no memory.
 */
char *gs_mode_command(const struct gs_card *card, const struct gs_vgpu_facts *facts,
		      enum gs_mode mode) gs_must_check;

struct json_object *gs_json_explain(const struct gs_host *host, const struct gs_card *card,
				    const struct gs_vgpu_facts *facts,
				    const struct gs_causes *causes) gs_must_check;

#endif
