// SPDX-License-Identifier: GPL-2.0-or-later
/* What becomes of wished definitions: others who change them, those of others, claims, what was cut off or lost. */
#include "claim.h"
#include "defined.h"
#include "wish.h"

#define LEDGER "var/lib/gpushift/definitions.json"
/* What the ledger says of a change that was cut off. */
#define CUT_OFF(uuid, automatic)                                                                   \
	"\"" uuid "\":{\"parent\":\"" CARD "\",\"card\":\"" CARD "\",\"type\":\"nvidia-46\","           \
	"\"wanted\":true,\"automatic\":" automatic ",\"pending\":true}"

static size_t wished(struct fixture *fixture)
{
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;

	assert_int_equal(gs_wishes_read(fixture->engine, &wishes), 0);
	assert_int_equal(wishes->n_wishes, 1);
	return wishes->wishes->n_vgpus;
}

/* Started from it or not, it is neither written to, nor taken over, nor removed with ours. */
static void those_of_others_stay_theirs(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_card *card;
	struct gs_want want;
	struct gs_wish *wish;

	build_split(fixture);
	tree_write(fixture->tree, FOLDER "/" UUID_A, "%s", MANUAL_46);
	persist(fixture, GS_MODE_VGPU);
	expect_file(fixture, UUID_A, MANUAL_46);
	expect_file(fixture, UUID_B, AUTO_46);
	assert_false(in_ledger(fixture, UUID_A));
	assert_int_equal(wished(fixture), 1);
	/* Asked for by name it is wished for; its file is still not ours. */
	fixture_read(fixture, 0);
	card = host_card(fixture->host, CARD);
	assert_int_equal(gs_wish_store_vgpu(fixture->engine, fixture->host, card,
					    gs_host_vgpu(fixture->host, UUID_A)), 0);
	expect_file(fixture, UUID_A, MANUAL_46);
	assert_int_equal(wished(fixture), 2);
	assert_int_equal(gs_wish_forget_vgpu(fixture->engine, UUID_A), 0);
	assert_int_equal(wished(fixture), 1);
	expect_file(fixture, UUID_A, MANUAL_46);
	/* A wish that is granted has it stay beside its own, and leaves the file alone. */
	assert_int_equal(gs_wish_for(fixture->engine, fixture->host, card, &wish), 0);
	assert_int_equal(gs_wish_want(fixture->engine, fixture->host, card, wish, &want), 0);
	assert_int_equal(want.profiles[0].count, 2);
	assert_true(gs_strv_has(want.keep, UUID_A) && gs_strv_has(want.keep, UUID_B));
	gs_wish_want_clear(&want);
	assert_int_equal(gs_definitions_repair(fixture->engine, fixture->host, CARD, wish), 0);
	gs_wish_free(wish);
	expect_file(fixture, UUID_A, MANUAL_46);
	persist(fixture, GS_MODE_HOST);
	expect_file(fixture, UUID_A, MANUAL_46);
	assert_false(in_ledger(fixture, UUID_A));
}

/* Split into nothing but what others define: there is nothing to be made at the next boot. */
static void a_wish_for_nothing_is_the_host(void **state)
{
	struct fixture *fixture = *state;
	struct gs_wish *wish;
	struct gs_want want;

	tree_mdev(build(fixture), UUID_A, "nvidia-46", 20);
	tree_write(fixture->tree, FOLDER "/" UUID_A, "%s", MANUAL_46);
	persist(fixture, GS_MODE_VGPU);
	assert_int_equal(wished(fixture), 0);
	tree_remove(fixture->tree, "sys/bus/mdev/devices/" UUID_A);
	fixture_read(fixture, 0);
	assert_int_equal(gs_wish_for(fixture->engine, fixture->host, host_card(fixture->host, CARD), &wish), 0);
	assert_int_equal(gs_wish_want(fixture->engine, fixture->host, host_card(fixture->host, CARD), wish,
				      &want),
			 0);
	assert_int_equal(want.mode, GS_MODE_HOST);
	gs_wish_want_clear(&want);
	gs_wish_free(wish);
}

/* What a VM has claimed goes with it. */
static void what_is_claimed_does_not_last(void **state)
{
	struct gs_claim claim = { .card = (char *)CARD, .uuid = (char *)UUID_A, .type = (char *)"nvidia-46" };
	struct fixture *fixture = *state;
	struct gs_wish *wish;
	struct gs_want want;

	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id",
		   "11111111-2222-3333-4444-555555555555\n");
	build_split(fixture);
	fixture_read(fixture, 0);
	snprintf(claim.id, sizeof(claim.id), "%s", UUID_A);
	assert_int_equal(gs_claim_write(fixture->engine, &claim), 0);
	persist(fixture, GS_MODE_VGPU);
	expect_file(fixture, UUID_A, NULL);
	expect_file(fixture, UUID_B, AUTO_46);
	assert_int_equal(wished(fixture), 1);
	fixture_read(fixture, 0);
	assert_int_equal(gs_wish_for(fixture->engine, fixture->host, host_card(fixture->host, CARD), &wish), 0);
	assert_int_equal(gs_wish_want(fixture->engine, fixture->host, host_card(fixture->host, CARD), wish,
				      &want),
			 0);
	assert_true(gs_strv_has(want.keep, UUID_A));
	gs_wish_want_clear(&want);
	gs_wish_free(wish);
}

/* Kept for the day that the card is split again, or of a card that is away: it goes all the same. */
static void forgotten_in_any_mode(void **state)
{
	struct fixture *fixture = *state;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	tree_remove(fixture->tree, "sys/bus/mdev/devices/" UUID_A);
	tree_remove(fixture->tree, "sys/bus/mdev/devices/" UUID_B);
	persist(fixture, GS_MODE_HOST);
	assert_int_equal(gs_wish_forget_vgpu(fixture->engine, UUID_A), 0);
	expect_file(fixture, UUID_A, NULL);
	expect_file(fixture, UUID_B, MANUAL_46);
	assert_false(in_ledger(fixture, UUID_A));
	tree_remove(fixture->tree, "var/lib/gpushift/wishes");
	assert_int_equal(gs_wish_forget_vgpu(fixture->engine, UUID_B), 0);
	expect_file(fixture, UUID_B, NULL);
}

static void others_change_a_wish(void **state)
{
	struct fixture *fixture = *state;
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	struct gs_wished_vgpu *wished;
	size_t count;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	assert_int_equal(gs_wishes_read(fixture->engine, &wishes), 0);
	assert_int_equal(gs_definitions_wished(fixture->engine, wishes->wishes, &wished, &count), 0);
	assert_int_equal(count, 2);
	gs_wished_vgpus_free(wished, count);
	/* Held by us, as by a switch before a power cut: still wished for. */
	assert_int_equal(gs_definitions_hold(fixture->engine, CARD), 0);
	assert_int_equal(gs_definitions_wished(fixture->engine, wishes->wishes, &wished, &count), 0);
	assert_int_equal(count, 2);
	gs_wished_vgpus_free(wished, count);
	assert_int_equal(gs_definitions_release(fixture->engine, CARD), 0);
	/* `mdevctl modify --type`, `mdevctl undefine` */
	tree_write(fixture->tree, FOLDER "/" UUID_A, "{\"mdev_type\":\"nvidia-47\",\"start\":\"auto\"}");
	tree_remove(fixture->tree, FOLDER "/" UUID_B);
	assert_int_equal(gs_definitions_wished(fixture->engine, wishes->wishes, &wished, &count), 0);
	assert_int_equal(count, 1);
	assert_string_equal(wished[0].uuid, UUID_A);
	assert_string_equal(wished[0].type, "nvidia-47");
	gs_wished_vgpus_free(wished, count);
	/* `mdevctl modify --manual` */
	tree_write(fixture->tree, FOLDER "/" UUID_A, "%s", MANUAL_46);
	assert_int_equal(gs_definitions_wished(fixture->engine, wishes->wishes, &wished, &count), 0);
	assert_int_equal(count, 0);
	gs_wished_vgpus_free(wished, count);
	/* None of it comes back by granting what is left of the wish. */
	assert_int_equal(gs_definitions_repair(fixture->engine, fixture->host, CARD, wishes->wishes), 0);
	expect_file(fixture, UUID_A, MANUAL_46);
	expect_file(fixture, UUID_B, NULL);
}

/* Cut off between the ledger and the files: the next that is granted writes them. */
static void what_was_cut_off_is_repaired(void **state)
{
	struct fixture *fixture = *state;
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	struct gs_wished_vgpu *wished;
	size_t count;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	assert_int_equal(gs_wishes_read(fixture->engine, &wishes), 0);
	tree_write(fixture->tree, "var/lib/gpushift/definitions.json",
		   "{\"version\":1,\"definitions\":{\"" UUID_A "\":{\"parent\":\"" CARD
		   "\",\"card\":\"" CARD "\",\"type\":\"nvidia-46\",\"wanted\":true,\"automatic\":true,"
		   "\"pending\":true},\"" UUID_C "\":{\"parent\":\"" CARD "\",\"card\":\"" CARD
		   "\",\"type\":\"nvidia-46\",\"wanted\":false,\"automatic\":false,\"pending\":true,"
		   "\"removing\":true}}}");
	tree_remove(fixture->tree, FOLDER "/" UUID_A);
	tree_remove(fixture->tree, FOLDER "/" UUID_B);
	tree_write(fixture->tree, FOLDER "/" UUID_C, "%s", AUTO_46);
	assert_int_equal(gs_definitions_wished(fixture->engine, wishes->wishes, &wished, &count), 0);
	assert_int_equal(count, 2);
	gs_wished_vgpus_free(wished, count);
	fixture_read(fixture, 0);
	assert_int_equal(gs_definitions_repair(fixture->engine, fixture->host, CARD, wishes->wishes), 0);
	expect_file(fixture, UUID_A, AUTO_46);
	expect_file(fixture, UUID_B, AUTO_46);
	expect_file(fixture, UUID_C, NULL);
	assert_false(in_ledger(fixture, UUID_C));
}

/* The next change finishes it, whatever card that is about, and forgets nothing of it. */
static void what_was_cut_off_is_done_by_the_next_change(void **state)
{
	static const char other[] = "0000:06:00.0";
	const struct gs_definition_change changes[] = {
		{ .uuid = UUID_C, .parent = other, .card = other, .type = "nvidia-46" },
	};
	struct fixture *fixture = *state;
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	char *text;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	tree_write(fixture->tree, LEDGER, "{\"version\":1,\"definitions\":{" CUT_OFF(UUID_A, "true") ","
		   CUT_OFF(UUID_B, "false") "}}");
	tree_remove(fixture->tree, FOLDER "/" UUID_A);
	/* Somebody's since: whose it is now cannot be told from here. */
	tree_write(fixture->tree, FOLDER "/" UUID_B, "{\"mdev_type\":\"nvidia-47\",\"start\":\"auto\"}");
	assert_int_equal(gs_definitions_change(fixture->engine, changes, 1), 0);
	expect_file(fixture, UUID_A, AUTO_46);
	expect_file(fixture, UUID_B, "{\"mdev_type\":\"nvidia-47\",\"start\":\"auto\"}");
	text = tree_read(fixture->tree, LEDGER);
	assert_non_null(strstr(text, "\"pending\""));
	assert_null(strstr(strstr(text, "\"pending\"") + 1, "\"pending\""));
	free(text);
	/* Nobody has undefined what could not be written. */
	tree_write(fixture->tree, LEDGER, "{\"version\":1,\"definitions\":{" CUT_OFF(UUID_A, "true") "}}");
	tree_remove(fixture->tree, FOLDER "/" UUID_A);
	tree_write(fixture->tree, FOLDER "/" UUID_A "/x", "in the way\n");
	assert_int_equal(gs_definitions_change(fixture->engine, changes, 1), 0);
	assert_int_equal(gs_wishes_read(fixture->engine, &wishes), 0);
	assert_int_equal(gs_definitions_prune(fixture->engine, wishes->wishes), 0);
	assert_int_equal(wishes->wishes->n_vgpus, 2);
}

/* An undone switch has them released again, although none was held yet. */
static void a_hold_that_was_cut_off_is_taken_back(void **state)
{
	struct fixture *fixture = *state;
	char *text;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	tree_write(fixture->tree, LEDGER, "{\"version\":1,\"definitions\":{" CUT_OFF(UUID_A, "false") "}}");
	assert_false(gs_definitions_released(fixture->engine, CARD));
	assert_int_equal(gs_definitions_release(fixture->engine, CARD), 0);
	assert_true(gs_definitions_released(fixture->engine, CARD));
	expect_file(fixture, UUID_A, AUTO_46);
	text = tree_read(fixture->tree, LEDGER);
	assert_null(strstr(text, "\"pending\""));
	free(text);
}

/* The folder of all of them is back, with another card's; ours are made again, and still wished for. */
static void lost_ones_are_not_undefined(void **state)
{
	struct fixture *fixture = *state;
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	struct gs_wished_vgpu *wished;
	size_t count;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	assert_int_equal(gs_wishes_read(fixture->engine, &wishes), 0);
	tree_remove(fixture->tree, FOLDER);
	tree_write(fixture->tree, "etc/mdevctl.d/0000:06:00.0/" UUID_C, "%s", AUTO_46);
	assert_int_equal(gs_definitions_wished(fixture->engine, wishes->wishes, &wished, &count), 0);
	assert_int_equal(count, 2);
	gs_wished_vgpus_free(wished, count);
	assert_int_equal(gs_definitions_prune(fixture->engine, wishes->wishes), 0);
	assert_int_equal(wishes->wishes->n_vgpus, 2);
	fixture_read(fixture, 0);
	assert_int_equal(gs_definitions_repair(fixture->engine, fixture->host, CARD, wishes->wishes), 0);
	expect_file(fixture, UUID_A, AUTO_46);
	expect_file(fixture, UUID_B, AUTO_46);
	/* With its folder there, one that is not has been undefined. */
	tree_remove(fixture->tree, FOLDER "/" UUID_B);
	assert_int_equal(gs_definitions_prune(fixture->engine, wishes->wishes), 0);
	assert_int_equal(wishes->wishes->n_vgpus, 1);
}

/* Power was lost between a wish and the definitions: it is not made at each boot for ever. */
static void what_is_wished_no_more_is_cleared_away(void **state)
{
	struct fixture *fixture = *state;
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;

	build_split(fixture);
	persist(fixture, GS_MODE_VGPU);
	assert_int_equal(gs_wishes_read(fixture->engine, &wishes), 0);
	assert_int_equal(wishes->wishes->n_vgpus, 2);
	assert_string_equal(wishes->wishes->vgpus[0].uuid, UUID_A);
	wishes->wishes->n_vgpus = 1;
	fixture_read(fixture, 0);
	assert_int_equal(gs_definitions_repair(fixture->engine, fixture->host, CARD, wishes->wishes), 0);
	wishes->wishes->n_vgpus = 2;
	expect_file(fixture, UUID_A, AUTO_46);
	expect_file(fixture, UUID_B, NULL);
	assert_false(in_ledger(fixture, UUID_B));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(those_of_others_stay_theirs),
		fixture_test(a_wish_for_nothing_is_the_host),
		fixture_test(what_is_claimed_does_not_last),
		fixture_test(forgotten_in_any_mode),
		fixture_test(others_change_a_wish),
		fixture_test(what_was_cut_off_is_repaired),
		fixture_test(what_was_cut_off_is_done_by_the_next_change),
		fixture_test(a_hold_that_was_cut_off_is_taken_back),
		fixture_test(lost_ones_are_not_undefined),
		fixture_test(what_is_wished_no_more_is_cleared_away),
	};

	return cmocka_run_group_tests_name("definition_wishes", tests, NULL, NULL);
}
