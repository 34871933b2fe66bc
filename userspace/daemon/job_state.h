/* SPDX-License-Identifier: GPL-2.0-or-later */
/* job_state.h - inside of a job: job.c starts and ends it, job_object.c shows it. */
#ifndef DAEMON_JOB_STATE_H
#define DAEMON_JOB_STATE_H

#include "job.h"

enum job_phase {
	JOB_RUNNING,
	JOB_CANCELLING,
	JOB_FINISHED,
};

struct job {
	struct daemon *daemon;
	struct job *next;
	char *path;
	char *card;
	char *starter; /* unique name on the bus; NULL: the daemon itself */
	enum job_phase phase;
	char *step; /* "unbind 0000:01:00.0"; "": none yet */
	unsigned int percentage;
	int status;   /* exit status, once finished */
	char *result; /* JSON, once finished; for everybody */
	/* while it runs */
	sd_event_source *io, *end;
	int fd;
	char *text; /* received, and not a whole line yet */
	size_t length;
};

/* job_take_record - one line that the child told */
void job_take_record(struct job *job, const char *line);

void job_emit_added(struct job *job);
void job_emit_removed(struct job *job);
void job_emit_changed(struct job *job);
void job_emit_finished(struct job *job);

/* job_cancel - ask the child to undo what it did; once */
void job_cancel(struct job *job);

#endif
