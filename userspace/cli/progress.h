/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - the steps of a switch on stderr, as they happen. On a terminal
 * a line begins when its step does; elsewhere whole lines only.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <json-c/json.h>

#include "plan.h"

struct cli_progress {
	bool quiet;
	bool terminal;
	size_t open; /* the number of the step whose line has begun and not ended, from 1; 0: none */
};

void cli_progress_begin(struct cli_progress *progress, bool quiet);
void cli_progress_end(struct cli_progress *progress);

/* cli_progress_step - for gs_execute_options; @data is the struct cli_progress */
void cli_progress_step(const struct gs_plan *plan, const struct gs_step *step, void *data);

/* cli_progress_record - the same for the record of a step that the daemon passed on (job.h) */
void cli_progress_record(struct cli_progress *progress, struct json_object *record);

#endif
