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

/* Claimed, and its VM has not come yet: whoever means to take it is told whose it is. */
static void what_is_claimed_stays(void **state)
{
	static const char *const lines[] = { "set " GPU " host", "set " GPU " passthrough" };
	struct lab *lab = *state;
	char uuid[37], line[128], fix[64];

	use_vgpu_driver(lab);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --profile nvidia-46"), 0);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46 --vm desk"), 0);
	snprintf(uuid, sizeof(uuid), "%s", at("uuid"));
	snprintf(fix, sizeof(fix), "gpushift release %s", uuid);
	for (size_t i = 0; i < GS_ARRAY_SIZE(lines); i++) {
		assert_int_equal(run_verb(lab, lines[i]), 3);
		assert_string_equal(at("refused/0/code"), "foreign-owner");
		snprintf(line, sizeof(line), "vGPU %s is claimed for the VM desk", uuid);
		assert_string_equal(at("refused/0/message"), line);
		assert_string_equal(at("refused/0/fix"), fix);
		assert_string_equal(at("refused/0/overridable"), "true");
	}
	snprintf(line, sizeof(line), "vgpu remove %s", uuid);
	assert_int_equal(run_verb(lab, line), 3);
	/* Of two the one that nobody has goes. */
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --profile nvidia-46"), 0);
	assert_true(is_live(lab, uuid));
	assert_int_equal(run_verb(lab, "set " GPU " host"), 3);
	assert_int_equal(run_verb(lab, "set " GPU " host --force"), 0);
	assert_false(is_live(lab, uuid));
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 0);
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

/* Nobody was told of it, so it is nobody's; and something was touched. */
static void what_cannot_be_said_is_given_back(void **state)
{
	struct lab *lab = *state;
	char *before;

	use_vgpu_driver(lab);
	before = fake_kernel_state();
	/* Without the name of the host there is no mapping. */
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46 --format pve-mapping"), 1);
	assert_string_equal(at("error/code"), "not-exportable");
	lab_expect(before);
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 0);
}

static void another_boot_is_nobodys(void **state)
{
	struct lab *lab = *state;
	char uuid[37], line[128];

	use_vgpu_driver(lab);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46 --vm desk"), 0);
	snprintf(uuid, sizeof(uuid), "%s", at("uuid"));
	tree_write(lab->tree, "proc/sys/kernel/random/boot_id",
		   "99999999-2222-3333-4444-555555555555\n");
	snprintf(line, sizeof(line), "release %s", uuid);
	assert_int_equal(run_verb(lab, line), 2);
	assert_string_equal(at("error/code"), "unknown-claim");
	assert_int_equal(run_verb(lab, "release --vm desk"), 0);
	assert_int_equal(count_of("released"), 0);
	assert_true(is_live(lab, uuid));
}

#define FREE "0000:00:02.0"

/* A card of its own, which comes before the one that shares its group. */
static struct tree_function *add_free_card(struct lab *lab)
{
	struct tree_function *card = tree_function(lab->tree, NULL, FREE, 0x030000);
	char path[1024];

	tree_reset(tree_group(tree_ids(card, 0x1002, 0x73bf), 9), "flr");
	snprintf(path, sizeof(path), "%s/config", tree_path(card));
	tree_write_bytes(lab->tree, path, "\x02\x10\xbf\x73", 4);
	fake_kernel_native(card, "amdgpu", true);
	return card;
}

static void expect_driver(struct lab *lab, const char *driver)
{
	gs_cleanup_free char *found = NULL;

	assert_int_equal(gs_tree_link_name(lab->engine, "sys/bus/pci/devices/" FREE "/driver", &found), 0);
	assert_string_equal(found, driver);
}

static void another_card_is_not_switched(void **state)
{
	struct lab *lab = *state;
	struct tree_function *card = add_free_card(lab);

	assert_int_equal(run_verb(lab, "claim --card"), 0);
	assert_string_equal(at("address"), FREE);
	expect_driver(lab, "vfio-pci");
	assert_int_equal(run_verb(lab, "set " FREE " passthrough"), 0);
	assert_int_equal(run_verb(lab, "set " FREE " host"), 3);
	assert_string_equal(at("refused/0/message"), "the card " FREE " is claimed");
	tree_ids(card, 0x1002, 0x744c);
	assert_int_equal(run_verb(lab, "release " FREE), 0);
	expect_driver(lab, "vfio-pci");
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 0);
}

/* The second card is refused, but the first one was unbound and bound again. */
static void a_refusal_hides_no_failure(void **state)
{
	struct lab *lab = *state;
	unsigned int writes;

	add_free_card(lab);
	writes = fake_kernel_writes();
	fake_kernel_fail(2, EIO);
	assert_int_equal(run_verb(lab, "claim --card"), 1);
	assert_string_equal(at("error/code"), "failed");
	assert_true(fake_kernel_writes() > writes + 2);
	fake_kernel_fail(0, 0);
	expect_driver(lab, "amdgpu");
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 0);
}

/* What could not be undone is not forgotten: it is taken back with its card. */
static void a_claim_stays_with_a_quarantine(void **state)
{
	struct lab *lab = *state;

	add_free_card(lab);
	fake_kernel_fail_from(3, EIO);
	assert_int_equal(run_verb(lab, "claim --card"), 4);
	assert_string_equal(at("error/code"), "quarantined");
	fake_kernel_fail(0, 0);
	assert_int_equal(run_verb(lab, "release --ended"), 0);
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 1);
	assert_int_equal(run_verb(lab, "set " FREE " host"), 0);
	expect_driver(lab, "amdgpu");
	assert_int_equal(run_verb(lab, "release --ended"), 0);
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 0);
}

/* --- VMs that start and end -------------------------------------------------------------------- */

#define UUID(n) "8a5b2b0e-0000-4000-8000-00000000000" n
#define MDEV(n)                                                                                     \
	"<hostdev mode='subsystem' type='mdev'><source><address uuid='" UUID(n) "'/></source></hostdev>"
#define VGPU(n) "<vgpu uuid='" UUID(n) "' profile='nvidia-46'/>"
#define CARD                                                                                        \
	"<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='0' function='0'/>" \
	"</source></hostdev>"
#define ASKS(vgpus, devices)                                                                        \
	"<domain><metadata><g:hook xmlns:g='urn:gpushift:1'>" vgpus "</g:hook></metadata><devices>"  \
	devices "</devices></domain>"

static void a_vm_has_vgpus_while_it_runs(void **state)
{
	static const char *const xml = ASKS(VGPU("a"), MDEV("a") MDEV("b") MDEV("c"));
	struct lab *lab = *state;
	char *before;

	use_vgpu_driver(lab);
	tree_write(lab->tree, "etc/mdevctl.d/" GPU "/" UUID("b"),
		   "{\"mdev_type\": \"nvidia-46\", \"start\": \"manual\", \"attrs\": []}");
	before = fake_kernel_state();
	assert_int_equal(run_vm(lab, "__vm start libvirt desk", xml), 0);
	/* What is neither described nor defined is none of ours. */
	assert_int_equal(count_of("claimed"), 2);
	assert_string_equal(at("vm"), "desk");
	assert_string_equal(at("claimed/0/uuid"), UUID("a"));
	assert_true(is_live(lab, UUID("a")) && is_live(lab, UUID("b")));
	/* Once more, as after a start whose end nobody heard of. */
	assert_int_equal(run_vm(lab, "__vm start libvirt desk", xml), 0);
	assert_int_equal(count_of("claimed"), 0);
	assert_int_equal(run_vm(lab, "__vm start libvirt other", ASKS(VGPU("a"), MDEV("a"))), 3);
	assert_string_equal(at("error/message"), "the VM desk has the vGPU " UUID("a"));
	assert_int_equal(run_verb(lab, "__vm end libvirt other"), 0);
	assert_int_equal(count_of("released"), 0);
	assert_int_equal(run_verb(lab, "__vm end libvirt desk"), 0);
	assert_int_equal(count_of("released"), 2);
	lab_expect(before);
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 0);
}

static void a_vm_has_a_card_while_it_runs(void **state)
{
	struct lab *lab = *state;
	char *before;

	tree_driver(lab->foreign, NULL);
	before = fake_kernel_state();
	assert_int_equal(run_vm(lab, "__vm start libvirt desk", ASKS("", CARD)), 0);
	assert_string_equal(at("claimed/0/address"), GPU);
	assert_int_equal(lab_mode(lab), GS_MODE_PASSTHROUGH);
	assert_int_equal(run_vm(lab, "__vm start libvirt other", ASKS("", CARD)), 3);
	assert_string_equal(at("error/message"),
			    GPU " cannot give that now: the VM desk has it");
	assert_int_equal(run_verb(lab, "__vm end libvirt desk"), 0);
	lab_expect(before);
	/* In passthrough already, it stays there. */
	assert_int_equal(run_verb(lab, "set " GPU " passthrough"), 0);
	assert_int_equal(run_vm(lab, "__vm start libvirt desk", ASKS("", CARD)), 0);
	assert_int_equal(run_verb(lab, "__vm end libvirt desk"), 0);
	assert_int_equal(count_of("released"), 1);
	assert_int_equal(lab_mode(lab), GS_MODE_PASSTHROUGH);
}

#define NIC                                                                                         \
	"<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='1' slot='0' function='2'/>" \
	"</source></hostdev>"
#define ASKS_WITH(with, devices)                                                                    \
	"<domain><metadata><g:hook xmlns:g='urn:gpushift:1' with='" with "'/></metadata><devices>"   \
	devices "</devices></domain>"

/* The network function of the card's group: it goes along when the VM has it, or names it. */
static void a_vm_says_what_goes_along(void **state)
{
	static const char *const consents[] = { ASKS("", CARD NIC), ASKS_WITH("01:00.2 0000:07:00.0", CARD) };
	struct lab *lab = *state;

	assert_int_equal(run_vm(lab, "__vm start libvirt desk", ASKS("", CARD)), 3);
	assert_string_equal(at("error/code"), "outside-card");
	assert_int_equal(run_vm(lab, "__vm start libvirt desk", ASKS_WITH("01:00.3", CARD)), 3);
	assert_int_equal(run_vm(lab, "__vm start libvirt desk", ASKS_WITH("the sound", CARD)), 3);
	assert_string_equal(at("error/code"), "bad-description");
	for (size_t i = 0; i < GS_ARRAY_SIZE(consents); i++) {
		char *before = fake_kernel_state();

		assert_int_equal(run_vm(lab, "__vm start libvirt desk", consents[i]), 0);
		assert_int_equal(count_of("claimed"), 1);
		assert_true(is_on(lab, FOREIGN, "vfio-pci"));
		assert_int_equal(run_verb(lab, "__vm end libvirt desk"), 0);
		lab_expect(before);
	}
}

static void a_vm_gets_all_or_nothing(void **state)
{
	struct lab *lab = *state;
	char *before;

	use_vgpu_driver(lab);
	before = fake_kernel_state();
	/* There is room for two. */
	assert_int_equal(run_vm(lab, "__vm start libvirt desk",
				ASKS(VGPU("a") VGPU("b") VGPU("c"), MDEV("a") MDEV("b") MDEV("c"))), 1);
	assert_string_equal(at("error/code"), "failed");
	lab_expect(before);
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 0);
}

static void a_vm_that_does_not_ask_gets_nothing(void **state)
{
	static const char *const wrong[] = {
		"__vm begin libvirt desk", "__vm start xen desk", "__vm start libvirt ",
	};
	struct lab *lab = *state;
	unsigned int writes = fake_kernel_writes();

	assert_int_equal(run_vm(lab, "__vm start libvirt desk",
				"<domain><devices>" CARD "</devices></domain>"), 0);
	assert_int_equal(count_of("claimed"), 0);
	assert_int_equal(run_vm(lab, "__vm start libvirt desk", ASKS("", CARD) "x"), 3);
	assert_string_equal(at("error/code"), "bad-description");
	for (size_t i = 0; i < GS_ARRAY_SIZE(wrong); i++)
		assert_int_equal(run_vm(lab, wrong[i], ASKS("", CARD)), 2);
	assert_int_equal(fake_kernel_writes(), writes);
}

static void the_end_of_a_vm_takes_no_claim_of_others(void **state)
{
	struct lab *lab = *state;

	use_vgpu_driver(lab);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46 --vm desk"), 0);
	assert_int_equal(run_verb(lab, "__vm end libvirt desk"), 0);
	assert_int_equal(count_of("released"), 0);
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		verb_test(claims_come_and_go),
		verb_test(what_is_claimed_stays),
		verb_test(wrong_claims_touch_nothing),
		verb_test(a_claim_that_fails_leaves_nothing),
		verb_test(a_killed_claim_is_taken_back),
		verb_test(what_cannot_be_said_is_given_back),
		verb_test(another_boot_is_nobodys),
		verb_test(another_card_is_not_switched),
		verb_test(a_refusal_hides_no_failure),
		verb_test(a_claim_stays_with_a_quarantine),
		verb_test(a_vm_has_vgpus_while_it_runs),
		verb_test(a_vm_has_a_card_while_it_runs),
		verb_test(a_vm_says_what_goes_along),
		verb_test(a_vm_gets_all_or_nothing),
		verb_test(a_vm_that_does_not_ask_gets_nothing),
		verb_test(the_end_of_a_vm_takes_no_claim_of_others),
	};

	return cmocka_run_group_tests_name("claim_verbs", tests, NULL, NULL);
}
