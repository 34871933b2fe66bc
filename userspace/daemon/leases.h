/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leases.h - claims end with their VM, without anybody asking.
 *
 * While there are claims the daemon hears of what may end one: the process that was seen with it is
 * gone, the files of whoever runs the VM come or go, somebody opens a node of VFIO. What that means is
 * for a job to find out, which is `gpushift release --ended`. Nothing is looked at from time to time.
 */
#ifndef DAEMON_LEASES_H
#define DAEMON_LEASES_H

#include "daemon.h"

/* leases_open - listen from now on, and look once at what is claimed already */
int leases_open(struct daemon *daemon) gs_must_check;

/* leases_job_ended - a job has ended: the one that looked, maybe */
void leases_job_ended(struct daemon *daemon);

void leases_close(struct daemon *daemon);

#endif
