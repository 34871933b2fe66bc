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

/*
 * gs_vendor_tool - run it, and wait for its end
 * @unit: what it does and to what, in characters of a unit's name: of these one runs at a time, and
 *	  one that somebody left behind is ended first
 * @arguments: the program's path below the root, what it is given, NULL
 * @limit_ms: after which systemd ends it; a child is left to the caller's deadline
 * @answer: the last line that it printed, or what else went wrong, when it failed (@size bytes)
 *
 * Returns 0; -EIO: it failed; -ETIMEDOUT: it was ended; -ENOENT: no such program; or -errno.
 */
int gs_vendor_tool(struct gs_engine *engine, const char *unit, const char *const *arguments,
		   unsigned int limit_ms, char *answer, size_t size) gs_must_check;

#endif
