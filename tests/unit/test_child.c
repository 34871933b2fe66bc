// SPDX-License-Identifier: GPL-2.0-or-later
/* The expendable child: answers, deadlines, crashes. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "child.h"
#include "fixture.h"

#define PATIENT 10000

static struct gs_answer ask(struct fixture *fixture, gs_child_function function, void *data,
			    unsigned int quiet_ms, unsigned int total_ms)
{
	struct gs_answer answer;

	assert_int_equal(gs_child_read(fixture_engine(fixture), function, data, quiet_ms, total_ms,
				       &answer), 0);
	return answer;
}

static void tell_much(struct gs_engine *engine, struct gs_records *records, void *data)
{
	(void)engine;
	for (int i = 0; i < *(int *)data; i++) {
		gs_record_field(records, "text");
		gs_record_field(records, "");
		gs_record_number(records, -i);
	}
}

static void answers_arrive_whole(void **state)
{
	int count = 50000;
	struct gs_answer answer = ask(*state, tell_much, &count, PATIENT, PATIENT);

	assert_true(answer.complete);
	assert_int_equal(answer.stuck, 0);
	for (int i = 0; i < count; i++) {
		assert_string_equal(gs_answer_next(&answer), "text");
		assert_string_equal(gs_answer_next(&answer), "");
		assert_int_equal(gs_answer_number(&answer), -i);
	}
	assert_null(gs_answer_next(&answer));
	assert_int_equal(gs_answer_number(&answer), 0);
	gs_answer_clear(&answer);
}

static void nothing_is_an_answer(void **state)
{
	int count = 0;
	struct gs_answer answer = ask(*state, tell_much, &count, PATIENT, PATIENT);

	assert_true(answer.complete);
	assert_null(gs_answer_next(&answer));
	gs_answer_clear(&answer);
}

static void tell_and_hang(struct gs_engine *engine, struct gs_records *records, void *data)
{
	(void)engine;
	(void)data;
	gs_record_field(records, "before");
	gs_record_publish(records);
	gs_record_field(records, "lost");
	for (;;)
		pause();
}

static void what_was_told_in_time_counts(void **state)
{
	uint64_t start = gs_now_us();
	struct gs_answer answer = ask(*state, tell_and_hang, NULL, 100, PATIENT);

	assert_in_range(gs_now_us() - start, 90000, 5000000);
	assert_false(answer.complete);
	assert_int_equal(answer.stuck, 0);
	assert_string_equal(gs_answer_next(&answer), "before");
	assert_null(gs_answer_next(&answer));
	gs_answer_clear(&answer);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void tell_for_ever(struct gs_engine *engine, struct gs_records *records, void *data)
{
	(void)engine;
	(void)data;
	for (;;) {
		gs_record_field(records, "more");
		gs_record_publish(records);
		usleep(1000);
	}
}

static void a_talker_is_stopped_too(void **state)
{
	struct gs_answer answer = ask(*state, tell_for_ever, NULL, PATIENT, 100);

	assert_false(answer.complete);
	assert_string_equal(gs_answer_next(&answer), "more");
	gs_answer_clear(&answer);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void tell_after_work(struct gs_engine *engine, struct gs_records *records, void *data)
{
	uint64_t end = gs_now_us() + 500000;

	(void)engine;
	(void)data;
	while (gs_now_us() < end)
		;
	gs_record_field(records, "late");
	gs_record_publish(records);
}

/* On a host where it waits for a CPU, it looks the same. */
static void one_that_runs_does_not_hang(void **state)
{
	struct gs_answer answer = ask(*state, tell_after_work, NULL, 100, 100);

	assert_true(answer.complete);
	assert_string_equal(gs_answer_next(&answer), "late");
	gs_answer_clear(&answer);
}

static void tell_and_die(struct gs_engine *engine, struct gs_records *records, void *data)
{
	(void)engine;
	gs_record_field(records, "whole");
	gs_record_field(records, "cut off");
	records->used -= 3;
	gs_record_publish(records);
	kill(getpid(), *(int *)data);
}

static void a_crash_is_no_complete_answer(void **state)
{
	int how = SIGKILL;
	struct gs_answer answer = ask(*state, tell_and_die, &how, PATIENT, PATIENT);

	assert_false(answer.complete);
	assert_string_equal(gs_answer_next(&answer), "whole");
	assert_null(gs_answer_next(&answer));
	gs_answer_clear(&answer);
}

static void tell_descriptors(struct gs_engine *engine, struct gs_records *records, void *data)
{
	int open = 0;

	(void)data;
	for (int fd = 0; fd < 1024; fd++)
		open += fcntl(fd, F_GETFD) >= 0;
	gs_record_number(records, open);
	gs_record_number(records, fcntl(engine->root_fd, F_GETFD) >= 0);
}

static void tell_too_much(struct gs_engine *engine, struct gs_records *records, void *data)
{
	(void)engine;
	(void)data;
	for (;;)
		gs_record_field(records, "0123456789");
}

static void too_much_is_no_complete_answer(void **state)
{
	struct gs_answer answer = ask(*state, tell_too_much, NULL, PATIENT, PATIENT);
	size_t count = 0;
	const char *field;

	assert_false(answer.complete);
	for (; (field = gs_answer_next(&answer)); count++)
		assert_string_equal(field, "0123456789");
	assert_int_equal(count, GS_RECORDS_MAX / 11);
	gs_answer_clear(&answer);
}

/* A stuck child must hold neither our lock nor the terminal. */
static void nothing_is_inherited_but_the_tree(void **state)
{
	int extra = open("/dev/null", O_RDONLY);
	struct gs_answer answer;

	assert_true(extra >= 0);
	answer = ask(*state, tell_descriptors, NULL, PATIENT, PATIENT);
	assert_int_equal(gs_answer_number(&answer), 2);
	assert_int_equal(gs_answer_number(&answer), 1);
	gs_answer_clear(&answer);
	close(extra);
}

static void a_parent_that_ignores_children_is_fine(void **state)
{
	int count = 3;
	struct gs_answer answer;

	signal(SIGCHLD, SIG_IGN);
	answer = ask(*state, tell_much, &count, PATIENT, PATIENT);
	signal(SIGCHLD, SIG_DFL);
	assert_true(answer.complete);
	gs_answer_clear(&answer);
}

/* A child that cannot be killed is played by one that nobody killed yet. */
static void places_where_children_hang_are_left_out(void **state)
{
	struct gs_engine *engine = fixture_engine(*state);
	pid_t one = fork(), other;

	if (one == 0)
		for (;;)
			pause();
	other = fork();
	if (other == 0)
		for (;;)
			pause();
	assert_int_equal(gs_child_keep(engine, one, "0000:01:00.0"), 0);
	assert_int_equal(gs_child_keep(engine, other, "0000:02:00.0"), 0);
	assert_true(gs_child_stuck_at(engine, "0000:01:00.0"));
	assert_true(gs_child_stuck_at(engine, "0000:02:00.0"));
	assert_false(gs_child_stuck_at(engine, "0000:03:00.0"));
	kill(one, SIGKILL);
	for (int i = 0; i < 1000 && gs_child_stuck_at(engine, "0000:01:00.0"); i++)
		usleep(10000);
	assert_false(gs_child_stuck_at(engine, "0000:01:00.0"));
	assert_true(gs_child_stuck_at(engine, "0000:02:00.0"));
	kill(other, SIGKILL);
	gs_children_forget(engine);
	waitpid(other, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(answers_arrive_whole),
		fixture_test(nothing_is_an_answer),
		fixture_test(what_was_told_in_time_counts),
		fixture_test(a_talker_is_stopped_too),
		fixture_test(one_that_runs_does_not_hang),
		fixture_test(a_crash_is_no_complete_answer),
		fixture_test(too_much_is_no_complete_answer),
		fixture_test(nothing_is_inherited_but_the_tree),
		fixture_test(a_parent_that_ignores_children_is_fine),
		fixture_test(places_where_children_hang_are_left_out),
	};

	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
