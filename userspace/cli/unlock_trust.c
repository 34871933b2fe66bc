// SPDX-License-Identifier: GPL-2.0-or-later
#include "unlock_trust.h"

#include <fcntl.h>
#include <limits.h>

#include "tree.h"
#include "unlock/load.h"

/* As many as the kernel follows. */
#define LINKS_MAX 40

struct walk {
	const struct gs_engine *engine;
	bool outside;	     /* of the engine's tree */
	char path[PATH_MAX]; /* what is left of the links is in it already */
	size_t end;	     /* of the part that is looked at; 0: "/" */
	unsigned int links;
};

void unlock_trust_own(const struct gs_engine *engine, struct stat *st)
{
	if (engine->foreign_root && st->st_uid == geteuid())
		st->st_uid = 0;
}

static int open_part(const struct walk *walk)
{
	char part[PATH_MAX];
	int fd;

	snprintf(part, sizeof(part), "%.*s", (int)walk->end, walk->path);
	if (!walk->outside)
		return gs_tree_open(walk->engine, walk->end ? part + 1 : ".", O_PATH | O_NOFOLLOW);
	fd = open(walk->end ? part : "/", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The path by which the link leads on, from its beginning. */
static int follow(struct walk *walk, int fd)
{
	char target[PATH_MAX], path[PATH_MAX];
	ssize_t n = readlinkat(fd, "", target, sizeof(target) - 1);
	size_t folder = walk->end;
	int length;

	if (n < 0)
		return -errno;
	if (++walk->links > LINKS_MAX)
		return -ELOOP;
	target[n] = '\0';
	while (folder && walk->path[folder - 1] != '/')
		folder--;
	length = snprintf(path, sizeof(path), "%.*s%s%s", target[0] == '/' ? 0 : (int)folder,
			  walk->path, target, walk->path + walk->end);
	if (length < 0 || (size_t)length >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(walk->path, path, (size_t)length + 1);
	walk->end = 0;
	return 0;
}

static bool is_last(const struct walk *walk)
{
	return !walk->path[walk->end + strspn(walk->path + walk->end, "/")];
}

static const char *judge(const struct walk *walk, const struct stat *st)
{
	if (S_ISLNK(st->st_mode))
		return st->st_uid ? "a link on the way to it does not belong to root" : NULL;
	if (!is_last(walk))
		return unlock_insecure(st, true);
	return S_ISREG(st->st_mode) ? unlock_insecure(st, false) : "it is no regular file";
}

/* Returns 1: there is more to look at. */
static int look(struct walk *walk, char **ret)
{
	gs_cleanup_close int fd = open_part(walk);
	bool last = is_last(walk);
	const char *why;
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	unlock_trust_own(walk->engine, &st);
	why = judge(walk, &st);
	if (why) {
		*ret = last ? gs_asprintf("%s", why) :
			      gs_asprintf("%s (%.*s)", why, walk->end ? (int)walk->end : 1,
					  walk->path);
		return *ret ? 0 : -ENOMEM;
	}
	if (S_ISLNK(st.st_mode)) {
		int r = follow(walk, fd);

		return r < 0 ? r : 1;
	}
	if (last)
		return 0;
	walk->end += strspn(walk->path + walk->end, "/");
	walk->end += strcspn(walk->path + walk->end, "/");
	return 1;
}

int unlock_trust(const struct gs_engine *engine, const char *path, char **ret)
{
	struct walk walk = { .engine = engine };
	int r;

	*ret = NULL;
	if (path[0] != '/')
		return -EINVAL;
	if (snprintf(walk.path, sizeof(walk.path), "%s", path) >= (int)sizeof(walk.path))
		return -ENAMETOOLONG;
	walk.outside = engine->foreign_root && !gs_tree_exists(engine, path + 1);
	do {
		r = look(&walk, ret);
	} while (r > 0);
	return r;
}
