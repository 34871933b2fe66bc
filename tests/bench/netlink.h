/* SPDX-License-Identifier: GPL-2.0-or-later */
/* netlink.h - dumps of the module's family and of the floor's, by libnl. */
#ifndef BENCH_NETLINK_H
#define BENCH_NETLINK_H

#include "facts.h"

/* Longer attributes count as that long. */
#define PROFILE_WORDS 64

struct nl_sock;

/**
 * struct profile - what the attributes of a dump are like
 * @attributes: how many they are
 * @sized: how many have a payload of so many words of 4 bytes, padding included
 */
struct profile {
	unsigned int attributes;
	unsigned int sized[PROFILE_WORDS];
};

/**
 * struct dump - one family and what came of its latest dump
 * @socket: open and connected
 * @family: its number
 * @all: ask for every PCI function
 * @unparsed: receive only, and count nothing
 * @host: where the facts go, or NULL
 * @profile: where the attributes are counted, or NULL
 * @messages: how many came
 * @bytes: how long they were together
 */
struct dump {
	struct nl_sock *socket;
	int family;
	bool all;
	bool unparsed;
	struct host *host;
	struct profile *profile;
	unsigned int messages;
	unsigned int bytes;
};

/* Exits on errors. */
void dump_open(struct dump *dump, const char *family);
void dump_close(struct dump *dump);

/* Asks, receives and parses, unless @unparsed. Returns 0, or libnl's negative number. */
int dump_run(struct dump *dump);

#endif
