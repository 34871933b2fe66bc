/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink.h - dumps of the module's family and of the floor's, by libnl. */
#ifndef BENCH_NETLINK_H
#define BENCH_NETLINK_H

#include "facts.h"

#define FLOOR_FAMILY "gpushift-floor"

struct nl_sock;

/**
 * struct dump - one family and what came of its latest dump
 * @socket: open and connected
 * @family: its number
 * @all: ask for every PCI function
 * @host: where the facts go, or NULL
 * @messages: how many came
 * @bytes: how long they were together
 * @attributes: how many attributes they had together
 */
struct dump {
	struct nl_sock *socket;
	int family;
	bool all;
	struct host *host;
	unsigned int messages;
	unsigned int bytes;
	unsigned int attributes;
};

/* Exits on errors. */
void dump_open(struct dump *dump, const char *family);
void dump_close(struct dump *dump);

/* Asks, receives and parses. Returns 0, or libnl's negative number. */
int dump_run(struct dump *dump);

#endif
