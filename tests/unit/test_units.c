// SPDX-License-Identifier: GPL-2.0-or-later
/* Units that are stopped for a switch: a real bus, and a stand-in for systemd on it. */
#include "lab.h"

#include <sys/wait.h>

#include "config.h"
#include "stand_in_systemd.h"
#include "units.h"

#define CONFIG "etc/gpushift/gpushift.conf"

static struct systemd *systemd;

static int setup(void **state)
{
	struct gs_config_error error;
	struct lab *lab;
	int r = lab_setup(state);

	if (r < 0)
		return r;
	lab = *state;
	systemd = systemd_start(lab->tree);
	systemd->units[0] = (struct unit){ .name = "one.service", .running = true };
	systemd->units[1] = (struct unit){ .name = "two.service", .alias = "other.service",
					   .running = true };
	systemd->units[2] = (struct unit){ .name = "idle.service" };
	tree_write(lab->tree, CONFIG,
		   "[gpushift]\nquiesce = one.service other.service idle.service no.service\n");
	assert_int_equal(gs_engine_configure(lab->engine, &error), 0);
	return 0;
}

static int teardown(void **state)
{
	systemd_stop();
	return lab_teardown(state);
}

#define units_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* How often each was stopped and started; the idle one never. */
static void expect_moves(unsigned int stopped, unsigned int started)
{
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(systemd->units[i].stopped, stopped);
		assert_int_equal(systemd->units[i].started, started);
	}
	assert_int_equal(systemd->units[2].stopped + systemd->units[2].started, 0);
}

static void expect_running(void)
{
	assert_true(systemd->units[0].running);
	assert_true(systemd->units[1].running);
	assert_false(systemd->units[2].running);
}

static const struct gs_step *find_step(const struct lab *lab, enum gs_op op, const char *unit)
{
	for (size_t i = 0; i < lab->plan->n_steps; i++)
		if (lab->plan->steps[i].action.op == op &&
		    strcmp(lab->plan->steps[i].action.target, unit) == 0)
			return &lab->plan->steps[i];
	fail_msg("no %s %s", gs_op_name(op), unit);
	return NULL;
}

static void states_are_asked(void **state)
{
	char *const names[] = { (char *)"idle.service", (char *)"other.service",
				(char *)"no.service", NULL };
	struct lab *lab = *state;
	struct gs_unit *units;
	size_t count;

	assert_int_equal(gs_units_read(lab->engine, names, &units, &count), 0);
	assert_int_equal(count, 3);
	assert_int_equal(units[0].state, GS_UNIT_IDLE);
	assert_int_equal(units[1].state, GS_UNIT_RUNNING);
	assert_string_equal(units[1].name, "two.service");
	assert_int_equal(units[2].state, GS_UNIT_MISSING);
	gs_units_free(units, count);

	/* Nobody answers, or nothing is there to be asked. */
	systemd_stop();
	assert_int_equal(gs_units_read(lab->engine, names, &units, &count), 0);
	assert_int_equal(units[1].state, GS_UNIT_UNKNOWN);
	assert_string_equal(units[1].name, "other.service");
	gs_units_free(units, count);
	tree_remove(lab->tree, "run/systemd");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	assert_int_equal(gs_strv_count(lab->plan->warnings), 4);
	systemd = systemd_start(lab->tree);
}

static void they_are_stopped_and_started(void **state)
{
	struct lab *lab = *state;

	for (int early = 0; early < 2; early++) {
		systemd->early = early;
		assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
		assert_int_equal(lab->plan->steps[0].action.op, GS_OP_STOP_SERVICE);
		assert_string_equal(lab->plan->steps[1].action.target, "two.service");
		expect_moves(2 * (unsigned int)early + 1, 2 * (unsigned int)early + 1);
		expect_running();
		assert_int_equal(gs_strv_count(lab->plan->warnings), 1);
		assert_non_null(strstr(lab->plan->warnings[0], "no.service"));
		assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
		expect_moves(2 * (unsigned int)early + 2, 2 * (unsigned int)early + 2);
		expect_running();
	}
	/* Nothing moves. */
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	expect_moves(4, 4);
}

static void after_a_failure_they_run_again(void **state)
{
	struct lab *lab = *state;

	for (unsigned int nth = 1; nth <= 12; nth += 4) {
		char *before = fake_kernel_state();

		fake_kernel_fail(nth, EIO);
		assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
		fake_kernel_fail(0, 0);
		lab_expect(before);
		expect_running();
	}
	expect_moves(3, 3);
}

static bool cancel_late(void *data)
{
	unsigned int *left = data;

	return (*left)-- == 0;
}

static void cancelled_at_each_step_they_run_again(void **state)
{
	struct lab *lab = *state;
	unsigned int at, left;
	int r = GS_EXIT_FAILED;

	lab->options.cancelled = cancel_late;
	lab->options.data = &left;
	for (at = 0; r != GS_EXIT_DONE; at++) {
		char *before = fake_kernel_state();

		left = at;
		r = lab_set(lab, GS_MODE_PASSTHROUGH);
		expect_running();
		if (r == GS_EXIT_DONE)
			free(before);
		else
			lab_expect(before);
	}
	assert_int_equal(at, lab->plan->n_steps + 1);
}

static void a_stop_that_fails_is_undone(void **state)
{
	static const char *const results[] = { "failed", "never" };
	struct lab *lab = *state;

	lab->options.timeout_ms = 1500;
	for (size_t i = 0; i < GS_ARRAY_SIZE(results); i++) {
		char *before = fake_kernel_state();
		unsigned int writes = fake_kernel_writes();

		strcpy(systemd->stop_result, results[i]);
		assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
		assert_int_equal(fake_kernel_writes(), writes);
		lab_expect(before);
		expect_running();
		assert_non_null(strstr(lab->plan->steps[0].error, "one.service"));
		assert_non_null(strstr(lab->plan->steps[0].error, i ? "within" : "as failed"));
	}
	*systemd->stop_result = '\0';
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
}

/* The card is where it was wanted; that a service stayed away is told. */
static void a_start_that_fails_is_told(void **state)
{
	struct lab *lab = *state;

	strcpy(systemd->start_result, "dependency");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	assert_int_equal(lab_mode(lab), GS_MODE_PASSTHROUGH);
	assert_int_equal(find_step(lab, GS_OP_START_SERVICE, "one.service")->result,
			 GS_RESULT_FAILED);
	assert_non_null(strstr(find_step(lab, GS_OP_START_SERVICE, "two.service")->error,
			       "as dependency"));
	assert_int_equal(find_step(lab, GS_OP_RECORD, GPU)->result, GS_RESULT_DONE);

	/* Nor does it keep an undo from being one. */
	systemd->units[0].running = true;
	fake_kernel_refuse("nouveau", ENODEV);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_FAILED);
	assert_int_equal(lab_mode(lab), GS_MODE_PASSTHROUGH);
	assert_non_null(strstr(find_step(lab, GS_OP_STOP_SERVICE, "one.service")->error,
			       "as dependency"));
}

static void after_a_crash_they_run_again(void **state)
{
	static const struct {
		unsigned int nth;
		enum gs_recovered outcome;
	} cases[] = { { 1, GS_RECOVERED_UNDONE }, { 6, GS_RECOVERED_UNDONE },
		      { 12, GS_RECOVERED_FINISHED } };
	struct gs_want want = lab_want(GS_MODE_PASSTHROUGH);
	struct lab *lab = *state;

	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		struct gs_recovery recovery;
		int status;

		fake_kernel_kill_parent(cases[i].nth, false);
		status = lab_fork_switch(lab, &want);
		fake_kernel_fail(0, 0);
		assert_true(WIFSIGNALED(status));
		assert_false(systemd->units[0].running);
		recovery = lab_recover(lab);
		assert_int_equal(recovery.outcome, cases[i].outcome);
		gs_recovery_clear(&recovery);
		expect_running();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		units_test(states_are_asked),
		units_test(they_are_stopped_and_started),
		units_test(after_a_failure_they_run_again),
		units_test(cancelled_at_each_step_they_run_again),
		units_test(a_stop_that_fails_is_undone),
		units_test(a_start_that_fails_is_told),
		units_test(after_a_crash_they_run_again),
	};

	return cmocka_run_group_tests_name("units", tests, NULL, NULL);
}
