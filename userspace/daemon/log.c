// SPDX-License-Identifier: GPL-2.0-or-later
/* log.c - to the journal, or to stderr */
#include "log.h"

#include <sys/stat.h>
#include <sys/uio.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define MAX_FIELDS 8

static const struct {
	int priority;
	const char *id; /* of the catalog, data/gpushift.catalog */
} messages[LOG_MESSAGES] = {
	[LOG_STARTED] = { LOG_INFO, "252bbe6189ce4938a654a48d2f95562a" },
	[LOG_STOPPED] = { LOG_INFO, "337b1f2d01b34bce9bb9896c23da27d1" },
	[LOG_RELOADED] = { LOG_INFO, "e9dbd46ca26540f7863ea1c6437a7058" },
	[LOG_TROUBLE] = { LOG_WARNING, "c2120247bf8742d3866f401748b78985" },
	[LOG_JOB_DONE] = { LOG_INFO, "9509c1daa38e42f0bbf83ade1c93fd15" },
	[LOG_LEASE_ENDED] = { LOG_INFO, "c2a7e10b8cca4e2489f0107c3a2f292a" },
	[LOG_JOB_FAILED] = { LOG_WARNING, "b65834642e474bcda34017f5893ce773" },
};

/* By its socket: without one nobody listens, and stderr is what there is. */
static bool has_journal(void)
{
	return access("/run/systemd/journal/socket", W_OK) == 0;
}

static void to_journal(enum log_message message, const char *const *fields, const char *text)
{
	char *strings[MAX_FIELDS + 3] = { NULL };
	struct iovec parts[MAX_FIELDS + 3];
	int n = 0;

	strings[n++] = gs_asprintf("MESSAGE=%s", text);
	strings[n++] = gs_asprintf("MESSAGE_ID=%s", messages[message].id);
	strings[n++] = gs_asprintf("PRIORITY=%d", messages[message].priority);
	for (; fields && fields[0] && n < MAX_FIELDS + 3; fields += 2)
		strings[n++] = gs_asprintf("%s=%s", fields[0], fields[1] ? fields[1] : "");
	for (int i = 0; i < n; i++)
		parts[i] = (struct iovec){ .iov_base = strings[i],
					   .iov_len = strings[i] ? strlen(strings[i]) : 0 };
	(void)!sd_journal_sendv(parts, n);
	for (int i = 0; i < n; i++)
		free(strings[i]);
}

void log_tell(enum log_message message, const char *const *fields, const char *format, ...)
{
	gs_cleanup_free char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text)
		return;
	if (has_journal())
		to_journal(message, fields, text);
	else
		fprintf(stderr, "gpushiftd: %s\n", text);
}

void log_error(int error, const char *what)
{
	log_tell(LOG_TROUBLE, NULL, "%s: %s", what, strerror(error < 0 ? -error : error));
}
