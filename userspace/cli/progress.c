// SPDX-License-Identifier: GPL-2.0-or-later
/* progress.c - steps as they happen */
#include "progress.h"

#include "job.h"
#include "output.h"

/* One step at one moment, wherever it is carried out. */
struct moment {
	size_t number; /* from 1 */
	const char *op, *target, *value;
	const char *result;
	const char *error;
};

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
	progress->open = 0;
}

void cli_progress_end(struct cli_progress *progress)
{
	end_line(progress);
}

static void begin_line(const struct moment *moment)
{
	cli_fragment(stderr, "  %s", moment->op);
	if (moment->target)
		cli_fragment(stderr, " %s", moment->target);
	if (moment->value && moment->value[0])
		cli_fragment(stderr, " %s", moment->value);
	cli_fragment(stderr, " ... ");
}

static void show(struct cli_progress *progress, const struct moment *moment)
{
	bool begins = gs_streq(moment->result, gs_result_name(GS_RESULT_NOT_RUN));

	if (progress->quiet)
		return;
	if (progress->open != moment->number)
		end_line(progress);
	if (begins && !progress->terminal)
		return;
	if (!progress->open)
		begin_line(moment);
	if (begins) {
		progress->open = moment->number;
		fflush(stderr);
		return;
	}
	cli_line(stderr, "%s%s%s", moment->result, moment->error ? ": " : "",
		 moment->error ? moment->error : "");
	progress->open = 0;
}

void cli_progress_step(const struct gs_plan *plan, const struct gs_step *step, void *data)
{
	const struct moment moment = {
		.number = (size_t)(step - plan->steps) + 1,
		.op = gs_op_name(step->action.op),
		.target = step->action.target,
		.value = step->action.value,
		.result = gs_result_name(step->result),
		.error = step->error,
	};

	if (cli_job_step(plan, step))
		return;
	show(data, &moment);
}

static const char *text_in(struct json_object *record, const char *key)
{
	return json_object_get_string(json_object_object_get(record, key));
}

void cli_progress_record(struct cli_progress *progress, struct json_object *record)
{
	const struct moment moment = {
		.number = (size_t)json_object_get_int(json_object_object_get(record, "step")),
		.op = text_in(record, "op"),
		.target = text_in(record, "target"),
		.value = text_in(record, "value"),
		.result = text_in(record, "result"),
		.error = text_in(record, "error"),
	};

	if (moment.op && moment.result)
		show(progress, &moment);
}
