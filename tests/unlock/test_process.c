// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a process can be in the middle of: threads, forks, signals, no free
 * descriptors. TEST_INACTIVE says that the library is to do nothing here.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

#define START 0x00000c01u

static void mode(struct call *call, int changed)
{
	call_begin(call, 0x00800289, 4);
	if (changed)
		call_put32(call, 0, 3);
}

static int frl_is(uint32_t type, uint32_t frl)
{
	struct call call;

	type_query(&call, type);
	call_put32(&call, FRL_CONFIG_OFFSET, frl);
	return call_make(&call, "the frame rate of a type");
}

static int tell_vm(unsigned int vm)
{
	struct call call;

	call_begin(&call, START, 0x420);
	memset(call.answer, 0, 16);
	/* Two decimal digits are enough. */
	call.answer[15] = (unsigned char)(vm / 10 << 4 | vm % 10);
	memcpy(call.expected, call.answer, 16);
	return call_make(&call, "what tells the VM");
}

static void nothing_is_done(void **state)
{
	struct call call;

	(void)state;
	write_overrides("[profile.nvidia-46]\nfrl_config = 1\n");
	write_file(config_path(), "unlock_migration = true\n");
	mode(&call, 0);
	expect_call(&call, "mode");
	type_query(&call, 46);
	expect_call(&call, "type");
	call_begin(&call, 0xa0810112, 1);
	expect_call(&call, "migration");
	call_begin(&call, 0xa0820104, 8);
	call.status = call.expected_status = 0x56;
	expect_call(&call, "status");
}

/* The argument of a request that is not RM control may be anything. */
static void other_requests_pass(void **state)
{
	static const unsigned long requests[] = { 0, 1, 0x5401, 0xc020462b, 0xc0204629, 0xc0284646,
						  0xc020472a, 0x4020462a, 0xc01046d4, ~0ul };

	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		*answer() = (struct answer){ .result = 17 };
		assert_int_equal(ioctl(42, requests[i], (void *)(uintptr_t)0xdead), 17);
		assert_int_equal(answer()->calls, 1);
		assert_int_equal(answer()->fd, 42);
		assert_true(answer()->request == requests[i]);
		assert_ptr_equal(answer()->argument, (void *)(uintptr_t)0xdead);
	}
	*answer() = (struct answer){ 0 };
	assert_int_equal(ioctl(1, RM_CONTROL, NULL), 0);
}

/* Another use of the long road. */
static void other_transfers_pass(void **state)
{
	struct {
		uint32_t cmd, size;
		uint64_t ptr;
	} transfer = { .cmd = 0x2b, .size = 32, .ptr = 0xdead };

	(void)state;
	/* The kernel knows no such request of this file. */
	answer()->kernel = true;
	assert_int_equal(ioctl(0, XFER, &transfer), -1);
	answer()->kernel = false;
}

static void failures_keep_errno(void **state)
{
	static const int errors[] = { EINTR, EAGAIN, ENOTTY, EBADF, EFAULT, EIO };
	uint32_t control[8] = { 0, 0, 0x00800289, 0, 0xdead, 0, 4, 0 };
	uint32_t before[8];

	(void)state;
	memcpy(before, control, sizeof(control));
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		*answer() = (struct answer){ .result = -1, .error = errors[i] };
		errno = 0;
		assert_int_equal(ioctl(3, RM_CONTROL, control), -1);
		assert_int_equal(errno, errors[i]);
		assert_memory_equal(control, before, sizeof(control));
		assert_int_equal(answer()->calls, 1);
	}
	/* A descriptor that is none, by the kernel itself. */
	*answer() = (struct answer){ .kernel = true };
	errno = 0;
	assert_int_equal(ioctl(-1, RM_CONTROL, control), -1);
	assert_int_equal(errno, EBADF);
}

static void a_process_without_descriptors(void **state)
{
	pid_t child;
	int status;

	(void)state;
	write_overrides("[profile.nvidia-46]\nfrl_config = 1\n");
	assert_true(frl_is(46, 1));
	child = fork();
	if (child == 0) {
		struct rlimit none = { 0, 0 };
		struct call call;
		int ok;

		/* What was read before is good; a change cannot be read, and nothing may crash. */
		for (int fd = 0; fd < 256; fd++)
			close(fd);
		ok = frl_is(46, 1);
		setrlimit(RLIMIT_NOFILE, &none);
		ok = ok && frl_is(46, 1);
		mode(&call, 1);
		ok = ok && call_make(&call, "mode");
		_exit(ok ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

#define THREADS 8
#define ROUNDS 400

static atomic_int go_on;

static void *be_a_vm(void *data)
{
	unsigned int vm = (unsigned int)(uintptr_t)data;

	for (int i = 0; i < ROUNDS; i++)
		if (!tell_vm(vm) || !frl_is(46, 1000 + vm))
			return data;
	return NULL;
}

static void *edit(void *data)
{
	while (atomic_load(&go_on)) {
		char other[4096];
		FILE *file;

		/* Always whole, with another comment. */
		snprintf(other, sizeof(other), "%s.new", overrides_path());
		file = fopen(other, "w");
		fprintf(file, "# %d\n", rand());
		for (int vm = 1; vm <= THREADS; vm++)
			fprintf(file, "[vm.%d]\nfrl_config = %d\n", vm, 1000 + vm);
		fclose(file);
		rename(other, overrides_path());
	}
	return data;
}

/* Until the file is there and was read: who asks while another thread reads it is told what it said before. */
static void wait_for_vm(unsigned int vm)
{
	time_t end = time(NULL) + 20;

	assert_true(tell_vm(vm));
	while (!frl_is(46, 1000 + vm))
		assert_true(time(NULL) < end);
}

/* Each thread is a VM's, and none ever gets another's, or none, while the file changes all the time. */
static void threads_do_not_mix(void **state)
{
	pthread_t threads[THREADS], editor;
	void *failed;

	(void)state;
	write_overrides("[profile.nvidia-46]\nfrl_config = 46\n");
	assert_true(frl_is(46, 46));
	unlink(overrides_path());
	atomic_store(&go_on, 0);
	edit(NULL);
	atomic_store(&go_on, 1);
	assert_int_equal(pthread_create(&editor, NULL, edit, NULL), 0);
	wait_for_vm(1);
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, be_a_vm, (void *)(i + 1)), 0);
	for (size_t i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	atomic_store(&go_on, 0);
	assert_int_equal(pthread_join(editor, NULL), 0);
}

static void *tell_17(void *data)
{
	return tell_vm(17) ? NULL : data;
}

static void *frl_of_17(void *data)
{
	return frl_is(46, 1017) ? NULL : data;
}

/* One thread is told of the VM, another asks for its type. */
static void threads_share_a_vm(void **state)
{
	pthread_t thread;
	void *failed;

	write_overrides("[vm.17]\nfrl_config = 1017\n");
	assert_int_equal(pthread_create(&thread, NULL, tell_17, state), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	assert_int_equal(pthread_create(&thread, NULL, frl_of_17, state), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
}

static int run_child(unsigned int vm)
{
	return frl_is(46, 1005) && tell_vm(vm) && frl_is(46, 1000 + vm);
}

/* A daemon forks for each VM: what was known before is known to the child, and no longer shared. */
static void forks_go_their_own_way(void **state)
{
	int status;

	(void)state;
	write_overrides("[vm.5]\nfrl_config = 1005\n[vm.6]\nfrl_config = 1006\n[vm.7]\nfrl_config = 1007\n");
	assert_true(tell_vm(5));
	for (unsigned int vm = 6; vm <= 7; vm++) {
		pid_t child = fork();

		if (child == 0)
			_exit(run_child(vm) ? 0 : 1);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_true(frl_is(46, 1005));
	}
}

/* Forked out of a process whose threads are in the middle of reading the file. */
static void forks_among_threads(void **state)
{
	pthread_t editor, readers[3];
	int status;

	(void)state;
	atomic_store(&go_on, 1);
	assert_int_equal(pthread_create(&editor, NULL, edit, NULL), 0);
	wait_for_vm(1);
	for (uintptr_t i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&readers[i], NULL, be_a_vm, (void *)(i + 1)), 0);
	for (int i = 0; i < 100; i++) {
		pid_t child = fork();

		if (child == 0) {
			alarm(20);
			_exit(tell_vm(4) && frl_is(46, 1004) ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
	}
	for (size_t i = 0; i < 3; i++)
		pthread_join(readers[i], NULL);
	atomic_store(&go_on, 0);
	pthread_join(editor, NULL);
}

static int reads;

static void count_read(void)
{
	reads++;
}

/* Not at each query; again once it changed. Right after a change it may be read more often: that may have been two. */
static void a_file_is_read_once(void **state)
{
	time_t end = time(NULL) + 20;

	(void)state;
	write_overrides("[profile.nvidia-46]\nfrl_config = 5\n");
	answer()->before_read = count_read;
	do {
		reads = 0;
		assert_true(time(NULL) < end);
		assert_true(frl_is(46, 5));
	} while (reads);
	for (int i = 0; i < 1000; i++)
		assert_true(frl_is(46, 5));
	assert_int_equal(reads, 0);
	write_overrides("[profile.nvidia-46]\nfrl_config = 6\n");
	assert_true(frl_is(46, 6));
	assert_true(reads > 0);
}

static volatile sig_atomic_t in_handler, bad_in_handler;

static void on_alarm(int number)
{
	struct answer saved = *answer();
	int error = errno;

	(void)number;
	*answer() = (struct answer){ 0 };
	if (!frl_is(46, 1001))
		bad_in_handler = 1;
	in_handler++;
	*answer() = saved;
	errno = error;
}

/* A handler makes a query while its own thread is in the middle of one. */
static void signals_do_not_lock(void **state)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	timer_t timer;
	struct itimerspec often = { { 0, 200000 }, { 0, 200000 } };
	int rounds = 0;

	(void)state;
	assert_true(tell_vm(1));
	write_overrides("[vm.1]\nfrl_config = 1001\n");
	assert_true(frl_is(46, 1001));
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &often, NULL), 0);
	while (in_handler < 300 && rounds++ < 100000)
		assert_true(frl_is(46, 1001));
	timer_delete(timer);
	assert_true(in_handler >= 300);
	assert_false(bad_in_handler);
}

/* Nobody who calls ioctl() has to expect to be ended in it. */
static void *ask_when_cancelled(void *data)
{
	int ok;

	(void)data;
	pthread_cancel(pthread_self());
	ok = frl_is(46, 6) && tell_vm(99);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
	return ok ? NULL : (void *)1;
}

static void cancelled_threads_read_to_the_end(void **state)
{
	pthread_t thread;
	void *failed;

	(void)state;
	write_overrides("[profile.nvidia-46]\nfrl_config = 5\n");
	assert_true(frl_is(46, 5));
	write_overrides("[profile.nvidia-46]\nfrl_config = 6\nunknown = 1\n");
	assert_int_equal(pthread_create(&thread, NULL, ask_when_cancelled, NULL), 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_ptr_equal(failed, NULL);
	write_overrides("[profile.nvidia-46]\nfrl_config = 7\n");
	assert_true(frl_is(46, 7));
}

#define ACTIVE(f) cmocka_unit_test_setup(f, remove_files)

int main(void)
{
	const struct CMUnitTest active[] = {
		ACTIVE(other_requests_pass), ACTIVE(other_transfers_pass),
		ACTIVE(failures_keep_errno), ACTIVE(a_process_without_descriptors),
		ACTIVE(a_file_is_read_once),
		/* Before this thread has a VM of its own. */
		ACTIVE(threads_share_a_vm), ACTIVE(threads_do_not_mix),
		ACTIVE(forks_go_their_own_way), ACTIVE(forks_among_threads),
		ACTIVE(signals_do_not_lock), ACTIVE(cancelled_threads_read_to_the_end),
	};
	const struct CMUnitTest inactive[] = {
		ACTIVE(nothing_is_done), ACTIVE(other_requests_pass), ACTIVE(failures_keep_errno),
	};

	if (getenv("TEST_INACTIVE"))
		return cmocka_run_group_tests(inactive, NULL, NULL);
	return cmocka_run_group_tests(active, NULL, NULL);
}
