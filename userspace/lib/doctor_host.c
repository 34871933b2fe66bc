// SPDX-License-Identifier: GPL-2.0-or-later
/* doctor_host.c - CPU, firmware, command line, IOMMU, interrupts. */
#include "assignable.h"
#include "doctor.h"
#include "tree.h"

#define TABLES "sys/firmware/acpi/tables"

/* What a VM has is not of its firmware's making. */
static void advise_firmware(struct gs_doctor *doctor, const char *what)
{
	if (doctor->cpu.guest)
		gs_advise(doctor, "this host is a VM: whoever runs it has to give it %s", what);
	else
		gs_advise(doctor, "switch on %s in the firmware's setup", what);
}

static const char *virtualization_name(const struct gs_doctor *doctor)
{
	return doctor->cpu.vendor == GS_CPU_INTEL ? "Intel VT-x (VMX)" : "SVM Mode (AMD-V)";
}

void gs_exam_cpu(struct gs_doctor *doctor)
{
	bool x86 = doctor->cpu.vendor != GS_CPU_OTHER;
	bool node = gs_tree_exists(doctor->engine, "dev/kvm");
	bool driver = gs_tree_exists(doctor->engine, "sys/module/kvm_intel") ||
		      gs_tree_exists(doctor->engine, "sys/module/kvm_amd");

	gs_find(doctor, NULL, GS_FINE);
	if (!x86 || doctor->cpu.flags != GS_YES) {
		gs_judge(doctor, node ? GS_FINE : GS_CANNOT_TELL);
		gs_see(doctor, "/dev/kvm is %s", node ? "there" : "not there");
		return;
	}
	if (!doctor->cpu.virtualization) {
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "/proc/cpuinfo has neither vmx nor svm");
		advise_firmware(doctor, virtualization_name(doctor));
		return;
	}
	gs_see(doctor, "/proc/cpuinfo has %s", doctor->cpu.virtualization);
	if (driver && !node) {
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "KVM's module is loaded, and there is no /dev/kvm");
		advise_firmware(doctor, virtualization_name(doctor));
		return;
	}
	gs_see(doctor, node ? "/dev/kvm is there" : "KVM's module is not loaded");
}

/* The name of the table of a vendor's IOMMU; NULL: none is there. */
static const char *iommu_table(struct gs_doctor *doctor)
{
	static const char *const names[] = { "DMAR", "IVRS", "IORT", "VIOT" };
	char path[GS_PATH_MAX];

	for (size_t i = 0; i < GS_ARRAY_SIZE(names); i++)
		if (gs_path(path, TABLES "/%s", names[i]) == 0 &&
		    gs_tree_exists(doctor->engine, path))
			return names[i];
	return NULL;
}

static const char *iommu_name(const struct gs_doctor *doctor)
{
	return doctor->cpu.vendor == GS_CPU_INTEL ? "Intel VT-d" : "IOMMU (AMD-Vi)";
}

void gs_exam_iommu_firmware(struct gs_doctor *doctor)
{
	const char *table = iommu_table(doctor);

	gs_find(doctor, NULL, table ? GS_FINE : GS_CANNOT_TELL);
	if (table) {
		gs_see(doctor, "the firmware has the table %s", table);
		return;
	}
	if (!gs_tree_exists(doctor->engine, TABLES)) {
		gs_see(doctor, "the firmware has no ACPI tables");
		return;
	}
	gs_see(doctor, "the firmware has neither a DMAR nor an IVRS table in /" TABLES);
	if (doctor->cpu.vendor == GS_CPU_OTHER)
		return;
	gs_judge(doctor, GS_PROBLEM);
	advise_firmware(doctor, iommu_name(doctor));
	if (!doctor->cpu.guest)
		gs_advise(doctor, "where it is on, update the firmware");
}

/*
 * Words that switch off what a guest needs, and the word after which they say nothing:
 * drivers/iommu/intel/iommu.c and irq_remapping.c take the last one, arch/x86/kernel/pci-dma.c
 * and drivers/iommu/amd/init.c have no way back.
 */
static const struct {
	const char *off, *on;
} contrary[] = {
	{ "intel_iommu=off", "intel_iommu=on" }, { "amd_iommu=off", NULL },
	{ "iommu=off", NULL },			 { "iommu=soft", NULL },
	{ "intremap=off", "intremap=on" },	 { "nointremap", "intremap=on" },
};

static bool is_contrary(struct gs_doctor *doctor)
{
	bool any = false;

	for (size_t i = 0; i < GS_ARRAY_SIZE(contrary); i++) {
		const char *word = contrary[i].off;

		if (!gs_boot_running_last(doctor->engine, word, contrary[i].on))
			continue;
		gs_see(doctor, "/proc/cmdline says %s", word);
		gs_advise(doctor, "remove %s from the kernel's command line, and reboot", word);
		any = true;
	}
	return any;
}

void gs_exam_command_line(struct gs_doctor *doctor)
{
	char **missing = doctor->boot->missing;

	gs_find(doctor, NULL, GS_FINE);
	if (!gs_tree_exists(doctor->engine, "proc/cmdline")) {
		gs_judge(doctor, GS_CANNOT_TELL);
		gs_see(doctor, "/proc/cmdline cannot be read");
		return;
	}
	if (is_contrary(doctor)) {
		gs_judge(doctor, GS_PROBLEM);
		return;
	}
	if (doctor->boot->record_error) {
		gs_judge(doctor, GS_PROBLEM);
		gs_see(doctor, "/" GS_BOOT_RECORD ", by which it is changed back, cannot be read: %s",
		       doctor->boot->record_error == -EPROTO ? "a newer gpushift wrote it" :
							       strerror(-doctor->boot->record_error));
		gs_advise(doctor, "gpushift boot revert, which says more");
		return;
	}
	if (!missing) {
		gs_see(doctor, "/proc/cmdline lacks nothing");
		return;
	}
	for (char **word = missing; *word; word++)
		gs_see(doctor, "/proc/cmdline lacks %s", *word);
	if (doctor->host->has_iommu) {
		gs_see(doctor, "the IOMMU works without it");
		return;
	}
	gs_judge(doctor, GS_PROBLEM);
	gs_advise_boot(doctor);
}

void gs_exam_iommu(struct gs_doctor *doctor)
{
	char **units = NULL;
	bool alive = doctor->host->has_iommu;

	gs_find(doctor, NULL, alive ? GS_FINE : GS_PROBLEM);
	if (gs_tree_list(doctor->engine, "sys/class/iommu", &units) < 0)
		units = NULL;
	if (alive)
		gs_see(doctor, "/sys/class/iommu has %s, /sys/kernel/iommu_groups %zu groups",
		       units && *units ? *units : "nothing", doctor->host->n_groups);
	else
		gs_see(doctor, "/sys/kernel/iommu_groups is empty");
	gs_strv_free(units);
	if (alive)
		return;
	if (!iommu_table(doctor) && doctor->cpu.vendor != GS_CPU_OTHER)
		advise_firmware(doctor, iommu_name(doctor));
	else if (doctor->boot->missing)
		gs_advise_boot(doctor);
	else
		gs_advise(doctor, "look why the kernel did not start it: journalctl -kg 'DMAR|AMD-Vi|IOMMU'");
}

void gs_exam_interrupts(struct gs_doctor *doctor)
{
	gs_cleanup_free char *text = NULL;
	struct gs_interrupts interrupts;
	struct gs_blocker blocker;

	gs_find(doctor, NULL, GS_CANNOT_TELL);
	if (gs_interrupts_read(doctor->engine, &interrupts) < 0) {
		doctor->failed = -ENOMEM;
		return;
	}
	if (interrupts.plain && gs_interrupts_blocker(&interrupts, "a card", &blocker) == 0) {
		for (char **fact = blocker.evidence; fact && *fact; fact++)
			gs_see(doctor, "%s", *fact);
		gs_judge(doctor, interrupts.unsafe_allowed ? GS_FINE : GS_PROBLEM);
		if (interrupts.unsafe_allowed)
			gs_see(doctor, "VFIO is told to do without remapping");
		else
			gs_advise(doctor, "%s", blocker.fix);
		gs_blocker_clear(&blocker);
	} else if (gs_tree_read_head(doctor->engine, "proc/interrupts", 65536, &text) == 0 &&
		   strstr(text, " IR-")) {
		gs_judge(doctor, GS_FINE);
		gs_see(doctor, "/proc/interrupts has senders that are remapped (IR-)");
	} else {
		gs_see(doctor, "/proc/interrupts does not tell");
	}
	gs_interrupts_clear(&interrupts);
}
