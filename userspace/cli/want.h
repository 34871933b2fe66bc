/* SPDX-License-Identifier: GPL-2.0-or-later */
/* want.h - from the options of plan and set to what is wanted, and to a plan. */
#ifndef CLI_WANT_H
#define CLI_WANT_H

#include "cli.h"

/* What the inventory must hold for a plan; cli_want_plan() reads the names itself, for what it refuses. */
#define CLI_WANT_READS (GS_READ_HOLDERS | GS_READ_TYPES | GS_READ_DRIVERS)
#define CLI_PLAN_READS (CLI_WANT_READS | GS_READ_NAMES)

/*
 * cli_want_begin - check the arguments <card> <mode> and the options without looking at the host
 * Returns 0, or the exit status when they are wrong and that has been said.
 */
int cli_want_begin(struct cli *cli, struct gs_want *want) gs_must_check;
void cli_want_end(struct gs_want *want);

/* cli_want_uuids - draw as many as it may take; returns 0, or the exit status as above */
int cli_want_uuids(struct cli *cli, struct gs_want *want) gs_must_check;

/*
 * cli_want_plan - find the card, complete the want, plan
 * Returns 0 with a plan, which may refuse, or the exit status as above.
 */
int cli_want_plan(struct cli *cli, struct gs_host *host, struct gs_want *want,
		  struct gs_plan **ret) gs_must_check;

/* cli_want_error - say that a want is wrong; clears @error. Returns the exit status. */
int cli_want_error(struct cli *cli, struct gs_want_error *error);

/* cli_random_uuid - a UUID version 4. Returns 0 or -errno. */
int cli_random_uuid(char uuid[37]) gs_must_check;

/* cli_refused_status - the exit status of a plan with refusals */
enum gs_exit cli_refused_status(const struct gs_plan *plan);

/* cli_plan_warnings - what a plan has to say to people, on stderr */
void cli_plan_warnings(const struct gs_plan *plan);

static inline void cli_plan_freep(struct gs_plan **plan)
{
	gs_plan_free(*plan);
}
#define cli_cleanup_plan __attribute__((cleanup(cli_plan_freep)))

#endif
