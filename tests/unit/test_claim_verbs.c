// SPDX-License-Identifier: GPL-2.0-or-later
/* claim and release, on a host that answers. */
#include <signal.h>
#include <sys/wait.h>

#include "tree.h"
#include "verb.h"

static bool is_live(struct lab *lab, const char *uuid)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/bus/mdev/devices/%s", uuid);
	return gs_tree_exists(lab->engine, path);
}

static void claims_come_and_go(void **state)
{
	struct lab *lab = *state;
	char uuid[37], line[128];
	char *before;

	use_vgpu_driver(lab);
	before = fake_kernel_state();
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46 --vm desk --policy spread"), 0);
	assert_string_equal(at("kind"), "vgpu");
	assert_string_equal(at("card"), GPU);
	assert_string_equal(at("vm"), "desk");
	snprintf(uuid, sizeof(uuid), "%s", at("uuid"));
	assert_true(is_live(lab, uuid));
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46 --format qemu"), 0);
	assert_non_null(strstr(at("text"), at("uuid")));
	/* The stand-in still says that there is room, and then refuses. */
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46"), 1);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-47"), 3);
	assert_string_equal(at("error/code"), "no-capacity");
	assert_int_equal(run_verb(lab, "claim --card"), 3);
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 2);
	assert_int_equal(run_verb(lab, "release --vm nobody"), 0);
	assert_int_equal(count_of("released"), 0);
	assert_int_equal(run_verb(lab, "release --vm desk"), 0);
	assert_string_equal(at("released/0/uuid"), uuid);
	assert_false(is_live(lab, uuid));
	snprintf(line, sizeof(line), "release %s", uuid);
	assert_int_equal(run_verb(lab, line), 2);
	assert_string_equal(at("error/code"), "unknown-claim");
	assert_int_equal(run_verb(lab, "claims"), 0);
	snprintf(line, sizeof(line), "release %s", at("claims/0/claim"));
	assert_int_equal(run_verb(lab, line), 0);
	lab_expect(before);
}

static void wrong_claims_touch_nothing(void **state)
{
	static const char *const lines[] = {
		"claim", "claim --card --profile nvidia-46", "claim --framebuffer 0",
		"claim --framebuffer 4X", "claim --framebuffer 99999999999G", "claim --framebuffer -1",
		"claim --profile nvidia-46 --policy most", "claim --profile nvidia-46 --on 09:00.0",
		"claim --profile nvidia-46 --vm ", "release", "release a --vm b", "release --vm a --ended",
	};
	struct lab *lab = *state;
	unsigned int writes;

	use_vgpu_driver(lab);
	writes = fake_kernel_writes();
	for (size_t i = 0; i < GS_ARRAY_SIZE(lines); i++)
		if (run_verb(lab, lines[i]) != 2)
			fail_msg("%s", lines[i]);
	assert_int_equal(fake_kernel_writes(), writes);
}

static void a_claim_that_fails_leaves_nothing(void **state)
{
	struct lab *lab = *state;
	char *before;

	use_vgpu_driver(lab);
	before = fake_kernel_state();
	fake_kernel_fail(1, ENOSPC);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46"), 1);
	assert_string_equal(at("error/code"), "failed");
	fake_kernel_fail(0, 0);
	lab_expect(before);
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 0);
}

/* Killed before and after the device was made: whoever comes next takes it back. */
static void a_killed_claim_is_taken_back(void **state)
{
	struct lab *lab = *state;

	use_vgpu_driver(lab);
	for (int before = 0; before < 2; before++) {
		char *state_before = fake_kernel_state();
		int status;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			lab_process(lab);
			fake_kernel_kill_parent(1, before);
			_exit(run_verb(lab, "claim --profile nvidia-46"));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		lab_process_gone(lab, child);
		fake_kernel_kill_parent(0, false);
		assert_int_equal(run_verb(lab, "claims"), 0);
		assert_int_equal(count_of("claims"), 1);
		assert_int_equal(run_verb(lab, "release --ended"), 0);
		assert_int_equal(run_verb(lab, "claims"), 0);
		assert_int_equal(count_of("claims"), 0);
		lab_expect(state_before);
	}
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		verb_test(claims_come_and_go),
		verb_test(wrong_claims_touch_nothing),
		verb_test(a_claim_that_fails_leaves_nothing),
		verb_test(a_killed_claim_is_taken_back),
	};

	return cmocka_run_group_tests_name("claim_verbs", tests, NULL, NULL);
}
