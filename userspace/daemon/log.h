/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log.h - structured messages for the journal; where there is none, lines on
 * stderr. What a message means stands in the catalog, by its id.
 */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

#include <syslog.h>

#include "base.h"

enum log_message {
	LOG_STARTED,
	LOG_STOPPED,
	LOG_RELOADED,
	LOG_TROUBLE,
	LOG_JOB_DONE,
	LOG_JOB_FAILED,
	LOG_LEASE_ENDED,
	LOG_MESSAGES,
};

/*
 * log_tell - one message
 * @fields: alternating names and values of journal fields, ended by NULL; may be NULL
 */
void log_tell(enum log_message message, const char *const *fields, const char *format,
	      ...) gs_printf(3, 4);

/* log_error - something that the daemon could not do, and goes on */
void log_error(int error, const char *what);

#endif
