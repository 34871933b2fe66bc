/* SPDX-License-Identifier: GPL-2.0-or-later */
/* errors.h - errors on the bus: org.gpushift1.Error. and the code in CamelCase. */
#ifndef DAEMON_ERRORS_H
#define DAEMON_ERRORS_H

#include <systemd/sd-bus.h>

#include "base.h"

/* error_usage - a malformed call; returns a negative errno */
int error_usage(sd_bus_error *error, const char *format, ...) gs_printf(2, 3);

/* error_code - "in-use" becomes org.gpushift1.Error.InUse; returns a negative errno */
int error_code(sd_bus_error *error, const char *code, const char *format, ...) gs_printf(3, 4);

/* error_name - the full name of the error of a code; NULL: no memory */
char *error_name(const char *code) gs_must_check;

#endif
