/* SPDX-License-Identifier: GPL-2.0-or-later */
/* worker_jobs.h - what a worker does; runs in the child only. */
#ifndef GS_WORKER_JOBS_H
#define GS_WORKER_JOBS_H

#include "worker.h"

/* @path and @data are shorter than GS_JOB_TEXT; "": none. */
struct gs_job {
	enum gs_job_kind kind;
	const char *path;
	const char *data;
};

/* As it goes over the socket, up to the end of the text; both ends are one program. */
struct gs_job_answer {
	int result;
	char text[GS_JOB_TEXT];
};

/* A device node that is kept open. */
struct gs_held {
	char path[GS_JOB_TEXT];
	int fd;
};

/* What the child keeps between jobs. */
struct gs_job_state {
	struct gs_engine *engine;
	struct gs_held *held;
	size_t n_held;
	char written[GS_JOB_TEXT]; /* the file of the last job, when that was a write; "": none */
	int written_fd;		   /* it is open still */
};

int gs_job_run(struct gs_job_state *state, const struct gs_job *job,
	       struct gs_job_answer *answer) gs_must_check;

#endif
