// SPDX-License-Identifier: GPL-2.0-or-later
/* The expendable child: what it does, that it is given up in time, and what it does not keep. */
#include "fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "worker.h"

/* A process that does not die, as one that hangs in the kernel: kill() is wrapped. */
static bool immortal;

int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);

int __wrap_kill(pid_t pid, int number)
{
	return immortal && number == SIGKILL ? 0 : __real_kill(pid, number);
}

static struct gs_worker *start(struct fixture *fixture)
{
	struct gs_worker *worker;

	assert_int_equal(gs_worker_start(fixture_engine(fixture), NULL, &worker), 0);
	return worker;
}

static void files_are_written_and_read(void **state)
{
	struct fixture *fixture = *state;
	struct gs_worker *worker = start(fixture);
	char answer[GS_JOB_TEXT], long_text[GS_JOB_TEXT + 1];
	char *text;

	tree_write(fixture->tree, "sys/file", "%s", "");
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/file", "vfio-pci\n", 5000, NULL),
			 0);
	text = tree_read(fixture->tree, "sys/file");
	assert_string_equal(text, "vfio-pci\n");
	free(text);
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ, "sys/file", NULL, 5000, answer), 0);
	assert_string_equal(answer, "vfio-pci");
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/none", "x", 5000, NULL), -ENOENT);
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ, "sys/none", NULL, 5000, answer),
			 -ENOENT);

	/* As long as it may be, and one byte more. */
	memset(long_text, 'x', sizeof(long_text));
	long_text[GS_JOB_TEXT - 1] = '\0';
	tree_write(fixture->tree, "sys/file", "%s", "");
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/file", long_text, 5000, NULL), 0);
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ, "sys/file", NULL, 5000, answer), 0);
	assert_string_equal(answer, long_text);
	long_text[GS_JOB_TEXT - 1] = 'x';
	long_text[GS_JOB_TEXT] = '\0';
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/file", long_text, 5000, NULL),
			 -ENAMETOOLONG);
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, long_text, "x", 5000, NULL),
			 -ENAMETOOLONG);
	tree_write(fixture->tree, "sys/file", "%s", long_text);
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ, "sys/file", NULL, 5000, answer), -EFBIG);
	gs_worker_stop(worker);
}

static void config_space_answers(void **state)
{
	struct fixture *fixture = *state;
	struct gs_worker *worker = start(fixture);

	tree_write_bytes(fixture->tree, "sys/config", "\xde\x10\x00", 3);
	assert_int_equal(gs_worker_do(worker, GS_JOB_ANSWERS, "sys/config", NULL, 5000, NULL), 0);
	tree_write_bytes(fixture->tree, "sys/config", "\xff\xff\xff", 3);
	assert_int_equal(gs_worker_do(worker, GS_JOB_ANSWERS, "sys/config", NULL, 5000, NULL),
			 -ENXIO);
	tree_write_bytes(fixture->tree, "sys/config", "\xde", 1);
	assert_int_equal(gs_worker_do(worker, GS_JOB_ANSWERS, "sys/config", NULL, 5000, NULL),
			 -EIO);
	assert_int_equal(gs_worker_do(worker, GS_JOB_ANSWERS, "sys/none", NULL, 5000, NULL),
			 -ENOENT);
	gs_worker_stop(worker);
}

static void modules_that_are_there_need_no_loading(void **state)
{
	struct fixture *fixture = *state;
	struct gs_worker *worker = start(fixture);

	tree_write(fixture->tree, "sys/module/vfio_pci/initstate", "live\n");
	tree_folder(fixture->tree, "sys/module/built_in");
	tree_write(fixture->tree, "sys/module/late/initstate", "coming\n");
	assert_int_equal(gs_worker_do(worker, GS_JOB_LOAD_MODULE, "vfio-pci", NULL, 5000, NULL), 0);
	assert_int_equal(gs_worker_do(worker, GS_JOB_LOAD_MODULE, "built_in", NULL, 5000, NULL), 0);
	/* Another tree is no place to load modules from. */
	assert_int_equal(gs_worker_do(worker, GS_JOB_LOAD_MODULE, "late", NULL, 5000, NULL),
			 -EPERM);
	assert_int_equal(gs_worker_do(worker, GS_JOB_LOAD_MODULE, "none", "more", 5000, NULL),
			 -EPERM);
	gs_worker_stop(worker);
}

/* A FIFO that is full and not read: the write blocks until it is killed. */
static int block(struct fixture *fixture, const char *name)
{
	char path[256], bytes[4096] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%s", tree_root(fixture->tree), name);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	assert_true(fd >= 0);
	while (write(fd, bytes, sizeof(bytes)) > 0)
		;
	return fd;
}

static void a_write_that_blocks_is_given_up(void **state)
{
	struct fixture *fixture = *state;
	struct gs_worker *worker = start(fixture);
	int fd = block(fixture, "sys/full");
	uint64_t begin = gs_now_us();

	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/full", "x", 200, NULL),
			 -ETIMEDOUT);
	assert_true(gs_now_us() - begin >= 190000);
	assert_int_equal(gs_worker_stuck(worker), 0);
	assert_true(gs_worker_gone(worker));
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ, "sys/full", NULL, 200, NULL), -ECHILD);
	gs_worker_stop(worker);
	close(fd);
}

/* As the first thing that it is asked: a receive without a limit would wait for ever. */
static void no_time_at_all_ends_too(void **state)
{
	struct fixture *fixture = *state;
	struct gs_worker *worker = start(fixture);
	int fd = block(fixture, "sys/full");

	alarm(60);
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/full", "x", 0, NULL), -ETIMEDOUT);
	alarm(0);
	gs_worker_stop(worker);
	close(fd);
}

static void one_that_does_not_die_is_stuck(void **state)
{
	struct fixture *fixture = *state;
	struct gs_worker *worker = start(fixture);
	int fd = block(fixture, "sys/full");
	int pid;

	immortal = true;
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/full", "x", 100, NULL),
			 -ETIMEDOUT);
	immortal = false;
	pid = gs_worker_stuck(worker);
	assert_true(pid > 0);
	assert_false(gs_worker_gone(worker));
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ, "sys/full", NULL, 200, NULL), -ECHILD);
	gs_worker_stop(worker); /* does not wait for it */
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(fd);
}

static int child_of_us(void)
{
	char path[64], text[64] = "";
	FILE *children;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getpid(), getpid());
	children = fopen(path, "re");
	if (!children)
		return 0;
	(void)!fgets(text, sizeof(text), children);
	fclose(children);
	return atoi(text);
}

static void one_that_was_killed_is_noticed(void **state)
{
	struct gs_worker *worker = start(*state);
	int pid = child_of_us();

	if (pid <= 0)
		skip();
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ, "sys/file", NULL, 5000, NULL), -ECHILD);
	assert_true(gs_worker_gone(worker));
	gs_worker_stop(worker);
}

static void signals_of_a_terminal_do_not_end_it(void **state)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	struct fixture *fixture = *state;
	struct gs_worker *worker = start(fixture);
	int pid = child_of_us();

	if (pid <= 0)
		skip();
	tree_write(fixture->tree, "sys/file", "%s", "");
	/* It has begun when it answers. */
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/file", "x", 5000, NULL), 0);
	assert_int_equal(getsid(pid), pid);
	for (size_t i = 0; i < GS_ARRAY_SIZE(numbers); i++)
		assert_int_equal(kill(pid, numbers[i]), 0);
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/file", "y", 5000, NULL), 0);
	gs_worker_stop(worker);
}

/* Whoever reads our output must not wait for a worker that hangs. */
static void it_keeps_no_pipe_of_its_parent(void **state)
{
	struct fixture *fixture = *state;
	struct pollfd event = { .events = POLLIN };
	struct gs_worker *worker;
	int ends[2], saved = dup(STDOUT_FILENO);

	assert_int_equal(pipe2(ends, 0), 0);
	fflush(stdout);
	assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
	worker = start(fixture);
	assert_true(dup2(saved, STDOUT_FILENO) >= 0);
	close(saved);
	close(ends[1]);
	tree_write(fixture->tree, "sys/file", "%s", "");
	assert_int_equal(gs_worker_do(worker, GS_JOB_WRITE, "sys/file", "x", 5000, NULL), 0);
	/* All writing ends are closed while the worker lives. */
	event.fd = ends[0];
	assert_int_equal(poll(&event, 1, 5000), 1);
	assert_true(event.revents & POLLHUP);
	gs_worker_stop(worker);
	close(ends[0]);
}

static void it_keeps_the_lock(void **state)
{
	struct fixture *fixture = *state;
	struct gs_lock lock;
	struct gs_worker *worker;
	char path[256];
	int fd;

	tree_write(fixture->tree, "run/lock", "%s", "");
	snprintf(path, sizeof(path), "%s/run/lock", tree_root(fixture->tree));
	lock.fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(lock.fd, LOCK_EX), 0);
	assert_int_equal(gs_worker_start(fixture_engine(fixture), &lock, &worker), 0);
	close(lock.fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	gs_worker_stop(worker);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
}

/* A lease tells how often a file is open: none is given while it is open for writing. */
static bool is_open(struct fixture *fixture, const char *name)
{
	char path[256];
	bool open_now;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", tree_root(fixture->tree), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	open_now = fcntl(fd, F_SETLEASE, F_RDLCK) < 0;
	close(fd);
	return open_now;
}

static void nodes_are_held_until_let_go(void **state)
{
	struct fixture *fixture = *state;
	struct gs_worker *worker = start(fixture);

	tree_write(fixture->tree, "dev/1", "%s", "");
	tree_write(fixture->tree, "dev/2", "%s", "");
	assert_int_equal(gs_worker_do(worker, GS_JOB_TRY_OPEN, "dev/1", NULL, 5000, NULL), 0);
	assert_false(is_open(fixture, "dev/1"));
	assert_int_equal(gs_worker_do(worker, GS_JOB_HOLD_OPEN, "dev/none", NULL, 5000, NULL),
			 -ENOENT);
	assert_int_equal(gs_worker_do(worker, GS_JOB_HOLD_OPEN, "dev/1", NULL, 5000, NULL), 0);
	assert_int_equal(gs_worker_do(worker, GS_JOB_HOLD_OPEN, "dev/1", NULL, 5000, NULL), 0);
	assert_int_equal(gs_worker_do(worker, GS_JOB_HOLD_OPEN, "dev/2", NULL, 5000, NULL), 0);
	assert_true(is_open(fixture, "dev/1") && is_open(fixture, "dev/2"));
	assert_int_equal(gs_worker_do(worker, GS_JOB_LET_GO, "dev/1", NULL, 5000, NULL), 0);
	assert_true(!is_open(fixture, "dev/1") && is_open(fixture, "dev/2"));
	assert_int_equal(gs_worker_do(worker, GS_JOB_HOLD_OPEN, "dev/1", NULL, 5000, NULL), 0);
	assert_int_equal(gs_worker_do(worker, GS_JOB_LET_GO, "", NULL, 5000, NULL), 0);
	assert_true(!is_open(fixture, "dev/1") && !is_open(fixture, "dev/2"));
	gs_worker_stop(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(files_are_written_and_read),
		fixture_test(config_space_answers),
		fixture_test(modules_that_are_there_need_no_loading),
		fixture_test(a_write_that_blocks_is_given_up),
		fixture_test(no_time_at_all_ends_too),
		fixture_test(one_that_does_not_die_is_stuck),
		fixture_test(one_that_was_killed_is_noticed),
		fixture_test(signals_of_a_terminal_do_not_end_it),
		fixture_test(it_keeps_no_pipe_of_its_parent),
		fixture_test(it_keeps_the_lock),
		fixture_test(nodes_are_held_until_let_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
