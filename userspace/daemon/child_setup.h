/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child_setup.h - what every child of the daemon does first. */
#ifndef DAEMON_CHILD_SETUP_H
#define DAEMON_CHILD_SETUP_H

/*
 * child_setup - give up what is the daemon's: its signals, and every
 * descriptor but these two and the standard streams
 */
void child_setup(int keep_one, int keep_other);

#endif
