/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vendor_tool.h - running a program of a GPU's vendor
 *
 * Where systemd runs, it does so: outside of the sandbox of whoever asked, and
 * with an end for all that the program started. Else a child runs it, which
 * does not outlive its parent. Neither sees the caller's variables or terminal.
 */
#ifndef GS_VENDOR_TOOL_H
#define GS_VENDOR_TOOL_H

#include "engine.h"

struct gs_tool {
	/* What it does and to what, in characters of a unit's name: one of these runs at a time, and one
	 * that somebody left behind is ended first. */
	const char *unit;
	const char *const *arguments; /* its path below the root, what it is given, NULL */
	unsigned int limit_ms;	      /* after which systemd ends it; a child is left to the caller's deadline */
	/* It is there to write files. One that only talks is ended by systemd when it writes on and on, and
	 * systemd can only do so for all that it writes. */
	bool writes_files;
};

/*
 * gs_vendor_tool - run it, and wait for its end
 * @answer: the last line that it printed, or what else went wrong, when it failed (@size bytes)
 *
 * Returns 0; -EIO: it failed; -ETIMEDOUT: it was ended; -ENOENT: no such program; or -errno.
 */
int gs_vendor_tool(struct gs_engine *engine, const struct gs_tool *tool, char *answer,
		   size_t size) gs_must_check;

#endif
