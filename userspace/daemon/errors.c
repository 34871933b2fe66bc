// SPDX-License-Identifier: GPL-2.0-or-later
#include "errors.h"

#include <ctype.h>

#define PREFIX "org.gpushift1.Error."

char *error_name(const char *code)
{
	char *name = malloc(sizeof(PREFIX) + strlen(code));
	bool upper = true;
	char *end;

	if (!name)
		return NULL;
	end = stpcpy(name, PREFIX);
	for (const char *p = code; *p; p++) {
		if (*p != '-')
			*end++ = upper ? (char)toupper((unsigned char)*p) : *p;
		upper = *p == '-';
	}
	*end = '\0';
	return name;
}

static int gs_printf(3, 0)
	set_error(sd_bus_error *error, const char *code, const char *format, va_list args)
{
	gs_cleanup_free char *name = error_name(code);
	gs_cleanup_free char *message = NULL;

	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	if (!name || !message)
		return -ENOMEM;
	(void)sd_bus_error_set(error, name, message);
	return -EINVAL;
}

int error_code(sd_bus_error *error, const char *code, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = set_error(error, code, format, args);
	va_end(args);
	return r;
}

int error_usage(sd_bus_error *error, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = set_error(error, "usage", format, args);
	va_end(args);
	return r;
}
