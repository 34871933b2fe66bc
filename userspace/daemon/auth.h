/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * auth.h - may this caller do that? Root may; others as polkit says, which may ask a person.
 * Without polkit only root may.
 */
#ifndef DAEMON_AUTH_H
#define DAEMON_AUTH_H

#include "daemon.h"

#define AUTH_MAX_ACTIONS 4

/*
 * auth_done - what is to happen then, once; @data is the one given
 * @refused: the action that is not allowed; NULL: all are
 */
typedef void (*auth_done)(struct daemon *daemon, sd_bus_message *call, const char *refused,
			  void *data);

/*
 * auth_check - ask for all of @actions (ended by NULL, without "org.gpushift1.")
 * Returns 0 when @done was or will be called, or a negative errno with @error set: then it is not.
 */
int auth_check(struct daemon *daemon, sd_bus_message *call, const char *const *actions,
	       auth_done done, void *data, sd_bus_error *error) gs_must_check;

/* auth_refuse - the reply to somebody who may not */
void auth_refuse(sd_bus_message *call, const char *action);

#endif
