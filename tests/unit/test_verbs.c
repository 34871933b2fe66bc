// SPDX-License-Identifier: GPL-2.0-or-later
/* Verbs that bring cards to a mode, on a host that answers. */
#include "quarantine.h"
#include "tree.h"
#include "verb.h"
#include "wish.h"

#define AWAY "set " GPU " passthrough --with " FOREIGN

static void a_wish_is_stored_after_it_came_true(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_int_equal(count_of("results"), 0);
	fake_kernel_fail(6, EIO);
	assert_int_equal(run_verb(lab, AWAY " --persist"), 1);
	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_int_equal(count_of("results"), 0);
	assert_int_equal(run_verb(lab, AWAY " --persist"), 0);
	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_string_equal(at("results/0/result"), "already");
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_string_equal(at("results/0/result"), "done");
	assert_string_equal(at("results/0/card"), GPU);
	assert_string_equal(at("results/0/mode"), "passthrough");
	assert_int_equal(lab_mode(lab), GS_MODE_PASSTHROUGH);
	assert_int_equal(run_verb(lab, "set " GPU " host --persist"), 0);
	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_string_equal(at("results/0/to"), "host");
	assert_string_equal(at("results/0/result"), "already");
}

static void a_wish_for_another_card_writes_nothing(void **state)
{
	struct lab *lab = *state;
	unsigned int writes;

	assert_int_equal(run_verb(lab, AWAY " --persist"), 0);
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	tree_ids(lab->gpu, 0x10de, 0x2204);
	writes = fake_kernel_writes();
	assert_int_equal(run_verb(lab, "apply --wishes"), 3);
	assert_string_equal(at("results/0/code"), "identity-changed");
	assert_int_equal(fake_kernel_writes(), writes);
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
}

static void a_wish_that_fails_leaves_the_old_mode(void **state)
{
	struct lab *lab = *state;
	char *before;

	assert_int_equal(run_verb(lab, AWAY " --persist"), 0);
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	before = fake_kernel_state();
	fake_kernel_fail(5, EIO);
	assert_int_equal(run_verb(lab, "apply --wishes"), 1);
	assert_string_equal(at("results/0/result"), "failed");
	lab_expect(before);
	assert_int_equal(run_verb(lab, "apply --wishes --deadline 20"), 0);
	assert_string_equal(at("results/0/result"), "done");
}

static void next_boot(struct lab *lab, int number)
{
	tree_write(lab->tree, "proc/sys/kernel/random/boot_id",
		   "%08d-2222-3333-4444-555555555555\n", number);
}

/* A quarantine of one boot is tried over in the next, and one of two on end is left to `set`. */
static void a_wish_heeds_quarantines(void **state)
{
	struct lab *lab = *state;
	gs_cleanup_free char *reason = NULL;
	unsigned int writes;

	assert_int_equal(run_verb(lab, AWAY " --persist"), 0);
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	assert_int_equal(gs_quarantine_store(lab->engine, GPU, "it hung", NULL, NULL, 0), 0);
	assert_int_equal(run_verb(lab, "apply --wishes"), 4);
	next_boot(lab, 1);
	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_string_equal(at("results/0/result"), "done");
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	assert_int_equal(gs_quarantine_store(lab->engine, GPU, "it hung", NULL, NULL, 0), 0);
	next_boot(lab, 2);
	assert_int_equal(gs_quarantine_store(lab->engine, GPU, "once more", NULL, NULL, 0), 0);
	next_boot(lab, 3);
	writes = fake_kernel_writes();
	assert_int_equal(run_verb(lab, "apply --wishes"), 4);
	assert_string_equal(at("results/0/code"), "quarantined");
	assert_string_equal(at("results/0/fix"), "gpushift set " GPU " passthrough");
	assert_int_equal(fake_kernel_writes(), writes);
	/* Whatever else comes to the address is not bound by it. */
	tree_ids(lab->gpu, 0x10de, 0x2204);
	assert_int_equal(gs_quarantine_history(lab->engine, GPU, &reason), 0);
	assert_null(reason);
	tree_ids(lab->gpu, 0x10de, 0x1b38);
	assert_int_equal(run_verb(lab, AWAY), 0);
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_string_equal(at("results/0/result"), "done");
}

static void odd_wishes_are_told(void **state)
{
	struct lab *lab = *state;

	tree_write(lab->tree, GS_WISHES "/a.json", "nonsense");
	tree_write(lab->tree, GS_WISHES "/b.json", "{\"version\": 7}");
	assert_int_equal(run_verb(lab, "apply --wishes"), 3);
	assert_string_equal(at("results/0/code"), "damaged");
	assert_string_equal(at("results/1/code"), "newer");
	assert_int_equal(run_verb(lab, "apply --wishes"), 3);
	assert_string_equal(at("results/0/code"), "newer");
}

static void write_file(struct lab *lab, const char *text, char command[512], const char *verb)
{
	tree_write(lab->tree, "host.ini", "%s", text);
	snprintf(command, 512, "%s %s/host.ini", verb, tree_root(lab->tree));
}

static void a_file_is_applied_and_compared(void **state)
{
	struct lab *lab = *state;
	char compare[512], apply[512];

	write_file(lab, "[card " GPU "]\nmode=passthrough\nwith=" FOREIGN "\n", compare, "assert");
	write_file(lab, "[card " GPU "]\nmode=passthrough\nwith=" FOREIGN "\n", apply, "apply");
	assert_int_equal(run_verb(lab, compare), 1);
	assert_string_equal(at("results/0/result"), "differs");
	assert_int_equal(run_verb(lab, apply), 0);
	assert_string_equal(at("results/0/result"), "done");
	assert_int_equal(run_verb(lab, compare), 0);
	assert_string_equal(at("results/0/result"), "equal");
	assert_int_equal(run_verb(lab, apply), 0);
	assert_string_equal(at("results/0/result"), "already");
}

static void a_file_is_refused_as_a_whole(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();
	char apply[512];

	write_file(lab,
		   "[card " GPU "]\nmode=passthrough\nwith=" FOREIGN "\n"
		   "[card 09:00.0]\nmode=host\n",
		   apply, "apply");
	assert_int_equal(run_verb(lab, apply), 3);
	assert_string_equal(at("results/0/result"), "not-run");
	assert_string_equal(at("results/1/code"), "unknown-card");
	lab_expect(before);
}

static void rounds_there_and_back(void **state)
{
	struct lab *lab = *state;
	char *before = fake_kernel_state();

	assert_int_equal(run_verb(lab, "selftest " GPU " --rounds 5 --with " FOREIGN), 0);
	assert_string_equal(at("verdict"), "passed");
	assert_string_equal(at("done"), "5");
	assert_string_equal(at("fds_before"), at("fds_after"));
	lab_expect(before);
	before = fake_kernel_state();
	/* A later round fails half way. */
	fake_kernel_fail(60, EIO);
	assert_int_equal(run_verb(lab, "selftest " GPU " --rounds 20 --with " FOREIGN), 1);
	assert_string_equal(at("verdict"), "failed");
	fake_kernel_fail(0, 0);
	lab_expect(before);
}

static void resets(void **state)
{
	struct lab *lab = *state;

	tree_attribute(tree_reset(lab->gpu, "flr pm"), "reset", "");
	tree_attribute(tree_reset(lab->sound, ""), "reset", "");
	assert_int_equal(run_verb(lab, "reset " GPU " --method nonsense"), 2);
	assert_int_equal(run_verb(lab, "reset " GPU " --method acpi"), 3);
	assert_string_equal(at("refused/0/code"), "no-reset");
	assert_int_equal(gs_quarantine_store(lab->engine, GPU, "a test", NULL, NULL, 0), 0);
	assert_int_equal(run_verb(lab, "reset " GPU " --method pm"), 0);
	assert_string_equal(at("steps/0/op"), "set-reset-methods");
	assert_int_equal(lab_mode(lab), GS_MODE_HOST);
}

/* Without any reset a card is given away once in a boot, unless it was not, since the switch failed. */
static void a_card_without_a_reset_is_given_away_once(void **state)
{
	struct lab *lab = *state;
	char path[256];

	snprintf(path, sizeof(path), "%s/reset_method", tree_path(lab->gpu));
	tree_remove(lab->tree, path);
	assert_int_equal(run_verb(lab, AWAY), 3);
	assert_string_equal(at("refused/0/code"), "no-reset");
	fake_kernel_refuse("vfio-pci", EINVAL);
	assert_int_equal(run_verb(lab, AWAY " --force"), 1);
	fake_kernel_refuse(NULL, 0);
	assert_int_equal(run_verb(lab, AWAY " --force"), 0);
	assert_int_equal(run_verb(lab, AWAY " --force"), 0);
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	assert_int_equal(run_verb(lab, "set " GPU " host --driver nouveau"), 0);
	for (int i = 0; i < 2; i++) {
		char *before = fake_kernel_state();

		assert_int_equal(run_verb(lab, i ? AWAY " --force" : AWAY), 5);
		assert_string_equal(at("refused/0/code"), "reboot-required");
		assert_string_equal(at("refused/0/overridable"), "false");
		lab_expect(before);
	}
	assert_int_equal(run_verb(lab, "plan " GPU " passthrough --with " FOREIGN), 5);
	tree_write(lab->tree, "proc/sys/kernel/random/boot_id",
		   "99999999-2222-3333-4444-555555555555\n");
	assert_int_equal(run_verb(lab, AWAY), 3);
	assert_string_equal(at("refused/0/code"), "no-reset");
	assert_int_equal(run_verb(lab, AWAY " --force"), 0);
}

static bool has_definition(struct lab *lab, const char *uuid)
{
	gs_cleanup_free char *path = gs_asprintf("etc/mdevctl.d/" GPU "/%s", uuid);

	return gs_tree_exists(lab->engine, path);
}

/* As `mdevctl undefine` does. */
static void undefine_all(struct lab *lab)
{
	gs_cleanup_host struct gs_host *host = NULL;
	char path[256];

	assert_int_equal(gs_inventory_read(lab->engine, 0, &host), 0);
	assert_true(host->n_definitions > 0);
	for (size_t i = 0; i < host->n_definitions; i++) {
		snprintf(path, sizeof(path), "etc/mdevctl.d/%s/%s", host->definitions[i].parent,
			 host->definitions[i].uuid);
		tree_remove(lab->tree, path);
	}
}

/* Nothing is said of types, which are there, or are not, for another reason. */
static void a_wish_that_was_undefined_says_so(void **state)
{
	struct lab *lab = *state;
	unsigned int writes;

	use_vgpu_driver(lab);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --profile nvidia-46 --count 2 --persist"), 0);
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu"), 0);
	assert_int_equal(run_verb(lab, AWAY), 0);
	undefine_all(lab);
	writes = fake_kernel_writes();
	assert_int_equal(run_verb(lab, "set " GPU " vgpu"), 2);
	assert_string_equal(at("error/code"), "undefined");
	assert_string_equal(at("error/fix"), "gpushift set " GPU " vgpu --profile nvidia-46");
	assert_int_equal(run_verb(lab, "plan " GPU " vgpu"), 2);
	assert_int_equal(fake_kernel_writes(), writes);
	assert_int_equal(lab_mode(lab), GS_MODE_PASSTHROUGH);
	/* What is named is made, and is the wish then. */
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --profile nvidia-46 --persist"), 0);
	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_string_equal(at("results/0/result"), "already");
}

/* Removed is removed: it does not come back with the next split. */
static void one_that_is_only_kept_is_removed(void **state)
{
	struct lab *lab = *state;
	char uuid[37], line[128];

	use_vgpu_driver(lab);
	assert_int_equal(run_verb(lab, "vgpu create " GPU " --profile nvidia-46 --persist"), 0);
	snprintf(uuid, sizeof(uuid), "%s", at("vgpus/0/uuid"));
	assert_int_equal(run_verb(lab, "set " GPU " host --persist"), 0);
	assert_true(has_definition(lab, uuid));
	snprintf(line, sizeof(line), "vgpu remove %s --persist", uuid);
	assert_int_equal(run_verb(lab, line), 0);
	assert_false(has_definition(lab, uuid));
	assert_int_equal(run_verb(lab, line), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		verb_test(a_wish_is_stored_after_it_came_true),
		verb_test(a_wish_for_another_card_writes_nothing),
		verb_test(a_wish_that_fails_leaves_the_old_mode),
		verb_test(a_wish_heeds_quarantines),
		verb_test(odd_wishes_are_told),
		verb_test(a_file_is_applied_and_compared),
		verb_test(a_file_is_refused_as_a_whole),
		verb_test(rounds_there_and_back),
		verb_test(resets),
		verb_test(one_that_is_only_kept_is_removed),
		verb_test(a_card_without_a_reset_is_given_away_once),
		verb_test(a_wish_that_was_undefined_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
