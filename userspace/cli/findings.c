// SPDX-License-Identifier: GPL-2.0-or-later
#include "findings.h"

#include "output.h"

static const char *const severities[] = {
	[UNLOCK_NOTE] = "note",
	[UNLOCK_WARNING] = "warning",
	[UNLOCK_ERROR] = "error",
};

void cli_findings_clear(struct cli_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++)
		free(findings->list[i].message);
	free(findings->list);
	gs_strv_free(findings->files);
}

void cli_findings_file(struct cli_findings *findings, const char *name)
{
	if (gs_strv_add(&findings->files, name) < 0)
		findings->no_memory = true;
}

static void add(struct cli_findings *findings, enum unlock_severity severity, int line,
		char *message)
{
	if (!message || findings->no_memory ||
	    gs_grow(&findings->list, findings->count, sizeof(*findings->list)) < 0) {
		free(message);
		findings->no_memory = true;
		return;
	}
	findings->list[findings->count++] = (struct cli_finding){
		.file = gs_strv_count(findings->files) - 1,
		.line = line,
		.severity = severity,
		.message = message,
	};
	findings->problems += severity != UNLOCK_NOTE;
}

void cli_findings_add(struct cli_findings *findings, enum unlock_severity severity, int line,
		      const char *format, ...)
{
	va_list arguments;
	char *message;

	va_start(arguments, format);
	if (vasprintf(&message, format, arguments) < 0)
		message = NULL;
	va_end(arguments);
	add(findings, severity, line, message);
}

bool cli_findings_say(void *data, enum unlock_severity severity, int line, const char *message)
{
	struct cli_findings *findings = data;

	add(findings, severity, line, strdup(message));
	return !findings->no_memory;
}

/* Few are there, and nearly sorted. */
void cli_findings_sort(struct cli_findings *findings)
{
	for (size_t i = 1; i < findings->count; i++) {
		struct cli_finding finding = findings->list[i];
		size_t at = i;

		for (; at && findings->list[at - 1].file == finding.file &&
		       findings->list[at - 1].line > finding.line;
		     at--)
			findings->list[at] = findings->list[at - 1];
		findings->list[at] = finding;
	}
}

void cli_findings_print(const struct cli_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		const struct cli_finding *finding = &findings->list[i];
		const char *file = findings->files[finding->file];

		if (finding->line)
			cli_line(stdout, "%s:%d: %s: %s", file, finding->line,
				 severities[finding->severity], finding->message);
		else
			cli_line(stdout, "%s: %s: %s", file, severities[finding->severity],
				 finding->message);
	}
}

void cli_findings_json(const struct cli_findings *findings, struct gs_json *document)
{
	struct gs_json list;

	gs_json_begin_array(&list);
	for (size_t i = 0; i < findings->count; i++) {
		const struct cli_finding *finding = &findings->list[i];
		struct gs_json json;

		gs_json_begin(&json);
		gs_json_put_string(&json, "file", findings->files[finding->file]);
		if (finding->line)
			gs_json_put_number(&json, "line", finding->line);
		else
			gs_json_put_null(&json, "line");
		gs_json_put_string(&json, "severity", severities[finding->severity]);
		gs_json_put_string(&json, "message", finding->message);
		gs_json_add(&list, gs_json_end(&json));
	}
	gs_json_put(document, "findings", gs_json_end(&list));
}
