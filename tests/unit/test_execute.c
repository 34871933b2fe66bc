// SPDX-License-Identifier: GPL-2.0-or-later
/* Switches on a tree that answers like a kernel: done, failed at each write, undone. */
#include "lab.h"

#include <sys/stat.h>

#include "journal.h"
#include "quarantine.h"
#include "remembered.h"

#define UUID_1 "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_2 "aaaaaaaa-0000-4000-8000-000000000002"

static char *const uuids[] = { UUID_1, UUID_2 };

static void expect_line(const char *line)
{
	char *state = fake_kernel_state();

	if (!strstr(state, line))
		fail_msg("no line \"%s\" in\n%s", line, state);
	free(state);
}

static bool has_journal(struct lab *lab)
{
	struct gs_journal *journal;
	int r = gs_journal_read(lab->engine, &journal);

	if (r == 0)
		gs_journal_free(journal);
	return r != -ENOENT;
}

static void there_and_back_leaves_no_trace(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	assert_int_equal(lab_mode(lab), GS_MODE_PASSTHROUGH);
	expect_line(GPU " driver vfio-pci override vfio-pci power auto");
	expect_line(SOUND " driver vfio-pci override vfio-pci power auto");
	expect_line(FOREIGN " driver vfio-pci override vfio-pci power auto");
	expect_line(NEIGHBOUR " driver - override (null) power auto");
	assert_false(has_journal(lab));
	for (size_t i = 0; i < lab->plan->n_steps; i++)
		assert_int_equal(lab->plan->steps[i].result, GS_RESULT_DONE);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
	lab_expect(before);
}

static void nothing_to_do_writes_nothing(void **state)
{
	struct lab *lab = *state;
	unsigned int writes = fake_kernel_writes();

	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	assert_int_equal(lab->plan->n_steps, 0);
	assert_int_equal(fake_kernel_writes(), writes);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	writes = fake_kernel_writes();
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	assert_int_equal(lab->plan->n_steps, 0);
	assert_int_equal(fake_kernel_writes(), writes);
}

static void other_start_states_come_back(void **state)
{
	static const struct {
		const char *gpu_driver, *gpu_override, *sound_driver, *sound_override;
	} cases[] = {
		{ "nouveau", "vfio-pci", "snd_hda_intel", NULL },
		{ "nouveau", NULL, NULL, NULL },
		{ "nouveau", NULL, NULL, "vfio-pci" },
		{ "stand-in", "stand-in", "snd_hda_intel", "snd_hda_intel" },
	};
	struct lab *lab = *state;

	fake_kernel_driver(lab->tree, "stand-in");
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		char *before;

		tree_override(tree_driver(lab->gpu, cases[i].gpu_driver), cases[i].gpu_override);
		tree_override(tree_driver(lab->sound, cases[i].sound_driver),
			      cases[i].sound_override);
		before = fake_kernel_state();
		assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
		assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
		lab_expect(before);
	}
}

static void unbound_cards_get_a_driver(void **state)
{
	static const char *const overrides[] = { NULL, "vfio-pci" };
	struct lab *lab = *state;

	for (size_t i = 0; i < GS_ARRAY_SIZE(overrides); i++) {
		tree_override(tree_driver(lab->gpu, NULL), overrides[i]);
		tree_override(tree_driver(lab->sound, NULL), overrides[i]);
		assert_int_equal(lab_mode(lab), GS_MODE_UNBOUND);
		assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
		expect_line(GPU " driver nouveau override (null)");
		if (overrides[i])
			expect_line(SOUND " driver snd_hda_intel override (null)");
	}
}

static void from_unbound_to_passthrough_and_to_the_host(void **state)
{
	struct lab *lab = *state;

	tree_override(tree_driver(lab->gpu, NULL), "vfio-pci");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	expect_line(GPU " driver nouveau override vfio-pci");
	expect_line(SOUND " driver snd_hda_intel override (null)");
}

static void each_failing_write_is_undone(void **state)
{
	static const enum gs_mode modes[] = { GS_MODE_PASSTHROUGH, GS_MODE_HOST };
	struct lab *lab = *state;
	unsigned int failures = 0;

	for (size_t m = 0; m < GS_ARRAY_SIZE(modes); m++) {
		unsigned int nth;

		for (nth = 1;; nth++) {
			char *before = fake_kernel_state();
			unsigned int writes = fake_kernel_writes();
			int r;

			fake_kernel_fail(nth, EIO);
			r = lab_set(lab, modes[m]);
			fake_kernel_fail(0, 0);
			if (fake_kernel_writes() - writes < nth) {
				assert_int_equal(r, GS_EXIT_DONE);
				free(before);
				break;
			}
			/* A write that is not needed may fail: drivers_probe of "or none". */
			if (r == GS_EXIT_DONE)
				fail_msg("write %u to %s failed, the switch did not", nth,
					 gs_mode_name(modes[m]));
			assert_int_equal(r, GS_EXIT_FAILED);
			assert_false(has_journal(lab));
			lab_expect(before);
			failures++;
		}
	}
	assert_in_range(failures, 20, 60);
}

static void what_cannot_be_undone_is_quarantined(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	fake_kernel_fail_from(8, EIO);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_ATTENTION);
	fake_kernel_fail(0, 0);
	assert_int_equal(lab_mode(lab), GS_MODE_QUARANTINED);
	assert_false(has_journal(lab));

	lab_plan(lab, &(struct gs_want){ .mode = GS_MODE_PASSTHROUGH }, true);
	assert_true(gs_refused_quarantined(lab->plan));

	/* `set host` tests again, lifts it, and still knows what was there before. */
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
	lab_expect(before);
}

static void quarantine_stays_while_something_hangs(void **state)
{
	struct lab *lab = *state;
	struct gs_process self;

	assert_int_equal(gs_process_self(lab->engine, &self), 0);
	assert_int_equal(gs_quarantine_store(lab->engine, GPU, "it hung", &self, NULL, 0), 0);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_ATTENTION);
	assert_int_equal(lab_mode(lab), GS_MODE_QUARANTINED);
	self.start++; /* another process with this pid */
	assert_int_equal(gs_quarantine_store(lab->engine, GPU, "it hung", &self, NULL, 0), 0);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
}

static void quarantine_stays_while_config_space_is_silent(void **state)
{
	struct lab *lab = *state;
	char path[1024];

	assert_int_equal(gs_quarantine_store(lab->engine, GPU, "it fell off the bus", NULL, NULL, 0), 0);
	snprintf(path, sizeof(path), "%s/config", tree_path(lab->gpu));
	tree_write_bytes(lab->tree, path, "\xff\xff\xff\xff", 4);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_ATTENTION);
	assert_int_equal(lab_mode(lab), GS_MODE_QUARANTINED);
	tree_write_bytes(lab->tree, path, "\xde\x10\x38\x1b", 4);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
}

static void a_write_that_hangs_is_given_up(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	/* The writes that undo it have the same deadline, and a busy machine takes its time for them. */
	lab->options.timeout_ms = 3000;
	fake_kernel_hang(9);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	fake_kernel_fail(0, 0);
	lab_expect(before);
}

static bool cancel_late(void *data)
{
	unsigned int *left = data;

	return (*left)-- == 0;
}

static void cancelled_at_each_step_is_undone(void **state)
{
	struct lab *lab = *state;
	unsigned int at, left;
	int r;

	lab->options.cancelled = cancel_late;
	lab->options.data = &left;
	for (at = 0;; at++) {
		char *before = fake_kernel_state();

		left = at;
		r = lab_set(lab, GS_MODE_PASSTHROUGH);
		if (r == GS_EXIT_DONE) {
			free(before);
			break;
		}
		assert_int_equal(r, GS_EXIT_FAILED);
		lab_expect(before);
		assert_int_equal(lab->plan->steps[at].result, GS_RESULT_FAILED);
		assert_string_equal(lab->plan->steps[at].error, "cancelled");
		for (size_t i = 0; i < at; i++)
			assert_int_equal(lab->plan->steps[i].result, lab->plan->steps[i].undo
									     ? GS_RESULT_UNDONE
									     : GS_RESULT_DONE);
	}
	assert_int_equal(at, lab->plan->n_steps);
}

static void a_driver_that_refuses_is_a_failure(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	fake_kernel_refuse("vfio-pci", EINVAL);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	lab_expect(before);
	fake_kernel_refuse(NULL, 0);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	before = fake_kernel_state();
	fake_kernel_refuse("nouveau", ENODEV);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_FAILED);
	fake_kernel_refuse(NULL, 0);
	lab_expect(before);
	/* Its memory was not lost on the way. */
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	expect_line(FOREIGN " driver e1000e override (null) power auto");
}

static void a_group_in_use_stops_the_way_back(void **state)
{
	struct lab *lab = *state;
	char *before;

	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	before = fake_kernel_state();
	fake_kernel_busy(1);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_FAILED);
	lab_expect(before);
	fake_kernel_busy(-1);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
}

/* Between the plan and the switch somebody else bound another driver. */
static void a_plan_that_no_longer_fits_fails(void **state)
{
	struct gs_want want = lab_want(GS_MODE_PASSTHROUGH);
	struct lab *lab = *state;
	struct gs_lock *lock;
	bool told = false;

	fake_kernel_driver(lab->tree, "stand-in");
	assert_int_equal(gs_lock_take(lab->engine, 1000, &lock), 0);
	lab_plan(lab, &want, false);
	tree_driver(lab->gpu, "stand-in");
	assert_int_equal(gs_execute(lab->engine, lock, lab->plan, &lab->options), GS_EXIT_FAILED);
	gs_lock_release(lock);
	for (size_t i = 0; i < lab->plan->n_steps; i++)
		told = told || (lab->plan->steps[i].error &&
				strstr(lab->plan->steps[i].error, "as planned"));
	assert_true(told);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
}

static void a_named_host_driver_is_used(void **state)
{
	struct lab *lab = *state;
	struct gs_want want = { .mode = GS_MODE_HOST,
				.driver = (char *)"stand-in",
				.driver_known = GS_YES };

	fake_kernel_driver(lab->tree, "stand-in");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	expect_line(GPU " driver stand-in override (null)");
	want.driver = (char *)"nouveau";
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	expect_line(GPU " driver nouveau override (null)");
}

static void without_a_memory_the_kernel_chooses(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	tree_remove(lab->tree, "var/lib/gpushift/cards");
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	expect_line(GPU " driver nouveau override (null)");
	expect_line(SOUND " driver snd_hda_intel override (null)");
	/* Nobody knows that it went along. */
	expect_line(FOREIGN " driver vfio-pci override vfio-pci");
}

static void what_went_along_is_not_forgotten(void **state)
{
	struct lab *lab = *state;
	struct gs_want plain = { .mode = GS_MODE_PASSTHROUGH };
	char *before = fake_kernel_state();

	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	tree_driver(lab->gpu, NULL);
	assert_int_equal(lab_switch(lab, &plain), GS_EXIT_DONE);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	lab_expect(before);
}

static void read_only_state_refuses_first(void **state)
{
	struct lab *lab = *state;
	unsigned int writes = fake_kernel_writes();
	char *before = fake_kernel_state();

	/* A folder where the new journal would be written: root may write everything else. */
	tree_folder(lab->tree, "var/lib/gpushift/.journal.new");
	assert_true(lab_set(lab, GS_MODE_PASSTHROUGH) < 0);
	assert_int_equal(fake_kernel_writes(), writes);
	lab_expect(before);
	tree_remove(lab->tree, "var/lib/gpushift/.journal.new");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
}

static void unrecordable_is_undone(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	tree_folder(lab->tree, "var/lib/gpushift/cards/." GPU ".json.new");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
	lab_expect(before);
}

static void a_newer_memory_is_set_aside(void **state)
{
	struct lab *lab = *state;
	char *text;

	tree_write(lab->tree, "var/lib/gpushift/cards/" GPU ".json", "{\"version\":2,\"x\":1}");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	text = tree_read(lab->tree, "var/lib/gpushift/cards/" GPU ".json.newer");
	assert_non_null(text);
	assert_string_equal(text, "{\"version\":2,\"x\":1}");
	free(text);
}

static void an_interrupted_switch_is_not_overwritten(void **state)
{
	struct lab *lab = *state;

	tree_write(lab->tree, "var/lib/gpushift/journal", "{}\n");
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), -EEXIST);
}

static struct gs_want vgpu_want(struct gs_profile_want *profile)
{
	struct gs_want want = {
		.mode = GS_MODE_VGPU,
		.profiles = profile,
		.n_profiles = 1,
		.uuids = (char **)uuids,
		.n_uuids = 2,
	};

	return want;
}

static void use_vgpu_driver(struct lab *lab)
{
	fake_kernel_vgpu_driver(lab->tree, "nvidia", "nvidia-46", 2);
	tree_driver(lab->gpu, NULL);
	fake_kernel_native(lab->gpu, "nvidia", true);
}

static void vgpus_are_made_and_removed(void **state)
{
	struct gs_profile_want profile = { .type = (char *)"nvidia-46", .count = 2 };
	struct lab *lab = *state;
	struct gs_want want = vgpu_want(&profile);
	char *before;

	use_vgpu_driver(lab);
	before = fake_kernel_state();
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	assert_int_equal(lab_mode(lab), GS_MODE_VGPU);
	expect_line("vgpu " UUID_1);
	expect_line("vgpu " UUID_2);
	profile.count = 1;
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	expect_line("vgpu " UUID_1);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	lab_expect(before);
}

static void from_passthrough_to_vgpus(void **state)
{
	struct gs_profile_want profile = { .type = (char *)"Stand-in", .count = 1 };
	struct lab *lab = *state;
	struct gs_want want = vgpu_want(&profile);
	char *before;

	use_vgpu_driver(lab);
	before = fake_kernel_state();
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	/* Once with the types remembered, once as after a new installation. */
	for (int round = 0; round < 2; round++) {
		assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
		assert_int_equal(lab_mode(lab), GS_MODE_VGPU);
		assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
		assert_int_equal(lab_mode(lab), GS_MODE_PASSTHROUGH);
		if (round == 0)
			tree_remove(lab->tree, "var/lib/gpushift/cards");
	}
	free(before);
	tree_remove(lab->tree, "var/lib/gpushift/cards");
	profile.type = (char *)"no-such-type";
	before = fake_kernel_state();
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_FAILED);
	lab_expect(before);
}

static void failing_vgpu_writes_are_undone(void **state)
{
	struct gs_profile_want profile = { .type = (char *)"nvidia-46", .count = 2 };
	struct lab *lab = *state;
	struct gs_want want = vgpu_want(&profile);
	char *before;

	use_vgpu_driver(lab);
	for (unsigned int nth = 1; nth <= 2; nth++) {
		before = fake_kernel_state();
		fake_kernel_fail(nth, ENOSPC);
		assert_int_equal(lab_switch(lab, &want), GS_EXIT_FAILED);
		fake_kernel_fail(0, 0);
		lab_expect(before);
		assert_false(gs_vgpu_owned(lab->engine, UUID_1));
		assert_false(gs_vgpu_owned(lab->engine, UUID_2));
	}
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	/* One is gone when the next cannot be removed: it is made again, under its own name. */
	before = fake_kernel_state();
	fake_kernel_fail(2, EBUSY);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_FAILED);
	fake_kernel_fail(0, 0);
	lab_expect(before);
	assert_true(gs_vgpu_owned(lab->engine, UUID_1));
}

/* A folder in the place of what would be written beside and renamed: nothing new gets onto the disk. */
static void fill_disk(struct lab *lab)
{
	tree_folder(lab->tree, "var/lib/gpushift/cards/." GPU ".json.new");
	tree_folder(lab->tree, "var/lib/gpushift/vgpus/." UUID_1 ".json.new");
	tree_folder(lab->tree, "var/lib/gpushift/vgpus/." UUID_2 ".json.new");
}

static void vgpus_are_made_again_on_a_full_disk(void **state)
{
	struct gs_profile_want profile = { .type = (char *)"nvidia-46", .count = 2 };
	struct lab *lab = *state;
	struct gs_want want = vgpu_want(&profile);
	const struct gs_step *record;
	char *before;

	use_vgpu_driver(lab);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	before = fake_kernel_state();
	fill_disk(lab);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_FAILED);
	record = &lab->plan->steps[lab->plan->n_steps - 1];
	assert_int_equal(record->action.op, GS_OP_RECORD);
	assert_int_equal(record->result, GS_RESULT_FAILED);
	lab_expect(before);
	assert_true(gs_vgpu_owned(lab->engine, UUID_1));
	assert_true(gs_vgpu_owned(lab->engine, UUID_2));
	tree_remove(lab->tree, "var/lib/gpushift/cards/." GPU ".json.new");
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	assert_false(gs_vgpu_owned(lab->engine, UUID_1));
	assert_false(gs_vgpu_owned(lab->engine, UUID_2));
}

static void a_uuid_that_is_taken_stays_foreign(void **state)
{
	struct gs_profile_want profile = { .type = (char *)"nvidia-46", .count = 2 };
	struct lab *lab = *state;
	struct gs_want want = vgpu_want(&profile);
	struct gs_lock *lock;

	use_vgpu_driver(lab);
	lab_plan(lab, &want, false);
	tree_write(lab->tree, "sys/bus/mdev/devices/" UUID_2 "/remove", "%s", "");
	assert_int_equal(gs_lock_take(lab->engine, 1000, &lock), 0);
	/* The undo must not remove what somebody else made. */
	(void)!gs_execute(lab->engine, lock, lab->plan, &lab->options);
	gs_lock_release(lock);
	assert_false(gs_vgpu_owned(lab->engine, UUID_2));
	expect_line("vgpu " UUID_2);
}

static void state_can_be_read_by_all(void **state)
{
	struct lab *lab = *state;
	char path[256];
	struct stat st;

	umask(077);
	fake_kernel_fail_from(8, EIO);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_ATTENTION);
	umask(022);
	snprintf(path, sizeof(path), "%s/var/lib/gpushift/quarantine/" GPU ".json",
		 tree_root(lab->tree));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	snprintf(path, sizeof(path), "%s/var/lib/gpushift/quarantine", tree_root(lab->tree));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(there_and_back_leaves_no_trace),
		lab_test(nothing_to_do_writes_nothing),
		lab_test(other_start_states_come_back),
		lab_test(unbound_cards_get_a_driver),
		lab_test(from_unbound_to_passthrough_and_to_the_host),
		lab_test(each_failing_write_is_undone),
		lab_test(what_cannot_be_undone_is_quarantined),
		lab_test(quarantine_stays_while_something_hangs),
		lab_test(quarantine_stays_while_config_space_is_silent),
		lab_test(a_write_that_hangs_is_given_up),
		lab_test(cancelled_at_each_step_is_undone),
		lab_test(a_driver_that_refuses_is_a_failure),
		lab_test(a_group_in_use_stops_the_way_back),
		lab_test(a_plan_that_no_longer_fits_fails),
		lab_test(a_named_host_driver_is_used),
		lab_test(without_a_memory_the_kernel_chooses),
		lab_test(what_went_along_is_not_forgotten),
		lab_test(read_only_state_refuses_first),
		lab_test(unrecordable_is_undone),
		lab_test(a_newer_memory_is_set_aside),
		lab_test(an_interrupted_switch_is_not_overwritten),
		lab_test(vgpus_are_made_and_removed),
		lab_test(from_passthrough_to_vgpus),
		lab_test(failing_vgpu_writes_are_undone),
		lab_test(vgpus_are_made_again_on_a_full_disk),
		lab_test(a_uuid_that_is_taken_stays_foreign),
		lab_test(state_can_be_read_by_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
