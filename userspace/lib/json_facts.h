/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_facts.h - struct gs_facts and isolation as JSON, for json.c. */
#ifndef GS_JSON_FACTS_H
#define GS_JSON_FACTS_H

#include "json_build.h"

/* gs_json_put_isolation - what merges a group: {address, name, missing, cause} or null */
void gs_json_put_isolation(struct gs_json *json, const struct gs_host *host,
			   const struct gs_group *group);

/* gs_json_put_facts - the keys that `show` has for each function of a card */
void gs_json_put_facts(struct gs_json *json, const struct gs_function *function);

/* gs_json_put_stuck - the keys stale and stuck; NULL: nothing hangs */
void gs_json_put_stuck(struct gs_json *json, const struct gs_stuck *stuck);

#endif
