// SPDX-License-Identifier: GPL-2.0-or-later
/* Plain VFs: what is planned, and what is done with a kernel that keeps its word, and with others. */
#include "lab.h"
#include "plan_model.h"
#include "vfs.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define VF_0 "0000:01:10.0"
#define VF_1 "0000:01:10.1"

static void values_are_read_as_written(void **state)
{
	static const char *const wrong[] = { "",   "x",		     "-1",	      "4 autoprobe=2",
					     "4 ", "4 autoprobe=",   "99999",	      "4autoprobe=1",
					     NULL, " 4 autoprobe=1", "4 autoprobe=11" };
	static const char *const right[] = { "0", "4", "4 autoprobe=0", "65535 autoprobe=1" };
	char text[GS_VFS_TEXT];
	struct gs_vfs vfs;

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(wrong); i++)
		assert_int_equal(gs_vfs_parse(wrong[i], &vfs), -EINVAL);
	for (size_t i = 0; i < GS_ARRAY_SIZE(right); i++) {
		assert_int_equal(gs_vfs_parse(right[i], &vfs), 0);
		gs_vfs_format(&vfs, text);
		assert_string_equal(text, right[i]);
	}
}

/* A card on a host driver that can have 8 VFs, and has @count. */
static struct gs_card *build(struct model *model, unsigned int count, enum gs_known before)
{
	static const char *const vfs[] = { VF_0, VF_1 };
	struct gs_function *gpu = model_function(model, GPU, 0x030000, 0x10de, 1, "nouveau");

	model_reset(gpu, "flr");
	model_vfs(gpu, 8, count, before);
	for (unsigned int i = 0; i < count; i++)
		model_vf(model, GPU, vfs[i], GS_NO);
	return model_finish(model, GPU);
}

static char *plan(struct model *model, const struct gs_card *card, const struct gs_want *want)
{
	struct gs_want_error error = { 0 };
	struct gs_plan *made = NULL;
	char *text;

	if (gs_plan_make(model->host, card, want, &made, &error) < 0)
		fail_msg("%s", error.message);
	text = made->n_blockers ? strdup(gs_refusal_code(made->blockers[0].refusal))
				: plan_text(made);
	gs_plan_free(made);
	return text;
}

static void expect(struct model *model, const struct gs_card *card, const struct gs_want *want,
		   const char *expected)
{
	gs_cleanup_free char *text = plan(model, card, want);

	assert_string_equal(text, expected);
}

static void numbers_are_planned(void **state)
{
	struct gs_want want = { .mode = GS_MODE_VGPU, .vfs = 4 };
	const struct gs_want host = { .mode = GS_MODE_HOST };
	struct model *model = model_new();
	struct gs_card *card = build(model, 0, GS_UNKNOWN);

	(void)state;
	expect(model, card, &want,
	       "enable-vfs " GPU " 4 autoprobe=0\nwait " GPU " vfs 4\nrecord " GPU " vgpu\n");
	want.vfs = 9;
	expect(model, card, &want, "no-capacity");
	card->functions[0]->sriov_total = 0;
	expect(model, card, &want, "no-vgpu-types");
	model_free(model);

	/* Our own are replaced by way of none, and autoprobe becomes what it was. */
	model = model_new();
	card = build(model, 2, GS_YES);
	want.vfs = 2;
	expect(model, card, &want, "");
	want.vfs = 4;
	expect(model, card, &want,
	       "disable-vfs " GPU " 0 autoprobe=1\nenable-vfs " GPU " 4 autoprobe=0\n"
	       "wait " GPU " vfs 4\nrecord " GPU " vgpu\n");
	expect(model, card, &host, "disable-vfs " GPU " 0 autoprobe=1\nrecord " GPU " host\n");
	card->vgpus[1]->in_use = GS_YES;
	expect(model, card, &host, "in-use");
	expect(model, card, &want, "in-use");
	want.vfs = 2;
	expect(model, card, &want, "");
	model_free(model);

	/* Those of others stay; the same number of them is what is wanted. */
	model = model_new();
	card = build(model, 2, GS_UNKNOWN);
	expect(model, card, &want, "");
	expect(model, card, &host, "vfs-enabled");
	want.vfs = 1;
	expect(model, card, &want, "vfs-enabled");
	model_free(model);
}

static void named_ones_are_removed(void **state)
{
	struct model *model = model_new();
	struct gs_card *card = build(model, 2, GS_UNKNOWN);
	struct gs_plan *made;
	char *text;

	(void)state;
	assert_int_equal(gs_plan_vgpu_remove(model->host, card->vgpus[0], &made), 0);
	assert_int_equal(made->blockers[0].refusal, GS_REFUSE_VFS_ENABLED);
	assert_string_equal(made->blockers[0].fix, "gpushift vgpu remove " GPU);
	gs_plan_free(made);
	assert_int_equal(gs_plan_vfs_remove(model->host, card, &made), 0);
	text = plan_text(made);
	assert_string_equal(text, "disable-vfs " GPU " 0 autoprobe=1\n");
	free(text);
	gs_plan_free(made);
	card->vgpus[0]->in_use = GS_YES;
	assert_int_equal(gs_plan_vfs_remove(model->host, card, &made), 0);
	assert_int_equal(made->blockers[0].refusal, GS_REFUSE_IN_USE);
	gs_plan_free(made);
	model_free(model);
}

static void use_sriov(struct lab *lab)
{
	tree_sriov(lab->gpu, 7);
}

static struct gs_want want_vfs(unsigned int count)
{
	return (struct gs_want){ .mode = GS_MODE_VGPU, .vfs = count };
}

static unsigned int count(struct lab *lab)
{
	return gs_vfs_count(lab->engine, GPU);
}

static void they_come_and_go(void **state)
{
	struct lab *lab = *state;
	struct gs_want want = want_vfs(3);
	char *before;

	use_sriov(lab);
	before = fake_kernel_state();
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	assert_int_equal(lab_mode(lab), GS_MODE_VGPU);
	assert_int_equal(count(lab), 3);
	assert_int_equal(gs_vfs_recorded(lab->engine, GPU).autoprobe, GS_YES);
	want = want_vfs(5);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	assert_int_equal(count(lab), 5);
	assert_int_equal(gs_vfs_recorded(lab->engine, GPU).autoprobe, GS_YES);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	lab_expect(before);
	assert_int_equal(gs_vfs_recorded(lab->engine, GPU).count, 0);
}

static void each_failing_write_is_undone(void **state)
{
	struct lab *lab = *state;
	struct gs_want want = want_vfs(2);
	unsigned int nth, first;
	char *before;
	int r;

	use_sriov(lab);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	want = want_vfs(4);
	for (nth = 1;; nth++) {
		before = fake_kernel_state();
		first = fake_kernel_writes();
		fake_kernel_fail(nth, EIO);
		r = lab_switch(lab, &want);
		fake_kernel_fail(0, 0);
		if (r == GS_EXIT_DONE)
			break;
		assert_int_equal(r, GS_EXIT_FAILED);
		assert_true(fake_kernel_writes() - first >= nth);
		lab_expect(before);
		assert_int_equal(gs_vfs_recorded(lab->engine, GPU).count, 2);
		assert_int_equal(gs_vfs_recorded(lab->engine, GPU).autoprobe, GS_YES);
	}
	free(before);
	/* Away with them, autoprobe on, off again, the new ones. */
	assert_int_equal(nth, 5);
	assert_int_equal(count(lab), 4);
}

static void fewer_than_asked_for_are_none(void **state)
{
	struct lab *lab = *state;
	struct gs_want want = want_vfs(4);
	char *before;

	use_sriov(lab);
	before = fake_kernel_state();
	fake_kernel_fewer_vfs(1);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_FAILED);
	assert_non_null(strstr(lab->plan->steps[0].error, "4 VFs were asked for"));
	fake_kernel_fewer_vfs(0);
	lab_expect(before);
	assert_int_equal(gs_vfs_recorded(lab->engine, GPU).count, 0);
}

/* Killed before and after each write: the old number or the new one, whole. */
static void killed_at_each_write(void **state)
{
	struct lab *lab = *state;
	struct gs_want two = want_vfs(2), four = want_vfs(4);

	use_sriov(lab);
	for (unsigned int nth = 1; nth <= 4; nth++) {
		for (int before = 0; before < 2; before++) {
			struct gs_recovery recovery;

			assert_int_equal(lab_switch(lab, &two), GS_EXIT_DONE);
			fake_kernel_kill_parent(nth, before);
			assert_true(WIFSIGNALED(lab_fork_switch(lab, &four)));
			fake_kernel_fail(0, 0);
			recovery = lab_recover(lab);
			if (recovery.outcome != GS_RECOVERED_UNDONE &&
			    recovery.outcome != GS_RECOVERED_FINISHED)
				fail_msg("write %u: %d, %s", nth, recovery.outcome, recovery.detail);
			assert_int_equal(count(lab),
					 recovery.outcome == GS_RECOVERED_FINISHED ? 4 : 2);
			assert_int_equal(gs_vfs_recorded(lab->engine, GPU).autoprobe, GS_YES);
			gs_recovery_clear(&recovery);
			assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
		}
	}
}

/* As an administrator would; only what another process writes is answered. */
static void write_by_hand(struct lab *lab, const char *value)
{
	gs_cleanup_free char *path = gs_asprintf("%s/%s/sriov_numvfs", tree_root(lab->tree),
						 tree_path(lab->gpu));
	int status, fd;
	pid_t pid = fork();

	if (pid == 0) {
		fd = open(path, O_WRONLY);
		_exit(fd < 0 || write(fd, value, strlen(value)) < 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* What was before them is not forgotten. */
static void taken_away_by_others(void **state)
{
	struct lab *lab = *state;
	struct gs_want want = want_vfs(3);
	char *before;

	use_sriov(lab);
	before = fake_kernel_state();
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	write_by_hand(lab, "0");
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	assert_int_equal(gs_vfs_recorded(lab->engine, GPU).autoprobe, GS_YES);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	lab_expect(before);
}

static int remove_vfs(struct lab *lab)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_plan *made;
	struct gs_lock *lock;
	int r;

	assert_int_equal(gs_lock_take(lab->engine, 10000, &lock), 0);
	assert_int_equal(gs_inventory_read(lab->engine, 0, &host), 0);
	assert_int_equal(gs_plan_vfs_remove(host, host_card(host, GPU), &made), 0);
	assert_int_equal(made->n_blockers, 0);
	r = gs_execute(lab->engine, lock, made, &lab->options);
	gs_plan_free(made);
	gs_lock_release(lock);
	return r;
}

/* Theirs were away for a moment, and are still theirs. */
static void those_of_others_stay_theirs(void **state)
{
	struct lab *lab = *state;
	struct gs_want want = want_vfs(3);

	use_sriov(lab);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	write_by_hand(lab, "0");
	write_by_hand(lab, "5");
	fake_kernel_fail(2, EIO);
	assert_int_equal(remove_vfs(lab), GS_EXIT_FAILED);
	fake_kernel_fail(0, 0);
	assert_int_equal(count(lab), 5);
	assert_int_not_equal(gs_vfs_recorded(lab->engine, GPU).count, 5);
	want = lab_want(GS_MODE_PASSTHROUGH);
	lab_plan(lab, &want, true);
	assert_int_equal(lab->plan->blockers[0].refusal, GS_REFUSE_VFS_ENABLED);
	assert_int_equal(remove_vfs(lab), GS_EXIT_DONE);
	assert_int_equal(count(lab), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_as_written),
		cmocka_unit_test(numbers_are_planned),
		cmocka_unit_test(named_ones_are_removed),
		lab_test(they_come_and_go),
		lab_test(each_failing_write_is_undone),
		lab_test(fewer_than_asked_for_are_none),
		lab_test(killed_at_each_write),
		lab_test(taken_away_by_others),
		lab_test(those_of_others_stay_theirs),
	};

	return cmocka_run_group_tests_name("vfs", tests, NULL, model_end);
}
