/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * watched.h - a configuration file as many threads ask for it: read once, and again when it changed.
 *
 * Asking costs one stat(). Nobody waits for anybody: while one thread reads a
 * file anew, the others go on with what it said before, and so does a signal
 * handler that comes in between.
 */
#ifndef UNLOCK_WATCHED_H
#define UNLOCK_WATCHED_H

#include <stdatomic.h>

#include "load.h"

enum unlock_state {
	UNLOCK_UNREAD,	/* it could not be read yet */
	UNLOCK_ABSENT,	/* there is no such file */
	UNLOCK_READ,
	UNLOCK_REFUSED, /* there is one, which is not trusted, or was never right */
};

struct unlock_watched {
	const struct unlock_kind *kind;
	const char *path;
	_Atomic uint64_t seen; /* fingerprint of what was read; 0: read it again */
	_Atomic int state;
	struct unlock_loaded *_Atomic loaded; /* NULL: unless UNLOCK_READ, or what was right before */
	_Atomic int reader; /* pid of the process that reads it now */
	uint64_t told;	    /* fingerprint of what was complained of; the reader's own */
	struct unlock_loaded *old; /* to be unmapped; the reader's own */
};

/*
 * unlock_use - what a file says now
 * @ret: its content, NULL where it says nothing
 * Call unlock_done() afterwards.
 */
enum unlock_state unlock_use(struct unlock_watched *file, const void **ret);
void unlock_done(void);

#endif
