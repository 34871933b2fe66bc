/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine.h - one open engine: which tree it looks at, and where it keeps state.
 *
 * There is no global state: a process may open several engines, one for each
 * tree. An engine is used by one thread at a time.
 */
#ifndef GS_ENGINE_H
#define GS_ENGINE_H

#include <sys/types.h>

#include "base.h"

#define GS_STATE_DIR "var/lib/gpushift"
#define GS_RUN_DIR "run/gpushift"
#define GS_DEFAULT_TIMEOUT_MS 30000

struct gs_engine {
	int root_fd;	   /* every path is opened below it, symlinks included */
	char *root;	   /* as given; "/" on the host itself */
	bool foreign_root; /* another tree: sysfs source, no device writes */
	bool is_host;	   /* the root is the host's own: no link leads out of it */
	bool use_module;   /* false: the sysfs source even if the module is loaded */
	struct gs_configuration *configuration; /* of gs_engine_configure(); NULL: none */
	char boot_id[37];  /* of the host itself, once it was read; it outlives every process */
	pid_t fence_pid;   /* our own child that keeps others off a card: no user of it; 0: none */
	/* Reading children that hang in the kernel, see child.h. */
	struct gs_stuck_child *stuck;
	size_t n_stuck;
};

/*
 * gs_engine_open - open the host ("/" or NULL) or a tree that holds sys,
 * proc, dev, etc (and so on). Returns 0, -ENOMEM, or what open gave.
 */
int gs_engine_open(const char *root, struct gs_engine **ret) gs_must_check;
void gs_engine_close(struct gs_engine *engine);

static inline void gs_engine_closep(struct gs_engine **engine)
{
	gs_engine_close(*engine);
}
#define gs_cleanup_engine __attribute__((cleanup(gs_engine_closep)))

#endif
