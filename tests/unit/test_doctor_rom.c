// SPDX-License-Identifier: GPL-2.0-or-later
/* A ROM whose read does not come back from the kernel: its card is left alone, the others go on. */
#include "fixture.h"

#include <signal.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"
#include "execute.h"
#include "quarantine.h"
#include "worker.h"

#define GPU "0000:01:00.0"
#define OTHER "0000:02:00.0"
#define READS (GS_READ_ALL | GS_READ_HOLDERS | GS_READ_DRIVERS)

/* ---- a worker that hangs in the kernel: it comes back from no write, and no signal ends it ---- */

static struct tree *tree_of_test;
static bool immortal;
static pid_t worker_pid;

int __real_kill(pid_t pid, int number);
int __wrap_kill(pid_t pid, int number);
ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t at);
ssize_t __real_pwrite(int fd, const void *bytes, size_t length, off_t at);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
int __real_gs_worker_start(struct gs_engine *engine, const struct gs_lock *lock,
			   struct gs_worker **ret);
int __wrap_gs_worker_start(struct gs_engine *engine, const struct gs_lock *lock,
			   struct gs_worker **ret);
int __real_gs_worker_do(struct gs_worker *worker, enum gs_job_kind kind, const char *path,
			const char *data, unsigned int timeout_ms, char answer[GS_JOB_TEXT]);
int __wrap_gs_worker_do(struct gs_worker *worker, enum gs_job_kind kind, const char *path,
			const char *data, unsigned int timeout_ms, char answer[GS_JOB_TEXT]);

int __wrap_kill(pid_t pid, int number)
{
	bool its_own = worker_pid && (pid == worker_pid || pid == -worker_pid);

	return immortal && its_own && number == SIGKILL ? 0 : __real_kill(pid, number);
}

ssize_t __wrap_pwrite(int fd, const void *bytes, size_t length, off_t at)
{
	/* What shows a ROM; the lock's file is written so as well. */
	while (length == 1)
		pause();
	return __real_pwrite(fd, bytes, length, at);
}

long __wrap_syscall(long number, ...)
{
	long values[6];
	va_list arguments;

	va_start(arguments, number);
	for (int i = 0; i < 6; i++)
		values[i] = va_arg(arguments, long);
	va_end(arguments);
	if (immortal && number == SYS_pidfd_send_signal)
		return 0;
	return __real_syscall(number, values[0], values[1], values[2], values[3], values[4],
			      values[5]);
}

static void write_process(int pid, unsigned int start)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	tree_write(tree_of_test, path,
		   "%d (x) D 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %u 0\n", pid, start);
}

int __wrap_gs_worker_start(struct gs_engine *engine, const struct gs_lock *lock,
			   struct gs_worker **ret)
{
	int r = __real_gs_worker_start(engine, lock, ret);

	if (r < 0)
		return r;
	worker_pid = gs_worker_pid(*ret);
	write_process(worker_pid, 2000);
	return 0;
}

/* Nobody has twenty seconds. */
int __wrap_gs_worker_do(struct gs_worker *worker, enum gs_job_kind kind, const char *path,
			const char *data, unsigned int timeout_ms, char answer[GS_JOB_TEXT])
{
	bool rom = kind == GS_JOB_READ_ROM;

	return __real_gs_worker_do(worker, kind, path, data, rom ? 100 : timeout_ms, answer);
}

/* ---- the host ---- */

/* Two cards without a driver, awake, with a ROM each. */
static struct gs_engine *build(struct fixture *fixture)
{
	static const char *const addresses[] = { GPU, OTHER };
	struct gs_engine *engine;

	tree_of_test = fixture->tree;
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id",
		   "11111111-2222-3333-4444-555555555555\n");
	for (unsigned int i = 0; i < 2; i++) {
		struct tree_function *function =
			tree_function(fixture->tree, NULL, addresses[i], 0x030000);

		tree_group(tree_ids(function, 0x10de, 0x1b38), i + 1);
		tree_attribute(function, "power_state", "D0\n");
		tree_attribute(function, "rom", "");
	}
	write_process(getpid(), 1000);
	engine = fixture_engine(fixture);
	engine->foreign_root = false;
	engine->use_module = false;
	return engine;
}

static void examine(struct fixture *fixture, struct gs_lock *lock, struct gs_doctor *ret)
{
	*ret = (struct gs_doctor){ .engine = fixture->engine, .rom = true, .lock = lock };
	ret->host = fixture_read(fixture, READS);
	assert_int_equal(gs_doctor_run(ret, "rom"), 0);
}

/* Where it hangs, only this test can end it. */
static void end_worker(struct gs_process *stuck)
{
	immortal = false;
	assert_int_equal(kill(stuck->pid, SIGKILL), 0);
	waitpid(stuck->pid, NULL, 0);
}

static void its_card_is_quarantined_and_the_lock_is_free(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = build(fixture);
	struct gs_lock *lock, *other;
	struct gs_process stuck;
	struct gs_doctor doctor;
	char *reason;

	assert_int_equal(gs_lock_take(engine, 0, &lock), 0);
	immortal = true;
	examine(fixture, lock, &doctor);
	assert_int_equal(doctor.n_findings, 2);
	assert_int_equal(doctor.findings[0].verdict, GS_PROBLEM);
	assert_non_null(strstr(doctor.findings[0].evidence[0], "does not come back"));
	assert_int_equal(gs_strv_count(doctor.findings[0].evidence), 1);
	assert_non_null(doctor.findings[0].fix);
	/* The lock is not ours any more: nothing else is read. */
	assert_int_equal(doctor.findings[1].verdict, GS_CANNOT_TELL);
	assert_non_null(strstr(doctor.findings[1].evidence[0], "another card's ROM"));
	gs_doctor_clear(&doctor);

	assert_true(gs_quarantine_stuck(engine, GPU, &stuck));
	assert_int_equal(gs_quarantine_read(engine, OTHER, &reason), 0);
	assert_null(reason);
	assert_int_equal(gs_lock_take(engine, 0, &other), 0);
	gs_lock_release(other);
	gs_lock_release(lock);
	end_worker(&stuck);
}

static void without_a_quarantine_the_lock_stays(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = build(fixture);
	struct gs_lock_text text;
	struct gs_lock *lock, *other;
	struct gs_doctor doctor;

	tree_write(fixture->tree, "var/lib/gpushift/quarantine", "no folder");
	assert_int_equal(gs_lock_take(engine, 0, &lock), 0);
	immortal = true;
	examine(fixture, lock, &doctor);
	assert_non_null(strstr(doctor.findings[0].evidence[1], "cannot be quarantined"));
	gs_doctor_clear(&doctor);
	assert_int_equal(gs_lock_take(engine, 0, &other), -EBUSY);
	gs_lock_read(lock->fd, &text);
	gs_lock_release(lock);
	end_worker(&text.worker);
}

/* Killed while it waits: whoever comes next has only the lock's file to know the card by. */
static void a_killed_doctor_leaves_its_name(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = build(fixture);
	struct gs_process stuck;
	struct gs_lock *lock;
	char path[64];
	pid_t pid;

	immortal = true;
	pid = fork();
	if (pid == 0) {
		struct gs_doctor doctor;

		write_process(getpid(), 1500);
		tree_write(fixture->tree, "var/lib/gpushift/quarantine", "no folder");
		assert_int_equal(gs_lock_take(engine, 0, &lock), 0);
		examine(fixture, lock, &doctor);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	snprintf(path, sizeof(path), "proc/%d", pid);
	tree_remove(fixture->tree, path);
	tree_remove(fixture->tree, "var/lib/gpushift/quarantine");
	assert_int_equal(gs_lock_take(engine, 100, &lock), 0);
	assert_true(gs_quarantine_stuck(engine, GPU, &stuck));
	gs_lock_release(lock);
	end_worker(&stuck);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(its_card_is_quarantined_and_the_lock_is_free),
		fixture_test(without_a_quarantine_the_lock_stays),
		fixture_test(a_killed_doctor_leaves_its_name),
	};

	return cmocka_run_group_tests_name("doctor_rom", tests, NULL, NULL);
}
