// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole verbs that change cards, from the words of a command line to the document, on a host that answers. */
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <sys/wait.h>

#include "cli.h"
#include "lab.h"
#include "quarantine.h"
#include "tree.h"
#include "wish.h"

#define WORDS 16

/* What the last verb printed. */
static struct json_object *document;

static struct json_object *read_document(const char *path)
{
	struct json_object *json = json_object_from_file(path);

	if (!json)
		fail_msg("no document: %s", json_util_get_last_err());
	return json;
}

/* run_verb - "set 0000:01:00.0 host"; its exit status */
static int run_verb(struct lab *lab, const char *line)
{
	char words[256], path[] = "/tmp/gpushift-verb.XXXXXX", *argv[WORDS + 2] = { "gpushift" };
	int argc = 1, out, saved, status;
	struct cli cli;
	char *rest = words;

	snprintf(words, sizeof(words), "%s", line);
	while (argc < WORDS && (argv[argc] = strsep(&rest, " ")))
		argc++;
	argv[argc++] = (char *)"--json";
	argv[argc++] = (char *)"--quiet";
	argv[argc] = NULL;
	out = mkstemp(path);
	assert_true(out >= 0);
	fflush(stdout);
	saved = dup(STDOUT_FILENO);
	dup2(out, STDOUT_FILENO);
	status = cli_parse(&cli, argc, argv);
	if (status == 0) {
		cli.engine = lab->engine;
		status = cli.verb->run(&cli);
		cli.engine = NULL;
	}
	cli_clear(&cli);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(out);
	json_object_put(document);
	document = read_document(path);
	unlink(path);
	return status;
}

/* The member of the document at "results/0/code", as text; "null". */
static const char *at(const char *path)
{
	struct json_object *json = document;
	char words[128], *rest = words, *word;

	snprintf(words, sizeof(words), "%s", path);
	while ((word = strsep(&rest, "/"))) {
		if (json_object_is_type(json, json_type_array))
			json = json_object_array_get_idx(json, strtoul(word, NULL, 10));
		else if (!json_object_object_get_ex(json, word, &json))
			fail_msg("no %s in %s", path, json_object_to_json_string(document));
	}
	return json ? json_object_get_string(json) : "null";
}

static int teardown(void **state)
{
	json_object_put(document);
	document = NULL;
	return lab_teardown(state);
}

#define verb_test(f) cmocka_unit_test_setup_teardown(f, lab_setup, teardown)

#define AWAY "set " GPU " passthrough --with " FOREIGN

static void a_wish_is_stored_after_it_came_true(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_int_equal(json_object_array_length(json_object_object_get(document, "results")), 0);
	fake_kernel_fail(6, EIO);
	assert_int_equal(run_verb(lab, AWAY " --persist"), 1);
	assert_int_equal(run_verb(lab, "apply --wishes"), 0);
	assert_int_equal(json_object_array_length(json_object_object_get(document, "results")), 0);
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

/* --- claims ------------------------------------------------------------------------------------ */

static size_t count_of(const char *key)
{
	return json_object_array_length(json_object_object_get(document, key));
}

static bool is_live(struct lab *lab, const char *uuid)
{
	char path[128];

	snprintf(path, sizeof(path), "sys/bus/mdev/devices/%s", uuid);
	return gs_tree_exists(lab->engine, path);
}

static void use_vgpu_driver(struct lab *lab)
{
	fake_kernel_vgpu_driver(lab->tree, "nvidia", "nvidia-46", 2);
	tree_driver(lab->gpu, NULL);
	fake_kernel_native(lab->gpu, "nvidia", true);
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
		verb_test(a_wish_is_stored_after_it_came_true),
		verb_test(a_wish_for_another_card_writes_nothing),
		verb_test(a_wish_that_fails_leaves_the_old_mode),
		verb_test(a_wish_heeds_quarantines),
		verb_test(odd_wishes_are_told),
		verb_test(a_file_is_applied_and_compared),
		verb_test(a_file_is_refused_as_a_whole),
		verb_test(rounds_there_and_back),
		verb_test(resets),
		verb_test(a_card_without_a_reset_is_given_away_once),
		verb_test(claims_come_and_go),
		verb_test(wrong_claims_touch_nothing),
		verb_test(a_claim_that_fails_leaves_nothing),
		verb_test(a_killed_claim_is_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
