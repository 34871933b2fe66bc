/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ask.h - questions that take long, answered by a child each.
 *
 * The child has the rights of whoever asks: what a plain user learns over the
 * bus is what he could have read himself. The answer is JSON.
 */
#ifndef DAEMON_ASK_H
#define DAEMON_ASK_H

#include "daemon.h"

/*
 * ask_function - runs in the child; returns the answer, which may be an error
 * document, or NULL when out of memory
 */
typedef struct json_object *(*ask_function)(struct gs_engine *engine, void *data);

/*
 * ask_start - answer @call with what @function returns in a child
 * @uid: whose rights the child takes
 * Returns 1 (the reply comes later), or a negative errno with @error set.
 */
int ask_start(struct daemon *daemon, sd_bus_message *call, uid_t uid, ask_function function,
	      void *data, sd_bus_error *error) gs_must_check;

/* ask_drop_rights - in a child: from root to a plain user, for good. Returns 0 or -errno. */
int ask_drop_rights(uid_t uid) gs_must_check;

/* ask_end_all - the daemon ends: nobody waits any more */
void ask_end_all(struct daemon *daemon);

#endif
