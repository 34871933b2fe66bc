/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * switch.h - what all verbs that change devices do around a plan: be root,
 * take the lock, recover, execute with progress and Ctrl-C.
 */
#ifndef CLI_SWITCH_H
#define CLI_SWITCH_H

#include "cli.h"

/* cli_need_root - say that the verb is not permitted. Returns the exit status. */
int cli_need_root(struct cli *cli);

/*
 * cli_switch_lock - check for root, take the lock
 * Returns 0, or the exit status when that failed and has been said.
 */
int cli_switch_lock(struct cli *cli, struct gs_lock **ret) gs_must_check;

/*
 * cli_switch_recover - finish or undo an interrupted switch before anything else
 * @ret: what was done; may be NULL. To be cleared also after a failure.
 * Returns 0, or the exit status as above. What was done is said on stderr.
 */
int cli_switch_recover(struct cli *cli, struct gs_lock *lock,
		       struct gs_recovery *ret) gs_must_check;

/* cli_switch_begin - both of the above: the lock, on a host that is whole */
int cli_switch_begin(struct cli *cli, struct gs_lock **ret) gs_must_check;

/* cli_switch_has_time - is there any left until --deadline? */
bool cli_switch_has_time(const struct cli *cli);

/* cli_switch_interrupted - did somebody press Ctrl-C? */
bool cli_switch_interrupted(void);

/* How a plan went; an empty message: well. */
struct cli_outcome {
	enum gs_exit status;
	bool touched; /* false: nothing was written to a device */
	char *message;
	char *fix;
};

/* cli_switch_execute - carry out a plan. Says the progress, not the outcome. */
void cli_switch_execute(struct cli *cli, struct gs_lock *lock, struct gs_plan *plan,
			struct cli_outcome *ret);
void cli_outcome_clear(struct cli_outcome *outcome);

static inline void cli_lock_releasep(struct gs_lock **lock)
{
	if (*lock)
		gs_lock_release(*lock);
}
#define cli_cleanup_lock __attribute__((cleanup(cli_lock_releasep)))

#endif
