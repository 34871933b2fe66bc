// SPDX-License-Identifier: GPL-2.0-or-later
/* engine.c - opening a host, or a tree that looks like one. */
#include "engine.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "child.h"
#include "config.h"

/* "/", "//", "/." and a link to it are the host itself. */
static bool is_host_root(int fd)
{
	struct stat given, host;

	return fstat(fd, &given) == 0 && stat("/", &host) == 0 && given.st_dev == host.st_dev &&
	       given.st_ino == host.st_ino;
}

int gs_engine_open(const char *root, struct gs_engine **ret)
{
	struct gs_engine *engine;
	int r;

	engine = calloc(1, sizeof(*engine));
	if (!engine)
		return -ENOMEM;
	engine->root = strdup(root ? root : "/");
	if (!engine->root) {
		r = -ENOMEM;
		goto free_engine;
	}
	engine->root_fd = open(engine->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (engine->root_fd < 0) {
		r = -errno;
		goto free_root;
	}
	engine->is_host = is_host_root(engine->root_fd);
	engine->foreign_root = !engine->is_host;
	engine->use_module = !engine->foreign_root;
	*ret = engine;
	return 0;

free_root:
	free(engine->root);
free_engine:
	free(engine);
	return r;
}

void gs_engine_close(struct gs_engine *engine)
{
	if (!engine)
		return;
	gs_children_forget(engine);
	gs_configuration_free(engine->configuration);
	close(engine->root_fd);
	free(engine->root);
	free(engine);
}
