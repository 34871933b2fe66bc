// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters of plain VFs: read, planned, written before the VFs are enabled, and put back. */
#include "lab.h"
#include "plan_model.h"
#include "vfs.h"
#include "vgpu_params.h"

#include <sys/wait.h>

#define PROFILE "sriov_admin/vf%u/profile/%s"

static void texts_are_read(void **state)
{
	static const char *const right[] = { "exec_quantum_ms=20", "sched_priority=high",
					     "exec_quantum_ms=20,preempt_timeout_us=4294967295",
					     "vram_quota=1073741824" };
	static const char *const wrong[] = { "",
					     "none=",
					     "exec_quantum_ms",
					     "exec_quantum_ms=",
					     "exec_quantum_ms=4294967296",
					     "exec_quantum_ms=-1",
					     "exec_quantum_ms=020",
					     "sched_priority=highest",
					     "sched_priority=low|normal",
					     "exec_quantum_ms=1,exec_quantum_ms=2",
					     "../../remove=1",
					     "+stop=1",
					     "frame_rate_limiter=0" };

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(right); i++) {
		gs_cleanup_free char *problem = NULL, *text = NULL;

		assert_int_equal(gs_vf_params_read(right[i], &text, &problem), 0);
		assert_string_equal(text, right[i]);
	}
	for (size_t i = 0; i < GS_ARRAY_SIZE(wrong); i++) {
		gs_cleanup_free char *problem = NULL, *text = NULL;

		assert_int_equal(gs_vf_params_read(wrong[i], &text, &problem), -EINVAL);
		assert_non_null(problem);
	}
}

static void steps_are_read_as_written(void **state)
{
	static const char *const right[] = { "4 exec_quantum_ms=20",
					     "4 autoprobe=0 exec_quantum_ms=20,sched_priority=low",
					     "4 autoprobe=1 vram_quota=1 sriov-manage" };
	static const char *const wrong[] = { "4 exec_quantum_ms", "4 stop=1", "4  exec_quantum_ms=20",
					     "4 exec_quantum_ms=20 autoprobe=0",
					     "4 exec_quantum_ms=20 sched_priority=low" };
	char text[GS_VFS_TEXT];
	struct gs_vfs vfs;

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(right); i++) {
		assert_int_equal(gs_vfs_parse(right[i], &vfs), 0);
		gs_vfs_format(&vfs, text);
		assert_string_equal(text, right[i]);
	}
	for (size_t i = 0; i < GS_ARRAY_SIZE(wrong); i++)
		assert_int_equal(gs_vfs_parse(wrong[i], &vfs), -EINVAL);
}

/* --- plans ---------------------------------------------------------------------------------------- */

static void expect(struct model *model, const struct gs_card *card, const struct gs_want *want,
		   const char *expected)
{
	struct gs_want_error error = { 0 };
	struct gs_plan *made = NULL;
	char *text;

	assert_int_equal(gs_plan_make(model->host, card, want, &made, &error), 0);
	text = made->n_blockers ? strdup(gs_refusal_code(made->blockers[0].refusal))
				: plan_text(made);
	gs_plan_free(made);
	assert_string_equal(text, expected);
	free(text);
}

/* A card that can have 8 VFs, and has @count with @params of ours. */
static struct gs_card *build(struct model *model, unsigned int count, const char *params)
{
	static const char *const vfs[] = { "0000:01:10.0", "0000:01:10.1" };
	struct gs_function *gpu = model_function(model, GPU, 0x030000, 0x8086, 1, "xe");

	model_reset(gpu, "flr");
	model_vfs(gpu, 8, count, count ? GS_YES : GS_UNKNOWN);
	strcpy(gpu->own_vfs.params, params);
	for (unsigned int i = 0; i < count; i++)
		model_vf(model, GPU, vfs[i], GS_NO);
	return model_finish(model, GPU);
}

static void they_are_planned(void **state)
{
	char params[] = "exec_quantum_ms=20", other[] = "exec_quantum_ms=30";
	struct gs_want want = { .mode = GS_MODE_VGPU, .vfs = 2, .vf_params = params };
	struct model *model = model_new();
	struct gs_card *card = build(model, 0, "");

	(void)state;
	expect(model, card, &want, "no-vgpu-types");
	card->functions[0]->vf_params = 1;
	expect(model, card, &want,
	       "enable-vfs " GPU " 2 autoprobe=0 exec_quantum_ms=20\nwait " GPU " vfs 2\n"
	       "record " GPU " vgpu\n");
	model_free(model);

	/* There already: as they are, unless others are asked for. */
	model = model_new();
	card = build(model, 2, params);
	card->functions[0]->vf_params = 1;
	expect(model, card, &want, "");
	want.vf_params = NULL;
	expect(model, card, &want, "");
	want.vf_params = other;
	expect(model, card, &want,
	       "disable-vfs " GPU " 0 autoprobe=1\nenable-vfs " GPU " 2 autoprobe=0 exec_quantum_ms=30\n"
	       "wait " GPU " vfs 2\nrecord " GPU " vgpu\n");
	card->vgpus[1]->in_use = GS_YES;
	expect(model, card, &want, "in-use");
	model_free(model);
}

/* --- switches ------------------------------------------------------------------------------------- */

static void use_profiles(struct lab *lab)
{
	tree_sriov(lab->gpu, 7);
	for (unsigned int vf = 1; vf <= 7; vf++) {
		gs_cleanup_free char *quantum = gs_asprintf(PROFILE, vf, "exec_quantum_ms");
		gs_cleanup_free char *priority = gs_asprintf(PROFILE, vf, "sched_priority");

		gs_cleanup_free char *number = gs_asprintf("%u", vf);

		tree_attribute(lab->gpu, quantum, number);
		tree_attribute(lab->gpu, priority, "low [normal] high");
	}
}

static char *profile(struct lab *lab, unsigned int vf, const char *key)
{
	gs_cleanup_free char *path =
		gs_asprintf("%s/" PROFILE, tree_path(lab->gpu), vf, key);
	char *text = tree_read(lab->tree, path);

	assert_non_null(text);
	text[strcspn(text, "\n")] = '\0';
	return text;
}

static void expect_profile(struct lab *lab, unsigned int vf, const char *quantum,
			   const char *priority)
{
	gs_cleanup_free char *now_quantum = profile(lab, vf, "exec_quantum_ms");
	gs_cleanup_free char *now_priority = profile(lab, vf, "sched_priority");

	assert_string_equal(now_quantum, quantum);
	assert_string_equal(now_priority, priority);
}

static void expect_untouched(struct lab *lab)
{
	expect_profile(lab, 1, "1", "low [normal] high");
	expect_profile(lab, 2, "2", "low [normal] high");
	expect_profile(lab, 3, "3", "low [normal] high");
}

static char asked[] = "exec_quantum_ms=20,sched_priority=high";
static char others[] = "exec_quantum_ms=30";

static struct gs_want want_vfs(unsigned int count, char *params)
{
	return (struct gs_want){ .mode = GS_MODE_VGPU, .vfs = count, .vf_params = params };
}

static void they_come_and_go(void **state)
{
	struct gs_want want = want_vfs(2, asked);
	struct lab *lab = *state;
	char *before;

	use_profiles(lab);
	before = fake_kernel_state();
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	expect_profile(lab, 1, "20", "low normal [high]");
	expect_profile(lab, 2, "20", "low normal [high]");
	expect_profile(lab, 3, "3", "low [normal] high");
	assert_string_equal(gs_vfs_recorded(lab->engine, GPU).params, asked);
	/* What nobody speaks of any more is what it was. */
	want = want_vfs(3, others);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	expect_profile(lab, 1, "30", "low [normal] high");
	expect_profile(lab, 3, "30", "low [normal] high");
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	expect_untouched(lab);
	lab_expect(before);
}

static void each_failing_write_is_undone(void **state)
{
	struct gs_want two = want_vfs(2, asked), three = want_vfs(3, others);
	struct lab *lab = *state;
	unsigned int nth;
	int r;

	use_profiles(lab);
	assert_int_equal(lab_switch(lab, &two), GS_EXIT_DONE);
	for (nth = 1;; nth++) {
		fake_kernel_fail(nth, EIO);
		r = lab_switch(lab, &three);
		fake_kernel_fail(0, 0);
		if (r == GS_EXIT_DONE)
			break;
		assert_int_equal(r, GS_EXIT_FAILED);
		assert_int_equal(gs_vfs_count(lab->engine, GPU), 2);
		expect_profile(lab, 1, "20", "low normal [high]");
		expect_profile(lab, 2, "20", "low normal [high]");
		expect_profile(lab, 3, "3", "low [normal] high");
	}
	/* Gone, two times two values, autoprobe on and off; three values, and there. */
	assert_int_equal(nth, 1 + 4 + 2 + 3 + 1 + 1);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	expect_untouched(lab);
}

static void killed_at_each_write(void **state)
{
	struct gs_want want = want_vfs(2, asked);
	struct lab *lab = *state;

	use_profiles(lab);
	for (unsigned int nth = 1; nth <= 6; nth++) {
		struct gs_recovery recovery;

		fake_kernel_kill_parent(nth, nth % 2);
		assert_true(WIFSIGNALED(lab_fork_switch(lab, &want)));
		fake_kernel_fail(0, 0);
		recovery = lab_recover(lab);
		if (recovery.outcome == GS_RECOVERED_FINISHED) {
			expect_profile(lab, 2, "20", "low normal [high]");
			assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
		} else {
			assert_int_equal(recovery.outcome, GS_RECOVERED_UNDONE);
		}
		gs_recovery_clear(&recovery);
		assert_int_equal(gs_vfs_count(lab->engine, GPU), 0);
		expect_untouched(lab);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_read),
		cmocka_unit_test(steps_are_read_as_written),
		cmocka_unit_test(they_are_planned),
		lab_test(they_come_and_go),
		lab_test(each_failing_write_is_undone),
		lab_test(killed_at_each_write),
	};

	return cmocka_run_group_tests_name("vf params", tests, NULL, model_end);
}
