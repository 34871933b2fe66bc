// SPDX-License-Identifier: GPL-2.0-or-later
/* job.c - records for the daemon */
#include "job.h"

#include "json_build.h"

#define PRINT (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* The streams are the process's own, and so is what stands in for them. */
static FILE *channel;
static struct json_object *result;

static void put_record(struct json_object *record)
{
	const char *text = record ? json_object_to_json_string_ext(record, PRINT) : NULL;

	/* A daemon that is gone listens no more; the switch goes on. */
	if (text)
		fprintf(channel, "%s\n", text);
	fflush(channel);
	json_object_put(record);
}

static void put_line(const char *key, const char *line)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, key, line);
	put_record(gs_json_end(&json));
}

/* stderr is line buffered: whole lines, and at its end what has none. */
static ssize_t on_stderr(void *cookie, const char *text, size_t length)
{
	const char *end = text + length;

	(void)cookie;
	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		gs_cleanup_free char *copy = strndup(line, (size_t)((stop ? stop : end) - line));

		if (copy)
			put_line("message", copy);
		line = stop ? stop + 1 : end;
	}
	return (ssize_t)length;
}

void cli_job_begin(int fd)
{
	static const cookie_io_functions_t functions = { .write = on_stderr };
	FILE *messages;

	channel = fdopen(fd, "w");
	messages = fopencookie(NULL, "w", functions);
	if (!channel || !messages)
		_exit(1);
	setvbuf(messages, NULL, _IOLBF, 4096);
	stderr = messages;
}

void cli_job_end(int status)
{
	struct gs_json json;

	fflush(stderr);
	gs_json_begin(&json);
	gs_json_put_number(&json, "finished", status);
	if (result)
		gs_json_put(&json, "document", gs_steal(result));
	else
		gs_json_put_null(&json, "document");
	put_record(gs_json_end(&json));
}

bool cli_job_step(const struct gs_plan *plan, const struct gs_step *step)
{
	struct gs_json json;

	if (!channel)
		return false;
	gs_json_begin(&json);
	gs_json_put_number(&json, "step", step - plan->steps + 1);
	gs_json_put_number(&json, "count", (int64_t)plan->n_steps);
	gs_json_put_string(&json, "op", gs_op_name(step->action.op));
	gs_json_put_string(&json, "target", step->action.target);
	gs_json_put_string(&json, "value", step->action.value);
	gs_json_put_string(&json, "result", gs_result_name(step->result));
	gs_json_put_string(&json, "error", step->error);
	put_record(gs_json_end(&json));
	return true;
}

void cli_job_text(const char *line)
{
	if (channel)
		put_line("text", line);
}

bool cli_job_document(struct json_object *document)
{
	if (!channel)
		return false;
	json_object_put(result);
	result = document;
	return true;
}
