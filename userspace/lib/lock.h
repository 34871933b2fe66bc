/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.h - inside of the lock of execute.h, for the executor's own files. */
#ifndef GS_LOCK_H
#define GS_LOCK_H

#include "engine.h"

struct gs_lock {
	int fd; /* flock()ed; inherited by workers, so that it ends with the last write */
};

/* A process as (pid, start time in clock ticks): a pid alone may be used again. */
struct gs_process {
	int pid;
	uint64_t start;
};

int gs_process_self(struct gs_engine *engine, struct gs_process *ret) gs_must_check;
int gs_process_of(struct gs_engine *engine, int pid, struct gs_process *ret) gs_must_check;

/* gs_process_alive - does it still run? One that only waits to be reaped does not. */
bool gs_process_alive(struct gs_engine *engine, const struct gs_process *process);

/*
 * gs_lock_open_up - let others have the lock although a stuck worker keeps it
 *
 * Only after the card that the worker hangs at was quarantined: from then on
 * that is what keeps others off it.
 */
void gs_lock_open_up(struct gs_lock *lock);

#endif
