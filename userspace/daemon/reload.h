/* SPDX-License-Identifier: GPL-2.0-or-later */
/* reload.h - SIGHUP and Reload(): everything is read again. */
#ifndef DAEMON_RELOAD_H
#define DAEMON_RELOAD_H

#include "daemon.h"

int daemon_reload(struct daemon *daemon) gs_must_check;

#endif
