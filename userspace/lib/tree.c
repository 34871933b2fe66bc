// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tree.c - reading below an engine's root.
 *
 * Every path is resolved by openat2(RESOLVE_IN_ROOT): an absolute symlink or
 * a ".." of a tree made elsewhere can not lead to the host's own files.
 */
#include "tree.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

/* The largest file that is read whole. */
#define FILE_MAX (1024 * 1024)

int gs_path(char buffer[GS_PATH_MAX], const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(buffer, GS_PATH_MAX, format, arguments);
	va_end(arguments);
	return n < 0 || n >= GS_PATH_MAX ? -ENAMETOOLONG : 0;
}

static int open_how(int dir_fd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = flags & O_CREAT ? 0600 : 0,
		.resolve = resolve,
	};
	long fd;

	/* A FIFO of a tree made elsewhere must not block the reader. */
	if (!(flags & O_PATH))
		how.flags |= O_NONBLOCK | O_NOCTTY;
	do {
		fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));
	} while (fd < 0 && (errno == EINTR || errno == EAGAIN));
	return fd < 0 ? -errno : (int)fd;
}

int gs_tree_open(const struct gs_engine *engine, const char *path, int flags)
{
	return open_how(engine->root_fd, path, flags, RESOLVE_IN_ROOT);
}

/* The host's own sysfs and proc hold only regular files where we look. */
static int check_regular(const struct gs_engine *engine, int fd)
{
	struct stat st;

	if (!engine->foreign_root)
		return 0;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

static ssize_t read_once(int fd, char *buffer, size_t size)
{
	ssize_t n;

	do {
		n = read(fd, buffer, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int read_all(int fd, size_t max, bool whole, char **ret)
{
	gs_cleanup_free char *text = NULL;
	size_t length = 0, size = 0;
	char *grown;
	ssize_t n;

	do {
		if (size - length < 2) {
			size = size ? size * 2 : 4096;
			grown = realloc(text, size);
			if (!grown)
				return -ENOMEM;
			text = grown;
		}
		n = read_once(fd, text + length, size - length - 1);
		if (n < 0)
			return (int)n;
		length += (size_t)n;
		if (length > max && whole)
			return -EFBIG;
	} while (n > 0 && length <= max);

	while (length && text[length - 1] == '\n')
		length--;
	text[length] = '\0';
	*ret = gs_steal(text);
	return 0;
}

int gs_tree_read(const struct gs_engine *engine, const char *path, char **ret)
{
	gs_cleanup_close int fd = gs_tree_open(engine, path, O_RDONLY);
	int r;

	if (fd < 0)
		return fd;
	r = check_regular(engine, fd);
	return r < 0 ? r : read_all(fd, FILE_MAX, true, ret);
}

int gs_tree_read_head(const struct gs_engine *engine, const char *path, size_t max, char **ret)
{
	gs_cleanup_close int fd = gs_tree_open(engine, path, O_RDONLY);
	int r;

	if (fd < 0)
		return fd;
	r = check_regular(engine, fd);
	return r < 0 ? r : read_all(fd, max, false, ret);
}

int gs_number_parse(const char *text, uint64_t *ret)
{
	bool hexadecimal = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	const char *digits = hexadecimal ? text + 2 : text;
	const char *allowed = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";
	unsigned long long value;

	/* strtoull takes signs, blanks and octal, which no file of ours holds. */
	if (!*digits || digits[strspn(digits, allowed)])
		return -EINVAL;
	errno = 0;
	value = strtoull(digits, NULL, hexadecimal ? 16 : 10);
	if (errno)
		return -ERANGE;
	*ret = value;
	return 0;
}

int gs_tree_read_u64(const struct gs_engine *engine, const char *path, uint64_t *ret)
{
	gs_cleanup_free char *text = NULL;
	int r = gs_tree_read(engine, path, &text);

	return r < 0 ? r : gs_number_parse(text, ret);
}

/* Reads a link in the directory that @fd is open on, or with "" what @fd itself is. */
static int read_link(int fd, const char *name, char buffer[GS_PATH_MAX])
{
	ssize_t n = readlinkat(fd, name, buffer, GS_PATH_MAX);

	if (n < 0)
		return -errno;
	if (n == GS_PATH_MAX)
		return -ENAMETOOLONG;
	buffer[n] = '\0';
	return (int)n;
}

static int keep_last_component(char buffer[GS_PATH_MAX])
{
	const char *last = strrchr(buffer, '/');

	if (last)
		memmove(buffer, last + 1, strlen(last + 1) + 1);
	return *buffer ? 0 : -EINVAL;
}

/* The host's own root is the root of every link, too. */
static int read_link_below(const struct gs_engine *engine, const char *path,
			   char buffer[GS_PATH_MAX])
{
	gs_cleanup_close int fd = -1;
	int r;

	if (engine->is_host)
		return read_link(engine->root_fd, path, buffer);
	fd = gs_tree_open(engine, path, O_PATH | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	r = read_link(fd, "", buffer);
	return r == -ENOENT ? -EINVAL : r;
}

int gs_tree_link_name(const struct gs_engine *engine, const char *path, char **ret)
{
	char buffer[GS_PATH_MAX];
	int r = read_link_below(engine, path, buffer);

	if (r < 0)
		return r;
	r = keep_last_component(buffer);
	if (r < 0)
		return r;
	*ret = strdup(buffer);
	return *ret ? 0 : -ENOMEM;
}

static int path_of_fd(int fd, char buffer[GS_PATH_MAX])
{
	char self[64];

	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return read_link(AT_FDCWD, self, buffer);
}

int gs_tree_real_path(const struct gs_engine *engine, const char *path, char **ret)
{
	gs_cleanup_close int fd = gs_tree_open(engine, path, O_PATH);
	char root[GS_PATH_MAX], real[GS_PATH_MAX];
	const char *below = real;
	size_t length;
	int r;

	if (fd < 0)
		return fd;
	r = path_of_fd(engine->root_fd, root);
	if (r >= 0)
		r = path_of_fd(fd, real);
	if (r < 0)
		return r;
	length = strcmp(root, "/") == 0 ? 0 : strlen(root);
	if (strncmp(real, root, length) == 0)
		below += length;
	while (*below == '/')
		below++;
	*ret = strdup(below);
	return *ret ? 0 : -ENOMEM;
}

bool gs_tree_exists(const struct gs_engine *engine, const char *path)
{
	gs_cleanup_close int fd = -1;

	if (engine->is_host)
		return faccessat(engine->root_fd, path, F_OK, AT_EACCESS) == 0;
	fd = gs_tree_open(engine, path, O_PATH);
	return fd >= 0;
}

bool gs_tree_has(const struct gs_engine *engine, const char *path)
{
	gs_cleanup_close int fd = -1;

	if (engine->is_host)
		return faccessat(engine->root_fd, path, F_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) == 0;
	fd = gs_tree_open(engine, path, O_PATH | O_NOFOLLOW);
	return fd >= 0;
}

int gs_dir_open(const struct gs_engine *engine, const char *path, struct gs_dir *ret)
{
	int fd, r;

	r = gs_path(ret->path, "%s", path);
	if (r < 0)
		return r;
	fd = gs_tree_open(engine, path, O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fd;
	ret->engine = engine;
	ret->fd = fd;
	return 0;
}

void gs_dir_close(struct gs_dir *dir)
{
	if (dir->fd >= 0)
		close(dir->fd);
	dir->fd = -1;
}

/*
 * Sysfs attributes are never symlinks, so the short way refuses them; a tree
 * made by hand may use them, and goes the long way by the root.
 */
static int open_attribute(const struct gs_dir *dir, const char *name)
{
	char path[GS_PATH_MAX];
	int fd, r;

	fd = open_how(dir->fd, name, O_RDONLY, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
	if (fd != -ELOOP)
		return fd;
	r = gs_path(path, "%s/%s", dir->path, name);
	return r < 0 ? r : gs_tree_open(dir->engine, path, O_RDONLY);
}

int gs_dir_read(const struct gs_dir *dir, const char *name, char buffer[GS_ATTRIBUTE_MAX])
{
	gs_cleanup_close int fd = open_attribute(dir, name);
	ssize_t n;
	int r;

	if (fd < 0)
		return fd;
	r = check_regular(dir->engine, fd);
	if (r < 0)
		return r;
	/* One read: sysfs gives an attribute whole, and a page is all it has. */
	n = read_once(fd, buffer, GS_ATTRIBUTE_MAX);
	if (n < 0)
		return (int)n;
	if (n == GS_ATTRIBUTE_MAX)
		return -EFBIG;
	while (n && buffer[n - 1] == '\n')
		n--;
	buffer[n] = '\0';
	return (int)strlen(buffer);
}

int gs_dir_read_u64(const struct gs_dir *dir, const char *name, uint64_t *ret)
{
	char text[GS_ATTRIBUTE_MAX];
	int r = gs_dir_read(dir, name, text);

	return r < 0 ? r : gs_number_parse(text, ret);
}

bool gs_dir_has(const struct gs_dir *dir, const char *name)
{
	return faccessat(dir->fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int gs_dir_link_name(const struct gs_dir *dir, const char *name, char buffer[GS_PATH_MAX])
{
	gs_cleanup_close int fd = -1;
	int r;

	/* Within a tree made elsewhere a folder may be a link, too. */
	if (!dir->engine->is_host && strchr(name, '/')) {
		fd = open_how(dir->fd, name, O_PATH | O_NOFOLLOW,
			      RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
		r = fd < 0 ? fd : read_link(fd, "", buffer);
	} else {
		r = read_link(dir->fd, name, buffer);
	}
	return r < 0 ? r : keep_last_component(buffer);
}
