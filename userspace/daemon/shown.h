/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shown.h - the host as the daemon last saw it, and what changed.
 *
 * It is read at the start and after events. Bindings are taken from the events
 * themselves; anything else that happens to a device has the host read again.
 */
#ifndef DAEMON_SHOWN_H
#define DAEMON_SHOWN_H

#include "daemon.h"

/* shown_read - read the host again, and signal what changed. The old model stays when that fails. */
int shown_read(struct daemon *daemon) gs_must_check;

/*
 * shown_apply - what one event did
 * Returns true when the event says all; false: the host is to be read again.
 */
bool shown_apply(struct daemon *daemon, const struct gs_event *event);

/*
 * shown_announce - signal what the events applied since the last call changed:
 * driver and mode at once, what follows from them when there is time
 */
void shown_announce(struct daemon *daemon);

/* shown_settle - do now what shown_announce() left for later: nothing is old after it */
void shown_settle(struct daemon *daemon);

void shown_clear(struct daemon *daemon);

struct gpu *shown_gpu(struct daemon *daemon, const char *address);
struct gs_card *shown_card(struct daemon *daemon, const struct gpu *gpu);

#endif
