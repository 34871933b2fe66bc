/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options.h - from the arguments (s mode, a{sv} options) of a call to what is wanted.
 *
 * Nothing a caller sends becomes a path: names are compared with what the
 * inventory holds, addresses are parsed. An unknown option, a wrong type, or a
 * value out of range is an error, and then nothing is done.
 */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <systemd/sd-bus.h>

#include "plan.h"

/* As many vGPUs as one call may ask for. */
#define OPTIONS_MAX_VGPUS 4096

struct options {
	struct gs_want want;
	unsigned int timeout_ms;
	bool persist;
	bool timeout_given;
	char uuid[37]; /* "": not given */
	const char *method; /* of a reset; a name of the kernel's */
	unsigned int deadline_s; /* for all of it; 0: not given */
	char **on; /* of a claim: names of cards; and what follows */
	char *vm;  /* NULL: not given */
	const char *policy; /* NULL: not given */
	const char *format; /* NULL: not given */
};

/* Bits of what a method takes. */
enum {
	OPTION_DRIVER = 1 << 0,
	OPTION_WITH = 1 << 1,
	OPTION_PROFILES = 1 << 2,
	OPTION_FORCE = 1 << 3,
	OPTION_TIMEOUT = 1 << 4,
	OPTION_PERSIST = 1 << 5,
	OPTION_UUID = 1 << 6,
	OPTION_METHOD = 1 << 7,
	OPTION_DEADLINE = 1 << 8,
	OPTION_ON = 1 << 9,
	OPTION_VM = 1 << 10,
	OPTION_POLICY = 1 << 11,
	OPTION_FORMAT = 1 << 12,
};

/*
 * options_read - read the options from @message
 * options_read_mode - the mode, then the options
 * @allowed: or of the bits above
 * Returns 0, or a negative errno with @error set.
 */
int options_read(sd_bus_message *message, unsigned int allowed, struct options *ret,
		 sd_bus_error *error) gs_must_check;
int options_read_mode(sd_bus_message *message, unsigned int allowed, struct options *ret,
		      sd_bus_error *error) gs_must_check;
void options_clear(struct options *options);

#endif
