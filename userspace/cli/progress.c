// SPDX-License-Identifier: GPL-2.0-or-later
/* progress.c - steps as they happen */
#include "progress.h"

#include "output.h"

void cli_progress_begin(struct cli_progress *progress, bool quiet)
{
	*progress = (struct cli_progress){
		.quiet = quiet,
		.terminal = isatty(STDERR_FILENO),
	};
}

static void end_line(struct cli_progress *progress)
{
	if (progress->open)
		cli_line(stderr, "%s", "");
	progress->open = NULL;
}

void cli_progress_end(struct cli_progress *progress)
{
	end_line(progress);
}

static void begin_line(const struct gs_step *step)
{
	const struct gs_action *action = &step->action;

	cli_fragment(stderr, "  %s", gs_op_name(action->op));
	if (action->target)
		cli_fragment(stderr, " %s", action->target);
	if (action->value && action->value[0])
		cli_fragment(stderr, " %s", action->value);
	cli_fragment(stderr, " ... ");
}

void cli_progress_step(const struct gs_plan *plan, const struct gs_step *step, void *data)
{
	struct cli_progress *progress = data;

	(void)plan;
	if (progress->quiet)
		return;
	if (progress->open != step)
		end_line(progress);
	if (step->result == GS_RESULT_NOT_RUN && !progress->terminal)
		return;
	if (!progress->open)
		begin_line(step);
	if (step->result == GS_RESULT_NOT_RUN) {
		progress->open = step;
		fflush(stderr);
		return;
	}
	cli_line(stderr, "%s%s%s", gs_result_name(step->result), step->error ? ": " : "",
		 step->error ? step->error : "");
	progress->open = NULL;
}
