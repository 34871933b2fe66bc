// SPDX-License-Identifier: GPL-2.0-or-later
/* child.c - an expendable child for reads that can block in the kernel. */
#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* How long a killed child gets to go. What still runs then hangs in the kernel. */
#define KILL_GRACE_MS 100

struct gs_stuck_child {
	pid_t pid;
	char *at;
};

void gs_record_flush(struct gs_records *records)
{
	size_t done = 0;
	ssize_t n;

	while (done < records->used) {
		n = write(records->fd, records->buffer + done, records->used - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			_exit(1);
		done += (size_t)n;
	}
	records->used = 0;
}

static void put(struct gs_records *records, const char *bytes, size_t length)
{
	size_t room;

	while (length) {
		if (records->used == sizeof(records->buffer))
			gs_record_flush(records);
		room = sizeof(records->buffer) - records->used;
		if (room > length)
			room = length;
		memcpy(records->buffer + records->used, bytes, room);
		records->used += room;
		bytes += room;
		length -= room;
	}
}

void gs_record_field(struct gs_records *records, const char *text)
{
	put(records, text, strlen(text) + 1);
}

void gs_record_number(struct gs_records *records, long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", number);
	gs_record_field(records, text);
}

const char *gs_answer_next(struct gs_answer *answer)
{
	const char *field = answer->text + answer->next;

	if (answer->next >= answer->length)
		return NULL;
	answer->next += strlen(field) + 1;
	return field;
}

long gs_answer_number(struct gs_answer *answer)
{
	const char *field = gs_answer_next(answer);

	return field ? strtol(field, NULL, 10) : 0;
}

void gs_answer_clear(struct gs_answer *answer)
{
	free(answer->text);
	*answer = (struct gs_answer){ 0 };
}

static void close_range_of(int first, int last)
{
	if (first <= last)
		syscall(SYS_close_range, (unsigned int)first, (unsigned int)last, 0);
}

/* Keeps the pipe and the tree only; see child.h. */
static void drop_descriptors(int keep_one, int keep_other)
{
	int low = keep_one < keep_other ? keep_one : keep_other;
	int high = keep_one < keep_other ? keep_other : keep_one;

	close_range_of(0, low - 1);
	close_range_of(low + 1, high - 1);
	close_range_of(high + 1, INT32_MAX);
}

static void child_main(struct gs_engine *engine, int fd, gs_child_function function, void *data)
{
	struct gs_records records = { .fd = fd };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	drop_descriptors(fd, engine->root_fd);
	function(engine, &records, data);
	gs_record_flush(&records);
	_exit(0);
}

static pid_t start(struct gs_engine *engine, gs_child_function function, void *data, int *ret_fd)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child_main(engine, ends[1], function, data);
	close(ends[1]);
	if (pid < 0) {
		pid = -errno;
		close(ends[0]);
		return pid;
	}
	*ret_fd = ends[0];
	return pid;
}

static int append(struct gs_answer *answer, size_t *size, int fd)
{
	char *grown;
	ssize_t n;

	if (*size - answer->length < 4096) {
		grown = realloc(answer->text, *size + 16384);
		if (!grown)
			return -ENOMEM;
		answer->text = grown;
		*size += 16384;
	}
	n = read(fd, answer->text + answer->length, *size - answer->length);
	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	answer->length += (size_t)n;
	return n > 0;
}

/* Returns 0 at the end of what the child says, -ETIMEDOUT, or -errno. */
static int collect(struct gs_answer *answer, int fd, unsigned int quiet_ms, unsigned int total_ms)
{
	uint64_t end = gs_now_us() + (uint64_t)total_ms * 1000;
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	uint64_t now, quiet_end = gs_now_us() + (uint64_t)quiet_ms * 1000;
	size_t size = 0;
	int r;

	do {
		now = gs_now_us();
		if (now >= end || now >= quiet_end)
			return -ETIMEDOUT;
		r = poll(&wait, 1, (int)(((end < quiet_end ? end : quiet_end) - now) / 1000) + 1);
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r <= 0) {
			r = 1;
			continue;
		}
		r = append(answer, &size, fd);
		quiet_end = gs_now_us() + (uint64_t)quiet_ms * 1000;
	} while (r > 0);
	return r;
}

static void await_end(pid_t pid, unsigned int wait_ms)
{
	gs_cleanup_close int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd wait = { .fd = fd, .events = POLLIN };

	if (fd >= 0)
		poll(&wait, 1, (int)wait_ms);
}

/* Whether the child is gone; what it returned is then in @status. */
static bool reap(pid_t pid, int *status, unsigned int wait_ms)
{
	pid_t r;

	if (wait_ms)
		await_end(pid, wait_ms);
	r = waitpid(pid, status, WNOHANG);
	/* Somebody who reaps all children has it: it is gone, however it ended. */
	if (r < 0 && errno == ECHILD) {
		*status = 0;
		return true;
	}
	return r == pid;
}

static int end_child(struct gs_answer *answer, pid_t pid, int collected)
{
	int status = 0;

	/* Its end of the pipe is closed: it is on its last instructions. */
	if (collected == 0 && waitpid(pid, &status, 0) == pid) {
		answer->complete = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		return 0;
	}
	if (collected == 0) {
		answer->complete = errno == ECHILD;
		return 0;
	}
	kill(pid, SIGKILL);
	if (!reap(pid, &status, KILL_GRACE_MS))
		answer->stuck = pid;
	return collected == -ETIMEDOUT ? 0 : collected;
}

int gs_child_read(struct gs_engine *engine, gs_child_function function, void *data,
		  unsigned int quiet_ms, unsigned int total_ms, struct gs_answer *ret)
{
	struct gs_answer answer = { 0 };
	gs_cleanup_close int fd = -1;
	pid_t pid;
	int r;

	pid = start(engine, function, data, &fd);
	if (pid < 0)
		return pid;
	r = collect(&answer, fd, quiet_ms, total_ms);
	r = end_child(&answer, pid, r);
	if (r < 0) {
		gs_answer_clear(&answer);
		return r;
	}
	while (answer.length && answer.text[answer.length - 1])
		answer.length--;
	*ret = answer;
	return 0;
}

int gs_child_keep(struct gs_engine *engine, pid_t pid, const char *at)
{
	int r = gs_grow(&engine->stuck, engine->n_stuck, sizeof(*engine->stuck));

	if (r < 0)
		return r;
	engine->stuck[engine->n_stuck].at = strdup(at);
	if (!engine->stuck[engine->n_stuck].at)
		return -ENOMEM;
	engine->stuck[engine->n_stuck++].pid = pid;
	return 0;
}

bool gs_child_stuck_at(struct gs_engine *engine, const char *at)
{
	bool found = false;
	int status;

	for (size_t i = engine->n_stuck; i-- > 0;) {
		if (reap(engine->stuck[i].pid, &status, 0)) {
			free(engine->stuck[i].at);
			engine->stuck[i] = engine->stuck[--engine->n_stuck];
			continue;
		}
		found = found || strcmp(engine->stuck[i].at, at) == 0;
	}
	return found;
}

void gs_children_forget(struct gs_engine *engine)
{
	int status;

	for (size_t i = 0; i < engine->n_stuck; i++) {
		reap(engine->stuck[i].pid, &status, 0);
		free(engine->stuck[i].at);
	}
	free(engine->stuck);
	engine->stuck = NULL;
	engine->n_stuck = 0;
}
