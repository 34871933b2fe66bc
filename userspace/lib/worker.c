// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "worker_jobs.h"

/* How long a killed worker may take to die before it counts as stuck. */
#define KILL_WAIT_MS 2000

/* A job as it goes over the socket, up to the end of its texts: the path and the data, each with its NUL. */
struct message {
	enum gs_job_kind kind;
	char texts[2 * GS_JOB_TEXT];
};

struct gs_worker {
	pid_t pid;
	int pidfd;
	int socket;
	unsigned int patience_ms; /* what a receive waits; 0: for ever, as nothing was set yet */
	bool stuck;
	bool gone; /* dead and reaped */
};

static int compare_numbers(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* A stuck worker must not keep a terminal, a pipe or a bus of its parent. */
static void drop_descriptors(const struct gs_engine *engine, const struct gs_lock *lock, int socket)
{
	int keep[] = { engine->root_fd, socket, lock ? lock->fd : socket };
	int next = 0;

	qsort(keep, GS_ARRAY_SIZE(keep), sizeof(*keep), compare_numbers);
	for (size_t i = 0; i < GS_ARRAY_SIZE(keep); i++) {
		if (keep[i] > next)
			syscall(SYS_close_range, (unsigned int)next, (unsigned int)keep[i] - 1, 0);
		next = keep[i] + 1;
	}
	syscall(SYS_close_range, (unsigned int)next, ~0U, 0);
	/* The lowest free numbers: helpers that load modules expect 0, 1 and 2 to be open. */
	while ((next = open("/dev/null", O_RDWR)) >= 0 && next <= STDERR_FILENO)
		;
	if (next > STDERR_FILENO)
		close(next);
}

/* Signals are the parent's to handle: a job that was begun is ended. */
static void ignore_signals(void)
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE };
	sigset_t none;

	for (size_t i = 0; i < GS_ARRAY_SIZE(numbers); i++)
		signal(numbers[i], SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static ssize_t receive(int socket, void *message, size_t size)
{
	ssize_t n;

	do
		n = recv(socket, message, size, 0);
	while (n < 0 && errno == EINTR);
	return n;
}

static ssize_t deliver(int socket, const void *message, size_t size)
{
	ssize_t n;

	do
		n = send(socket, message, size, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Returns its length, or -ENAMETOOLONG. */
static int pack(struct message *message, enum gs_job_kind kind, const char *path, const char *data)
{
	size_t path_size = strlen(path) + 1, data_size = data ? strlen(data) + 1 : 1;

	if (path_size > GS_JOB_TEXT || data_size > GS_JOB_TEXT)
		return -ENAMETOOLONG;
	message->kind = kind;
	memcpy(message->texts, path, path_size);
	memcpy(message->texts + path_size, data ? data : "", data_size);
	return (int)(offsetof(struct message, texts) + path_size + data_size);
}

static bool receive_job(int socket, struct message *message, struct gs_job *ret)
{
	ssize_t size = receive(socket, message, sizeof(*message));

	if (size <= (ssize_t)offsetof(struct message, texts))
		return false;
	ret->kind = message->kind;
	ret->path = message->texts;
	ret->data = message->texts + strlen(message->texts) + 1;
	return true;
}

static bool send_answer(int socket, const struct gs_job_answer *answer)
{
	size_t size = offsetof(struct gs_job_answer, text) + strlen(answer->text) + 1;

	return deliver(socket, answer, size) == (ssize_t)size;
}

/* Until the parent closes its end or is gone. */
static void serve(struct gs_engine *engine, int socket)
{
	struct gs_job_state state = { .engine = engine };
	struct gs_job_answer answer;
	struct message message;
	struct gs_job job;

	while (receive_job(socket, &message, &job)) {
		answer.text[0] = '\0';
		answer.result = gs_job_run(&state, &job, &answer);
		if (!send_answer(socket, &answer))
			return;
	}
}

static void __attribute__((noreturn))
child_main(struct gs_engine *engine, const struct gs_lock *lock, int socket)
{
	setsid(); /* Ctrl-C is the parent's to handle */
	ignore_signals();
	drop_descriptors(engine, lock, socket);
	serve(engine, socket);
	_exit(0);
}

static int start(struct gs_engine *engine, const struct gs_lock *lock, struct gs_worker *worker)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	worker->pid = fork();
	if (worker->pid == 0)
		child_main(engine, lock, ends[1]);
	close(ends[1]);
	if (worker->pid < 0) {
		int r = -errno;

		close(ends[0]);
		return r;
	}
	worker->socket = ends[0];
	worker->pidfd = (int)syscall(SYS_pidfd_open, worker->pid, 0);
	if (worker->pidfd < 0) {
		int r = -errno;

		kill(worker->pid, SIGKILL);
		waitpid(worker->pid, NULL, 0);
		close(ends[0]);
		return r;
	}
	return 0;
}

int gs_worker_start(struct gs_engine *engine, const struct gs_lock *lock, struct gs_worker **ret)
{
	gs_cleanup_free struct gs_worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (!worker)
		return -ENOMEM;
	r = start(engine, lock, worker);
	if (r < 0)
		return r;
	/* Only who has to take over needs the name. */
	if (lock)
		(void)!gs_lock_name_worker(engine, lock, worker->pid, NULL);
	*ret = gs_steal(worker);
	return 0;
}

static bool dies_within(struct gs_worker *worker, int timeout_ms)
{
	struct pollfd event = { .fd = worker->pidfd, .events = POLLIN };
	int r;

	do
		r = poll(&event, 1, timeout_ms);
	while (r < 0 && errno == EINTR);
	if (r != 1)
		return false;
	waitpid(worker->pid, NULL, 0);
	worker->gone = true;
	return true;
}

static int give_up(struct gs_worker *worker, int r)
{
	kill(-worker->pid, SIGKILL); /* what it runs to load a module, too */
	kill(worker->pid, SIGKILL);
	worker->stuck = !dies_within(worker, KILL_WAIT_MS);
	return r;
}

/* As long as a receive may wait; it is the same for most jobs. No time at all is 1 ms: 0 would be for ever. */
static int set_patience(struct gs_worker *worker, unsigned int timeout_ms)
{
	struct timeval patience;

	if (timeout_ms == 0)
		timeout_ms = 1;
	if (worker->patience_ms == timeout_ms)
		return 0;
	patience = (struct timeval){ .tv_sec = timeout_ms / 1000,
				     .tv_usec = timeout_ms % 1000 * 1000 };
	if (setsockopt(worker->socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		return -errno;
	worker->patience_ms = timeout_ms;
	return 0;
}

/* Returns how long it is, 0 when the worker is gone, or -errno; a signal is no reason to begin anew. */
static ssize_t receive_answer(struct gs_worker *worker, struct gs_job_answer *answer,
			      unsigned int timeout_ms)
{
	uint64_t deadline = gs_now_us() + (uint64_t)timeout_ms * 1000;

	for (;;) {
		uint64_t now;
		ssize_t n;
		int r = set_patience(worker, timeout_ms);

		if (r < 0)
			return r;
		n = recv(worker->socket, answer, sizeof(*answer), 0);
		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			return -ETIMEDOUT;
		now = gs_now_us();
		if (errno != EINTR || now >= deadline)
			return errno == EINTR ? -ETIMEDOUT : -errno;
		timeout_ms = (unsigned int)((deadline - now + 999) / 1000);
	}
}

int gs_worker_do(struct gs_worker *worker, enum gs_job_kind kind, const char *path,
		 const char *data, unsigned int timeout_ms, char answer[GS_JOB_TEXT])
{
	struct gs_job_answer got;
	struct message message;
	ssize_t n;
	int r;

	if (worker->gone || worker->stuck)
		return -ECHILD;
	r = pack(&message, kind, path, data);
	if (r < 0)
		return r;
	if (deliver(worker->socket, &message, (size_t)r) < 0)
		return give_up(worker, -ECHILD);
	n = receive_answer(worker, &got, timeout_ms);
	if (n == -ETIMEDOUT)
		return give_up(worker, -ETIMEDOUT);
	if (n <= (ssize_t)offsetof(struct gs_job_answer, text))
		return give_up(worker, -ECHILD);
	if (answer)
		strcpy(answer, got.text);
	return got.result;
}

pid_t gs_worker_pid(const struct gs_worker *worker)
{
	return worker->pid;
}

int gs_worker_stuck(const struct gs_worker *worker)
{
	return worker->stuck ? worker->pid : 0;
}

bool gs_worker_gone(const struct gs_worker *worker)
{
	return worker->gone;
}

void gs_worker_stop(struct gs_worker *worker)
{
	if (!worker)
		return;
	close(worker->socket);
	if (!worker->gone && !worker->stuck)
		dies_within(worker, -1);
	close(worker->pidfd);
	free(worker);
}
