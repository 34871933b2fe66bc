// SPDX-License-Identifier: GPL-2.0-or-later
/* Who gets the lock: after a live holder, a dead one, and a dead one whose last write still runs.
 */
#include "fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "execute.h"
#include "lock.h"

#define LOCK "run/gpushift/lock"

static void write_stat(struct fixture *fixture, int pid, char run_state, unsigned int start)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	tree_write(fixture->tree, path,
		   "%d (a (b) c) %c 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %u 0\n", pid, run_state,
		   start);
}

static struct gs_engine *engine_of(struct fixture *fixture)
{
	write_stat(fixture, getpid(), 'S', 1000);
	return fixture_engine(fixture);
}

/* A process that holds the lock until @fd of its reader is closed; the text is what it signed with.
 */
static pid_t hold(struct fixture *fixture, const char *text, int *ret_release)
{
	char path[256], ready;
	int told[2], release[2];
	pid_t pid;

	tree_write(fixture->tree, LOCK, "%s", text);
	snprintf(path, sizeof(path), "%s/" LOCK, tree_root(fixture->tree));
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	assert_int_equal(pipe2(release, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		int fd = open(path, O_RDWR | O_CLOEXEC);

		close(release[1]);
		if (flock(fd, LOCK_EX) < 0 || write(told[1], "x", 1) != 1)
			_exit(1);
		(void)!read(release[0], &ready, 1);
		_exit(0);
	}
	close(release[0]);
	close(told[1]);
	assert_int_equal(read(told[0], &ready, 1), 1);
	close(told[0]);
	*ret_release = release[1];
	return pid;
}

static void let_go(pid_t pid, int release)
{
	close(release);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void taken_and_released(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	char path[256], expected[64];
	struct gs_lock *lock, *other;
	struct stat st;
	char *text;

	if (geteuid() != 0)
		skip();
	assert_int_equal(gs_lock_take(engine, 0, &lock), 0);
	snprintf(path, sizeof(path), "%s/" LOCK, tree_root(fixture->tree));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(path, sizeof(path), "%s/run/gpushift", tree_root(fixture->tree));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	text = tree_read(fixture->tree, LOCK);
	snprintf(expected, sizeof(expected), "%d 1000\n", getpid());
	assert_string_equal(text, expected);
	free(text);
	assert_int_equal(gs_lock_take(engine, 5000, &other), -EBUSY);
	gs_lock_release(lock);
	assert_int_equal(gs_lock_take(engine, 0, &lock), 0);
	gs_lock_release(lock);
	gs_lock_release(NULL);
}

static void only_root_may(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_lock *lock;

	fixture_drop_root(fixture);
	assert_int_equal(gs_lock_take(engine, 0, &lock), -EPERM);
	fixture_regain_root();
}

static int take_at_once(struct gs_engine *engine, unsigned int timeout_ms, uint64_t *ret_ms)
{
	uint64_t start = gs_now_us();
	struct gs_lock *lock;
	int r = gs_lock_take(engine, timeout_ms, &lock);

	*ret_ms = (gs_now_us() - start) / 1000;
	if (r == 0)
		gs_lock_release(lock);
	return r;
}

static void a_live_holder_is_not_waited_for(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	int release;
	uint64_t ms;
	pid_t pid;

	write_stat(fixture, 77, 'S', 500);
	pid = hold(fixture, "77 500\n", &release);
	assert_int_equal(take_at_once(engine, 60000, &ms), -EBUSY);
	assert_true(ms < 5000);
	let_go(pid, release);
	assert_int_equal(take_at_once(engine, 0, &ms), 0);
}

/* It has the lock and comes to signing in a moment. */
static void a_holder_without_a_name_counts_as_live(void **state)
{
	static const char *const texts[] = { "", "x", "77" };
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	uint64_t ms;

	for (size_t i = 0; i < GS_ARRAY_SIZE(texts); i++) {
		int release;
		pid_t pid = hold(fixture, texts[i], &release);

		assert_int_equal(take_at_once(engine, 60000, &ms), -EBUSY);
		let_go(pid, release);
	}
}

/* Gone; another process with its pid; and one that only waits to be reaped. */
static void the_last_write_of_a_dead_holder_is_waited_for(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	uint64_t ms;

	write_stat(fixture, 78, 'S', 501);
	write_stat(fixture, 79, 'Z', 500);
	for (int holder = 77; holder <= 79; holder++) {
		char text[32];
		int release;
		pid_t pid;

		snprintf(text, sizeof(text), "%d 500\n", holder);
		pid = hold(fixture, text, &release);
		assert_int_equal(take_at_once(engine, 300, &ms), -ETIMEDOUT);
		assert_true(ms >= 290);
		let_go(pid, release);
		assert_int_equal(take_at_once(engine, 0, &ms), 0);
	}
}

static void the_end_of_the_last_write_gives_the_lock(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_lock *lock, *other;
	int release;
	pid_t orphan = hold(fixture, "77 500\n", &release);
	pid_t helper = fork();

	if (helper == 0) {
		struct pollfd nothing = { .fd = -1 };

		poll(&nothing, 1, 300);
		kill(orphan, SIGKILL);
		_exit(0);
	}
	assert_int_equal(gs_lock_take(engine, 60000, &lock), 0);
	/* It is really ours, and stays so. */
	assert_int_equal(gs_lock_take(engine, 1000, &other), -EBUSY);
	gs_lock_release(lock);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
	let_go(orphan, release);
}

/* While we wait for a dead holder's write, somebody alive gets the lock before us. */
static void a_live_one_that_comes_first_ends_the_wait(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	uint64_t ms;
	int release;
	pid_t pid = hold(fixture, "77 500\n", &release), helper = fork();

	if (helper == 0) {
		struct pollfd nothing = { .fd = -1 };
		char path[256];
		int fd;

		poll(&nothing, 1, 300);
		snprintf(path, sizeof(path), "%s/" LOCK, tree_root(fixture->tree));
		write_stat(fixture, 88, 'S', 600);
		fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
		_exit(fd < 0 || write(fd, "88 600\n", 7) != 7);
	}
	assert_int_equal(take_at_once(engine, 60000, &ms), -EBUSY);
	assert_true(ms < 10000);
	assert_int_equal(waitpid(helper, NULL, 0), helper);
	let_go(pid, release);
}

static void a_lock_opened_up_is_free_although_a_worker_keeps_it(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_lock *lock, *other;
	int stuck[2];
	pid_t pid;

	assert_int_equal(gs_lock_take(engine, 0, &lock), 0);
	assert_int_equal(pipe2(stuck, 0), 0);
	pid = fork(); /* it has the lock's descriptor, as a worker does */
	if (pid == 0) {
		char c;

		close(stuck[1]);
		(void)!read(stuck[0], &c, 1);
		_exit(0);
	}
	close(stuck[0]);
	gs_lock_open_up(lock);
	assert_int_equal(gs_lock_take(engine, 0, &other), 0);
	gs_lock_release(other);
	gs_lock_release(lock);
	close(stuck[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A worker that its dead holder named, and that dies when it is told to. */
static void a_worker_that_dies_is_not_waited_for_twice(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_lock *lock;
	char text[64];
	int release;
	pid_t pid = hold(fixture, "77 500\n", &release);

	write_stat(fixture, pid, 'S', 900);
	snprintf(text, sizeof(text), "77 500\n%d 900 3\n", pid);
	tree_write(fixture->tree, LOCK, "%s", text);
	assert_int_equal(gs_lock_take(engine, 100, &lock), 0);
	gs_lock_release(lock);
	let_go(pid, release);
}

/* Its pid has been given to somebody else since: that one is left alone. */
static void a_worker_of_another_start_is_not_killed(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_lock *lock;
	char text[64];
	int release;
	pid_t pid = hold(fixture, "77 500\n", &release);

	write_stat(fixture, pid, 'S', 901);
	snprintf(text, sizeof(text), "77 500\n%d 900 3\n", pid);
	tree_write(fixture->tree, LOCK, "%s", text);
	assert_true(gs_lock_take(engine, 100, &lock) < 0);
	assert_int_equal(kill(pid, 0), 0);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
	let_go(pid, release);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

/* One that does not know how to signal a group by a pidfd. */
static bool old_kernel;

long __wrap_syscall(long number, ...)
{
	long values[6];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		values[i] = va_arg(arguments, long);
	va_end(arguments);
	if (old_kernel && number == SYS_pidfd_send_signal && values[3] != 0) {
		errno = EINVAL;
		return -1;
	}
	return __real_syscall(number, values[0], values[1], values[2], values[3], values[4],
			      values[5]);
}

static void __attribute__((noreturn)) wait_for_ever(void)
{
	for (;;)
		pause();
}

/* A worker that has the lock and runs a program, in the group that it leads or in the program's own. */
static void __attribute__((noreturn))
run_program(struct fixture *fixture, bool leads, int told)
{
	char path[256];
	pid_t program;
	int fd;

	/* Without the lock: a worker's programs are not given it. */
	program = !leads || setsid() > 0 ? fork() : -1;
	if (program == 0)
		wait_for_ever();
	snprintf(path, sizeof(path), "%s/" LOCK, tree_root(fixture->tree));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (program < 0 || fd < 0 || flock(fd, LOCK_EX) < 0)
		_exit(1);
	if (!leads && (setpgid(program, program) < 0 || setpgid(0, program) < 0))
		_exit(1);
	if (write(told, &program, sizeof(program)) != sizeof(program))
		_exit(1);
	wait_for_ever();
}

/* Takes the lock over from such a worker. Returns the program, which is this process's now. */
static pid_t take_from_program(struct fixture *fixture, bool leads)
{
	struct gs_engine *engine = engine_of(fixture);
	struct gs_lock *lock;
	pid_t worker, program;
	int told[2];

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	tree_write(fixture->tree, LOCK, "%s", "");
	assert_int_equal(pipe2(told, O_CLOEXEC), 0);
	worker = fork();
	if (worker == 0)
		run_program(fixture, leads, told[1]);
	close(told[1]);
	assert_int_equal(read(told[0], &program, sizeof(program)), sizeof(program));
	close(told[0]);
	write_stat(fixture, worker, 'S', 900);
	tree_write(fixture->tree, LOCK, "77 500\n%d 900 3\n", worker);
	assert_int_equal(gs_lock_take(engine, 100, &lock), 0);
	gs_lock_release(lock);
	assert_int_equal(waitpid(worker, NULL, 0), worker);
	return program;
}

static void what_a_worker_runs_is_ended_with_it(void **state)
{
	for (int i = 0; i < 2; i++) {
		pid_t program;
		int status;

		old_kernel = i == 1;
		program = take_from_program(*state, true);
		alarm(30); /* ends this test when nobody killed it */
		assert_int_equal(waitpid(program, &status, 0), program);
		alarm(0);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	old_kernel = false;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

/* A group that the worker is in and does not lead is somebody else's. */
static void a_group_of_others_is_left_alone(void **state)
{
	for (int i = 0; i < 2; i++) {
		pid_t program;

		old_kernel = i == 1;
		program = take_from_program(*state, false);
		assert_int_equal(waitpid(program, NULL, WNOHANG), 0);
		assert_int_equal(kill(program, SIGKILL), 0);
		assert_int_equal(waitpid(program, NULL, 0), program);
	}
	old_kernel = false;
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void a_holder_names_its_worker(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_lock_text text;
	struct gs_lock *lock;

	write_stat(fixture, 4711, 'S', 2000);
	assert_int_equal(gs_lock_take(engine, 0, &lock), 0);
	gs_lock_read(lock->fd, &text);
	assert_int_equal(text.fields, 2);
	assert_int_equal(gs_lock_name_worker(engine, lock, 4711, NULL), 0);
	gs_lock_read(lock->fd, &text);
	assert_int_equal(text.fields, 5);
	assert_int_equal(text.holder.pid, getpid());
	assert_int_equal(text.worker.pid, 4711);
	assert_int_equal(text.worker.start, 2000);
	assert_int_equal(text.worker_fd, lock->fd);
	gs_lock_release(lock);
	/* The next holder has none yet. */
	assert_int_equal(gs_lock_take(engine, 0, &lock), 0);
	gs_lock_read(lock->fd, &text);
	assert_int_equal(text.fields, 2);
	gs_lock_release(lock);
}

static void processes(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = engine_of(fixture);
	struct gs_process process;

	assert_int_equal(gs_process_self(engine, &process), 0);
	assert_int_equal(process.pid, getpid());
	assert_int_equal(process.start, 1000);
	assert_true(gs_process_alive(engine, &process));
	process.start++;
	assert_false(gs_process_alive(engine, &process));
	assert_int_equal(gs_process_of(engine, 4242, &process), -ENOENT);
	tree_write(fixture->tree, "proc/4242/stat", "4242 (x) S 1\n");
	assert_int_equal(gs_process_of(engine, 4242, &process), -EBADMSG);
	tree_write(fixture->tree, "proc/4242/stat", "nonsense");
	assert_int_equal(gs_process_of(engine, 4242, &process), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(taken_and_released),
		fixture_test(only_root_may),
		fixture_test(a_live_holder_is_not_waited_for),
		fixture_test(a_holder_without_a_name_counts_as_live),
		fixture_test(the_last_write_of_a_dead_holder_is_waited_for),
		fixture_test(the_end_of_the_last_write_gives_the_lock),
		fixture_test(a_live_one_that_comes_first_ends_the_wait),
		fixture_test(a_lock_opened_up_is_free_although_a_worker_keeps_it),
		fixture_test(a_worker_that_dies_is_not_waited_for_twice),
		fixture_test(a_worker_of_another_start_is_not_killed),
		fixture_test(what_a_worker_runs_is_ended_with_it),
		fixture_test(a_group_of_others_is_left_alone),
		fixture_test(a_holder_names_its_worker),
		fixture_test(processes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
