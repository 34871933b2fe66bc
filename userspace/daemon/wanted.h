/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wanted.h - the wanted state of a host, as a caller sent it. */
#ifndef DAEMON_WANTED_H
#define DAEMON_WANTED_H

#include "daemon.h"

/*
 * wanted_check - can it be read? What is wrong is said before anybody is asked for a password.
 * @ret_force: whether it overrides a refusal
 * Returns 0, or a negative errno with @error set.
 */
int wanted_check(const char *text, size_t length, bool *ret_force,
		 sd_bus_error *error) gs_must_check;

/* wanted_file - a file in memory that holds it, at its beginning; or -errno. */
int wanted_file(const void *text, size_t length) gs_must_check;

#endif
