// SPDX-License-Identifier: GPL-2.0-or-later
#include "unlock_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "state_file.h"
#include "tree.h"

/* Source files of a driver are some hundred kilobytes at most. */
#define LARGEST (4 * 1024 * 1024)

void unlock_bytes_clear(struct unlock_bytes *bytes)
{
	free(bytes->bytes);
	*bytes = (struct unlock_bytes){ 0 };
}

bool unlock_bytes_same(const struct unlock_bytes *a, const struct unlock_bytes *b)
{
	if (!a->bytes || !b->bytes)
		return a->bytes == b->bytes;
	return a->length == b->length && memcmp(a->bytes, b->bytes, a->length) == 0;
}

static int read_open(int fd, struct unlock_bytes *ret)
{
	gs_cleanup_free char *bytes = NULL;
	size_t length = 0;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > LARGEST)
		return -EFBIG;
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	do {
		n = read(fd, bytes + length, (size_t)st.st_size - length);
		if (n > 0)
			length += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return -errno;
	bytes[length] = '\0';
	*ret = (struct unlock_bytes){
		.bytes = gs_steal(bytes),
		.length = length,
		.mode = st.st_mode & 07777,
		.uid = st.st_uid,
		.gid = st.st_gid,
	};
	return 0;
}

int unlock_bytes_read(struct gs_engine *engine, const char *path, struct unlock_bytes *ret)
{
	gs_cleanup_close int fd = gs_tree_open(engine, path, O_RDONLY | O_NOFOLLOW);

	*ret = (struct unlock_bytes){ 0 };
	if (fd == -ENOENT || fd == -ENOTDIR)
		return 0;
	return fd < 0 ? fd : read_open(fd, ret);
}

static int folder_of(const char *path, char folder[GS_PATH_MAX], const char **ret_name)
{
	const char *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return -EINVAL;
	*ret_name = slash + 1;
	return gs_path(folder, "%.*s", (int)(slash - path), path);
}

static int open_folder(struct gs_engine *engine, const char *path, bool make, const char **ret_name)
{
	char folder[GS_PATH_MAX];
	int fd, r;

	r = folder_of(path, folder, ret_name);
	if (r < 0)
		return r;
	fd = gs_tree_open(engine, folder, O_RDONLY | O_DIRECTORY);
	if (fd != -ENOENT || !make)
		return fd;
	r = gs_state_mkdir(engine, folder, 0755);
	return r < 0 ? r : gs_tree_open(engine, folder, O_RDONLY | O_DIRECTORY);
}

/* systemd and builds look at neither. */
static int temporary_of(const char *name, char ret[GS_PATH_MAX])
{
	return gs_path(ret, ".%s.gpushift-new", name);
}

static int fill(int folder, const char *name, const struct unlock_bytes *bytes)
{
	gs_cleanup_close int fd = openat(folder, name,
					 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t done = 0;

	if (fd < 0)
		return -errno;
	while (done < bytes->length) {
		ssize_t n = write(fd, bytes->bytes + done, bytes->length - done);

		if (n < 0 && errno != EINTR)
			return -errno;
		done += n > 0 ? (size_t)n : 0;
	}
	/* The owner first: a change of it takes mode bits away. */
	if (fchown(fd, bytes->uid, bytes->gid) < 0 || fchmod(fd, bytes->mode) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

/* Just before it is replaced: to wait for the disk takes long enough for somebody else to write it. */
static int check_still(int folder, const char *name, const struct unlock_bytes *still)
{
	cli_cleanup_bytes struct unlock_bytes now = { 0 };
	gs_cleanup_close int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	int r = 0;

	if (fd < 0 && errno != ENOENT)
		return -errno;
	if (fd >= 0)
		r = read_open(fd, &now);
	if (r < 0)
		return r;
	return unlock_bytes_same(&now, still) ? 0 : -EEXIST;
}

int unlock_file_write(struct gs_engine *engine, const char *path, const struct unlock_bytes *bytes,
		      const struct unlock_bytes *still)
{
	gs_cleanup_close int folder = -1;
	char temporary[GS_PATH_MAX];
	const char *name;
	int r;

	folder = open_folder(engine, path, true, &name);
	if (folder < 0)
		return folder;
	r = temporary_of(name, temporary);
	if (r < 0)
		return r;
	unlinkat(folder, temporary, 0);
	r = fill(folder, temporary, bytes);
	if (r == 0 && still)
		r = check_still(folder, name, still);
	if (r == 0 && renameat(folder, temporary, folder, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(folder, temporary, 0);
		return r;
	}
	return fsync(folder) < 0 ? -errno : 0;
}

int unlock_file_remove(struct gs_engine *engine, const char *path)
{
	gs_cleanup_close int folder = -1;
	const char *name;

	folder = open_folder(engine, path, false, &name);
	if (folder == -ENOENT)
		return 0;
	if (folder < 0)
		return folder;
	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
		return -errno;
	return fsync(folder) < 0 ? -errno : 0;
}

bool unlock_file_has_folder(struct gs_engine *engine, const char *path)
{
	const char *name;
	gs_cleanup_close int folder = open_folder(engine, path, false, &name);

	return folder >= 0;
}

void unlock_file_tidy(struct gs_engine *engine, const char *path)
{
	gs_cleanup_close int folder = -1;
	char temporary[GS_PATH_MAX];
	const char *name;

	folder = open_folder(engine, path, false, &name);
	if (folder >= 0 && temporary_of(name, temporary) == 0)
		unlinkat(folder, temporary, 0);
}

void unlock_file_tidy_folder(struct gs_engine *engine, const char *path)
{
	gs_cleanup_close int parent = -1;
	char folder[GS_PATH_MAX];
	const char *name;

	if (folder_of(path, folder, &name) < 0)
		return;
	name = strrchr(folder, '/');
	/* Others' folders stay, and one that is not empty does by itself. */
	if (!name || !strstr(name, ".service.d"))
		return;
	parent = open_folder(engine, folder, false, &name);
	if (parent >= 0)
		unlinkat(parent, name, AT_REMOVEDIR);
}
