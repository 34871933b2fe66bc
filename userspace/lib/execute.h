/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * execute.h - carries out a plan: journal, writes, verification, undo.
 *
 * The only part of gpushift that writes to devices. Every write is made by an
 * expendable child (worker.h) and verified by a fresh read.
 */
#ifndef GS_EXECUTE_H
#define GS_EXECUTE_H

#include "engine.h"
#include "plan.h"

/* The exit statuses of the contract. */
enum gs_exit {
	GS_EXIT_DONE = 0,
	GS_EXIT_FAILED = 1, /* the old mode is restored */
	GS_EXIT_USAGE = 2,
	GS_EXIT_REFUSED = 3,
	GS_EXIT_ATTENTION = 4, /* quarantined */
	GS_EXIT_REBOOT = 5,
	GS_EXIT_BUSY = 6,
};

struct gs_execute_options {
	unsigned int timeout_ms; /* bounds each kernel write */
	/* Called when a step starts (result not-run) and ends; may be NULL. */
	void (*progress)(const struct gs_plan *plan, const struct gs_step *step, void *data);
	/* Asked between steps: true undoes what was done (Ctrl-C); may be NULL. */
	bool (*cancelled)(void *data);
	void *data;
};

/*
 * The lock of the host's switches: held from before the inventory that a plan
 * is made from until the last write has ended, also when the holder dies.
 */
struct gs_lock;

/*
 * gs_lock_take - take the lock
 * @timeout_ms: how long to wait for the last write of a holder that died; a
 *              live holder is not waited for
 * Returns 0, -EBUSY (a live switch holds it), -ETIMEDOUT (a dead one's write
 * still runs), -EPERM or -EACCES (not root), or -errno.
 */
int gs_lock_take(struct gs_engine *engine, unsigned int timeout_ms,
		 struct gs_lock **ret) gs_must_check;

/* gs_lock_wait - the same, but live holders are waited for until @until_us of the monotonic clock */
int gs_lock_wait(struct gs_engine *engine, unsigned int timeout_ms, uint64_t until_us,
		 struct gs_lock **ret) gs_must_check;
void gs_lock_release(struct gs_lock *lock);

/*
 * gs_execute - carry out @plan under @lock
 *
 * Step results and errors are written into the plan. Returns an enum gs_exit:
 * DONE, FAILED (undone), ATTENTION (could not be undone; the card is
 * quarantined), or -errno when nothing was touched (-EROFS, -ENOSPC, ...: the
 * journal could not be written).
 */
int gs_execute(struct gs_engine *engine, struct gs_lock *lock, struct gs_plan *plan,
	       const struct gs_execute_options *options) gs_must_check;

enum gs_recovered {
	GS_RECOVERED_NOTHING,	/* there was no interrupted switch */
	GS_RECOVERED_FINISHED,	/* it had reached the new mode; recorded now */
	GS_RECOVERED_UNDONE,	/* the old mode is whole again */
	GS_RECOVERED_REPORTED,	/* of another boot: compared, set aside */
	GS_RECOVERED_SET_ASIDE, /* the journal was damaged: renamed, nothing guessed */
	GS_RECOVERED_FAILED,	/* could not be brought back; quarantined */
};

/*
 * gs_recover - finish or undo an interrupted switch
 * @ret_card, @ret_from, @ret_to: what it was about (allocated; may come back NULL)
 * @ret_error: why it failed, a sentence
 */
struct gs_recovery {
	enum gs_recovered outcome;
	char *card;
	char *from;
	char *to;
	char *detail; /* a sentence; NULL: none */
};

int gs_recover(struct gs_engine *engine, struct gs_lock *lock,
	       const struct gs_execute_options *options, struct gs_recovery *ret) gs_must_check;
void gs_recovery_clear(struct gs_recovery *recovery);

/* gs_interrupted_read - what the journal says, for reading verbs; NULL in @ret: nothing */
int gs_interrupted_read(struct gs_engine *engine, struct gs_interrupted **ret) gs_must_check;

#endif
