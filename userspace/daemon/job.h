/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - a change in progress: a child that runs the command line (--direct),
 * and what it tells.
 *
 * The child takes the lock, writes the journal and carries the plan out, so
 * that it needs no daemon once it runs: when the daemon is killed, the switch
 * is brought to its end all the same.
 */
#ifndef DAEMON_JOB_H
#define DAEMON_JOB_H

#include "daemon.h"

/* What is to be done. */
struct job_order {
	const char *card; /* address or name; "": there is none */
	char **argv;	  /* of the command */
	int input;	  /* its standard input; -1: there is none */
};

/*
 * job_start - begin
 * @call: of whoever starts it; NULL: the daemon itself
 * @order: stays the caller's, its file too
 * Returns 0, or a negative errno with @error set.
 */
int job_start(struct daemon *daemon, sd_bus_message *call, const struct job_order *order,
	      const struct job **ret, sd_bus_error *error) gs_must_check;

const char *job_path(const struct job *job);

/* job_runs - has the job of this path not ended yet? */
bool job_runs(const struct daemon *daemon, const char *path);

/* job_cancel_all - as Ctrl-C would. Returns how many still run. */
size_t job_cancel_all(struct daemon *daemon);

/* job_forget_all - the daemon ends; what runs goes on without it */
void job_forget_all(struct daemon *daemon);

/* job_ended - called when a job has ended, after it was told; main.c */
void job_ended(struct daemon *daemon);

#endif
