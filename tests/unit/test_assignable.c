// SPDX-License-Identifier: GPL-2.0-or-later
/* Hosts whose kernel would keep a group from user space: refused before a write, and by VFIO itself. */
#include "lab.h"

#include <linux/vfio.h>

#include "assignable.h"

#define PARAMETER "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"
#define REGIONS "sys/kernel/iommu_groups/1/reserved_regions"
#define RELEASE "proc/sys/kernel/osrelease"

static const char heading[] = "           CPU0       CPU1\n";

/* The codes of what refuses passthrough, each after a blank. */
static void expect_refusals(struct lab *lab, const char *expected)
{
	struct gs_want want = lab_want(GS_MODE_PASSTHROUGH);
	char text[256] = "";

	lab_plan(lab, &want, *expected);
	for (size_t i = 0; i < lab->plan->n_blockers; i++) {
		strcat(text, " ");
		strcat(text, gs_refusal_code(lab->plan->blockers[i].refusal));
	}
	assert_string_equal(text, expected);
}

static bool says(const struct gs_blocker *blocker, const char *part)
{
	for (char **fact = blocker->evidence; fact && *fact; fact++)
		if (strstr(*fact, part))
			return true;
	return false;
}

static void interrupts_are_known_by_their_senders(void **state)
{
	static const struct {
		const char *lines;
		const char *refusals;
	} cases[] = {
		{ "   0:   40   0   IO-APIC    2-edge   timer\n", " no-interrupt-remapping" },
		{ "  24:   0    0   PCI-MSI-0000:00:02.0   0-edge   PCIe PME\n",
		  " no-interrupt-remapping" },
		{ "   0:   40   0   IR-IO-APIC  2-edge  timer\n", "" },
		/* One that is not remapped says nothing where others are. */
		{ "  16:    0   0   IO-APIC   16-fasteoi\n  24:  7  7  IR-PCI-MSI  0-edge  nvme\n", "" },
		/* Not of x86, or nothing that tells. */
		{ "  11:   99   7   GICv3  27 Level   arch_timer\n", "" },
		{ " NMI:    0    0   Non-maskable interrupts\n", "" },
		{ "   2:    0   0   XT-PIC   cascade\n", "" },
		{ "  24:    0   0\n", "" },
		{ "", "" },
	};
	struct lab *lab = *state;

	expect_refusals(lab, "");
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		tree_write(lab->tree, "proc/interrupts", "%s%s", heading, cases[i].lines);
		expect_refusals(lab, cases[i].refusals);
	}
}

static void unsafe_interrupts_can_be_allowed(void **state)
{
	struct lab *lab = *state;

	tree_write(lab->tree, "proc/interrupts", "  0:  1  IO-APIC  2-edge  timer\n");
	tree_write(lab->tree, PARAMETER, "N\n");
	expect_refusals(lab, " no-interrupt-remapping");
	assert_false(lab->plan->blockers[0].overridable);
	assert_true(says(&lab->plan->blockers[0], "IO-APIC"));
	assert_non_null(strstr(lab->plan->blockers[0].fix, "echo Y > /" PARAMETER));
	tree_write(lab->tree, PARAMETER, "Y\n");
	expect_refusals(lab, "");
}

static void the_command_line_is_blamed(void **state)
{
	static const char *const words[] = { "intremap=off", "nointremap", "intremap=nosid,off" };
	struct lab *lab = *state;

	tree_write(lab->tree, "proc/interrupts", "  0:  1  IO-APIC  2-edge  timer\n");
	tree_write(lab->tree, PARAMETER, "N\n");
	for (size_t i = 0; i < GS_ARRAY_SIZE(words); i++) {
		tree_write(lab->tree, "proc/cmdline", "quiet intremap=on %s iommu=pt\n", words[i]);
		expect_refusals(lab, " no-interrupt-remapping");
		assert_true(says(&lab->plan->blockers[0], words[i]));
		assert_non_null(strstr(lab->plan->blockers[0].fix, words[i]));
	}
	tree_write(lab->tree, "proc/cmdline", "quiet intremap=on\n");
	expect_refusals(lab, " no-interrupt-remapping");
	assert_null(strstr(lab->plan->blockers[0].fix, "command line"));
}

/* Group 1 behind an IOMMU of this name. */
static void put_behind(struct lab *lab, const char *unit)
{
	char link[64], path[1024];

	snprintf(link, sizeof(link), "sys/devices/virtual/iommu/%s", unit);
	tree_folder(lab->tree, link);
	snprintf(path, sizeof(path), "%s/iommu", tree_path(lab->gpu));
	tree_link(lab->tree, path, link);
}

#define MSI "0x00000000fee00000 0x00000000feefffff msi\n"

static void regions_of_the_firmware_refuse(void **state)
{
	static const struct {
		const char *unit, *release, *regions;
		const char *refusals;
	} cases[] = {
		{ "dmar0", "6.1.0-56-amd64", "0x00000000000f0000 0x00000000000fffff direct\n" MSI,
		  " reserved-region" },
		{ "dmar0", "6.1.0-56-amd64",
		  "0x00000000000f0000 0x00000000000fffff direct-relaxable\n" MSI, "" },
		{ "dmar0", "6.1.0-56-amd64", MSI, "" },
		/* Other drivers do not mind, until the kernel's core does. */
		{ "ivhd0", "6.1.0-56-amd64", "0x00000000000f0000 0x00000000000fffff direct\n", "" },
		{ "ivhd0", "6.6.1", "0x00000000000f0000 0x00000000000fffff direct\n",
		  " reserved-region" },
		{ "ivhd0", "7.0.0", "0x00000000000f0000 0x00000000000fffff direct\n",
		  " reserved-region" },
		{ "ivhd0", "none", "0x00000000000f0000 0x00000000000fffff direct\n", "" },
		{ "dmar0", "6.12.0", "nonsense\n", "" },
	};
	struct lab *lab = *state;

	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		put_behind(lab, cases[i].unit);
		tree_write(lab->tree, RELEASE, "%s\n", cases[i].release);
		tree_write(lab->tree, REGIONS, "%s", cases[i].regions);
		expect_refusals(lab, cases[i].refusals);
	}
	tree_write(lab->tree, REGIONS, "0x00000000000f0000 0x00000000000fffff direct\n");
	expect_refusals(lab, " reserved-region");
	assert_true(says(&lab->plan->blockers[0], "0x00000000000f0000-0x00000000000fffff"));
	assert_false(lab->plan->blockers[0].overridable);
}

/* What VFIO says, when nothing was known before. */
static void the_proof_refuses(void **state)
{
	static const struct {
		unsigned long request;
		int error;
		const char *regions;
		enum gs_refusal refusal;
		const char *evidence;
	} cases[] = {
		{ VFIO_SET_IOMMU, EPERM, MSI, GS_REFUSE_NO_INTERRUPT_REMAPPING,
		  "allow_unsafe_interrupts" },
		{ VFIO_GROUP_SET_CONTAINER, EINVAL, MSI, GS_REFUSE_RESERVED_REGION, "log" },
		{ VFIO_GROUP_SET_CONTAINER, EINVAL, "0xf0000 0xfffff direct\n",
		  GS_REFUSE_RESERVED_REGION, "0xf0000-0xfffff" },
		{ VFIO_SET_IOMMU, EPERM, "0xf0000 0xfffff direct\n", GS_REFUSE_RESERVED_REGION,
		  "0xf0000-0xfffff" },
		{ VFIO_GROUP_SET_CONTAINER, EPERM, MSI, GS_REFUSE_RESERVED_REGION, "log" },
		{ VFIO_GROUP_GET_STATUS, EPERM, "", GS_REFUSE_GROUP_NOT_VIABLE, "group 1" },
		{ VFIO_SET_IOMMU, EBUSY, "", GS_REFUSE_IN_USE, "group 1" },
	};
	struct lab *lab = *state;

	/* An IOMMU and a kernel that say nothing of what they will do. */
	tree_write(lab->tree, RELEASE, "none\n");
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		char *before = fake_kernel_state();

		tree_write(lab->tree, REGIONS, "%s", cases[i].regions);
		fake_kernel_refuse_ioctl(cases[i].request, cases[i].error);
		assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_FAILED);
		fake_kernel_refuse_ioctl(0, 0);
		lab_expect(before);
		assert_int_equal(lab->plan->n_blockers, 1);
		assert_int_equal(lab->plan->blockers[0].refusal, cases[i].refusal);
		assert_non_null(lab->plan->blockers[0].fix);
		if (!says(&lab->plan->blockers[0], cases[i].evidence))
			fail_msg("case %zu does not say \"%s\"", i, cases[i].evidence);
	}
	assert_int_equal(lab_set(lab, GS_MODE_PASSTHROUGH), GS_EXIT_DONE);
	assert_int_equal(lab->plan->n_blockers, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(interrupts_are_known_by_their_senders),
		lab_test(unsafe_interrupts_can_be_allowed),
		lab_test(the_command_line_is_blamed),
		lab_test(regions_of_the_firmware_refuse),
		lab_test(the_proof_refuses),
	};

	return cmocka_run_group_tests_name("assignable", tests, NULL, NULL);
}
