/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain.h - facts about groups and resets in words, for people.
 *
 * Each char * is the caller's to free; NULL: no memory.
 */
#ifndef GS_EXPLAIN_H
#define GS_EXPLAIN_H

#include "model.h"

/*
 * gs_group_isolation - what merges a group
 *
 * Members of a group can name different ports. The one that joins all that is
 * not a bridge is to blame, the lowest when there are several; else the first.
 * NULL: it holds one device, or it is not known.
 */
const struct gs_isolation *gs_group_isolation(const struct gs_host *host,
					      const struct gs_group *group);

/*
 * gs_explain_group - "Group 9 is merged by port 0000:00:02.0, which lacks ACS (...)."
 * @ret: NULL when gs_group_isolation() gives NULL
 */
int gs_explain_group(const struct gs_host *host, const struct gs_group *group,
		     char **ret) gs_must_check;

/* gs_explain_reason - why a bus or slot or a method cannot be used: "shares its bus with 0000:01:01.0" */
char *gs_explain_reason(enum gpushift_reset_reason reason, const char *detail) gs_must_check;

/* gs_explain_reset - why a method is not there, or is stale; "" when it can be used */
char *gs_explain_reset(const struct gs_reset *reset) gs_must_check;

/* gs_explain_scope - "A reset of its bus hits ..."; or why there is none */
char *gs_explain_scope(const struct gs_function *function) gs_must_check;

#endif
