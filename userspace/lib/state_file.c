// SPDX-License-Identifier: GPL-2.0-or-later
#include "state_file.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "tree.h"

/* The folder of a path, opened; @ret_name points into @path. */
static int open_parent(struct gs_engine *engine, const char *path, const char **ret_name)
{
	const char *slash = strrchr(path, '/');
	char folder[GS_PATH_MAX];
	int r;

	if (!slash || !slash[1])
		return -EINVAL;
	r = gs_path(folder, "%.*s", (int)(slash - path), path);
	if (r < 0)
		return r;
	*ret_name = slash + 1;
	return gs_tree_open(engine, folder, O_PATH | O_DIRECTORY);
}

static int sync_folder(int parent)
{
	gs_cleanup_close int fd = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

/* The mode is the one asked for whatever the umask: reading verbs need no root. */
static int make_in(int parent, const char *name, mode_t mode)
{
	if (mkdirat(parent, name, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (fchmodat(parent, name, mode, 0) < 0)
		return -errno;
	return sync_folder(parent);
}

static int make_one(struct gs_engine *engine, const char *path, mode_t mode)
{
	gs_cleanup_close int parent = -1;
	const char *name;

	if (!strchr(path, '/'))
		return make_in(engine->root_fd, path, mode);
	parent = open_parent(engine, path, &name);
	return parent < 0 ? parent : make_in(parent, name, mode);
}

int gs_state_mkdir(struct gs_engine *engine, const char *path, mode_t mode)
{
	char part[GS_PATH_MAX];
	int r;

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		r = gs_path(part, "%.*s", (int)(slash - path), path);
		if (r < 0)
			return r;
		r = make_one(engine, part, 0755);
		if (r < 0)
			return r;
	}
	return make_one(engine, path, mode);
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		left -= (size_t)n;
	}
	return 0;
}

static int fill(int parent, const char *name, const char *text, enum gs_state_sync sync)
{
	gs_cleanup_close int fd =
		openat(parent, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r;

	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	r = write_all(fd, text);
	if (r < 0 || sync == GS_STATE_OF_BOOT)
		return r;
	return fsync(fd) < 0 ? -errno : 0;
}

int gs_state_write_in(int folder, const char *name, const char *text, enum gs_state_sync sync)
{
	char temporary[GS_PATH_MAX];
	int r;

	r = gs_path(temporary, ".%s.new", name);
	if (r < 0)
		return r;
	r = fill(folder, temporary, text, sync);
	if (r == 0 && renameat(folder, temporary, folder, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(folder, temporary, 0);
		return r;
	}
	return sync == GS_STATE_LASTING ? sync_folder(folder) : 0;
}

int gs_state_write_sync(struct gs_engine *engine, const char *path, const char *text,
			enum gs_state_sync sync)
{
	const char *name;
	gs_cleanup_close int parent = open_parent(engine, path, &name);

	return parent < 0 ? parent : gs_state_write_in(parent, name, text, sync);
}

int gs_state_create(struct gs_engine *engine, const char *path, const char *text)
{
	gs_cleanup_close int fd =
		gs_tree_open(engine, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return fd;
	r = fchmod(fd, 0644) < 0 ? -errno : write_all(fd, text);
	if (r < 0)
		(void)!gs_state_remove_sync(engine, path, GS_STATE_OF_BOOT);
	return r;
}

int gs_state_write(struct gs_engine *engine, const char *path, const char *text)
{
	return gs_state_write_sync(engine, path, text, GS_STATE_LASTING);
}

/* As the file that it replaces; a file system without modes (of the firmware) has nothing to change. */
static int take_after(int fd, const struct stat *old)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return -errno;
	if ((now.st_uid != old->st_uid || now.st_gid != old->st_gid) &&
	    fchown(fd, old->st_uid, old->st_gid) < 0)
		return -errno;
	if ((now.st_mode ^ old->st_mode) & 07777 && fchmod(fd, old->st_mode & 07777) < 0)
		return -errno;
	return 0;
}

static int fill_as(int parent, const char *name, const char *text, const struct stat *old)
{
	gs_cleanup_close int fd = -1;
	int r;

	/* One that a killed writer left may have another owner. */
	if (unlinkat(parent, name, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = take_after(fd, old);
	if (r == 0)
		r = write_all(fd, text);
	return r == 0 && fsync(fd) < 0 ? -errno : r;
}

/* With the owner and the mode of @as. */
static int replace_in(int parent, const char *name, const char *text, const struct stat *as)
{
	char temporary[GS_PATH_MAX];
	int r;

	r = gs_path(temporary, ".%s.new", name);
	if (r < 0)
		return r;
	r = fill_as(parent, temporary, text, as);
	if (r == 0 && renameat(parent, temporary, parent, name) < 0)
		r = -errno;
	if (r < 0) {
		unlinkat(parent, temporary, 0);
		return r;
	}
	return sync_folder(parent);
}

int gs_state_replace(struct gs_engine *engine, const char *path, const char *text, mode_t mode)
{
	struct stat old = { .st_mode = mode, .st_uid = geteuid(), .st_gid = getegid() };
	const char *name;
	gs_cleanup_close int parent = open_parent(engine, path, &name);

	if (parent < 0)
		return parent;
	if (fstatat(parent, name, &old, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
		return -errno;
	return replace_in(parent, name, text, &old);
}

int gs_state_write_mode(struct gs_engine *engine, const char *path, const char *text, mode_t mode)
{
	const struct stat as = { .st_mode = mode, .st_uid = geteuid(), .st_gid = getegid() };
	const char *name;
	gs_cleanup_close int parent = open_parent(engine, path, &name);

	return parent < 0 ? parent : replace_in(parent, name, text, &as);
}

int gs_state_check(struct json_object *json)
{
	struct json_object *version;
	int number;

	if (!json_object_is_type(json, json_type_object) ||
	    !json_object_object_get_ex(json, "version", &version) ||
	    !json_object_is_type(version, json_type_int))
		return -EBADMSG;
	number = json_object_get_int(version);
	if (number > GS_STATE_VERSION)
		return -EPROTO;
	return number < 1 ? -EBADMSG : 0;
}

int gs_state_read(struct gs_engine *engine, const char *path, struct json_object **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	gs_cleanup_free char *text = NULL;
	int r;

	r = gs_tree_read(engine, path, &text);
	if (r < 0)
		return r;
	json = json_tokener_parse(text);
	r = gs_state_check(json);
	if (r == 0)
		*ret = gs_steal(json);
	return r;
}

/* What is not there is removed; a file system that is read-only refuses that as well. */
static int remove_in(int parent, const char *name)
{
	struct stat st;

	if (unlinkat(parent, name, 0) == 0)
		return 0;
	if (errno != EROFS)
		return -errno;
	return fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : -EROFS;
}

int gs_state_remove_sync(struct gs_engine *engine, const char *path, enum gs_state_sync sync)
{
	gs_cleanup_close int parent = -1;
	const char *name;
	int r;

	parent = open_parent(engine, path, &name);
	if (parent == -ENOENT)
		return 0;
	if (parent < 0)
		return parent;
	r = remove_in(parent, name);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return sync == GS_STATE_LASTING ? sync_folder(parent) : 0;
}

int gs_state_remove(struct gs_engine *engine, const char *path)
{
	return gs_state_remove_sync(engine, path, GS_STATE_LASTING);
}

int gs_state_rename(struct gs_engine *engine, const char *from, const char *to)
{
	gs_cleanup_close int parent = -1;
	const char *name;

	parent = open_parent(engine, from, &name);
	if (parent < 0)
		return parent;
	if (renameat(parent, name, parent, to) < 0)
		return -errno;
	return sync_folder(parent);
}

struct json_object *gs_state_new(void)
{
	struct json_object *object = json_object_new_object();
	struct json_object *version = json_object_new_int(GS_STATE_VERSION);

	if (!object || !version || json_object_object_add(object, "version", version) < 0) {
		json_object_put(version);
		json_object_put(object);
		return NULL;
	}
	return object;
}

const char *gs_state_string(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

bool gs_state_is_name(const char *text)
{
	size_t length = strlen(text);

	if (length == 0 || length > 127 || strcmp(text, ".") == 0 || strcmp(text, "..") == 0)
		return false;
	for (const char *p = text; *p; p++)
		if (*p == '/' || (unsigned char)*p < ' ')
			return false;
	return true;
}

int gs_state_add(struct json_object *object, const char *key, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_object_add(object, key, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

int gs_state_set(struct json_object *object, const char *key, const char *value)
{
	struct json_object *text = NULL;

	if (value) {
		text = json_object_new_string(value);
		if (!text)
			return -ENOMEM;
	}
	if (json_object_object_add(object, key, text) < 0) {
		json_object_put(text);
		return -ENOMEM;
	}
	return 0;
}
