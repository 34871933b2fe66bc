// SPDX-License-Identifier: GPL-2.0-or-later
/* Parameters of vGPUs: their text, what is planned, what is written, and what is remembered. */
#include "lab.h"
#include "definition.h"
#include "remembered.h"
#include "vgpu_params.h"
#include "wish.h"

#define UUID_1 "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_2 "aaaaaaaa-0000-4000-8000-000000000002"
#define VF_0 "0000:01:10.0"

static const char *const uuids[] = { UUID_1, UUID_2 };

/* --- text -------------------------------------------------------------------------------------- */

static void expect_read(const char *text, const char *expected)
{
	char *params, *problem;

	assert_int_equal(gs_params_read(text, &params, &problem), 0);
	assert_string_equal(params, expected);
	assert_true(gs_params_are(params));
	free(params);
}

static void expect_problem(const char *text, const char *part)
{
	char *params, *problem;

	assert_int_equal(gs_params_read(text, &params, &problem), -EINVAL);
	if (!strstr(problem, part))
		fail_msg("'%s': %s", text, problem);
	free(problem);
}

static void they_are_checked(void **state)
{
	char long_one[700];

	(void)state;
	expect_read("none", "");
	expect_read("frame_rate_limiter=0", "frame_rate_limiter=0");
	expect_read(" disable_vnc=1 , vgpu-placement-id=12 ", "disable_vnc=1,vgpu-placement-id=12");
	expect_read("+new_one=a.b:c-d,frame_rate_limiter=1", "new_one=a.b:c-d,frame_rate_limiter=1");
	expect_read("+frame_rate_limiter=7", "frame_rate_limiter=7");
	expect_problem("", "KEY=VALUE, or none");
	expect_problem(",", "KEY=VALUE, or none");
	expect_problem("none,frame_rate_limiter=0", "KEY=VALUE, not 'none'");
	expect_problem("frame_rate_limiter", "KEY=VALUE");
	expect_problem("=1", "KEY=VALUE");
	expect_problem("frame_rate_limiter=", "KEY=VALUE");
	expect_problem("frame_rate_limiter=2", "from 0 to 1, not '2'");
	expect_problem("frame_rate_limiter=yes", "from 0 to 1");
	expect_problem("vgpu-placement-id=99999999999999999999999", "from 0 to 65535");
	expect_problem("frame_rate_limit=0", "known are frame_rate_limiter=0|1, disable_vnc=0|1");
	expect_problem("+a=b/c", "KEY=VALUE");
	expect_problem("+a=b\nc", "KEY=VALUE");
	expect_problem("disable_vnc=1,+disable_vnc=0", "given twice");
	snprintf(long_one, sizeof(long_one), "+a=%0600d", 1);
	expect_problem(long_one, "at most 512");
}

static void expect_split(const char *text, const char *type, const char *params)
{
	char *found_type, *found_params;

	assert_int_equal(gs_profile_split(text, &found_type, &found_params), 0);
	assert_string_equal(found_type, type);
	if (params)
		assert_string_equal(found_params, params);
	else
		assert_null(found_params);
	free(found_type);
	free(found_params);
}

static void expect_join(const char *type, const char *params, const char *expected)
{
	char *text = gs_profile_join(type, params);

	assert_string_equal(text, expected);
	free(text);
}

static void profiles_have_them(void **state)
{
	(void)state;
	expect_split("nvidia-46", "nvidia-46", NULL);
	expect_split("GRID P40, 2Q", "GRID P40, 2Q", NULL);
	expect_split("GRID P40-2Q,frame_rate_limiter=0,+a=1", "GRID P40-2Q", "frame_rate_limiter=0,+a=1");
	expect_split("nvidia-46,none", "nvidia-46", "none");
	expect_split(",a=1", ",a=1", NULL);
	expect_join("nvidia-46", NULL, "nvidia-46");
	expect_join("nvidia-46", "", "nvidia-46,none");
	expect_join("nvidia-46", "frame_rate_limiter=0,a=1,loglevel=77",
		    "nvidia-46,frame_rate_limiter=0,+a=1,+loglevel=77");
}

static void their_order_does_not_matter(void **state)
{
	(void)state;
	assert_true(gs_params_equal("a=1,b=2", " b=2 , a=1\n"));
	assert_true(gs_params_equal("", " "));
	assert_false(gs_params_equal("a=1", "a=1,b=2"));
	assert_false(gs_params_equal("a=1,b=2", "a=1"));
	assert_false(gs_params_equal("a=1", "a=11"));
	assert_false(gs_params_equal(NULL, ""));
	assert_false(gs_params_equal(NULL, NULL));
}

/* --- sets -------------------------------------------------------------------------------------- */

struct asked {
	struct gs_profile_want profiles[2];
	struct gs_want want;
};

static struct gs_want *ask(struct asked *asked, const char *first, unsigned int count,
			   const char *second)
{
	*asked = (struct asked){ .profiles = { { (char *)first, count }, { (char *)second, 1 } } };
	asked->want = (struct gs_want){
		.mode = GS_MODE_VGPU,
		.profiles = asked->profiles,
		.n_profiles = second ? 2 : 1,
		.uuids = (char **)uuids,
		.n_uuids = 2,
	};
	return &asked->want;
}

static void use_vgpu_driver(struct lab *lab, const char *type)
{
	fake_kernel_vgpu_driver(lab->tree, "nvidia", type, 2);
	tree_driver(lab->gpu, NULL);
	fake_kernel_native(lab->gpu, "nvidia", true);
}

static void expect_line(const char *line)
{
	char *state = fake_kernel_state();
	gs_cleanup_free char *whole = gs_asprintf("%s\n", line);

	if (!strstr(state, whole))
		fail_msg("no line '%s' in:\n%s", line, state);
	free(state);
}

static void expect_usage(struct lab *lab, const char *profile, const char *part)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_want_error error = { 0 };
	struct gs_plan *plan;
	struct asked asked;

	assert_int_equal(gs_inventory_read(lab->engine, GS_READ_TYPES, &host), 0);
	assert_int_equal(gs_plan_make(host, host_card(host, GPU), ask(&asked, profile, 1, NULL), &plan,
				      &error),
			 -EINVAL);
	if (!strstr(error.message, part))
		fail_msg("%s", error.message);
	free(error.message);
	free(error.fix);
}

static void what_is_wrong_is_said_before_anything(void **state)
{
	struct lab *lab = *state;

	use_vgpu_driver(lab, "nvidia-46");
	expect_usage(lab, "nvidia-46,frame_rate_limit=0", "no known vGPU parameter 'frame_rate_limit'");
	expect_usage(lab, "nvidia-46,disable_vnc=7", "from 0 to 1");
	expect_usage(lab, "nvidia-1,disable_vnc=1", "no vGPU type \"nvidia-1\"");
	assert_int_equal(fake_kernel_writes(), 0);
}

static void only_nvidia_has_them(void **state)
{
	struct lab *lab = *state;

	use_vgpu_driver(lab, "i915-GVTg_V5_4");
	expect_usage(lab, "i915-GVTg_V5_4,disable_vnc=1", "takes no parameters");
}

static void they_are_written_and_changed(void **state)
{
	struct lab *lab = *state;
	struct asked asked;
	char *before, *set;

	use_vgpu_driver(lab, "nvidia-46");
	before = fake_kernel_state();
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-46,disable_vnc=1", 1, "nvidia-46")),
			 GS_EXIT_DONE);
	expect_line("vgpu " UUID_1 " params disable_vnc=1");
	expect_line("vgpu " UUID_2);
	/* The same in another order, and one of which nothing is said: nothing is to do. */
	set = fake_kernel_state();
	lab_plan(lab, ask(&asked, "nvidia-46", 1, "nvidia-46,disable_vnc=1"), false);
	assert_int_equal(lab->plan->n_steps, 0);
	lab_expect(set);
	/* Each gets others; neither is made anew. */
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-46,loglevel=3,+x=y", 2, NULL)),
			 GS_EXIT_DONE);
	assert_int_equal(lab->plan->steps[0].action.op, GS_OP_SET_PARAMS);
	expect_line("vgpu " UUID_1 " params loglevel=3,x=y");
	expect_line("vgpu " UUID_2 " params loglevel=3,x=y");
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-46,none", 2, NULL)), GS_EXIT_DONE);
	expect_line("vgpu " UUID_1);
	expect_line("vgpu " UUID_2);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	lab_expect(before);
}

/* Whichever write fails, everything is as it was. @least: as many as there are at least */
static void expect_all_undone(struct lab *lab, struct gs_want *want, unsigned int least)
{
	unsigned int nth = 0;
	int r;

	do {
		char *before = fake_kernel_state();

		fake_kernel_fail(++nth, EIO);
		r = lab_switch(lab, want);
		fake_kernel_fail(0, 0);
		if (r == GS_EXIT_DONE)
			free(before);
		else
			lab_expect(before);
	} while (r == GS_EXIT_FAILED && nth < 20);
	assert_int_equal(r, GS_EXIT_DONE);
	assert_true(nth > least);
}

static void failures_are_undone(void **state)
{
	struct lab *lab = *state;
	struct asked asked;

	use_vgpu_driver(lab, "nvidia-46");
	expect_all_undone(lab, ask(&asked, "nvidia-46,disable_vnc=1", 1, "nvidia-46,loglevel=3"), 4);
	/* One goes, and comes back with its parameters. */
	expect_all_undone(lab, ask(&asked, "nvidia-46,loglevel=4", 1, NULL), 2);
}

static void refusals_that_are_hidden_are_seen(void **state)
{
	struct lab *lab = *state;
	struct asked asked;
	char *before;

	use_vgpu_driver(lab, "nvidia-46");
	before = fake_kernel_state();
	fake_kernel_params(FAKE_PARAMS_IGNORED);
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-46,disable_vnc=1", 1, NULL)),
			 GS_EXIT_FAILED);
	assert_non_null(strstr(lab->plan->steps[0].error, "reads \"\" after writing \"disable_vnc=1\""));
	lab_expect(before);
	before = fake_kernel_state();
	fake_kernel_params(FAKE_PARAMS_NONE);
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-46,disable_vnc=1", 1, NULL)),
			 GS_EXIT_FAILED);
	assert_non_null(strstr(lab->plan->steps[0].error, "takes no parameters"));
	lab_expect(before);
}

static struct gs_vgpu *find_vgpu(struct gs_host *host, const char *name)
{
	for (size_t i = 0; i < host->n_vgpus; i++)
		if (gs_streq(gs_vgpu_name(&host->vgpus[i]), name))
			return &host->vgpus[i];
	return NULL;
}

static void expect_refusal(struct gs_host *host, const struct gs_want *want, const char *code)
{
	struct gs_want_error error = { 0 };
	struct gs_plan *plan;

	assert_int_equal(gs_plan_make(host, host_card(host, GPU), want, &plan, &error), 0);
	assert_int_equal(plan->n_blockers, 1);
	assert_string_equal(gs_refusal_code(plan->blockers[0].refusal), code);
	gs_plan_free(plan);
}

static void those_of_guests_and_others_stay(void **state)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct lab *lab = *state;
	struct asked asked;

	use_vgpu_driver(lab, "nvidia-46");
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-46,disable_vnc=1", 1, NULL)),
			 GS_EXIT_DONE);
	assert_int_equal(gs_inventory_read(lab->engine, GS_READ_TYPES, &host), 0);
	assert_string_equal(find_vgpu(host, UUID_1)->params, "disable_vnc=1");
	ask(&asked, "nvidia-46,none", 1, NULL);
	find_vgpu(host, UUID_1)->in_use = GS_YES;
	expect_refusal(host, &asked.want, "in-use");
	find_vgpu(host, UUID_1)->in_use = GS_NO;
	find_vgpu(host, UUID_1)->owner = "other";
	expect_refusal(host, &asked.want, "vgpus-exist");
}

/* Ended at each write, before it or after it: what comes back is the old set or the new one. */
static void an_interrupted_change_is_whole(void **state)
{
	struct lab *lab = *state;
	struct asked asked;
	bool finished = false, undone = false;

	use_vgpu_driver(lab, "nvidia-46");
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-46,disable_vnc=1", 1, NULL)),
			 GS_EXIT_DONE);
	ask(&asked, "nvidia-46,loglevel=3", 2, NULL);
	asked.want.uuids++;
	asked.want.n_uuids--;
	for (unsigned int nth = 1; nth <= 3 && !finished; nth++) {
		for (int before = 1; before >= 0 && !finished; before--) {
			struct gs_recovery recovery;
			char *old = fake_kernel_state();

			fake_kernel_kill_parent(nth, before);
			lab_fork_switch(lab, &asked.want);
			fake_kernel_fail(0, 0);
			recovery = lab_recover(lab);
			undone = undone || recovery.outcome == GS_RECOVERED_UNDONE;
			finished = recovery.outcome == GS_RECOVERED_FINISHED;
			if (finished)
				free(old);
			else
				lab_expect(old);
			gs_recovery_clear(&recovery);
		}
	}
	assert_true(finished && undone);
	expect_line("vgpu " UUID_1 " params loglevel=3");
	expect_line("vgpu " UUID_2 " params loglevel=3");
}

static void vfs_have_them_too(void **state)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct lab *lab = *state;
	struct asked asked;
	char *before;

	tree_attribute(lab->gpu, "sriov_totalvfs", "7");
	tree_attribute(lab->gpu, "sriov_numvfs", "0");
	tree_attribute(lab->gpu, "sriov_drivers_autoprobe", "1");
	fake_kernel_vf_types(2);
	tree_driver(lab->gpu, NULL);
	fake_kernel_native(lab->gpu, "nvidia", true);
	before = fake_kernel_state();
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-558,disable_vnc=1", 1, "nvidia-558")),
			 GS_EXIT_DONE);
	assert_int_equal(gs_inventory_read(lab->engine, GS_READ_PARAMS, &host), 0);
	assert_string_equal(find_vgpu(host, VF_0)->params, "disable_vnc=1");
	/* The next vGPU on this VF has none of them. */
	expect_all_undone(lab, ask(&asked, "nvidia-558,none", 1, NULL), 1);
	assert_int_equal(lab_set(lab, GS_MODE_HOST), GS_EXIT_DONE);
	lab_expect(before);
}

/* --- what lasts -------------------------------------------------------------------------------- */

static void persist(struct lab *lab, const struct gs_want *want)
{
	gs_cleanup_host struct gs_host *host = NULL;

	assert_int_equal(gs_inventory_read(lab->engine, GS_READ_PARAMS, &host), 0);
	assert_int_equal(gs_wish_store_verified(lab->engine, host, GPU, want), 0);
}

static char *defined(struct lab *lab)
{
	char *text = tree_read(lab->tree, "etc/mdevctl.d/" GPU "/" UUID_1);

	assert_non_null(text);
	return text;
}

static void expect_defined(struct lab *lab, const char *part)
{
	gs_cleanup_free char *text = defined(lab);

	if (!strstr(text, part))
		fail_msg("%s", text);
}

/* What a boot would ask for. */
static void expect_wished(struct lab *lab, const char *first, const char *second)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_wish *wish;
	struct gs_want want;

	assert_int_equal(gs_inventory_read(lab->engine, GS_READ_TYPES, &host), 0);
	assert_int_equal(gs_wish_for(lab->engine, host, host_card(host, GPU), &wish), 0);
	assert_non_null(wish);
	assert_int_equal(gs_wish_want(lab->engine, host, host_card(host, GPU), wish, &want), 0);
	assert_int_equal(want.n_profiles, second ? 2 : 1);
	assert_string_equal(want.profiles[0].type, first);
	if (second)
		assert_string_equal(want.profiles[1].type, second);
	gs_wish_want_clear(&want);
	gs_wish_free(wish);
}

static void wishes_have_them(void **state)
{
	gs_cleanup_free char *text = NULL;
	struct lab *lab = *state;
	struct asked asked;

	use_vgpu_driver(lab, "nvidia-46");
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-46,disable_vnc=1,+a=1", 1, "nvidia-46")),
			 GS_EXIT_DONE);
	persist(lab, &asked.want);
	expect_defined(lab, "\"nvidia/vgpu_params\": \"disable_vnc=1,a=1\"");
	expect_wished(lab, "nvidia-46,disable_vnc=1,+a=1", "nvidia-46");
	/* mdevctl is told of others: they are what is made next. */
	tree_write(lab->tree, "etc/mdevctl.d/" GPU "/" UUID_1,
		   "{\"mdev_type\":\"nvidia-46\",\"start\":\"auto\",\"attrs\":["
		   "{\"x\":\"1\"},{\"nvidia/vgpu_params\":\"loglevel=5\"}]}");
	expect_wished(lab, "nvidia-46,loglevel=5", "nvidia-46");
	/* None, by command: out of the definition, which keeps what else is in it. */
	assert_int_equal(lab_switch(lab, ask(&asked, "nvidia-46,none", 2, NULL)), GS_EXIT_DONE);
	persist(lab, &asked.want);
	text = defined(lab);
	assert_null(strstr(text, "vgpu_params"));
	assert_non_null(strstr(text, "\"x\": \"1\""));
	expect_wished(lab, "nvidia-46", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_checked),
		cmocka_unit_test(profiles_have_them),
		cmocka_unit_test(their_order_does_not_matter),
		lab_test(what_is_wrong_is_said_before_anything),
		lab_test(only_nvidia_has_them),
		lab_test(they_are_written_and_changed),
		lab_test(failures_are_undone),
		lab_test(refusals_that_are_hidden_are_seen),
		lab_test(those_of_guests_and_others_stay),
		lab_test(an_interrupted_change_is_whole),
		lab_test(vfs_have_them_too),
		lab_test(wishes_have_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
