/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.h - the kernel's events, as they come. */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include "daemon.h"

/* watch_open - listen; again after the source of events has changed. In a tree nothing happens. */
int watch_open(struct daemon *daemon) gs_must_check;
void watch_close(struct daemon *daemon);

#endif
