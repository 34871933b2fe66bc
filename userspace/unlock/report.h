/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.h - how the readers of configuration files say what they find, line by line. */
#ifndef UNLOCK_REPORT_H
#define UNLOCK_REPORT_H

#include <stdbool.h>

enum unlock_severity {
	UNLOCK_NOTE,	/* known, and left aside on purpose */
	UNLOCK_WARNING, /* this part is left aside */
	UNLOCK_ERROR,	/* the file is not used */
};

struct unlock_report {
	/* What is on this line. True: go on reading, as far as that can be done. */
	bool (*say)(void *data, enum unlock_severity severity, int line, const char *message);
	void *data;
};

/* unlock_say - Returns 0 to go on, -EINVAL when reading is to end. */
int unlock_say(const struct unlock_report *report, enum unlock_severity severity, int line,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
