// SPDX-License-Identifier: GPL-2.0-or-later
#include "lock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "execute.h"
#include "state_file.h"
#include "tree.h"

/* How often a waiter looks whether a live holder has come before it. */
#define LOOK_AGAIN_MS 200

/* Two processes, a descriptor and an address, as text. */
#define LOCK_TEXT 128

/* Fields 3 and 22 of /proc/PID/stat, counted from the name's end: it may hold anything. */
static int read_stat(struct gs_engine *engine, int pid, char *ret_state, uint64_t *ret_start)
{
	gs_cleanup_free char *text = NULL;
	char path[GS_PATH_MAX];
	const char *state;
	const char *field;
	int r;

	r = gs_path(path, "proc/%d/stat", pid);
	if (r == 0)
		r = gs_tree_read(engine, path, &text);
	if (r < 0)
		return r;
	state = strrchr(text, ')');
	if (!state || state[1] != ' ')
		return -EBADMSG;
	state += 2;
	field = state;
	for (int i = 3; field && i < 22; i++)
		field = strchr(field + 1, ' ');
	if (!field)
		return -EBADMSG;
	*ret_state = *state;
	*ret_start = strtoull(field + 1, NULL, 10);
	return 0;
}

int gs_process_of(struct gs_engine *engine, int pid, struct gs_process *ret)
{
	char state;

	ret->pid = pid;
	return read_stat(engine, pid, &state, &ret->start);
}

int gs_process_self(struct gs_engine *engine, struct gs_process *ret)
{
	return gs_process_of(engine, getpid(), ret);
}

bool gs_process_alive(struct gs_engine *engine, const struct gs_process *process)
{
	uint64_t start;
	char state;

	return process->pid > 0 && read_stat(engine, process->pid, &state, &start) == 0 &&
	       start == process->start && state != 'Z' && state != 'X';
}

void gs_lock_read(int fd, struct gs_lock_text *ret)
{
	char text[LOCK_TEXT];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	*ret = (struct gs_lock_text){ 0 };
	text[n > 0 ? n : 0] = '\0';
	ret->fields = sscanf(text, "%d %" SCNu64 "\n%d %" SCNu64 " %d\n%16s", &ret->holder.pid,
			     &ret->holder.start, &ret->worker.pid, &ret->worker.start,
			     &ret->worker_fd, ret->card);
	if (ret->fields > 5)
		ret->fields = 5;
}

static bool holder_alive(struct gs_engine *engine, int fd)
{
	struct gs_lock_text text;

	gs_lock_read(fd, &text);
	/* It took the lock and has not signed yet. */
	return text.fields < 2 || gs_process_alive(engine, &text.holder);
}

/* Never empty in between: who is killed there would count as alive for ever. */
static int write_text(int fd, const char *text, int length)
{
	if (pwrite(fd, text, (size_t)length, 0) != length || ftruncate(fd, length) < 0)
		return errno ? -errno : -EIO;
	return 0;
}

static int sign(struct gs_engine *engine, int fd)
{
	struct gs_process self;
	char text[LOCK_TEXT];
	int r;

	r = gs_process_self(engine, &self);
	if (r < 0)
		return r;
	return write_text(fd, text,
			  snprintf(text, sizeof(text), "%d %" PRIu64 "\n", self.pid, self.start));
}

int gs_lock_name_worker(struct gs_engine *engine, const struct gs_lock *lock, int pid,
			const char *card)
{
	struct gs_process worker;
	struct gs_process self;
	char text[LOCK_TEXT];
	int r;

	r = gs_process_self(engine, &self);
	if (r == 0)
		r = gs_process_of(engine, pid, &worker);
	if (r < 0)
		return r;
	return write_text(lock->fd, text,
			  snprintf(text, sizeof(text), "%d %" PRIu64 "\n%d %" PRIu64 " %d\n%s%s",
				   self.pid, self.start, worker.pid, worker.start, lock->fd,
				   card ? card : "", card ? "\n" : ""));
}

/* The end of the last write wakes only who blocks in flock(): a child, on the same open file. */
static pid_t start_waiter(int fd)
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (child != 0)
		return child < 0 ? -errno : child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		flock(fd, LOCK_EX);
	_exit(0);
}

/* How long who for: live holders until then, the last write of a dead one so long from its death on. */
struct patience {
	uint64_t until_us;
	unsigned int timeout_ms;
};

/* Until the waiter has ended; -EBUSY when a live holder came before us, and is not waited for any more. */
static int watch_waiter(struct gs_engine *engine, int fd, int pidfd, const struct patience *patience)
{
	struct pollfd event = { .fd = pidfd, .events = POLLIN };
	uint64_t deadline = gs_now_us() + (uint64_t)patience->timeout_ms * 1000;

	for (;;) {
		uint64_t now = gs_now_us();
		uint64_t left = now < deadline ? (deadline - now + 999) / 1000 : 0;
		int r = poll(&event, 1, left < LOOK_AGAIN_MS ? (int)left : LOOK_AGAIN_MS);

		if (r == 1)
			return 0;
		if (r < 0 && errno != EINTR)
			return -errno;
		if (!holder_alive(engine, fd)) {
			if (left == 0)
				return -ETIMEDOUT;
			continue;
		}
		if (now >= patience->until_us)
			return -EBUSY;
		deadline = now + (uint64_t)patience->timeout_ms * 1000;
	}
}

static int wait_for_lock(struct gs_engine *engine, int fd, const struct patience *patience)
{
	gs_cleanup_close int pidfd = -1;
	pid_t waiter = start_waiter(fd);
	int r;

	if (waiter < 0)
		return waiter;
	pidfd = (int)syscall(SYS_pidfd_open, waiter, 0);
	r = pidfd < 0 ? -errno : watch_waiter(engine, fd, pidfd, patience);
	kill(waiter, SIGKILL);
	while (waitpid(waiter, NULL, 0) < 0 && errno == EINTR)
		;
	/* What the waiter got is ours: the lock belongs to the open file. */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	return r < 0 ? r : -EBUSY;
}

/* Somebody else may have waited as long as we did, and come first. */
static int take_over(struct gs_engine *engine, int fd)
{
	int r = gs_lock_take_over(engine, fd);

	if (r < 0)
		return r;
	return flock(fd, LOCK_EX | LOCK_NB) < 0 ? -EBUSY : 0;
}

static int take(struct gs_engine *engine, int fd, const struct patience *patience)
{
	int r;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return -errno;
		if (gs_now_us() >= patience->until_us && holder_alive(engine, fd))
			return -EBUSY;
		r = wait_for_lock(engine, fd, patience);
		if (r == -ETIMEDOUT)
			r = take_over(engine, fd);
		if (r < 0)
			return r;
	}
	return sign(engine, fd);
}

int gs_lock_take(struct gs_engine *engine, unsigned int timeout_ms, struct gs_lock **ret)
{
	return gs_lock_wait(engine, timeout_ms, 0, ret);
}

int gs_lock_wait(struct gs_engine *engine, unsigned int timeout_ms, uint64_t until_us,
		 struct gs_lock **ret)
{
	const struct patience patience = { .until_us = until_us, .timeout_ms = timeout_ms };
	gs_cleanup_close int fd = -1;
	struct gs_lock *lock;
	int r;

	if (geteuid() != 0)
		return -EPERM;
	r = gs_state_mkdir(engine, GS_RUN_DIR, 0700);
	if (r < 0)
		return r;
	fd = gs_tree_open(engine, GS_RUN_DIR "/lock", O_RDWR | O_CREAT | O_NOFOLLOW);
	if (fd < 0)
		return fd;
	if (fchmod(fd, 0600) < 0)
		return -errno;
	r = take(engine, fd, &patience);
	if (r < 0)
		return r;
	lock = malloc(sizeof(*lock));
	if (!lock)
		return -ENOMEM;
	lock->fd = fd;
	fd = -1;
	*ret = lock;
	return 0;
}

void gs_lock_open_up(struct gs_lock *lock)
{
	flock(lock->fd, LOCK_UN);
}

void gs_lock_release(struct gs_lock *lock)
{
	if (!lock)
		return;
	close(lock->fd);
	free(lock);
}
