/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * progress.h - the steps of a switch on stderr, as they happen. On a terminal
 * a line begins when its step does; elsewhere whole lines only.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "plan.h"

struct cli_progress {
	bool quiet;
	bool terminal;
	const struct gs_step *open; /* its line has begun and not ended */
};

void cli_progress_begin(struct cli_progress *progress, bool quiet);
void cli_progress_end(struct cli_progress *progress);

/* cli_progress_step - for gs_execute_options; @data is the struct cli_progress */
void cli_progress_step(const struct gs_plan *plan, const struct gs_step *step, void *data);

#endif
