/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * worker.h - the expendable child that makes every write to the kernel.
 *
 * A write to sysfs may block in the kernel for ever. It is made by a child
 * with a deadline: one that does not answer is given up, not waited for. The
 * child inherits the lock and ends when its parent does, after the write
 * that it is in. Of its parent it keeps nothing else: no terminal, no pipe.
 */
#ifndef GS_WORKER_H
#define GS_WORKER_H

#include "lock.h"

struct gs_worker;

enum gs_job_kind {
	GS_JOB_WRITE,	    /* write @data to the file @path */
	GS_JOB_READ,	    /* read the file @path */
	GS_JOB_LOAD_MODULE, /* load the module @path, or else @data, with what it needs */
	GS_JOB_PROVE_GROUP, /* see proof.h; @path is the group's number */
	GS_JOB_ANSWERS,	    /* does the config space in the file @path hold a vendor? -ENXIO: no */
	GS_JOB_TRY_OPEN,    /* open the device node @path, and close it */
	GS_JOB_HOLD_OPEN,   /* open the device node @path and keep it open */
	GS_JOB_LET_GO,	    /* close what HOLD_OPEN opened; @path "": all of it */
	GS_JOB_STOP_UNIT,   /* see units.h; @path is the unit's name */
	GS_JOB_START_UNIT,
	GS_JOB_SRIOV_MANAGE, /* see vfs.h; as GS_JOB_DRAIN */
	GS_JOB_DRAIN,	    /* see fences.h; @path is an address, @data "1" or "0", and the ms that it may take */
	GS_JOB_READ_ROM,    /* see rom.h; the answer is a line of it. @data: the file is no device's */
};

#define GS_JOB_TEXT 1024 /* longest path, data and answer, with the final NUL */

/* gs_worker_start - fork a worker; it inherits @lock (NULL in tests) and keeps it until its end */
int gs_worker_start(struct gs_engine *engine, const struct gs_lock *lock,
		    struct gs_worker **ret) gs_must_check;

/*
 * gs_worker_do - have one job done
 * @timeout_ms: how long to wait for it
 * @answer: what a read gave (GS_JOB_TEXT bytes), or NULL
 *
 * Returns what the job gave (0 or -errno), -ETIMEDOUT when it did not end in
 * time (the worker was killed; see gs_worker_stuck()), -ECHILD when the worker is gone.
 */
int gs_worker_do(struct gs_worker *worker, enum gs_job_kind kind, const char *path,
		 const char *data, unsigned int timeout_ms, char answer[GS_JOB_TEXT]) gs_must_check;

/* gs_worker_pid - the child itself */
pid_t gs_worker_pid(const struct gs_worker *worker);

/* gs_worker_stuck - the worker does not even die: its pid, else 0 */
int gs_worker_stuck(const struct gs_worker *worker);

/* gs_worker_gone - it was killed in time, or died: another one may take its place */
bool gs_worker_gone(const struct gs_worker *worker);

/* gs_worker_stop - let it end and reap it; a stuck one is left behind */
void gs_worker_stop(struct gs_worker *worker);

#endif
