/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * early.h - what the initramfs has to know, so that no driver of the host sees a card first.
 *
 * For each function that a wish takes to passthrough: the driver, its ids, and its place. When an
 * initramfs is made, this is put into it as plain lines (initramfs/early-bind reads them), and kept
 * as var/lib/gpushift/initramfs: what the newest one has. Only a card that is surely the one that
 * was wished for is in it.
 */
#ifndef GS_EARLY_H
#define GS_EARLY_H

#include "identity.h"

#define GS_EARLY_RECORD GS_STATE_DIR "/initramfs"

struct gs_early_line {
	char *driver;
	struct gs_place place; /* its path is always known */
};

struct gs_early {
	struct gs_early_line *lines;
	size_t n_lines;
	char *text;	     /* all of them, without the last newline; "": nothing is to be done early */
	const char *rebuild; /* the command that makes the initramfs anew; NULL: none here asks for lines */
	bool current;	     /* the newest initramfs has them */
};

/* gs_early_rebuild - the command that makes the initramfs anew; NULL: none here asks for lines */
const char *gs_early_rebuild(struct gs_engine *engine);
/* gs_early_read - by the wishes and what is there now; 0 or -errno */
int gs_early_read(struct gs_engine *engine, const struct gs_host *host,
		  struct gs_early **ret) gs_must_check;
void gs_early_free(struct gs_early *early);

static inline void gs_early_freep(struct gs_early **early)
{
	gs_early_free(*early);
}
#define gs_cleanup_early __attribute__((cleanup(gs_early_freep)))

#endif
