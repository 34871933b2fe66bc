// SPDX-License-Identifier: GPL-2.0-or-later
/* load.c - memory comes from mmap(): this runs where malloc() may be in the middle of something. */
#include "load.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "overrides.h"
#include "settings.h"

const struct unlock_kind unlock_kind_overrides = { unlock_overrides_room, unlock_overrides_parse };
const struct unlock_kind unlock_kind_settings = { unlock_settings_room, unlock_settings_parse };

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void unlock_unload(struct unlock_loaded *loaded)
{
	if (loaded)
		munmap(loaded, loaded->size);
}

static size_t aligned(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

int unlock_load_text(const struct unlock_kind *kind, const char *text, size_t length,
		     const struct unlock_report *report, struct unlock_loaded **ret)
{
	size_t room = aligned(kind->room(text, length));
	size_t size = sizeof(struct unlock_loaded) + room + length + 1;
	struct unlock_loaded *loaded = map(size);
	char *copy;

	if (!loaded)
		return -ENOMEM;
	loaded->size = size;
	copy = loaded->content + room;
	memcpy(copy, text, length);
	if (kind->parse(loaded->content, copy, length, report) < 0) {
		unlock_unload(loaded);
		return -EINVAL;
	}
	*ret = loaded;
	return 0;
}

/* The whole file and not a byte more, or -EAGAIN. */
static int read_whole(int fd, char *text, size_t length)
{
	size_t done = 0;
	ssize_t n;

	/* One byte more is asked for: a file that grows is not whole. */
	do {
		n = pread(fd, text + done, length + 1 - done, (off_t)done);
		if (n > 0)
			done += (size_t)n;
	} while ((n > 0 && done <= length) || (n < 0 && errno == EINTR));
	if (n < 0)
		return -errno;
	return done == length ? 0 : -EAGAIN;
}

static int load_same(const struct unlock_kind *kind, int fd, const struct stat *before, char *text,
		     const struct unlock_report *report, struct unlock_loaded **ret)
{
	size_t length = (size_t)before->st_size;
	struct stat after;
	int r = read_whole(fd, text, length);

	if (r < 0)
		return r;
	if (fstat(fd, &after) < 0)
		return -errno;
	if (unlock_fingerprint(before) != unlock_fingerprint(&after))
		return -EAGAIN;
	return unlock_load_text(kind, text, length, report, ret);
}

int unlock_load_fd(const struct unlock_kind *kind, int fd, const struct stat *st,
		   const struct unlock_report *report, struct unlock_loaded **ret)
{
	char *text;
	int r;

	if (!S_ISREG(st->st_mode))
		return -EISDIR;
	if (st->st_size > UNLOCK_FILE_MAX)
		return -EFBIG;
	text = map((size_t)st->st_size + 1);
	if (!text)
		return -ENOMEM;
	r = load_same(kind, fd, st, text, report, ret);
	munmap(text, (size_t)st->st_size + 1);
	return r;
}

const char *unlock_insecure(const struct stat *st, bool folder)
{
	if (st->st_uid != 0)
		return folder ? "its folder does not belong to root" : "it does not belong to root";
	/* In a sticky folder nobody else can replace a file of root's. */
	if (st->st_mode & (S_IWGRP | S_IWOTH) && !(folder && st->st_mode & S_ISVTX))
		return folder ? "others can write to its folder" : "others can write it";
	return NULL;
}

int unlock_folder_of(int fd, struct stat *ret)
{
	char link[32], path[PATH_MAX];
	ssize_t n;
	char *slash;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (path[0] != '/' || n == (ssize_t)sizeof(path) - 1)
		return -ENAMETOOLONG;
	slash[slash == path] = '\0';
	return stat(path, ret) < 0 ? -errno : 0;
}

const char *unlock_distrust(const struct stat *file, const struct stat *folder,
			    const struct stat *real)
{
	const char *why = S_ISREG(file->st_mode) ? unlock_insecure(file, false) :
						   "it is no regular file";

	/* A folder that others can write to is no place for a file of root's: they could put another one there. */
	if (!why)
		why = unlock_insecure(folder, true);
	return why ? why : unlock_insecure(real, true);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 29;
}

static uint64_t mix_time(uint64_t hash, const struct timespec *time)
{
	return mix(mix(hash, (uint64_t)time->tv_sec), (uint64_t)time->tv_nsec);
}

uint64_t unlock_fingerprint(const struct stat *st)
{
	uint64_t hash = 1;

	hash = mix(hash, st->st_dev);
	hash = mix(hash, st->st_ino);
	hash = mix(hash, (uint64_t)st->st_size);
	hash = mix(hash, (uint64_t)st->st_mode << 32 | st->st_uid);
	hash = mix_time(hash, &st->st_mtim);
	hash = mix_time(hash, &st->st_ctim);
	return hash ? hash : 1;
}
