// SPDX-License-Identifier: GPL-2.0-or-later
/* Cards on NVIDIA's driver are kept from new users while they leave it. */
#include "lab.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fences.h"
#include "quarantine.h"
#include "stand_in_systemd.h"

#define LOCK "proc/driver/nvidia/gpus/" GPU "/unbindLock"
#define LOG "var/smi"
#define ON "drain -p " GPU " -m 1\n"
#define OFF "drain -p " GPU " -m 0\n"

static int setup(void **state)
{
	int r = lab_setup(state);
	struct lab *lab = *state;

	if (r == 0) {
		fake_kernel_driver(lab->tree, "nvidia");
		tree_driver(lab->gpu, "nvidia");
	}
	return r;
}

#define fence_test(f) cmocka_unit_test_setup_teardown(f, setup, lab_teardown)

/* A program in the place of nvidia-smi, which notes how it was called and does @what. */
static void give_program(struct lab *lab, const char *what)
{
	char path[256];

	tree_folder(lab->tree, "var");
	tree_write(lab->tree, GS_NVIDIA_SMI, "#!/bin/sh\necho \"$*\" >>%s/" LOG "\nenv >%s/" LOG ".env\n%s\n",
		   tree_root(lab->tree), tree_root(lab->tree), what);
	snprintf(path, sizeof(path), "%s/" GS_NVIDIA_SMI, tree_root(lab->tree));
	assert_int_equal(chmod(path, 0755), 0);
}

static void expect_log(struct lab *lab, const char *expected)
{
	char *text = tree_read(lab->tree, LOG);

	assert_string_equal(text ? text : "", expected);
	free(text);
	tree_remove(lab->tree, LOG);
}

/* As expect_log(); on a busy host the last call may have been given up, and made once more. */
static void expect_log_on_busy_host(struct lab *lab, const char *expected, const char *again)
{
	char *text = tree_read(lab->tree, LOG);
	const char *rest = text;

	assert_non_null(text);
	assert_int_equal(strncmp(text, expected, strlen(expected)), 0);
	rest += strlen(expected);
	assert_true(!*rest || strcmp(rest, again) == 0);
	free(text);
	tree_remove(lab->tree, LOG);
}

/* The fence closes before the last look and opens after the last unbind. */
static void expect_order(const struct lab *lab, const char *value)
{
	size_t fence = 0, look = 0, unbind = 0, unfence = 0;

	for (size_t i = 0; i < lab->plan->n_steps; i++) {
		const struct gs_action *action = &lab->plan->steps[i].action;

		if (action->op == GS_OP_FENCE && gs_streq(action->value, value))
			fence = i;
		if (action->op == GS_OP_WAIT)
			look = i;
		if (action->op == GS_OP_UNBIND)
			unbind = i;
		if (action->op == GS_OP_UNFENCE && gs_streq(action->value, value))
			unfence = i;
	}
	assert_true(fence && fence < look && look < unbind && unbind < unfence);
	assert_int_equal(lab->plan->steps[fence].undo->op, GS_OP_UNFENCE);
}

static void the_unbind_lock_is_taken(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	tree_write(lab->tree, LOCK, "0\n");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	expect_order(lab, "unbind-lock");
	assert_string_equal(fake_kernel_lock_values(), "10");
	/* On the way back there is no such driver, and VFIO's fence. */
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	assert_string_equal(fake_kernel_lock_values(), "10");
	lab_expect(before);
}

static void a_lock_that_is_kept_refuses(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	tree_write(lab->tree, LOCK, "0\n");
	fake_kernel_keep_lock(true);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	assert_int_equal(lab->plan->n_blockers, 1);
	assert_int_equal(lab->plan->blockers[0].refusal, GS_REFUSE_IN_USE);
	assert_false(lab->plan->blockers[0].overridable);
	lab_expect(before);
	assert_string_equal(fake_kernel_lock_values(), "10");
}

static void the_lock_is_dropped_after_a_failure(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();
	char *now;

	tree_write(lab->tree, LOCK, "0\n");
	fake_kernel_fail(8, EIO); /* the second unbind */
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	fake_kernel_fail(0, 0);
	assert_string_equal(fake_kernel_lock_values(), "10");
	now = tree_read(lab->tree, LOCK);
	assert_string_equal(now, "0\n");
	free(now);
	lab_expect(before);
}

static void the_drain_is_set_and_cleared(void **state)
{
	struct lab *lab = *state;
	char *environment;

	give_program(lab, "exit 0");
	setenv("LD_PRELOAD_OF_CALLER", "1", 1);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	expect_order(lab, "drain");
	expect_log(lab, ON OFF);
	environment = tree_read(lab->tree, LOG ".env");
	assert_null(strstr(environment, "OF_CALLER"));
	assert_non_null(strstr(environment, "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"));
	free(environment);
	/* The lock is better, where the driver has one. */
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	tree_write(lab->tree, LOCK, "0\n");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	expect_order(lab, "unbind-lock");
	expect_log(lab, "");
}

static void expect_fence_error(const struct lab *lab, const char *error)
{
	const struct gs_step *fence = NULL;

	for (size_t i = 0; i < lab->plan->n_steps; i++)
		if (lab->plan->steps[i].action.op == GS_OP_FENCE)
			fence = &lab->plan->steps[i];
	assert_int_equal(fence->result, GS_RESULT_FAILED);
	assert_string_equal(fence->error, error);
}

static void a_drain_that_does_not_work_is_told(void **state)
{
	struct lab *lab = *state;

	give_program(lab, "echo Busy; echo Not supported; exit 3");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	expect_log(lab, ON OFF);
	expect_fence_error(lab, "nvidia-smi drain: Not supported");
}

/* What the program started comes to this process, and has to be ended already: SIGALRM ends this test otherwise. */
static void expect_no_late_program(struct lab *lab)
{
	char *pid = tree_read(lab->tree, "var/pid");

	alarm(30);
	while (waitpid(-1, NULL, 0) > 0)
		;
	alarm(0);
	assert_non_null(pid);
	assert_int_equal(kill(atoi(pid), 0), -1);
	assert_int_equal(errno, ESRCH);
	free(pid);
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0), 0);
}

static void a_drain_that_hangs_is_given_up(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	lab->options.timeout_ms = 2000;
	give_program(lab, "[ $5 = 0 ] || { sleep 1000 & echo $! >${0%/usr/*}/var/pid; wait; }");
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	expect_log_on_busy_host(lab, ON OFF, OFF);
	lab_expect(before);
	expect_no_late_program(lab);
}

/* Outside of whatever keeps the daemon in. */
static void systemd_runs_the_drain(void **state)
{
	struct lab *lab = *state;
	struct systemd *systemd;
	char *environment;

	systemd = systemd_start(lab->tree);
	give_program(lab, "[ ! -e $0.fails ] || { echo one; echo Not supported; exit 3; }");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	expect_log(lab, ON OFF);
	assert_int_equal(systemd->transient, 2);
	environment = tree_read(lab->tree, LOG ".env");
	assert_non_null(strstr(environment, "LC_ALL=C\n"));
	free(environment);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	tree_write(lab->tree, GS_NVIDIA_SMI ".fails", "\n");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	expect_fence_error(lab, "nvidia-smi drain: Not supported");
	systemd_stop();
}

/* Also what it started itself: nothing is left of it when the switch is over. */
static void systemd_ends_a_drain_that_hangs(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();
	struct systemd *systemd;

	systemd = systemd_start(lab->tree);
	lab->options.timeout_ms = 2000;
	give_program(lab, "[ $5 = 0 ] || { sleep 1000 & echo asked the driver; wait; }");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	expect_log(lab, ON OFF);
	assert_int_equal(systemd->transient, 2);
	expect_fence_error(lab, "nvidia-smi drain did not end within 2000 ms");
	lab_expect(before);
	systemd_stop();
}

/* The switch fails behind the fence, and its undo cannot lift it: nobody else could use the card. */
static void expect_attention(struct lab *lab, const char *why)
{
	gs_cleanup_free char *reason = NULL;

	fake_kernel_fail(7, EIO);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_ATTENTION);
	fake_kernel_fail(0, 0);
	assert_int_equal(lab_mode(lab), GS_MODE_QUARANTINED);
	assert_int_equal(gs_quarantine_read(lab->engine, GPU, &reason), 0);
	assert_non_null(strstr(reason, why));
}

static void keep_from_unbind(const struct gs_plan *plan, const struct gs_step *step, void *data)
{
	(void)plan;
	(void)data;
	if (step->action.op == GS_OP_UNBIND)
		fake_kernel_keep_lock(true);
}

static void a_lock_that_stays_needs_attention(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();
	char *now;

	tree_write(lab->tree, LOCK, "0\n");
	lab->options.progress = keep_from_unbind;
	expect_attention(lab, "unbindLock still reads 1");
	assert_string_equal(fake_kernel_lock_values(), "00");
	/* Then the driver gives it back. */
	lab->options.progress = NULL;
	fake_kernel_keep_lock(false);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	now = tree_read(lab->tree, LOCK);
	assert_string_equal(now, "0\n");
	free(now);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
	lab_expect(before);
}

static void a_drain_that_stays_needs_attention(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	give_program(lab, "[ $5 = 1 ] || { echo Not now; exit 1; }");
	expect_attention(lab, "nvidia-smi drain: Not now");
	expect_log(lab, ON OFF OFF);
	give_program(lab, "exit 0");
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	expect_log(lab, OFF);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
	lab_expect(before);
}

static void a_drain_is_cleared_at_the_second_try(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	give_program(lab, "[ $5 = 1 ] || [ $(grep -c -- '-m 0' \"${0%/usr/bin/*}/" LOG "\") = 2 ]");
	fake_kernel_fail(7, EIO);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	fake_kernel_fail(0, 0);
	expect_log(lab, ON OFF OFF);
	lab_expect(before);
}

/* Where it never worked, it is not what is wrong with a switch. */
static void a_drain_that_never_was_is_no_trouble(void **state)
{
	struct gs_want want = lab_want(GS_MODE_PASSTHROUGH);
	struct gs_recovery recovery;
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	give_program(lab, "echo Not supported; exit 3");
	fake_kernel_fail(7, EIO);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	expect_log(lab, ON OFF);
	/* A recovery does not know, and says so. */
	fake_kernel_kill_parent(7, false);
	assert_true(WIFSIGNALED(lab_fork_switch(lab, &want)));
	fake_kernel_fail(0, 0);
	recovery = lab_recover(lab);
	assert_int_equal(recovery.outcome, GS_RECOVERED_UNDONE);
	assert_string_equal(recovery.detail, "nvidia-smi drain: Not supported");
	gs_recovery_clear(&recovery);
	lab_expect(before);
}

static void after_a_failure_or_a_crash_it_is_cleared(void **state)
{
	struct gs_want want = lab_want(GS_MODE_PASSTHROUGH);
	struct lab *lab = *state;
	struct gs_recovery recovery;
	char *before = fake_kernel_state();
	int status;

	give_program(lab, "exit 0");
	fake_kernel_fail(2, EIO); /* before the fence */
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	expect_log(lab, "");
	fake_kernel_fail(7, EIO); /* behind it */
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	expect_log(lab, ON OFF);
	fake_kernel_kill_parent(7, false);
	status = lab_fork_switch(lab, &want);
	fake_kernel_fail(0, 0);
	assert_true(WIFSIGNALED(status));
	recovery = lab_recover(lab);
	assert_int_equal(recovery.outcome, GS_RECOVERED_UNDONE);
	gs_recovery_clear(&recovery);
	expect_log(lab, ON OFF);
	lab_expect(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fence_test(the_unbind_lock_is_taken),
		fence_test(a_lock_that_is_kept_refuses),
		fence_test(the_lock_is_dropped_after_a_failure),
		fence_test(the_drain_is_set_and_cleared),
		fence_test(a_drain_that_does_not_work_is_told),
		fence_test(systemd_runs_the_drain),
		fence_test(systemd_ends_a_drain_that_hangs),
		fence_test(a_drain_that_hangs_is_given_up),
		fence_test(a_lock_that_stays_needs_attention),
		fence_test(a_drain_that_stays_needs_attention),
		fence_test(a_drain_is_cleared_at_the_second_try),
		fence_test(a_drain_that_never_was_is_no_trouble),
		fence_test(after_a_failure_or_a_crash_it_is_cleared),
	};

	return cmocka_run_group_tests_name("fences", tests, NULL, NULL);
}
