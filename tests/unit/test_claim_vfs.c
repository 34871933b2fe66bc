// SPDX-License-Identifier: GPL-2.0-or-later
/* claim and release of what VFs are: vGPUs of NVIDIA's VFIO, and VFs as they are. */
#include <signal.h>
#include <sys/wait.h>

#include "tree.h"
#include "verb.h"

static void use_sriov(struct lab *lab)
{
	tree_sriov(lab->gpu, 3);
	tree_attribute(lab->gpu, "sriov_numvfs", "0");
	tree_attribute(lab->gpu, "sriov_drivers_autoprobe", "1");
}

/* Its VFs become vGPUs, two of them. */
static void use_nvidia(struct lab *lab)
{
	use_sriov(lab);
	fake_kernel_vf_types(2);
	tree_driver(lab->gpu, NULL);
	fake_kernel_native(lab->gpu, "nvidia", true);
}

static unsigned int current_type(struct lab *lab, const char *vf)
{
	gs_cleanup_free char *text = NULL;
	char path[128];

	snprintf(path, sizeof(path), "sys/bus/pci/devices/%s/nvidia/current_vgpu_type", vf);
	return gs_tree_read(lab->engine, path, &text) == 0 ? (unsigned int)strtoul(text, NULL, 10) : 0;
}

static void expect_claims(struct lab *lab, size_t count)
{
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(count_of("claims"), count);
}

/* Nobody has enabled VFs: nothing is known of the card yet, but that its driver may have types. */
static void vfs_that_are_vgpus_are_claimed(void **state)
{
	struct lab *lab = *state;
	char first[32], line[64];

	use_nvidia(lab);
	assert_int_equal(run_verb(lab, "claim --framebuffer 1G"), 3);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-558 --vm desk --format qemu"), 0);
	assert_string_equal(at("kind"), "vgpu");
	assert_string_equal(at("card"), GPU);
	snprintf(first, sizeof(first), "%s", at("address"));
	snprintf(line, sizeof(line), "-device vfio-pci,host=%s\n", first);
	assert_string_equal(at("text"), line);
	assert_int_equal(current_type(lab, first), 558);
	/* Now they are known; another one, as libvirt has it. */
	assert_int_equal(run_verb(lab, "claim --framebuffer 2G --vm desk --format libvirt"), 0);
	assert_string_equal(at("type"), "nvidia-558");
	assert_non_null(strstr(at("text"), "type='pci'"));
	assert_string_not_equal(at("address"), first);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-558"), 3);
	expect_claims(lab, 2);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --profile nvidia-558"), 3);
	assert_string_equal(at("refused/0/code"), "foreign-owner");
	snprintf(line, sizeof(line), "release %s", first);
	assert_int_equal(run_verb(lab, line), 0);
	assert_string_equal(at("released/0/address"), first);
	assert_int_equal(current_type(lab, first), 0);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-558 --format pve"), 0);
	snprintf(line, sizeof(line), "hostpci0: %s,driver=keep\n", at("address"));
	assert_string_equal(at("text"), line);
	expect_claims(lab, 2);
	assert_int_equal(run_verb(lab, "release --vm desk"), 0);
	assert_int_equal(count_of("released"), 1);
	expect_claims(lab, 1);
	snprintf(line, sizeof(line), "release %s", at("claims/0/claim"));
	assert_int_equal(run_verb(lab, line), 0);
	/* The card can go: what is left of it are VFs of ours that nobody has. */
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
}

/* What it offered with VFs is known from then on. */
static void types_of_vfs_are_remembered(void **state)
{
	struct lab *lab = *state;

	use_nvidia(lab);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-558"), 0);
	assert_int_equal(run_verb(lab, "claims"), 0);
	assert_int_equal(run_verb(lab, "release --vm nobody"), 0);
	tree_remove(lab->tree, "var/lib/gpushift/claims");
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	assert_int_equal(run_verb(lab, "claim --profile nvidia-46"), 3);
	assert_int_equal(run_verb(lab, "claim --framebuffer 2G"), 0);
	assert_string_equal(at("type"), "nvidia-558");
}

/* Of what only the switch could tell: it is undone, and the card is as it was. */
static void a_type_that_is_not_there_leaves_nothing(void **state)
{
	struct lab *lab = *state;
	char *before;

	use_nvidia(lab);
	before = fake_kernel_state();
	assert_int_equal(run_verb(lab, "claim --profile nvidia-99"), 1);
	lab_expect(before);
	expect_claims(lab, 0);
}

static void a_killed_claim_of_a_vf_is_taken_back(void **state)
{
	struct lab *lab = *state;

	use_nvidia(lab);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --profile nvidia-558"), 0);
	for (int before = 0; before < 2; before++) {
		char *state_before = fake_kernel_state();
		int status;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			lab_process(lab);
			fake_kernel_kill_parent(1, before);
			_exit(run_verb(lab, "claim --profile nvidia-558"));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		lab_process_gone(lab, child);
		fake_kernel_kill_parent(0, false);
		expect_claims(lab, 1);
		assert_int_equal(run_verb(lab, "release --ended"), 0);
		expect_claims(lab, 0);
		lab_expect(state_before);
	}
}

/* --- VFs as they are --------------------------------------------------------------------------- */

static void plain_vfs_are_claimed(void **state)
{
	struct lab *lab = *state;
	char first[32], line[64], *split;

	use_sriov(lab);
	assert_int_equal(run_verb(lab, "claim --vf --vm desk --format qemu"), 0);
	assert_string_equal(at("kind"), "vgpu");
	assert_string_equal(at("type"), "null");
	snprintf(first, sizeof(first), "%s", at("address"));
	snprintf(line, sizeof(line), "-device vfio-pci,host=%s\n", first);
	assert_string_equal(at("text"), line);
	assert_true(is_on(lab, first, "vfio-pci"));
	/* The card was split into all that it can have; each is given once. */
	assert_int_equal(run_verb(lab, "claim --vf"), 0);
	assert_string_not_equal(at("address"), first);
	assert_int_equal(run_verb(lab, "claim --vf"), 0);
	assert_int_equal(run_verb(lab, "claim --vf"), 3);
	assert_string_equal(at("error/code"), "no-capacity");
	assert_int_equal(run_verb(lab, "claim --card"), 3);
	expect_claims(lab, 3);
	snprintf(line, sizeof(line), "release %s", first);
	assert_int_equal(run_verb(lab, line), 0);
	assert_string_equal(at("released/0/address"), first);
	assert_true(is_on(lab, first, NULL));
	/* The same again, and nothing else has changed. */
	split = fake_kernel_state();
	assert_int_equal(run_verb(lab, "claim --vf"), 0);
	assert_string_equal(at("address"), first);
	assert_int_equal(run_verb(lab, line), 0);
	lab_expect(split);
	expect_claims(lab, 2);
}

/* Another number would take it away, and so would no number at all. */
static void claimed_vfs_stay(void **state)
{
	struct lab *lab = *state;
	char line[64];

	use_sriov(lab);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --count 2"), 0);
	assert_int_equal(run_verb(lab, "claim --vf --vm desk"), 0);
	snprintf(line, sizeof(line), "vGPU %s is claimed for the VM desk", at("address"));
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --count 3"), 3);
	assert_string_equal(at("refused/0/message"), line);
	assert_int_equal(run_verb(lab, "set " GPU " host"), 3);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --count 2"), 0);
	/* What has its place afterwards is another VF, which nobody claimed. */
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --count 3 --force"), 0);
	expect_claims(lab, 0);
}

/* Those of an administrator are his, unless he names the card. */
static void vfs_of_others_are_claimed_by_name(void **state)
{
	struct lab *lab = *state;
	char line[64];

	use_sriov(lab);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --count 2"), 0);
	tree_remove(lab->tree, "var/lib/gpushift/vfs");
	assert_int_equal(run_verb(lab, "claim --vf"), 3);
	assert_int_equal(run_verb(lab, "claim --vf --on " GPU), 0);
	snprintf(line, sizeof(line), "release %s", at("address"));
	assert_int_equal(run_verb(lab, line), 0);
	expect_claims(lab, 0);
}

/* One card after the other step of it fails: all is as it was. */
/* By a description of libvirt's: VFs that are there, of whoever enabled them. */
static void a_vm_is_given_the_vf_that_it_names(void **state)
{
	struct lab *lab = *state;
	gs_cleanup_free char *xml = NULL;
	struct gs_address address;
	char vf[32], *before;

	use_sriov(lab);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --count 2"), 0);
	assert_int_equal(run_verb(lab, "vgpu list"), 0);
	snprintf(vf, sizeof(vf), "%s", at("vgpus/1/address"));
	assert_int_equal(gs_address_parse(vf, &address), 0);
	xml = gs_asprintf("<domain><metadata><g:hook xmlns:g='urn:gpushift:1'/></metadata><devices>"
			  "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='%u' "
			  "slot='%u' function='%u'/></source></hostdev></devices></domain>",
			  address.bus, address.slot, address.function);
	before = fake_kernel_state();
	assert_int_equal(run_vm(lab, "__vm start libvirt desk", xml), 0);
	assert_string_equal(at("claimed/0/address"), vf);
	assert_true(is_on(lab, vf, "vfio-pci"));
	/* Once more; and by another VM. */
	assert_int_equal(run_vm(lab, "__vm start libvirt desk", xml), 0);
	assert_int_equal(count_of("claimed"), 0);
	assert_int_equal(run_vm(lab, "__vm start libvirt other", xml), 3);
	assert_non_null(strstr(at("error/message"), vf));
	assert_int_equal(run_verb(lab, "__vm end libvirt desk"), 0);
	assert_int_equal(count_of("released"), 1);
	lab_expect(before);
	expect_claims(lab, 0);
}

static void a_claim_of_a_vf_that_fails_leaves_nothing(void **state)
{
	struct lab *lab = *state;
	unsigned int writes;
	char *before;

	use_sriov(lab);
	before = fake_kernel_state();
	writes = fake_kernel_writes();
	assert_int_equal(run_verb(lab, "claim --vf"), 0);
	writes = fake_kernel_writes() - writes;
	assert_int_equal(run_verb(lab, "release --vm nobody"), 0);
	tree_remove(lab->tree, "var/lib/gpushift/claims");
	assert_int_equal(run_verb(lab, "set " GPU " host"), 0);
	for (unsigned int nth = 1; nth <= writes; nth++) {
		fake_kernel_fail(nth, EIO);
		assert_int_equal(run_verb(lab, "claim --vf"), 1);
		fake_kernel_fail(0, 0);
		expect_claims(lab, 0);
		lab_expect(strdup(before));
	}
	free(before);
}

/* Killed at any write: whoever comes next takes it back, the VFs stay for the next. */
static void a_killed_claim_of_a_plain_vf_is_taken_back(void **state)
{
	struct lab *lab = *state;

	use_sriov(lab);
	assert_int_equal(run_verb(lab, "set " GPU " vgpu --count 2"), 0);
	for (unsigned int nth = 1; nth <= 2; nth++) {
		char *state_before = fake_kernel_state();
		int status;
		pid_t child = fork();

		assert_true(child >= 0);
		if (child == 0) {
			lab_process(lab);
			fake_kernel_kill_parent(nth, false);
			_exit(run_verb(lab, "claim --vf"));
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		lab_process_gone(lab, child);
		fake_kernel_kill_parent(0, false);
		assert_int_equal(run_verb(lab, "release --ended"), 0);
		expect_claims(lab, 0);
		lab_expect(state_before);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		verb_test(vfs_that_are_vgpus_are_claimed),
		verb_test(types_of_vfs_are_remembered),
		verb_test(a_type_that_is_not_there_leaves_nothing),
		verb_test(a_killed_claim_of_a_vf_is_taken_back),
		verb_test(plain_vfs_are_claimed),
		verb_test(claimed_vfs_stay),
		verb_test(vfs_of_others_are_claimed_by_name),
		verb_test(a_vm_is_given_the_vf_that_it_names),
		verb_test(a_claim_of_a_vf_that_fails_leaves_nothing),
		verb_test(a_killed_claim_of_a_plain_vf_is_taken_back),
	};

	return cmocka_run_group_tests_name("claim_vfs", tests, NULL, NULL);
}
