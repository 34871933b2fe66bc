/* SPDX-License-Identifier: GPL-2.0-or-later */
/* restore.h - brings back the state before a switch, from whatever the machine shows now. */
#ifndef GS_RESTORE_H
#define GS_RESTORE_H

#include "steps.h"

/*
 * gs_restore - undo executor->plan
 * @error: the first thing that could not be undone, a sentence (allocated)
 *
 * Compares each function and vGPU with what the plan recorded before the
 * first write, and brings back what differs; so it may be run after any
 * part of the plan, and again. Returns 0 or -errno.
 */
int gs_restore(struct gs_executor *executor, char **error) gs_must_check;

/*
 * gs_give_up - quarantine the card of executor->plan
 * @reason: a sentence; NULL: none is known
 *
 * A stuck worker no longer keeps the lock afterwards: other cards go on. Returns
 * 0, or -errno when the quarantine cannot be written: then the journal has to
 * stay, and executor->journal_stays says so.
 */
int gs_give_up(struct gs_executor *executor, const char *reason);

/* gs_quarantine_plan - the same of a plan that others left; @stuck: who hangs in the kernel, or NULL */
int gs_quarantine_plan(struct gs_engine *engine, const struct gs_plan *plan, const char *reason,
		       const struct gs_process *stuck) gs_must_check;

/* gs_plan_reached - does the machine show what the plan's last steps ask for? */
bool gs_plan_reached(struct gs_executor *executor);

#endif
