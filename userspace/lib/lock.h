/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lock.h - inside of the lock of execute.h, for the executor's own files. */
#ifndef GS_LOCK_H
#define GS_LOCK_H

#include "address.h"
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

/* What the lock's file says: who holds it, and the worker that holds it with him. */
struct gs_lock_text {
	int fields; /* 5: all of it; 2: no worker; less: nobody has signed yet */
	struct gs_process holder;
	struct gs_process worker;
	int worker_fd; /* the worker's own number for the lock */
	char card[GS_ADDRESS_LEN]; /* what the worker is at where no journal tells; else empty */
};

void gs_lock_read(int fd, struct gs_lock_text *ret);

/*
 * gs_lock_name_worker - write down who keeps the lock when its holder dies
 * @card: the address of what it is at; NULL: a journal tells, or nothing is touched yet
 */
int gs_lock_name_worker(struct gs_engine *engine, const struct gs_lock *lock, int pid,
			const char *card) gs_must_check;

/*
 * gs_lock_take_over - end the wait for the last write of a dead holder
 * @fd: the lock's file, opened by the one who waited
 *
 * The worker is killed. If it does not die, the card that the lock or the journal names is
 * quarantined and the lock opened up, as the holder would have done. The journal
 * stays for whoever gets the lock next. Returns 0 when the lock can be tried
 * again, or -ETIMEDOUT when nothing is known of the one who keeps it.
 */
int gs_lock_take_over(struct gs_engine *engine, int fd) gs_must_check;

/*
 * gs_lock_open_up - let others have the lock although a stuck worker keeps it
 *
 * Only after the card that the worker hangs at was quarantined: from then on
 * that is what keeps others off it.
 */
void gs_lock_open_up(struct gs_lock *lock);

#endif
