/* SPDX-License-Identifier: GPL-2.0-or-later */
/* findings.h - what is said of the lines of files, in the order of these lines. */
#ifndef CLI_FINDINGS_H
#define CLI_FINDINGS_H

#include "json_build.h"
#include "unlock/report.h"

struct cli_finding {
	size_t file; /* which of them */
	int line;    /* 0: of the file as a whole */
	enum unlock_severity severity;
	char *message;
};

struct cli_findings {
	char **files; /* their names */
	struct cli_finding *list;
	size_t count;
	size_t problems; /* those that are no notes */
	bool no_memory;
};

void cli_findings_clear(struct cli_findings *findings);
#define cli_cleanup_findings __attribute__((cleanup(cli_findings_clear)))

/* cli_findings_file - what is added from now on is about this file */
void cli_findings_file(struct cli_findings *findings, const char *name);

void cli_findings_add(struct cli_findings *findings, enum unlock_severity severity, int line,
		      const char *format, ...) gs_printf(4, 5);

/* For readers that report; their data is the findings. */
bool cli_findings_say(void *data, enum unlock_severity severity, int line, const char *message);

/* cli_findings_sort - by file and line, in the order in which they were added */
void cli_findings_sort(struct cli_findings *findings);

/* As lines "FILE:LINE: warning: ..." on stdout; as an array of a document. */
void cli_findings_print(const struct cli_findings *findings);
void cli_findings_json(const struct cli_findings *findings, struct gs_json *document);

#endif
