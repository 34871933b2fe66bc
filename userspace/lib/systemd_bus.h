/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * systemd_bus.h - talking to systemd, and waiting for its jobs
 *
 * Source: org.freedesktop.systemd1(5).
 */
#ifndef GS_SYSTEMD_BUS_H
#define GS_SYSTEMD_BUS_H

#include <systemd/sd-bus.h>

#include "engine.h"

#define GS_SYSTEMD "org.freedesktop.systemd1"
#define GS_SYSTEMD_PATH "/org/freedesktop/systemd1"
#define GS_SYSTEMD_MANAGER GS_SYSTEMD ".Manager"

static inline void gs_bus_closep(sd_bus **bus)
{
	*bus = sd_bus_close_unref(*bus);
}

static inline void gs_message_unrefp(sd_bus_message **message)
{
	*message = sd_bus_message_unref(*message);
}

#define gs_cleanup_bus __attribute__((cleanup(gs_bus_closep)))
#define gs_cleanup_message __attribute__((cleanup(gs_message_unrefp)))
#define gs_cleanup_error __attribute__((cleanup(sd_bus_error_free)))

/* gs_systemd_open - root's own way to it, else the system bus. -ENOENT: systemd does not run; or -errno */
int gs_systemd_open(struct gs_engine *engine, sd_bus **ret) gs_must_check;

/*
 * gs_systemd_run_job - make a @call that starts a job, and wait until the job is over
 * @answer: what systemd said when it failed (@size bytes)
 * Has no deadline. Returns 0; -EIO: the job ended, and not well; or -errno.
 */
int gs_systemd_run_job(sd_bus *bus, sd_bus_message *call, char *answer, size_t size) gs_must_check;

/* gs_systemd_move_unit - the same for StartUnit or StopUnit, of one that is loaded */
int gs_systemd_move_unit(sd_bus *bus, const char *method, const char *unit, char *answer,
			 size_t size) gs_must_check;

#endif
