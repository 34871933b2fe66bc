// SPDX-License-Identifier: GPL-2.0-or-later
/* Switches whose process is killed, at every write and between all steps, and what recovery makes
 * of them. */
#include "lab.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "journal.h"
#include "remembered.h"

static char *const uuids[] = {
	(char *)"aaaaaaaa-0000-4000-8000-000000000001",
	(char *)"aaaaaaaa-0000-4000-8000-000000000002",
};

static bool is_killed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* The old state or the new one, whole; what the recovery says must be true. */
static void expect_whole(struct gs_recovery *recovery, const char *before, const char *after)
{
	char *now = fake_kernel_state();
	bool old = strcmp(now, before) == 0;
	bool new = strcmp(now, after) == 0;

	if (!old && !new)
		fail_msg("neither the old state nor the new one, but\n%s", now);
	if (recovery->outcome == GS_RECOVERED_FINISHED)
		assert_true(new);
	else if (recovery->outcome == GS_RECOVERED_UNDONE)
		assert_true(old);
	else
		assert_int_equal(recovery->outcome, GS_RECOVERED_NOTHING);
	free(now);
	gs_recovery_clear(recovery);
}

/* The state that a switch leads to from here, and back again. */
static char *state_after(struct lab *lab, const struct gs_want *want, const struct gs_want *back)
{
	char *text;

	assert_int_equal(lab_switch(lab, want), GS_EXIT_DONE);
	text = fake_kernel_state();
	assert_int_equal(lab_switch(lab, back), GS_EXIT_DONE);
	return text;
}

struct deaths {
	unsigned int finished, undone, nothing;
};

static void count(struct deaths *deaths, const struct gs_recovery *recovery)
{
	deaths->finished += recovery->outcome == GS_RECOVERED_FINISHED;
	deaths->undone += recovery->outcome == GS_RECOVERED_UNDONE;
	deaths->nothing += recovery->outcome == GS_RECOVERED_NOTHING;
}

/* Kills the switch at each of its writes; the card is whole each time, and gets where it was
 * wanted. */
static struct deaths kill_at_writes(struct lab *lab, const struct gs_want *want,
				    const struct gs_want *back, bool at_start)
{
	char *before = fake_kernel_state();
	char *after = state_after(lab, want, back);
	struct deaths deaths = { 0 };
	unsigned int nth;
	int status;

	for (nth = 1;; nth++) {
		struct gs_recovery recovery;

		fake_kernel_kill_parent(nth, at_start);
		status = lab_fork_switch(lab, want);
		fake_kernel_fail(0, 0);
		recovery = lab_recover(lab);
		count(&deaths, &recovery);
		expect_whole(&recovery, before, after);
		/* Nothing was forgotten on the way. */
		assert_int_equal(lab_switch(lab, want), GS_EXIT_DONE);
		lab_expect(strdup(after));
		assert_int_equal(lab_switch(lab, back), GS_EXIT_DONE);
		lab_expect(strdup(before));
		if (!is_killed(status))
			break;
	}
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == GS_EXIT_DONE);
	assert_true(nth > 2);
	free(before);
	free(after);
	return deaths;
}

static void killed_on_the_way_to_passthrough(void **state)
{
	struct gs_want there = lab_want(GS_MODE_PASSTHROUGH), back = lab_want(GS_MODE_HOST);
	struct deaths deaths;

	deaths = kill_at_writes(*state, &there, &back, true);
	assert_true(deaths.undone > 8);
	deaths = kill_at_writes(*state, &there, &back, false);
	assert_true(deaths.undone > 8);
	assert_true(deaths.finished > 0);
}

static void killed_on_the_way_to_the_host(void **state)
{
	struct gs_want there = lab_want(GS_MODE_PASSTHROUGH), back = lab_want(GS_MODE_HOST);
	struct lab *lab = *state;
	struct deaths deaths;

	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	deaths = kill_at_writes(lab, &back, &there, true);
	assert_true(deaths.undone > 8);
	deaths = kill_at_writes(lab, &back, &there, false);
	assert_true(deaths.finished > 0);
}

static void killed_with_a_stand_in_bound_by_override(void **state)
{
	struct gs_want there = lab_want(GS_MODE_PASSTHROUGH), back = lab_want(GS_MODE_HOST);
	struct lab *lab = *state;

	fake_kernel_driver(lab->tree, "stand-in");
	tree_override(tree_driver(lab->gpu, "stand-in"), "stand-in");
	tree_driver(lab->sound, NULL);
	kill_at_writes(lab, &there, &back, false);
}

static void killed_while_making_vgpus(void **state)
{
	struct gs_profile_want profile = { .type = (char *)"nvidia-46", .count = 2 };
	struct gs_want back = { .mode = GS_MODE_HOST };
	struct gs_want there = {
		.mode = GS_MODE_VGPU,
		.profiles = &profile,
		.n_profiles = 1,
		.uuids = (char **)uuids,
		.n_uuids = 2,
	};
	struct lab *lab = *state;

	fake_kernel_vgpu_driver(lab->tree, "nvidia", "nvidia-46", 2);
	tree_driver(lab->gpu, NULL);
	fake_kernel_native(lab->gpu, "nvidia", true);
	kill_at_writes(lab, &there, &back, true);
	kill_at_writes(lab, &there, &back, false);
	back = lab_want(GS_MODE_PASSTHROUGH);
	assert_int_equal(lab_switch(lab, &back), GS_EXIT_DONE);
	kill_at_writes(lab, &there, &back, false);
}

static void die_late(const struct gs_plan *plan, const struct gs_step *step, void *data)
{
	unsigned int *left = data;

	(void)plan;
	(void)step;
	if ((*left)-- == 0)
		raise(SIGKILL);
}

static void killed_between_steps(void **state)
{
	static const enum gs_mode modes[] = { GS_MODE_PASSTHROUGH, GS_MODE_HOST };
	struct gs_want there = lab_want(GS_MODE_PASSTHROUGH), back = lab_want(GS_MODE_HOST);
	struct lab *lab = *state;
	char *host = fake_kernel_state();
	char *away = state_after(lab, &there, &back);
	unsigned int left;

	for (size_t m = 0; m < GS_ARRAY_SIZE(modes); m++) {
		int status = SIGKILL;

		for (unsigned int at = 0; is_killed(status); at++) {
			struct gs_want want = lab_want(modes[m]);
			struct gs_recovery recovery;

			/* Both must start from the other mode. */
			assert_int_equal(lab_set(lab, m ? GS_MODE_PASSTHROUGH : GS_MODE_HOST),
					 GS_EXIT_DONE);
			lab->options.progress = die_late;
			lab->options.data = &left;
			left = at;
			status = lab_fork_switch(lab, &want);
			lab->options.progress = NULL;
			recovery = lab_recover(lab);
			expect_whole(&recovery, m ? away : host, m ? host : away);
		}
	}
	free(host);
	free(away);
}

/* A journal as a killed switch leaves it behind. */
static void interrupt(struct lab *lab, unsigned int nth)
{
	struct gs_want want = lab_want(GS_MODE_PASSTHROUGH);

	fake_kernel_kill_parent(nth, false);
	assert_true(is_killed(lab_fork_switch(lab, &want)));
	fake_kernel_fail(0, 0);
}

static void reading_tells_of_it(void **state)
{
	struct lab *lab = *state;
	struct gs_interrupted *interrupted;
	gs_cleanup_host struct gs_host *host = NULL;

	assert_int_equal(gs_interrupted_read(lab->engine, &interrupted), 0);
	assert_null(interrupted);
	interrupt(lab, 5);
	assert_int_equal(gs_inventory_read(lab->engine, 0, &host), 0);
	interrupted = host->interrupted;
	assert_non_null(interrupted);
	assert_string_equal(interrupted->card, GPU);
	assert_string_equal(interrupted->from, "host");
	assert_string_equal(interrupted->to, "passthrough");
	assert_false(interrupted->running);
	assert_false(interrupted->other_boot);
	assert_int_equal(interrupted->damaged, 0);
}

static void another_boot_is_only_reported(void **state)
{
	struct lab *lab = *state;
	struct gs_recovery recovery;
	char *now;

	interrupt(lab, 5);
	now = fake_kernel_state();
	tree_write(lab->tree, "proc/sys/kernel/random/boot_id",
		   "99999999-2222-3333-4444-555555555555\n");
	recovery = lab_recover(lab);
	assert_int_equal(recovery.outcome, GS_RECOVERED_REPORTED);
	assert_string_equal(recovery.card, GPU);
	assert_non_null(recovery.detail);
	gs_recovery_clear(&recovery);
	lab_expect(now);
	recovery = lab_recover(lab);
	assert_int_equal(recovery.outcome, GS_RECOVERED_NOTHING);
	gs_recovery_clear(&recovery);
}

static void another_card_is_left_alone(void **state)
{
	struct lab *lab = *state;
	struct gs_recovery recovery;
	char *now;

	interrupt(lab, 5);
	now = fake_kernel_state();
	tree_subsystem(lab->gpu, 0x1043, 0x1234);
	recovery = lab_recover(lab);
	assert_int_equal(recovery.outcome, GS_RECOVERED_REPORTED);
	gs_recovery_clear(&recovery);
	lab_expect(now);
}

static void damaged_journals_are_set_aside(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"[]\n",
		"{\"version\":1}\n",
		"{\"version\":\"1\"}\n",
		"{\"version\":2,\"boot_id\":\"x\"}\n",
	};
	struct lab *lab = *state;
	char *before = fake_kernel_state();
	struct gs_recovery recovery;

	for (size_t i = 0; i < GS_ARRAY_SIZE(texts); i++) {
		tree_write(lab->tree, "var/lib/gpushift/journal", "%s", texts[i]);
		recovery = lab_recover(lab);
		assert_int_equal(recovery.outcome, GS_RECOVERED_SET_ASIDE);
		assert_non_null(recovery.detail);
		gs_recovery_clear(&recovery);
		assert_null(tree_read(lab->tree, "var/lib/gpushift/journal"));
	}
	tree_folder(lab->tree, "var/lib/gpushift/journal");
	recovery = lab_recover(lab);
	assert_int_equal(recovery.outcome, GS_RECOVERED_SET_ASIDE);
	gs_recovery_clear(&recovery);
	lab_expect(before);
}

static void what_cannot_be_recovered_is_quarantined(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();
	struct gs_recovery recovery;

	interrupt(lab, 9);
	fake_kernel_fail_from(1, EIO);
	recovery = lab_recover(lab);
	fake_kernel_fail(0, 0);
	assert_int_equal(recovery.outcome, GS_RECOVERED_FAILED);
	assert_non_null(recovery.detail);
	gs_recovery_clear(&recovery);
	assert_int_equal(lab_mode(lab), GS_MODE_QUARANTINED);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	lab_expect(before);
}

/* A disk on which nothing more can be written: what cannot be quarantined keeps its journal. */
static void a_quarantine_that_cannot_be_written_keeps_the_journal(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();
	struct gs_recovery recovery;

	tree_write(lab->tree, "var/lib/gpushift/quarantine", "no folder");
	fake_kernel_fail_from(8, EIO);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_ATTENTION);
	recovery = lab_recover(lab);
	assert_int_equal(recovery.outcome, GS_RECOVERED_FAILED);
	assert_non_null(strstr(recovery.detail, "cannot be recorded"));
	gs_recovery_clear(&recovery);
	/* Whatever was wrong is over. */
	fake_kernel_fail(0, 0);
	recovery = lab_recover(lab);
	assert_int_equal(recovery.outcome, GS_RECOVERED_UNDONE);
	gs_recovery_clear(&recovery);
	lab_expect(before);
}

/* It was on vfio already when it was killed, and somebody started a VM before anybody recovered. */
static void a_vm_that_came_first_keeps_its_card(void **state)
{
	struct gs_want there = lab_want(GS_MODE_PASSTHROUGH), back = lab_want(GS_MODE_HOST);
	struct lab *lab = *state;
	char *away = state_after(lab, &there, &back);
	struct gs_recovery recovery;
	unsigned int last, left;

	lab_plan(lab, &there, false);
	last = (unsigned int)lab->plan->n_steps - 1;
	lab->options.progress = die_late;
	lab->options.data = &left;
	/* Two calls a step: it dies when the record begins, and when the last probe has ended. */
	for (unsigned int step = last; step > last - 6; step--) {
		left = 2 * step;
		assert_true(is_killed(lab_fork_switch(lab, &there)));
		lab->options.progress = NULL;
		fake_kernel_busy(1);
		recovery = lab_recover(lab);
		fake_kernel_busy(-1);
		lab->options.progress = die_late;
		if (step > last - 5) {
			assert_int_equal(recovery.outcome, GS_RECOVERED_FINISHED);
			lab_expect(strdup(away));
			assert_int_equal(lab_mode(lab), GS_MODE_PASSTHROUGH);
		} else {
			/* Half of it: not taken from under the VM, but left for a person to see. */
			assert_int_equal(recovery.outcome, GS_RECOVERED_FAILED);
			assert_int_equal(lab_mode(lab), GS_MODE_QUARANTINED);
		}
		gs_recovery_clear(&recovery);
		lab->options.progress = NULL;
		assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
		lab->options.progress = die_late;
	}
	lab->options.progress = NULL;
	free(away);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(killed_on_the_way_to_passthrough),
		lab_test(killed_on_the_way_to_the_host),
		lab_test(killed_with_a_stand_in_bound_by_override),
		lab_test(killed_while_making_vgpus),
		lab_test(killed_between_steps),
		lab_test(reading_tells_of_it),
		lab_test(another_boot_is_only_reported),
		lab_test(another_card_is_left_alone),
		lab_test(damaged_journals_are_set_aside),
		lab_test(what_cannot_be_recovered_is_quarantined),
		lab_test(a_quarantine_that_cannot_be_written_keeps_the_journal),
		lab_test(a_vm_that_came_first_keeps_its_card),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
