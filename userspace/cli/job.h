/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * job.h - a run of the command line on behalf of the daemon.
 *
 * What would go to the terminal goes to the daemon as records instead, each a
 * JSON object on a line of its own, in the order in which it happened:
 *
 *   {"message": LINE}      a line of stderr
 *   {"step": N, "count": OF, "op", "target", "value", "result", "error"}   a step begins (not-run) or ends
 *   {"text": LINE}         a line of stdout, as without --json
 *   {"finished": STATUS, "document": {...}}   the end: what --json prints
 */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include <json-c/json.h>

#include "plan.h"

/* cli_job_begin - from here on records go to @fd, and this process writes nowhere else */
void cli_job_begin(int fd);
void cli_job_end(int status);

/*
 * In any other run they do nothing. Two return true in a run for the daemon:
 * the step was told, @document was taken.
 */
bool cli_job_step(const struct gs_plan *plan, const struct gs_step *step);
bool cli_job_document(struct json_object *document);
void cli_job_text(const char *line);

#endif
