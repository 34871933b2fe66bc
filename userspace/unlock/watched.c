// SPDX-License-Identifier: GPL-2.0-or-later
#include "watched.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

/* Of a path where nothing is; no file has it, or just as well. */
#define NOTHING 2

/*
 * Two writes within a tick of the kernel's clock leave the same time. A file
 * that changed this recently is read again until that cannot be.
 */
#define RECENT_NS 50000000ll
#define RECENT_WHOLE_SECONDS_NS 2000000000ll /* where the filesystem keeps no parts of them */

/* Who saves a file cuts it to nothing first. What is to say nothing is still empty after that. */
#define EMPTY_NS 1000000000ll

/* How often a file is read for one who asks. */
#define TRIES 16

/* How many look at a content now: in any thread, in any file. */
static _Atomic int users;

static bool changed_within(const struct stat *st, long long recent)
{
	struct timespec now;
	long long age;

	/* Not the coarse clock: new kernels give files finer times than that. */
	if (clock_gettime(CLOCK_REALTIME, &now) < 0)
		return false;
	age = (now.tv_sec - st->st_ctim.tv_sec) * 1000000000ll + now.tv_nsec - st->st_ctim.tv_nsec;
	return age >= 0 && age < recent;
}

static bool changed_recently(const struct stat *st)
{
	return changed_within(st, st->st_ctim.tv_nsec ? RECENT_NS : RECENT_WHOLE_SECONDS_NS);
}

/* --- only the one who reads does this --- */

/* What nobody can look at any more: all who look now began after the new content was there. */
static void unmap_old(struct unlock_watched *file)
{
	if (atomic_load(&users) != 1)
		return;
	while (file->old) {
		struct unlock_loaded *loaded = file->old;

		file->old = loaded->next;
		unlock_unload(loaded);
	}
}

/* In an order in which nobody sees a file as read and without what it says for long. */
static void publish(struct unlock_watched *file, enum unlock_state state,
		    struct unlock_loaded *loaded)
{
	struct unlock_loaded *before;

	if (!loaded)
		atomic_store(&file->state, state);
	before = atomic_exchange(&file->loaded, loaded);
	atomic_store(&file->state, state);
	if (before) {
		before->next = file->old;
		file->old = before;
	}
	unmap_old(file);
}

/* A frame of its own: a signal handler may have little room for two paths. */
static const char *stat_folder(const char *path, struct stat *ret)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	if (!slash || length >= sizeof(folder))
		return "its path is not an absolute one";
	memcpy(folder, path, length);
	strcpy(folder + length, length ? "" : "/");
	return stat(folder, ret) < 0 ? strerrordesc_np(errno) : NULL;
}

static const char *distrust(const char *path, int fd, const struct stat *st)
{
	struct stat folder, real;
	const char *why = stat_folder(path, &folder);
	int r = why ? 0 : unlock_folder_of(fd, &real);

	if (r < 0)
		return strerrordesc_np(-r);
	return why ? why : unlock_distrust(st, &folder, &real);
}

struct complaint {
	const struct unlock_watched *file;
	bool silent;
};

static bool complain(void *data, enum unlock_severity severity, int line, const char *message)
{
	struct complaint *complaint = data;

	if (!complaint->silent && severity != UNLOCK_NOTE)
		unlock_log(severity == UNLOCK_ERROR ? LOG_ERR : LOG_WARNING, "%s:%d: %s%s",
			   complaint->file->path, line, message,
			   severity == UNLOCK_ERROR ? "; the file is not used" : "");
	return severity != UNLOCK_ERROR;
}

/* What is not trusted changes nothing from now on. */
static void refuse(struct unlock_watched *file, uint64_t fingerprint, const char *why)
{
	if (file->told != fingerprint)
		unlock_log(LOG_ERR, "%s: not used: %s", file->path, why);
	file->told = fingerprint;
	publish(file, UNLOCK_REFUSED, NULL);
}

/* What is wrong leaves what was right before, if anything was. */
static void keep(struct unlock_watched *file, uint64_t fingerprint, int r)
{
	if (r != -EINVAL && file->told != fingerprint)
		unlock_log(LOG_ERR, "%s: %s", file->path, strerrordesc_np(-r));
	file->told = fingerprint;
	if (atomic_load(&file->state) == UNLOCK_UNREAD)
		atomic_store(&file->state, UNLOCK_REFUSED);
}

/* Returns false where it changed meanwhile. */
static bool read_open(struct unlock_watched *file, int fd)
{
	struct complaint complaint = { .file = file };
	struct unlock_report report = { complain, &complaint };
	struct unlock_loaded *loaded = NULL;
	uint64_t fingerprint;
	const char *why;
	struct stat st;
	int r;

	if (fstat(fd, &st) < 0)
		return true;
	fingerprint = unlock_fingerprint(&st);
	complaint.silent = file->told == fingerprint;
	why = distrust(file->path, fd, &st);
	if (!why && st.st_size == 0 && atomic_load(&file->loaded) && changed_within(&st, EMPTY_NS))
		return true;
	if (why) {
		refuse(file, fingerprint, why);
	} else {
		r = unlock_load_fd(file->kind, fd, &st, &report, &loaded);
		if (r == -EAGAIN)
			return false;
		if (r < 0)
			keep(file, fingerprint, r);
		else
			publish(file, UNLOCK_READ, loaded);
		file->told = fingerprint;
	}
	atomic_store(&file->seen, changed_recently(&st) ? 0 : fingerprint);
	return true;
}

/* What is wrong with this process now, and not with the file. */
static bool is_passing(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR;
}

static void read_none(struct unlock_watched *file, int error)
{
	if (is_passing(error)) {
		keep(file, (uint64_t)error << 8, -error);
	} else if (error == ENOENT || error == ENOTDIR) {
		publish(file, UNLOCK_ABSENT, NULL);
		atomic_store(&file->seen, NOTHING);
	} else {
		refuse(file, (uint64_t)error << 8, strerrordesc_np(error));
	}
}

/* As read_open(). */
static bool read_once(struct unlock_watched *file)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool whole;

	if (fd < 0) {
		read_none(file, errno);
		return true;
	}
	whole = read_open(file, fd);
	close(fd);
	return whole;
}

/*
 * One that was replaced while it was read is read at once, since there may be nothing from before. One that is written all
 * the time is for the next one who asks.
 */
static void read_again(struct unlock_watched *file)
{
	for (int tries = 0; tries < TRIES; tries++)
		if (read_once(file))
			return;
}

/* --- anybody --- */

/*
 * One at a time. A child that was forked while another thread was reading has
 * nobody who would end that.
 */
static bool begin_reading(struct unlock_watched *file)
{
	int self = getpid(), owner = 0;

	if (atomic_compare_exchange_strong(&file->reader, &owner, self))
		return true;
	return owner != self && atomic_compare_exchange_strong(&file->reader, &owner, self);
}

static bool is_seen(struct unlock_watched *file)
{
	uint64_t seen = atomic_load(&file->seen);
	struct stat st;

	if (!seen)
		return false;
	if (stat(file->path, &st) < 0)
		return seen == NOTHING && (errno == ENOENT || errno == ENOTDIR);
	return seen == unlock_fingerprint(&st);
}

/*
 * A thread that is to be cancelled would end in open(): the caller of ioctl(), which is no place for that, and whoever reads,
 * in whose name the file would be taken for ever.
 */
static void read_anew(struct unlock_watched *file)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	if (begin_reading(file)) {
		read_again(file);
		atomic_store(&file->reader, 0);
	}
	pthread_setcancelstate(state, NULL);
}

enum unlock_state unlock_use(struct unlock_watched *file, const void **ret)
{
	struct unlock_loaded *loaded;
	enum unlock_state state;

	atomic_fetch_add(&users, 1);
	if (!is_seen(file))
		read_anew(file);
	do {
		state = (enum unlock_state)atomic_load(&file->state);
		loaded = atomic_load(&file->loaded);
	} while (state == UNLOCK_READ && !loaded);
	*ret = loaded ? loaded->content : NULL;
	return state;
}

void unlock_done(void)
{
	atomic_fetch_sub(&users, 1);
}
