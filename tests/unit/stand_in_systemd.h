/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stand_in_systemd.h - a bus of its own below a tree, and the part of systemd on it that moves units
 *
 * The bus is a real dbus-daemon. Units are in memory that both processes share.
 */
#ifndef STAND_IN_SYSTEMD_H
#define STAND_IN_SYSTEMD_H

#include "tree_builder.h"

struct unit {
	char name[64];
	char alias[64]; /* "": none */
	bool running;
	unsigned int stopped, started; /* how often it was */
};

struct systemd {
	struct unit units[4];
	char stop_result[32], start_result[32]; /* of the jobs; "": "done", "never": no end comes */
	bool early;				/* the end of a job is told before its name */
	unsigned int transient;			/* units that were made to run one program */
};

/* Both end the process when they cannot. */
struct systemd *systemd_start(struct tree *tree);
void systemd_stop(void);

#endif
