// SPDX-License-Identifier: GPL-2.0-or-later
/* child.c - an expendable child for reads that can block in the kernel. */
#include "child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* How long a killed child gets to go. What still runs then hangs in the kernel. */
#define KILL_GRACE_MS 100

/* How much longer a child gets that would answer if a busy host let it run. */
#define STARVED_MS 10000

struct gs_stuck_child {
	pid_t pid;
	char *at;
};

void gs_record_publish(struct gs_records *records)
{
	atomic_store_explicit(&records->shared->published, records->used, memory_order_release);
}

/* Without room the answer ends here, and is not complete. */
void gs_record_field(struct gs_records *records, const char *text)
{
	size_t length = strlen(text) + 1;

	if (length > sizeof(records->shared->bytes) - records->used) {
		gs_record_publish(records);
		_exit(1);
	}
	memcpy(records->shared->bytes + records->used, text, length);
	records->used += length;
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

static void child_main(struct gs_engine *engine, int fd, struct gs_shared_records *shared,
		       gs_child_function function, void *data)
{
	struct gs_records records = { .shared = shared };
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	drop_descriptors(fd, engine->root_fd);
	function(engine, &records, data);
	gs_record_publish(&records);
	_exit(0);
}

static pid_t start(struct gs_engine *engine, struct gs_shared_records *shared,
		   gs_child_function function, void *data, int *ret_fd)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child_main(engine, ends[1], shared, function, data);
	close(ends[1]);
	if (pid < 0) {
		pid = -errno;
		close(ends[0]);
		return pid;
	}
	*ret_fd = ends[0];
	return pid;
}

/* Waits for a CPU, not for a driver: what hangs in the kernel shows as D. */
static bool is_starved(pid_t pid)
{
	char path[32], text[512], *after_name;
	gs_cleanup_close int fd = -1;
	ssize_t length;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (length < 0)
		return false;
	text[length] = '\0';
	after_name = strrchr(text, ')');
	return after_name && strncmp(after_name, ") R", 3) == 0;
}

/*
 * Waits for the child's end of the pipe to close, as long as it goes on
 * publishing, or would. Returns 0, -ETIMEDOUT, or -errno.
 */
static int await(struct gs_shared_records *shared, pid_t pid, int fd, unsigned int quiet_ms,
		 unsigned int total_ms)
{
	uint64_t begin = gs_now_us(), now = begin, end = begin + (uint64_t)total_ms * 1000;
	struct pollfd closed = { .fd = fd };
	size_t last = 0, published = 0;
	bool starved = false;
	uint64_t left;
	int r;

	do {
		last = published;
		left = (end - now) / 1000 + 1;
		r = poll(&closed, 1, (int)(left < quiet_ms ? left : quiet_ms));
		if (r < 0 && errno != EINTR)
			return -errno;
		if (r > 0)
			return 0;
		published = atomic_load_explicit(&shared->published, memory_order_acquire);
		now = gs_now_us();
		if (r < 0 || (published != last && !starved))
			continue;
		/* What it told since it had to wait shows that it has a CPU, and goes on. */
		if (now - begin >= STARVED_MS * 1000ULL || (published == last && !is_starved(pid)))
			break;
		starved = true;
		end = now + quiet_ms * 1000ULL;
	} while (now < end);
	return -ETIMEDOUT;
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

/* How a child that closed its end of the pipe ended: it is on its last instructions. */
static bool ended_well(pid_t pid)
{
	int status = 0;
	pid_t r;

	do {
		r = waitpid(pid, &status, 0);
	} while (r < 0 && errno == EINTR);
	/* Somebody who reaps all children has the status. */
	return r < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* Killed; false when it does not end, as it hangs in the kernel. */
static bool ends_killed(pid_t pid)
{
	uint64_t end = gs_now_us() + STARVED_MS * 1000ULL;
	int status;

	kill(pid, SIGKILL);
	do {
		if (reap(pid, &status, KILL_GRACE_MS))
			return true;
	} while (is_starved(pid) && gs_now_us() < end);
	return false;
}

static int end_child(struct gs_answer *answer, pid_t pid, int awaited)
{
	if (awaited == 0) {
		answer->complete = ended_well(pid);
		return 0;
	}
	if (!ends_killed(pid))
		answer->stuck = pid;
	return awaited == -ETIMEDOUT ? 0 : awaited;
}

/* A copy of what was published; whatever came after the last NUL is cut off. */
static int copy_answer(const struct gs_shared_records *shared, struct gs_answer *answer)
{
	size_t length = atomic_load_explicit(&shared->published, memory_order_acquire);

	answer->text = malloc(length + 1);
	if (!answer->text)
		return -ENOMEM;
	memcpy(answer->text, shared->bytes, length);
	while (length && answer->text[length - 1])
		length--;
	answer->length = length;
	return 0;
}

static int ask(struct gs_engine *engine, struct gs_shared_records *shared,
	       gs_child_function function, void *data, unsigned int quiet_ms,
	       unsigned int total_ms, struct gs_answer *answer)
{
	gs_cleanup_close int fd = -1;
	pid_t pid = start(engine, shared, function, data, &fd);
	int r;

	if (pid < 0)
		return pid;
	r = end_child(answer, pid, await(shared, pid, fd, quiet_ms, total_ms));
	return r < 0 ? r : copy_answer(shared, answer);
}

int gs_child_read(struct gs_engine *engine, gs_child_function function, void *data,
		  unsigned int quiet_ms, unsigned int total_ms, struct gs_answer *ret)
{
	struct gs_answer answer = { 0 };
	void *shared;
	int r;

	shared = mmap(NULL, sizeof(struct gs_shared_records), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (shared == MAP_FAILED)
		return -errno;
	r = ask(engine, shared, function, data, quiet_ms, total_ms, &answer);
	/* A stuck child keeps its own mapping. */
	munmap(shared, sizeof(struct gs_shared_records));
	if (r == 0)
		*ret = answer;
	return r;
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
