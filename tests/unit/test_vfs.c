// SPDX-License-Identifier: GPL-2.0-or-later
/* Plain VFs: what is planned, and what is done with a kernel that keeps its word, and with others. */
#include "lab.h"
#include "plan_model.h"
#include "remembered.h"
#include "vfs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define VF_0 "0000:01:10.0"
#define VF_1 "0000:01:10.1"

static void values_are_read_as_written(void **state)
{
	static const char *const wrong[] = { "",   "x",		     "-1",	      "4 autoprobe=2",
					     "4 ", "4 autoprobe= sriov-manage",   "99999",	      "4autoprobe=1",
					     NULL, " 4 autoprobe=1", "4 autoprobe=11" };
	static const char *const right[] = { "0",	      "4",
					     "4 autoprobe=0", "65535 autoprobe=1",
					     "7 sriov-manage", "7 autoprobe=1 sriov-manage" };
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

/* NVIDIA's own tool where there is one, else its lock; types are what the card is known for. */
static void nvidias_vfs_are_planned(void **state)
{
	struct gs_profile_want profile = { (char *)"nvidia-558", 1 };
	const struct gs_want want = { .mode = GS_MODE_VGPU,
				      .profiles = &profile,
				      .n_profiles = 1,
				      .uuids = (char *[]){ (char *)"u" },
				      .n_uuids = 1 };
	const struct gs_want four = { .mode = GS_MODE_VGPU, .vfs = 4 };
	struct model *model = model_new();
	struct gs_card *card = build(model, 0, GS_UNKNOWN);
	struct gs_function *gpu = card->functions[0];

	(void)state;
	expect(model, card, &want, "no-vgpu-types");
	free(gpu->driver);
	gpu->driver = strdup("nvidia");
	expect(model, card, &want,
	       "enable-vfs " GPU " 8 autoprobe=1\nwait " GPU " vgpu-types\n"
	       "create-vgpu " GPU " nvidia-558/u\nrecord " GPU " vgpu\n");
	gpu->fence = GS_FENCE_UNBIND_LOCK;
	expect(model, card, &want,
	       "fence " GPU " unbind-lock\nenable-vfs " GPU " 8 autoprobe=1\n"
	       "unfence " GPU " unbind-lock\nwait " GPU " vgpu-types\n"
	       "create-vgpu " GPU " nvidia-558/u\nrecord " GPU " vgpu\n");
	model->host->sriov_manage = true;
	expect(model, card, &want,
	       "enable-vfs " GPU " 8 autoprobe=1 sriov-manage\nwait " GPU " vgpu-types\n"
	       "create-vgpu " GPU " nvidia-558/u\nrecord " GPU " vgpu\n");
	/* It knows all or none. */
	gpu->fence = GS_FENCE_NONE;
	expect(model, card, &four,
	       "enable-vfs " GPU " 4 autoprobe=0\nwait " GPU " vfs 4\nrecord " GPU " vgpu\n");
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

static const char *const uuids[] = { "aaaaaaaa-0000-4000-8000-000000000001",
				     "aaaaaaaa-0000-4000-8000-000000000002",
				     "aaaaaaaa-0000-4000-8000-000000000003" };

static struct gs_want want_types(struct gs_profile_want *profile, unsigned int number)
{
	*profile = (struct gs_profile_want){ (char *)"nvidia-558", number };
	return (struct gs_want){
		.mode = GS_MODE_VGPU,
		.profiles = profile,
		.n_profiles = 1,
		.uuids = (char **)uuids,
		.n_uuids = GS_ARRAY_SIZE(uuids),
	};
}

/* Its VFs become vGPUs, two of them. */
static void use_nvidia(struct lab *lab)
{
	use_sriov(lab);
	fake_kernel_vf_types(2);
	tree_driver(lab->gpu, NULL);
	fake_kernel_native(lab->gpu, "nvidia", true);
}

/* Says what went wrong. */
static void expect_done(struct lab *lab, const struct gs_want *want)
{
	int r = lab_switch(lab, want);

	for (size_t i = 0; r != GS_EXIT_DONE && i < lab->plan->n_steps; i++)
		if (lab->plan->steps[i].error)
			fail_msg("exit %d: %s", r, lab->plan->steps[i].error);
	assert_int_equal(r, GS_EXIT_DONE);
}

static unsigned int vgpus_of(struct lab *lab, const char *type)
{
	gs_cleanup_host struct gs_host *host = NULL;
	unsigned int found = 0;

	assert_int_equal(gs_inventory_read(lab->engine, 0, &host), 0);
	for (size_t i = 0; i < host->n_vgpus; i++)
		found += gs_streq(host->vgpus[i].type, type);
	return found;
}

static void vfs_become_vgpus(void **state)
{
	struct lab *lab = *state;
	struct gs_profile_want profile;
	struct gs_want want = want_types(&profile, 2);
	char *before, *full;

	use_nvidia(lab);
	before = fake_kernel_state();
	expect_done(lab, &want);
	assert_int_equal(lab_mode(lab), GS_MODE_VGPU);
	assert_int_equal(count(lab), 7);
	assert_true(gs_vgpu_owned(lab->engine, VF_0) && gs_vgpu_owned(lab->engine, uuids[0]));
	full = fake_kernel_state();
	assert_non_null(strstr(full, VF_1 " driver - override (null) power ? vfs 0 autoprobe 0 type 558"));
	/* More than there is room for: what each VF says was true before the first was made. */
	want = want_types(&profile, 3);
	lab_plan(lab, &want, true);
	assert_int_equal(lab->plan->blockers[0].refusal, GS_REFUSE_NO_CAPACITY);
	want = want_types(&profile, 1);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_DONE);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	lab_expect(before);
	assert_false(gs_vgpu_owned(lab->engine, VF_0) || gs_vgpu_owned(lab->engine, VF_1) ||
		     gs_vgpu_owned(lab->engine, uuids[0]) || gs_vgpu_owned(lab->engine, uuids[1]));
	/* With VFs off it cannot be known; undone when it turns out. */
	before = fake_kernel_state();
	fake_kernel_vf_types(1);
	tree_remove(lab->tree, "var/lib/gpushift/cards");
	want = want_types(&profile, 2);
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_FAILED);
	lab_expect(before);
	free(full);
}

/* An administrator's VFs without a vGPU are no reason to make none. */
static void vfs_of_others_are_used(void **state)
{
	struct lab *lab = *state;
	struct gs_profile_want profile;
	struct gs_want want = want_types(&profile, 1);

	use_nvidia(lab);
	write_by_hand(lab, "7");
	assert_int_equal(vgpus_of(lab, "nvidia-558"), 0);
	expect_done(lab, &want);
	assert_int_equal(vgpus_of(lab, "nvidia-558"), 1);
	/* They stay when what was made on them goes. */
	lab_plan(lab, &(struct gs_want){ .mode = GS_MODE_HOST }, true);
	assert_int_equal(lab->plan->blockers[0].refusal, GS_REFUSE_VFS_ENABLED);
	assert_int_equal(count(lab), 7);
}

/* What VFs no longer list is known from when nothing was made, and can replace what is there. */
static void other_sizes_are_remembered(void **state)
{
	struct lab *lab = *state;
	struct gs_profile_want profile;
	struct gs_want want = want_types(&profile, 1);
	gs_cleanup_host struct gs_host *host = NULL;
	const struct gs_vgpu_type *type;

	use_nvidia(lab);
	expect_done(lab, &want);
	assert_int_equal(gs_inventory_read(lab->engine, GS_READ_TYPES, &host), 0);
	assert_int_equal(gs_type_find(host_card(host, GPU)->parent, "NVIDIA A40-8Q", &type), 0);
	assert_int_equal(type->available, 0);
	assert_int_equal(gs_type_find(host_card(host, GPU)->parent, "nvidia-558", &type), 0);
	assert_int_equal(type->made, 1);
	assert_string_equal(type->name, "NVIDIA A40-2Q");
	profile.type = (char *)"NVIDIA A40-8Q";
	expect_done(lab, &want);
	assert_int_equal(vgpus_of(lab, "nvidia-562"), 1);
	assert_int_equal(vgpus_of(lab, "nvidia-558"), 0);
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	expect_done(lab, &want);
	assert_int_equal(vgpus_of(lab, "nvidia-562"), 1);
}

/* What NVIDIA's tool says when the card is in use is what is told; nothing has changed. */
static void the_tool_refuses(void **state)
{
	struct lab *lab = *state;
	struct gs_profile_want profile;
	struct gs_want want = want_types(&profile, 1);
	gs_cleanup_free char *path = gs_asprintf("%s/" GS_SRIOV_MANAGE, tree_root(lab->tree));
	gs_cleanup_free char *called = NULL;
	char *before;

	use_nvidia(lab);
	tree_write(lab->tree, "var/called", "%s", "");
	tree_write(lab->tree, GS_SRIOV_MANAGE,
		   "#!/bin/sh\necho \"$*\" >>%s/var/called\necho 'Cannot obtain unbindLock'\n"
		   "[ \"$1\" = -d ]\n",
		   tree_root(lab->tree));
	assert_int_equal(chmod(path, 0755), 0);
	before = fake_kernel_state();
	assert_int_equal(lab_switch(lab, &want), GS_EXIT_FAILED);
	assert_string_equal(lab->plan->steps[0].error,
			    "sriov-manage -e " GPU ": Cannot obtain unbindLock");
	called = tree_read(lab->tree, "var/called");
	assert_string_equal(called, "-e " GPU "\n-d " GPU "\n");
	lab_expect(before);
}

/* From one that is there to two, each write failing once: one as it was, or both. */
static void failing_types_are_undone(void **state)
{
	struct lab *lab = *state;
	struct gs_profile_want profile;
	struct gs_want want = want_types(&profile, 1);
	unsigned int nth;
	char *before;
	int r;

	use_nvidia(lab);
	for (nth = 1;; nth++) {
		before = fake_kernel_state();
		fake_kernel_fail(nth, EIO);
		r = lab_switch(lab, &want);
		fake_kernel_fail(0, 0);
		if (r == GS_EXIT_DONE)
			break;
		assert_int_equal(r, GS_EXIT_FAILED);
		lab_expect(before);
		assert_false(gs_vgpu_owned(lab->engine, VF_0));
		assert_false(gs_vgpu_owned(lab->engine, uuids[0]));
	}
	free(before);
	/* The VFs, and the type. */
	assert_int_equal(nth, 3);
	/* Away with it: the VF becomes the same again when the VFs cannot be disabled. */
	before = fake_kernel_state();
	fake_kernel_fail(2, EBUSY);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_FAILED);
	fake_kernel_fail(0, 0);
	lab_expect(before);
	assert_true(gs_vgpu_owned(lab->engine, VF_0));
}

static void killed_while_vfs_become_vgpus(void **state)
{
	struct lab *lab = *state;
	struct gs_profile_want profile;
	struct gs_want want = want_types(&profile, 2);
	char *none;

	use_nvidia(lab);
	none = fake_kernel_state();
	for (unsigned int nth = 1; nth <= 3; nth++) {
		struct gs_recovery recovery;
		char *now;

		fake_kernel_kill_parent(nth, false);
		assert_true(WIFSIGNALED(lab_fork_switch(lab, &want)));
		fake_kernel_fail(0, 0);
		recovery = lab_recover(lab);
		now = fake_kernel_state();
		if (recovery.outcome == GS_RECOVERED_UNDONE)
			assert_string_equal(now, none);
		else
			assert_int_equal(recovery.outcome, GS_RECOVERED_FINISHED);
		free(now);
		gs_recovery_clear(&recovery);
		assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	}
	free(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_as_written),
		cmocka_unit_test(numbers_are_planned),
		cmocka_unit_test(nvidias_vfs_are_planned),
		cmocka_unit_test(named_ones_are_removed),
		lab_test(they_come_and_go),
		lab_test(each_failing_write_is_undone),
		lab_test(fewer_than_asked_for_are_none),
		lab_test(killed_at_each_write),
		lab_test(taken_away_by_others),
		lab_test(those_of_others_stay_theirs),
		lab_test(vfs_become_vgpus),
		lab_test(vfs_of_others_are_used),
		lab_test(other_sizes_are_remembered),
		lab_test(the_tool_refuses),
		lab_test(failing_types_are_undone),
		lab_test(killed_while_vfs_become_vgpus),
	};

	return cmocka_run_group_tests_name("vfs", tests, NULL, model_end);
}
