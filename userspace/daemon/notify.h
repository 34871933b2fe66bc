/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify.h - inotify in the daemon's event loop.
 *
 * In the place of sd_event_add_inotify(): where several of its sources are on one
 * folder and one of them goes while an event waits that only it wanted, libsystemd
 * before version 258 computes for ever (systemd issue 38265).
 */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

#include <sys/inotify.h>

#include <systemd/sd-event.h>

#include "base.h"

struct notify;
struct notify_watch;

/*
 * What is called: with the event as inotify(7) has it. IN_IGNORED (what was watched is
 * gone) and IN_Q_OVERFLOW (events were lost) come to every watch that they are about,
 * whatever its mask. It may add watches, and remove none.
 */
typedef void (*notify_handler)(void *data, const struct inotify_event *event);

/* notify_open - ready to watch; at the normal priority of @event */
int notify_open(sd_event *event, struct notify **ret) gs_must_check;

/* notify_close - NULL is fine; all watches must have been removed */
void notify_close(struct notify *notify);

/*
 * notify_add - call @handler for those events at @path that are in @mask
 *
 * Any number of watches may be on one path. Returns 0 or -errno of inotify_add_watch(2).
 */
int notify_add(struct notify *notify, const char *path, uint32_t mask, notify_handler handler,
	       void *data, struct notify_watch **ret) gs_must_check;

/* notify_remove - nothing is called any more for it; NULL is fine */
void notify_remove(struct notify_watch *watch);

#endif
