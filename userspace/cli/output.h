/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * output.h - results on stdout, messages on stderr.
 *
 * All text goes out a line at a time with control characters replaced: names
 * of processes and devices are chosen by others, and are shown on root's
 * terminal.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <json-c/json.h>

#include "cli.h"

/* cli_line - one line of a result (stdout) or of what belongs to a message (stderr) */
void cli_line(FILE *stream, const char *format, ...) gs_printf(2, 3);

/* cli_fragment - the same without the end of the line */
void cli_fragment(FILE *stream, const char *format, ...) gs_printf(2, 3);

enum cli_color {
	CLI_PLAIN,
	CLI_RED,
	CLI_GREEN,
	CLI_YELLOW,
};

/*
 * cli_colored - a fragment of stdout, in colour where that is a terminal and nobody minds
 * Nothing is told by its colour alone.
 */
void cli_colored(const struct cli *cli, enum cli_color color, const char *format, ...)
	gs_printf(3, 4);

/* cli_message - "gpushift: ..." on stderr */
void cli_message(const char *format, ...) gs_printf(1, 2);

/* cli_hint - a message that --quiet silences */
void cli_hint(const struct cli *cli, const char *format, ...) gs_printf(2, 3);

/*
 * cli_fail - say what went wrong: on stderr, and with --json as the document
 * @fix: the next command to run; NULL: none is known
 * Returns @status.
 */
int cli_fail(const struct cli *cli, enum gs_exit status, const char *code, const char *fix,
	     const char *format, ...) gs_printf(5, 6);

/* cli_usage - a wrong command line; the fix is the help of the verb */
int cli_usage(const struct cli *cli, const char *format, ...) gs_printf(2, 3);

/* cli_no_memory - returns the exit status */
int cli_no_memory(const struct cli *cli);

/* cli_document - print the one JSON document; takes @document, NULL: no memory. Returns @status. */
int cli_document(struct json_object *document, enum gs_exit status);

/*
 * cli_result - what came of a change: with --json the document, else the line
 * Takes @document. Returns @status.
 */
int cli_result(const struct cli *cli, struct json_object *document, enum gs_exit status,
	       const char *format, ...) gs_printf(4, 5);

/* cli_result_line - one of many lines that --json has a document for */
void cli_result_line(const struct cli *cli, const char *format, ...) gs_printf(2, 3);

/* cli_document_line - print one of many documents, as a line, at once */
int cli_document_line(struct json_object *document);

/* cli_blockers - refusals with their evidence and fixes, each line after @indent */
void cli_blockers(FILE *stream, const char *indent, const struct gs_blocker *blockers,
		  size_t count);

/* cli_finish - stdout that could not be written is no success. Returns the exit status. */
int cli_finish(int status);

#endif
