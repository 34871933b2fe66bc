// SPDX-License-Identifier: GPL-2.0-or-later
/* Resets: what is refused, what is written, and what is put back after a failure or a crash. */
#include <sys/wait.h>

#include "lab.h"
#include "quarantine.h"

/* The GPU and its sound can be reset, each by what it has. */
static void give_resets(struct lab *lab)
{
	tree_attribute(tree_reset(lab->gpu, "flr pm"), "reset", "");
	tree_attribute(tree_reset(lab->sound, "pm"), "reset", "");
}

static void plan_reset(struct lab *lab, const char *method, struct gs_host **ret)
{
	gs_plan_free(lab->plan);
	lab->plan = NULL;
	assert_int_equal(gs_inventory_read(lab->engine, GS_READ_DRIVERS | GS_READ_TYPES, ret), 0);
	assert_int_equal(gs_plan_reset(*ret, host_card(*ret, GPU), method, &lab->plan), 0);
}

static int reset(struct lab *lab, const char *method)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_lock *lock;
	int r;

	assert_int_equal(gs_lock_take(lab->engine, 10000, &lock), 0);
	plan_reset(lab, method, &host);
	if (lab->plan->n_blockers)
		fail_msg("%s", lab->plan->blockers[0].message);
	r = gs_execute(lab->engine, lock, lab->plan, &lab->options);
	gs_lock_release(lock);
	return r;
}

static void expect_file(const struct tree_function *function, const char *name, const char *text)
{
	char path[256];
	char *now;

	snprintf(path, sizeof(path), "%s/%s", tree_path(function), name);
	now = tree_read(tree_of(function), path);
	if (now)
		now[strcspn(now, "\n")] = '\0';
	assert_string_equal(now ? now : "", text);
	free(now);
}

static void expect_refusal(struct lab *lab, const char *method, const char *code)
{
	gs_cleanup_host struct gs_host *host = NULL;

	plan_reset(lab, method, &host);
	assert_true(lab->plan->n_blockers > 0);
	assert_string_equal(gs_refusal_code(lab->plan->blockers[0].refusal), code);
	assert_int_equal(lab->plan->n_steps, 0);
}

static void every_function_is_reset(void **state)
{
	struct lab *lab = *state;
	char *before;

	give_resets(lab);
	before = fake_kernel_state();
	assert_int_equal(reset(lab, NULL), GS_EXIT_DONE);
	expect_file(lab->gpu, ".resets", "flr pm;");
	expect_file(lab->sound, ".resets", "pm;");
	expect_file(lab->foreign, ".resets", "");
	lab_expect(before);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
}

static void the_order_of_methods_is_put_back(void **state)
{
	struct lab *lab = *state;

	give_resets(lab);
	assert_int_equal(reset(lab, "pm"), GS_EXIT_DONE);
	expect_file(lab->gpu, ".resets", "pm;");
	expect_file(lab->gpu, "reset_method", "flr pm");
	expect_file(lab->sound, ".resets", "pm;");
	/* The second write is the reset. */
	fake_kernel_fail(2, EIO);
	assert_int_equal(reset(lab, "pm"), GS_EXIT_FAILED);
	expect_file(lab->gpu, "reset_method", "flr pm");
	expect_file(lab->gpu, ".resets", "pm;");
}

static void a_crash_puts_it_back_too(void **state)
{
	struct lab *lab = *state;

	give_resets(lab);
	for (unsigned int write = 1; write <= 4; write++) {
		struct gs_recovery recovery;
		int status;
		pid_t pid;

		fake_kernel_kill_parent(write, write % 2);
		fflush(NULL);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			lab_process(lab);
			_exit(reset(lab, "pm"));
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		lab_process_gone(lab, pid);
		assert_true(WIFSIGNALED(status));
		fake_kernel_fail(0, 0);
		recovery = lab_recover(lab);
		assert_true(recovery.outcome == GS_RECOVERED_UNDONE ||
			    recovery.outcome == GS_RECOVERED_FINISHED);
		gs_recovery_clear(&recovery);
		expect_file(lab->gpu, "reset_method", "flr pm");
		assert_int_equal(lab_mode(lab), GS_MODE_HOST);
	}
}

static void refusals(void **state)
{
	struct lab *lab = *state;

	tree_reset(lab->gpu, "");
	expect_refusal(lab, NULL, "no-reset");
	give_resets(lab);
	expect_refusal(lab, "acpi", "no-reset");
	expect_refusal(lab, "device_specific", "no-reset");
	/* The bus is that of a network card, too. */
	tree_reset(lab->gpu, "flr bus");
	expect_refusal(lab, "bus", "outside-card");
}

static void a_card_that_answers_is_not_quarantined(void **state)
{
	struct lab *lab = *state;
	char path[256];

	give_resets(lab);
	snprintf(path, sizeof(path), "%s/config", tree_path(lab->gpu));
	assert_int_equal(gs_quarantine_store(lab->engine, GPU, "a test", NULL, NULL, 0), 0);
	tree_write_bytes(lab->tree, path, "\xff\xff\xff\xff", 4);
	assert_int_equal(reset(lab, NULL), GS_EXIT_ATTENTION);
	assert_int_equal(lab_mode(lab), GS_MODE_QUARANTINED);
	tree_write_bytes(lab->tree, path, "\xde\x10\x38\x1b", 4);
	assert_int_equal(reset(lab, NULL), GS_EXIT_DONE);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(every_function_is_reset),
		lab_test(the_order_of_methods_is_put_back),
		lab_test(a_crash_puts_it_back_too),
		lab_test(refusals),
		lab_test(a_card_that_answers_is_not_quarantined),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
