/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quarantine.h - cards that a switch left in no mode, and why.
 *
 * var/lib/gpushift/quarantine/ADDRESS.json: the card's ids, the reason, who hangs
 * in the kernel, and what each function showed last. It belongs to that card, and
 * to the boot that wrote it; readable by all, as the lock's folder in /run is not.
 * One of an earlier boot quarantines nothing, and stays as history until the card
 * was switched well: who restores wished modes at boot asks gs_quarantine_history().
 */
#ifndef GS_QUARANTINE_H
#define GS_QUARANTINE_H

#include "lock.h"
#include "model.h"

/* gs_quarantine_read - the reason, or NULL in @ret when the card is not quarantined */
int gs_quarantine_read(struct gs_engine *engine, const char *address, char **ret) gs_must_check;

/* gs_quarantine_stuck - does the process that hung in the kernel still do so? */
bool gs_quarantine_stuck(struct gs_engine *engine, const char *address, struct gs_process *ret);

/*
 * gs_quarantine_store - from now on the card is left alone
 * @stuck: the process that hangs in the kernel; NULL: none
 * @last: what the functions showed last
 */
int gs_quarantine_store(struct gs_engine *engine, const char *address, const char *reason,
			const struct gs_process *stuck, const struct gs_before *last,
			size_t n_last) gs_must_check;
int gs_quarantine_lift(struct gs_engine *engine, const char *address) gs_must_check;

/*
 * gs_quarantine_history - in how many boots on end, before this one, a switch of the card failed for good
 * @ret_reason: of the last one (allocated), or NULL in @ret_reason when the answer is 0
 *
 * A wished mode is tried at boot after one such boot, and not after two: then
 * somebody has to look first. `set` by hand is not bound by it.
 */
unsigned int gs_quarantine_history(struct gs_engine *engine, const char *address,
				   char **ret_reason);

/* The task that hangs, and what was known of the card when it was left alone. */
struct gs_stuck {
	int pid;
	char *name;
	char *stack; /* of the kernel, a line a call; NULL: for root only */
	struct gs_before *last;
	size_t n_last;
};

/* gs_stuck_read - NULL in @ret when nothing hangs at the card */
int gs_stuck_read(struct gs_engine *engine, const char *address, struct gs_stuck **ret) gs_must_check;
void gs_stuck_free(struct gs_stuck *stuck);

#endif
