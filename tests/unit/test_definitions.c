// SPDX-License-Identifier: GPL-2.0-or-later
/* vGPUs that are defined for mdevctl: what is written, and when it starts by itself. */
#include "defined.h"
#include "foreign.h"
#include "journal.h"
#include "plan.h"
#include "wish.h"

/* --- reading ----------------------------------------------------------------------------------- */

static void those_of_mdevctl_are_seen(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_definition *found;

	build_split(fixture);
	tree_write(fixture->tree, FOLDER "/" UUID_A, "%s", AUTO_46);
	tree_write(fixture->tree, FOLDER "/" UUID_C, "{\"mdev_type\":\"nvidia-47\",\"start\":\"manual\"}\n");
	tree_write(fixture->tree, FOLDER "/" UUID_B, "{\"mdev_type\":\"../x\",\"start\":\"auto\"}");
	tree_write(fixture->tree, FOLDER "/not-a-uuid", "%s", AUTO_46);
	tree_write(fixture->tree, "etc/mdevctl.d/scripts.d/notifiers/x", "#!/bin/sh\n");
	found = definition(fixture, UUID_A);
	assert_int_equal(fixture->host->n_definitions, 2);
	assert_true(found->automatic);
	assert_false(found->ours);
	assert_string_equal(gs_host_vgpu(fixture->host, UUID_A)->start, "auto");
	assert_string_equal(gs_host_vgpu(fixture->host, UUID_A)->owner, "other");
	assert_null(gs_host_vgpu(fixture->host, UUID_B)->start);
	found = definition(fixture, UUID_C);
	assert_false(found->automatic);
	assert_string_equal(found->type, "nvidia-47");
	assert_string_equal(found->parent, CARD);
}

static void a_stored_set_is_a_want(void **state)
{
	struct fixture *fixture = *state;
	struct gs_want want = { .mode = GS_MODE_VGPU };

	tree_mdev(build(fixture), UUID_B, "nvidia-46", 21);
	tree_write(fixture->tree, FOLDER "/" UUID_A, "%s", AUTO_46);
	tree_write(fixture->tree, FOLDER "/" UUID_B, "%s", MANUAL_46);
	tree_write(fixture->tree, FOLDER "/" UUID_C, "{\"mdev_type\":\"nvidia-47\",\"start\":\"manual\"}");
	tree_write(fixture->tree, "etc/mdevctl.d/0000:06:00.0/" UUID_C, "%s", AUTO_46);
	assert_int_equal(gs_definitions_want(fixture_read(fixture, 0), CARD, &want), 0);
	assert_int_equal(want.n_profiles, 2);
	assert_string_equal(want.profiles[0].type, "nvidia-46");
	assert_int_equal(want.profiles[0].count, 2);
	assert_int_equal(want.profiles[1].count, 1);
	assert_int_equal(want.n_uuids, 2);
	assert_string_equal(want.uuids[0], UUID_A);
	assert_string_equal(want.uuids[1], UUID_C);
	assert_true(gs_strv_has(want.keep, UUID_B));
	gs_wish_want_clear(&want);
}

/* --- writing ----------------------------------------------------------------------------------- */

static void a_wish_is_defined(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_definition *found;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	expect_file(fixture, UUID_A, AUTO_46);
	expect_file(fixture, UUID_B, AUTO_46);
	found = definition(fixture, UUID_A);
	assert_true(found->ours && found->wanted && !found->changed);
	assert_string_equal(found->card, CARD);
	/* Whoever has started it, in whatever boot. */
	assert_string_equal(gs_host_vgpu(fixture->host, UUID_A)->owner, "gpushift");
	/* And nobody else means to move the card by them. */
	fixture_read(fixture, GS_READ_DRIVERS);
	assert_int_equal(fixture->host->n_owners, 0);
}

static void what_others_wrote_stays(void **state)
{
	static const char with_attribute[] =
		"{\n  \"mdev_type\": \"nvidia-46\",\n  \"start\": \"manual\",\n  \"attrs\": [\n    {\n"
		"      \"nvidia/vgpu_params\": \"frame_rate_limiter=0\"\n    }\n  ],\n  \"x\": 1\n}";
	struct fixture *fixture = *state;
	char **attributes = NULL, *text;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	tree_write(fixture->tree, FOLDER "/" UUID_A, "%s", with_attribute);
	persist(fixture, GS_MODE_VGPU);
	text = tree_read(fixture->tree, FOLDER "/" UUID_A);
	assert_non_null(strstr(text, "\"start\": \"auto\",\n  \"attrs\": [\n    {\n"));
	assert_non_null(strstr(text, "\"x\": 1"));
	free(text);
	assert_int_equal(gs_definition_attributes(fixture->engine, CARD, UUID_A, &attributes), 0);
	assert_int_equal(gs_strv_count(attributes), 2);
	assert_string_equal(attributes[0], "nvidia/vgpu_params");
	assert_string_equal(attributes[1], "frame_rate_limiter=0");
	gs_strv_free(attributes);
}

static void attributes_stay_in_the_folder(void **state)
{
	static const char *const names[] = { "../remove", "/etc/passwd", "a/../b", ".x", "a//b", "" };
	struct fixture *fixture = *state;
	char **attributes;

	build(fixture);
	fixture_read(fixture, 0);
	for (size_t i = 0; i < GS_ARRAY_SIZE(names); i++) {
		tree_write(fixture->tree, FOLDER "/" UUID_A,
			   "{\"mdev_type\":\"t\",\"start\":\"manual\",\"attrs\":[{\"%s\":\"1\"}]}",
			   names[i]);
		assert_int_equal(gs_definition_attributes(fixture->engine, CARD, UUID_A, &attributes),
				 -EBADMSG);
		assert_null(attributes);
	}
}

static void another_wish_leaves_none_automatic(void **state)
{
	struct fixture *fixture = *state;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	tree_remove(fixture->tree, "sys/bus/mdev/devices/" UUID_A);
	tree_remove(fixture->tree, "sys/bus/mdev/devices/" UUID_B);
	persist(fixture, GS_MODE_HOST);
	expect_file(fixture, UUID_A, MANUAL_46);
	expect_file(fixture, UUID_B, MANUAL_46);
	assert_false(definition(fixture, UUID_A)->wanted);
}

static void a_smaller_set_defines_less(void **state)
{
	struct fixture *fixture = *state;

	build_split(fixture);
	tree_write(fixture->tree, FOLDER "/" UUID_C, "%s", MANUAL_46);
	persist(fixture, GS_MODE_VGPU);
	tree_remove(fixture->tree, "sys/bus/mdev/devices/" UUID_B);
	persist(fixture, GS_MODE_VGPU);
	expect_file(fixture, UUID_A, AUTO_46);
	expect_file(fixture, UUID_B, NULL);
	/* Somebody else's. */
	expect_file(fixture, UUID_C, MANUAL_46);
	assert_int_equal(gs_wish_forget_vgpu(fixture->engine, UUID_A), 0);
	expect_file(fixture, UUID_A, NULL);
	expect_file(fixture, UUID_C, MANUAL_46);
}

static void a_failure_leaves_the_files(void **state)
{
	const struct gs_definition_change changes[] = {
		{ .uuid = UUID_A, .parent = CARD, .card = CARD, .type = "nvidia-47", .automatic = true },
		{ .uuid = UUID_C, .parent = CARD, .card = CARD, .type = "nvidia-47" },
		{ .uuid = UUID_B, .parent = "wall", .card = CARD, .type = "nvidia-47" },
	};
	struct fixture *fixture = *state;

	build_split(fixture);
	tree_write(fixture->tree, FOLDER "/" UUID_A, "%s", MANUAL_46);
	tree_write(fixture->tree, "etc/mdevctl.d/wall", "no folder\n");
	fixture_read(fixture, 0);
	assert_int_not_equal(gs_definitions_change(fixture->engine, changes, 3), 0);
	expect_file(fixture, UUID_A, MANUAL_46);
	expect_file(fixture, UUID_C, NULL);
	assert_false(in_ledger(fixture, UUID_A));
	assert_int_equal(gs_definitions_change(fixture->engine, changes, 2), 0);
	assert_true(in_ledger(fixture, UUID_A));
}

static void a_newer_ledger_is_left_alone(void **state)
{
	static const char ledger[] = "{\"version\": 2, \"definitions\": {}}";
	struct fixture *fixture = *state;
	const struct gs_want want = { .mode = GS_MODE_VGPU };
	char *text;

	build_split(fixture);
	tree_write(fixture->tree, "var/lib/gpushift/definitions.json", "%s", ledger);
	fixture_read(fixture, 0);
	assert_int_equal(gs_wish_store(fixture->engine, fixture->host,
				       host_card(fixture->host, CARD), &want),
			 -EPROTO);
	text = tree_read(fixture->tree, "var/lib/gpushift/definitions.json");
	assert_string_equal(text, ledger);
	free(text);
}

/* --- holding and releasing --------------------------------------------------------------------- */

static void held_while_not_split(void **state)
{
	struct fixture *fixture = *state;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	assert_false(gs_definitions_held(fixture->engine, CARD));
	assert_true(gs_definitions_released(fixture->engine, CARD));
	assert_int_equal(gs_definitions_hold(fixture->engine, CARD), 0);
	expect_file(fixture, UUID_A, MANUAL_46);
	expect_file(fixture, UUID_B, MANUAL_46);
	assert_true(gs_definitions_held(fixture->engine, CARD));
	assert_false(gs_definitions_released(fixture->engine, CARD));
	assert_true(definition(fixture, UUID_A)->wanted);
	/* Another card's are not released by this one. */
	assert_int_equal(gs_definitions_release(fixture->engine, "0000:06:00.0"), 0);
	expect_file(fixture, UUID_A, MANUAL_46);
	assert_int_equal(gs_definitions_release(fixture->engine, CARD), 0);
	expect_file(fixture, UUID_A, AUTO_46);
	expect_file(fixture, UUID_B, AUTO_46);
}

static void what_others_turned_stays(void **state)
{
	struct fixture *fixture = *state;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	/* `mdevctl modify --manual`, while the card is split. */
	tree_write(fixture->tree, FOLDER "/" UUID_A, "%s", MANUAL_46);
	assert_true(definition(fixture, UUID_A)->changed);
	assert_int_equal(gs_definitions_hold(fixture->engine, CARD), 0);
	assert_int_equal(gs_definitions_release(fixture->engine, CARD), 0);
	expect_file(fixture, UUID_A, MANUAL_46);
	expect_file(fixture, UUID_B, AUTO_46);
}

static bool has_step(const struct gs_plan *plan, const char *value, const char *undo)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_step *step = &plan->steps[i];

		if (step->action.op == GS_OP_SET_DEFINITIONS)
			return gs_streq(step->action.target, CARD) &&
			       gs_streq(step->action.value, value) &&
			       gs_streq(step->undo->value, undo);
	}
	return false;
}

static struct gs_plan *plan(struct fixture *fixture, struct gs_want *want)
{
	struct gs_host *host = fixture_read(fixture, GS_READ_TYPES | GS_READ_DRIVERS);
	struct gs_want_error error = { 0 };
	struct gs_plan *made;

	assert_int_equal(gs_plan_make(host, host_card(host, CARD), want, &made, &error), 0);
	if (made->n_blockers)
		fail_msg("%s", made->blockers[0].message);
	return made;
}

static void plans_say_so(void **state)
{
	struct gs_profile_want profile = { .type = (char *)"nvidia-46", .count = 1 };
	char *uuids[] = { (char *)UUID_A, NULL };
	struct gs_want to_host = { .mode = GS_MODE_HOST };
	struct gs_want to_vgpu = { .mode = GS_MODE_VGPU, .profiles = &profile, .n_profiles = 1,
				   .uuids = uuids, .n_uuids = 1 };
	struct fixture *fixture = *state;
	struct gs_journal *journal;
	struct gs_plan *made;
	char path[64];

	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id",
		   "11111111-2222-3333-4444-555555555555\n");
	snprintf(path, sizeof(path), "proc/%d/stat", getpid());
	tree_write(fixture->tree, path, "%d (test) S 1 2 3 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0\n",
		   getpid());
	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	made = plan(fixture, &to_host);
	assert_true(has_step(made, "manual", "auto"));
	assert_int_equal(made->steps[0].action.op, GS_OP_SET_DEFINITIONS);
	assert_int_equal(gs_strv_count(made->warnings), 1);
	assert_non_null(strstr(made->warnings[0], "mdevctl is to start 2 vGPUs of " CARD));
	/* And the journal, which an undo and a recovery go by, understands it. */
	assert_int_equal(gs_journal_write(fixture->engine, made), 0);
	assert_int_equal(gs_journal_read(fixture->engine, &journal), 0);
	assert_true(has_step(journal->plan, "manual", "auto"));
	gs_journal_free(journal);
	assert_int_equal(gs_journal_end(fixture->engine), 0);
	gs_plan_free(made);
	assert_int_equal(gs_definitions_hold(fixture->engine, CARD), 0);
	tree_remove(fixture->tree, "sys/bus/mdev/devices/" UUID_A);
	tree_remove(fixture->tree, "sys/bus/mdev/devices/" UUID_B);
	made = plan(fixture, &to_vgpu);
	assert_true(has_step(made, "auto", "manual"));
	gs_plan_free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(those_of_mdevctl_are_seen),
		fixture_test(a_stored_set_is_a_want),
		fixture_test(a_wish_is_defined),
		fixture_test(what_others_wrote_stays),
		fixture_test(attributes_stay_in_the_folder),
		fixture_test(another_wish_leaves_none_automatic),
		fixture_test(a_smaller_set_defines_less),
		fixture_test(a_failure_leaves_the_files),
		fixture_test(a_newer_ledger_is_left_alone),
		fixture_test(held_while_not_split),
		fixture_test(what_others_turned_stays),
		fixture_test(plans_say_so),
	};

	return cmocka_run_group_tests_name("definitions", tests, NULL, NULL);
}
