// SPDX-License-Identifier: GPL-2.0-or-later
#include "counting.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

int unlock_say(const struct unlock_report *report, enum unlock_severity severity, int line,
	       const char *format, ...)
{
	char message[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	return report->say(report->data, severity, line, message) ? 0 : -EINVAL;
}

static bool count(void *data, enum unlock_severity severity, int line, const char *message)
{
	struct unlock_counting *counting = data;

	if (severity == UNLOCK_ERROR)
		counting->error = true;
	return counting->other->say(counting->other->data, severity, line, message);
}

void unlock_counting_begin(struct unlock_counting *counting, const struct unlock_report *other)
{
	*counting = (struct unlock_counting){
		.report = { count, counting },
		.other = other,
	};
}
