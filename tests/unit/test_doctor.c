// SPDX-License-Identifier: GPL-2.0-or-later
/* What the doctor finds on hosts of every kind, check by check. */
#include "fixture.h"

#include "config.h"
#include "doctor.h"
#include "wish.h"

#define GPU "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define OTHER "0000:02:00.0"
#define EFIVARS "sys/firmware/efi/efivars/"
#define EFI "-8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define SHIM "-605dab50-e046-4300-abb6-3dd810dd8b23"
#define UPDATE "usr/sbin/update-initramfs"
#define READS                                                                                      \
	(GS_READ_ALL | GS_READ_NAMES | GS_READ_HOLDERS | GS_READ_TYPES | GS_READ_DRIVERS |        \
	 GS_READ_GROUPS)

/* A host on which everything is well: an NVIDIA card alone in its group. */
static void build(struct tree *tree)
{
	struct tree_function *gpu;

	tree_write(tree, "proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx sse\n");
	tree_write(tree, "proc/cmdline", "quiet intel_iommu=on iommu=pt\n");
	tree_write(tree, "proc/sys/kernel/osrelease", "6.12.1-x\n");
	tree_write(tree, "proc/interrupts", "  24:   0   IR-PCI-MSI-0000:00:02.0   0-edge   PCIe PME\n");
	tree_write(tree, "sys/firmware/acpi/tables/DMAR", "DMAR");
	tree_folder(tree, "sys/class/iommu/dmar0");
	tree_write(tree, "sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	tree_write(tree, "dev/kvm", "%s", "");
	tree_write(tree, "lib/modules/6.12.1-x/modules.dep",
		   "kernel/drivers/vfio/pci/vfio-pci.ko.xz: kernel/drivers/vfio/vfio.ko.xz\n"
		   "kernel/drivers/vfio/vfio_iommu_type1.ko.xz:\n");
	tree_write(tree, "lib/modules/6.12.1-x/modules.builtin", "kernel/drivers/vfio/vfio.ko\n");
	tree_write(tree, UPDATE, "#!/bin/sh\nmkinitramfs -o x\n");
	tree_write(tree, "etc/initramfs-tools/modules", "# List of modules\n");
	gpu = tree_group(tree_driver(tree_function(tree, NULL, GPU, 0x030000), "nouveau"), 7);
	tree_reset(tree_ids(gpu, 0x10de, 0x1b38), "flr");
	tree_ids(tree_group(tree_driver(tree_function(tree, NULL, SOUND, 0x040300), "snd_hda_intel"),
			    7), 0x10de, 0x10ef);
	tree_register_driver(tree, "vfio-pci");
	/* So that the NVIDIA card is not the only one that could show something. */
	tree_reset(tree_group(tree_driver(tree_function(tree, NULL, OTHER, 0x030000), "i915"), 8), "flr");
}

/* Whether the next examination reads ROMs. */
static bool read_roms;

static struct gs_doctor examine(struct fixture *fixture, const char *id)
{
	gs_cleanup_boot struct gs_boot *boot = NULL;
	struct gs_doctor doctor = { .rom = read_roms };

	doctor.host = fixture_read(fixture, READS);
	doctor.engine = fixture->engine;
	assert_int_equal(gs_boot_read(fixture->engine, &boot), 0);
	doctor.boot = boot;
	assert_int_equal(gs_doctor_run(&doctor, id), 0);
	/* Needed only while the findings are made. */
	doctor.boot = NULL;
	return doctor;
}

static const struct gs_finding *find(const struct gs_doctor *doctor, const char *id, const char *card)
{
	for (size_t i = 0; i < doctor->n_findings; i++)
		if (gs_streq(doctor->findings[i].id, id) && gs_streq(doctor->findings[i].card, card))
			return &doctor->findings[i];
	fail_msg("no finding %s", id);
	return NULL;
}

static bool says(const struct gs_finding *finding, const char *part)
{
	for (char **fact = finding->evidence; fact && *fact; fact++)
		if (strstr(*fact, part))
			return true;
	return finding->fix && strstr(finding->fix, part);
}

/* One check, its verdict, and what is seen or advised. */
static void expect_of(struct fixture *fixture, const char *id, const char *card,
		      enum gs_verdict verdict, const char *part)
{
	struct gs_doctor doctor = examine(fixture, id);
	const struct gs_finding *finding = find(&doctor, id, card);

	if (finding->verdict != verdict || !says(finding, part))
		fail_msg("%s is %s (%s; fix %s), not %s with \"%s\"", id,
			 gs_verdict_name(finding->verdict),
			 finding->evidence ? finding->evidence[0] : "nothing seen",
			 finding->fix ? finding->fix : "none", gs_verdict_name(verdict), part);
	/* A problem without an advice helps nobody, and what is fine needs none. */
	assert_true((finding->verdict == GS_PROBLEM) == (finding->fix != NULL));
	assert_non_null(finding->evidence);
	gs_doctor_clear(&doctor);
}

static void expect(struct fixture *fixture, const char *id, enum gs_verdict verdict, const char *part)
{
	expect_of(fixture, id, NULL, verdict, part);
}

static void a_host_that_is_well(void **state)
{
	struct fixture *fixture = *state;
	struct gs_doctor doctor;

	build(fixture->tree);
	doctor = examine(fixture, NULL);
	for (size_t i = 0; i < doctor.n_findings; i++) {
		assert_non_null(doctor.findings[i].evidence);
		/* Not read: it was not asked for. */
		if (doctor.findings[i].verdict != GS_FINE && !gs_streq(doctor.findings[i].id, "rom"))
			fail_msg("%s: %s", doctor.findings[i].id, doctor.findings[i].evidence[0]);
	}
	for (size_t i = 0; gs_doctor_id(i); i++) {
		bool found = false;

		for (size_t j = 0; j < doctor.n_findings; j++)
			found = found || gs_streq(doctor.findings[j].id, gs_doctor_id(i));
		assert_true(found);
	}
	gs_doctor_clear(&doctor);
}

static void an_empty_host(void **state)
{
	struct fixture *fixture = *state;
	struct gs_doctor doctor = examine(fixture, NULL);

	assert_int_equal(find(&doctor, "iommu", NULL)->verdict, GS_PROBLEM);
	assert_int_equal(find(&doctor, "cpu-virtualization", NULL)->verdict, GS_CANNOT_TELL);
	assert_int_equal(find(&doctor, "vfio-modules", NULL)->verdict, GS_CANNOT_TELL);
	assert_int_equal(find(&doctor, "cards", NULL)->verdict, GS_FINE);
	gs_doctor_clear(&doctor);
	assert_int_equal(gs_doctor_run(&doctor, "no-such-check"), -ENOENT);
}

static void cpu_and_firmware(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	expect(fixture, "cpu-virtualization", GS_FINE, "vmx");
	tree_remove(tree, "dev/kvm");
	expect(fixture, "cpu-virtualization", GS_FINE, "not loaded");
	tree_folder(tree, "sys/module/kvm_intel");
	expect(fixture, "cpu-virtualization", GS_PROBLEM, "VT-x");
	tree_write(tree, "proc/cpuinfo", "vendor_id : AuthenticAMD\nflags : fpu vmxx\n");
	expect(fixture, "cpu-virtualization", GS_PROBLEM, "switch on SVM Mode");
	tree_write(tree, "proc/cpuinfo", "vendor_id : AuthenticAMD\nflags : fpu hypervisor\n");
	expect(fixture, "cpu-virtualization", GS_PROBLEM, "this host is a VM: whoever runs it has to give it SVM");
	tree_write(tree, "proc/cpuinfo", "vendor_id : AuthenticAMD\nflags : fpu svm\n");
	tree_write(tree, "dev/kvm", "%s", "");
	expect(fixture, "cpu-virtualization", GS_FINE, "svm");

	expect(fixture, "iommu-firmware", GS_FINE, "DMAR");
	tree_remove(tree, "sys/firmware/acpi/tables/DMAR");
	expect(fixture, "iommu-firmware", GS_PROBLEM, "AMD-Vi");
	tree_write(tree, "proc/cpuinfo", "vendor_id : GenuineIntel\nflags : vmx hypervisor\n");
	expect(fixture, "iommu-firmware", GS_PROBLEM, "this host is a VM: whoever runs it has to give it Intel VT-d");
	tree_write(tree, "proc/cpuinfo", "vendor_id : AuthenticAMD\nflags : fpu svm\n");
	tree_write(tree, "sys/firmware/acpi/tables/IVRS", "x");
	expect(fixture, "iommu-firmware", GS_FINE, "IVRS");
	tree_remove(tree, "sys/firmware/acpi");
	expect(fixture, "iommu-firmware", GS_CANNOT_TELL, "no ACPI");
}

/* A host with an IOMMU in its firmware, which the kernel leaves off. */
static void switch_off(struct tree *tree)
{
	tree_remove(tree, "sys/kernel/iommu_groups");
	tree_remove(tree, "sys/class/iommu/dmar0");
}

static void the_command_line_and_the_iommu(void **state)
{
	static const char *const contrary[] = { "intel_iommu=off", "amd_iommu=off", "iommu=off",
						"iommu=soft", "intremap=off", "nointremap" };
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	expect(fixture, "iommu", GS_FINE, "2 groups");
	tree_write(tree, "proc/cmdline", "quiet\n");
	expect(fixture, "command-line", GS_FINE, "works without");
	switch_off(tree);
	expect(fixture, "command-line", GS_PROBLEM, "intel_iommu=on");
	expect(fixture, "command-line", GS_PROBLEM, "where your boot loader keeps it");
	expect(fixture, "iommu", GS_PROBLEM, "where your boot loader keeps it");
	/* Debian's GRUB. */
	tree_write(tree, "usr/sbin/grub-mkconfig", "default/grub.d\n");
	tree_write(tree, "usr/sbin/update-grub", "#!/bin/sh\n");
	tree_write(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
	expect(fixture, "command-line", GS_PROBLEM, "gpushift boot apply");
	tree_write(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX=\"intel_iommu=on iommu=pt\"\n");
	expect(fixture, "iommu", GS_PROBLEM, "reboot");
	tree_write(tree, "proc/cmdline", "intel_iommu=on iommu=pt\n");
	expect(fixture, "command-line", GS_FINE, "lacks nothing");
	expect(fixture, "iommu", GS_PROBLEM, "journalctl");
	tree_remove(tree, "sys/firmware/acpi/tables/DMAR");
	expect(fixture, "iommu", GS_PROBLEM, "VT-d");
	for (size_t i = 0; i < GS_ARRAY_SIZE(contrary); i++) {
		tree_write(tree, "proc/cmdline", "intel_iommu=on iommu=pt %s\n", contrary[i]);
		expect(fixture, "command-line", GS_PROBLEM, contrary[i]);
	}
	/* The kernel takes the last one, where there are two. */
	tree_write(tree, "proc/cmdline", "intel_iommu=off nointremap intremap=off intel_iommu=on,sm_on intremap=on iommu=pt\n");
	expect(fixture, "command-line", GS_FINE, "lacks nothing");
	tree_write(tree, "proc/cmdline", "iommu=off intel_iommu=on iommu=pt\n");
	expect(fixture, "command-line", GS_PROBLEM, "iommu=off");
	tree_write(tree, "proc/cmdline", "intel_iommu=on iommu=pt\n");
	tree_write(tree, GS_BOOT_RECORD, "{\n");
	expect(fixture, "command-line", GS_PROBLEM, "gpushift boot revert");
	tree_remove(tree, GS_BOOT_RECORD);
	tree_remove(tree, "proc/cmdline");
	expect(fixture, "command-line", GS_CANNOT_TELL, "cannot be read");
}

static void interrupts(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	expect(fixture, "interrupt-remapping", GS_FINE, "IR-");
	tree_write(tree, "proc/interrupts", "  0:  1  IO-APIC  2-edge  timer\n");
	expect(fixture, "interrupt-remapping", GS_PROBLEM, "enable interrupt remapping");
	tree_write(tree, "sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y\n");
	expect(fixture, "interrupt-remapping", GS_FINE, "do without");
	tree_write(tree, "proc/interrupts", "  11:   99   GICv3  27 Level   arch_timer\n");
	expect(fixture, "interrupt-remapping", GS_CANNOT_TELL, "does not tell");
}

/* ---- Secure Boot ---- */

static void put_variable(struct tree *tree, const char *path, const char *bytes, size_t length)
{
	char all[256] = { 6, 0, 0, 0 };

	memcpy(all + 4, bytes, length);
	tree_write_bytes(tree, path, all, length + 4);
}

static const char certificate[] = "0\x82\x03\x0a""a certificate of DKMS\0\x01\xff";
static const char list[] = "a list: 0\x82\x03\x0a""a certificate of DKMS\0\x01\xff and more";

/* What a host is made of, one word each. */
static void host_part(struct tree *tree, const char *part)
{
	if (gs_streq(part, "on"))
		put_variable(tree, EFIVARS "SecureBoot" EFI, "\1", 1);
	else if (gs_streq(part, "off"))
		put_variable(tree, EFIVARS "SecureBoot" EFI, "\0", 1);
	else if (gs_streq(part, "locked"))
		tree_write(tree, "sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	else if (gs_streq(part, "open"))
		tree_write(tree, "sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	else if (gs_streq(part, "enforced"))
		tree_write(tree, "sys/module/module/parameters/sig_enforce", "Y\n");
	else if (gs_streq(part, "key"))
		tree_write_bytes(tree, "var/lib/dkms/mok.pub", certificate, sizeof(certificate) - 1);
	else if (gs_streq(part, "key-elsewhere")) {
		tree_write(tree, "etc/dkms/framework.conf", "# x\n mok_certificate=\"/etc/keys/dkms.der\"\n");
		tree_write_bytes(tree, "etc/keys/dkms.der", certificate, sizeof(certificate) - 1);
	} else if (gs_streq(part, "key-of-ubuntu"))
		tree_write_bytes(tree, "var/lib/shim-signed/mok/MOK.der", certificate,
				 sizeof(certificate) - 1);
	else if (gs_streq(part, "enrolled"))
		put_variable(tree, EFIVARS "MokListRT" SHIM, list, sizeof(list) - 1);
	else if (gs_streq(part, "enrolled-late"))
		tree_write_bytes(tree, "sys/firmware/efi/mok-variables/MokListRT1", list, sizeof(list) - 1);
	else if (gs_streq(part, "waiting"))
		put_variable(tree, EFIVARS "MokNew" SHIM, list, sizeof(list) - 1);
	else if (gs_streq(part, "another"))
		put_variable(tree, EFIVARS "MokListRT" SHIM, "a list: another certificate", 27);
	else
		fail_msg("no part %s", part);
}

static void what_secure_boot_asks_for(void **state)
{
	static const struct {
		const char *parts;
		enum gs_verdict verdict;
		const char *part;
	} cases[] = {
		{ "", GS_FINE, "Secure Boot is off" },
		{ "off locked", GS_PROBLEM, "signed modules only, without Secure Boot" },
		{ "off enforced", GS_PROBLEM, "module.sig_enforce=" },
		{ "off open", GS_FINE, "Secure Boot is off" },
		{ "on open", GS_FINE, "takes unsigned modules" },
		{ "on", GS_PROBLEM, "build the module with DKMS" },
		{ "on locked", GS_PROBLEM, "no signing key" },
		{ "on locked key", GS_PROBLEM, "mokutil --import /var/lib/dkms/mok.pub" },
		{ "on locked key-elsewhere", GS_PROBLEM, "mokutil --import /etc/keys/dkms.der" },
		{ "on locked key-of-ubuntu", GS_PROBLEM, "mokutil --import /var/lib/shim-signed/mok/MOK.der" },
		{ "on locked key another", GS_PROBLEM, "mokutil --import" },
		{ "on locked key waiting", GS_PROBLEM, "Enroll MOK" },
		{ "on locked key enrolled", GS_FINE, "is enrolled" },
		{ "on locked key enrolled-late", GS_FINE, "is enrolled" },
		{ "on enforced open key enrolled", GS_FINE, "is enrolled" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		char parts[128], *rest = NULL;

		tree_remove(fixture->tree, "sys/firmware");
		tree_remove(fixture->tree, "sys/kernel/security");
		tree_remove(fixture->tree, "sys/module");
		tree_remove(fixture->tree, "etc/dkms");
		tree_remove(fixture->tree, "var");
		snprintf(parts, sizeof(parts), "%s", cases[i].parts);
		for (char *part = strtok_r(parts, " ", &rest); part; part = strtok_r(NULL, " ", &rest))
			host_part(fixture->tree, part);
		expect(fixture, "module-signature", cases[i].verdict, cases[i].part);
	}
	expect(fixture, "secure-boot", GS_FINE, "is on");
	expect(fixture, "lockdown", GS_FINE, "locks nothing");
	host_part(fixture->tree, "off");
	host_part(fixture->tree, "locked");
	expect(fixture, "secure-boot", GS_FINE, "is off");
	expect(fixture, "lockdown", GS_FINE, "integrity");
	tree_remove(fixture->tree, "sys/firmware");
	tree_remove(fixture->tree, "sys/kernel/security");
	expect(fixture, "secure-boot", GS_FINE, "not started by UEFI");
	expect(fixture, "lockdown", GS_CANNOT_TELL, "cannot be read");
}

/* ---- modules, programs, services ---- */

static void modules(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	expect(fixture, "vfio-modules", GS_FINE, "vfio is built in of 6.12.1-x");
	expect(fixture, "vfio-modules", GS_FINE, "vfio-pci is a module of 6.12.1-x");
	tree_remove(tree, "sys/bus/pci/drivers/vfio-pci");
	expect(fixture, "vfio-modules", GS_FINE, "vfio-pci is a module");
	tree_write(tree, "lib/modules/6.12.1-x/modules.dep", "kernel/drivers/vfio/pci/xvfio-pci.ko:\n");
	expect(fixture, "vfio-modules", GS_PROBLEM, "CONFIG_VFIO_PCI");
	tree_write(tree, "etc/os-release", "NAME=x\nID=ubuntu\n");
	expect(fixture, "vfio-modules", GS_PROBLEM, "apt install linux-modules-extra-6.12.1-x");
	tree_write(tree, "lib/modules/6.12.1-x/modules.builtin", "kernel/drivers/vfio/pci/vfio_pci.ko\n");
	expect(fixture, "vfio-modules", GS_FINE, "vfio-pci is built in");

	expect(fixture, "kernel-module", GS_FINE, "not loaded");
	tree_folder(tree, "usr/src/gpushift-" GPUSHIFT_VERSION);
	expect(fixture, "kernel-module", GS_PROBLEM, "apt install linux-headers-6.12.1-x; dkms autoinstall -k 6.12.1-x");
	tree_write(tree, "etc/os-release", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n");
	expect(fixture, "kernel-module", GS_PROBLEM, "dnf install kernel-devel-6.12.1-x; dkms");
	tree_write(tree, "etc/os-release", "ID=arch\n");
	expect(fixture, "kernel-module", GS_PROBLEM, "pacman -S linux-headers; dkms");
	tree_write(tree, "proc/sys/kernel/osrelease", "6.6.63-1-lts\n");
	expect(fixture, "kernel-module", GS_PROBLEM, "pacman -S linux-lts-headers; dkms");
	tree_write(tree, "proc/sys/kernel/osrelease", "6.12.1-x\n");
	tree_write(tree, "etc/os-release", "ID=fedora\n");
	tree_write(tree, "run/ostree-booted", "%s", "");
	expect(fixture, "kernel-module", GS_PROBLEM, "install the headers of this kernel; dkms");
	tree_remove(tree, "run/ostree-booted");
	tree_write(tree, "etc/os-release", "ID=monarch\nNAME=arch\n");
	expect(fixture, "kernel-module", GS_PROBLEM, "install the headers of this kernel; dkms");
	tree_write(tree, "lib/modules/6.12.1-x/modules.dep", "updates/dkms/gpushift.ko:\n");
	expect(fixture, "kernel-module", GS_PROBLEM, "modprobe gpushift");
	tree_write(tree, "sys/module/gpushift/version", GPUSHIFT_VERSION "\n");
	expect(fixture, "kernel-module", GS_FINE, GPUSHIFT_VERSION);
	tree_write(tree, "sys/module/gpushift/version", "0.0.1\n");
	expect(fixture, "kernel-module", GS_PROBLEM, "modprobe -r gpushift");
}

static void services(void **state)
{
	struct fixture *fixture = *state;
	struct gs_config_error error;
	struct tree *tree = fixture->tree;

	build(tree);
	expect(fixture, "daemon", GS_FINE, "not installed");
	tree_write(tree, "usr/lib/systemd/system/gpushiftd.service", "[Service]\n");
	expect(fixture, "daemon", GS_FINE, "when it is asked for");
	tree_raw_link(tree, "run/systemd/units/invocation:gpushiftd.service", "0123456789abcdef");
	expect(fixture, "daemon", GS_FINE, "runs");

	expect(fixture, "gpu-switchers", GS_FINE, "none");
	tree_raw_link(tree, "etc/systemd/system/graphical.target.wants/supergfxd.service",
		      "/usr/lib/systemd/system/supergfxd.service");
	expect(fixture, "gpu-switchers", GS_PROBLEM, "systemctl disable --now supergfxd.service");

	expect(fixture, "nvidia-services", GS_FINE, "no service");
	tree_raw_link(tree, "run/systemd/units/invocation:nvidia-persistenced.service", "01");
	expect(fixture, "nvidia-services", GS_PROBLEM, "quiesce = nvidia-persistenced.service");
	tree_write(tree, "etc/gpushift/gpushift.conf",
		   "[gpushift]\nquiesce = nvidia-persistenced.service\n");
	assert_int_equal(gs_engine_configure(fixture->engine, &error), 0);
	expect(fixture, "nvidia-services", GS_FINE, "is stopped before a card moves");

	expect(fixture, "unlock", GS_FINE, "not installed");
	tree_write(tree, "etc/systemd/system/nvidia-vgpud.service.d/unlock.conf",
		   "[Service]\nEnvironment=LD_PRELOAD=/opt/unlock/lib.so\n");
	expect(fixture, "unlock", GS_PROBLEM, "/opt/unlock/lib.so is not there");
	tree_write(tree, "opt/unlock/lib.so", "x");
	expect(fixture, "unlock", GS_FINE, "preloads /opt/unlock/lib.so");
}

#define WISH "var/lib/gpushift/wishes/a.json"

/* As if the card had been given away with --persist. */
static void wish_for(struct fixture *fixture, const char *mode)
{
	struct gs_want want = { .mode = GS_MODE_PASSTHROUGH };
	struct gs_host *host = fixture_read(fixture, 0);

	assert_int_equal(gs_mode_parse(mode, &want.mode), 0);
	assert_int_equal(gs_wish_store(fixture->engine, host, host_card(host, GPU), &want), 0);
}

static void wishes(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	expect(fixture, "wishes", GS_FINE, "no mode is wished for");
	tree_write(tree, "etc/initramfs-tools/modules", "# amdgpu\nxnouveau\nnouveau modeset=1\n");
	expect(fixture, "early-drivers", GS_FINE, "has nouveau");
	wish_for(fixture, "passthrough");
	expect(fixture, "early-drivers", GS_PROBLEM,
	       "remove nouveau from /etc/initramfs-tools/modules, then: update-initramfs -u");
	tree_write(tree, "etc/initramfs-tools/modules", "# nouveau\nxnouveau\n");
	expect(fixture, "early-drivers", GS_FINE, "made by initramfs-tools");
	expect(fixture, "wishes", GS_PROBLEM, "not enabled");
	tree_write(tree, "usr/lib/systemd/system/gpushift-restore.service", "[Service]\n");
	expect(fixture, "wishes", GS_PROBLEM, "systemctl enable gpushift-restore.service");
	tree_raw_link(tree, "etc/systemd/system/multi-user.target.wants/gpushift-restore.service", "x");
	expect(fixture, "wishes", GS_FINE, "passthrough is wished for " GPU);
	tree_write(tree, WISH, "{\n");
	expect(fixture, "wishes", GS_PROBLEM, "it is damaged");

	tree_remove(tree, UPDATE);
	expect(fixture, "early-drivers", GS_CANNOT_TELL, "no program");
	tree_write(tree, "usr/bin/mkinitcpio", "x");
	tree_write(tree, "etc/mkinitcpio.conf.d/a.conf", "MODULES=(nouveau)\n");
	expect(fixture, "early-drivers", GS_PROBLEM, "mkinitcpio -P");
}

#define MKINITCPIO_HOOK "usr/lib/initcpio/install/gpushift"
#define DRACUT_MODULE "usr/lib/dracut/modules.d/90gpushift/module-setup.sh"

/* Who makes the initramfs, and whether he has it given the wishes. */
static void makers_of_the_initramfs(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	wish_for(fixture, "passthrough");
	tree_write(tree, "usr/bin/dracut", "x");
	tree_write(tree, DRACUT_MODULE, "x");
	expect(fixture, "early-drivers", GS_FINE, "made by initramfs-tools");
	/* One of dracut's own, in its place. */
	tree_write(tree, UPDATE, "#!/bin/sh\nexec dracut --force\n");
	expect(fixture, "early-drivers", GS_PROBLEM, "dracut --regenerate-all --force");
	tree_write(tree, "usr/bin/mkinitcpio", "x");
	expect(fixture, "early-drivers", GS_FINE, "made by mkinitcpio");
	tree_write(tree, MKINITCPIO_HOOK, "x");
	tree_write(tree, "etc/mkinitcpio.conf", "#HOOKS=(base gpushift)\nHOOKS=(base systemd)\n");
	expect(fixture, "early-drivers", GS_FINE, "with gpushift among the HOOKS of /etc/mkinitcpio.conf");
	tree_write(tree, "etc/mkinitcpio.conf.d/gpushift.conf", "HOOKS+=(gpushift)\n");
	expect(fixture, "early-drivers", GS_PROBLEM, "mkinitcpio -P");
	tree_write(tree, "run/ostree-booted", "%s", "");
	expect(fixture, "early-drivers", GS_CANNOT_TELL, "no program");
}

static void static_binding(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(tree);
	expect(fixture, "static-binding", GS_FINE, "neither");
	tree_write(tree, "etc/modprobe.d/blacklist-nouveau.conf", "blacklist nouveau\n");
	expect(fixture, "static-binding", GS_FINE, "keeps nouveau");
	tree_write(tree, "etc/modprobe.d/vfio.conf", "# x\noptions vfio-pci ids=10de:2204,10de:1aef\n");
	expect(fixture, "static-binding", GS_FINE, "keeps nouveau");
	tree_write(tree, "etc/modprobe.d/vfio.conf", "# x\noptions vfio-pci ids=10de:2204,10de:1b38\n");
	expect(fixture, "static-binding", GS_PROBLEM, "/etc/modprobe.d/vfio.conf:2");
	tree_remove(tree, "etc/modprobe.d");
	tree_write(tree, "proc/cmdline", "vfio_pci.ids=10DE:1B38\n");
	expect(fixture, "static-binding", GS_PROBLEM, "/proc/cmdline");
}

/* ---- cards ---- */

static void cards(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *net;

	build(tree);
	expect_of(fixture, "cards", GPU, GS_FINE, "mode host, on nouveau");
	expect_of(fixture, "group", GPU, GS_FINE, "group 7 has 2 functions, 2 of them");
	expect_of(fixture, "reset", GPU, GS_FINE, "by flr");
	expect_of(fixture, "foreign-owner", GPU, GS_FINE, "leave it alone");
	expect(fixture, "identical-cards", GS_FINE, "no two");
	expect(fixture, "switches", GS_FINE, "none was interrupted");

	net = tree_function(tree, NULL, "0000:03:00.0", 0x020000);
	tree_group(tree_driver(net, "e1000e"), 7);
	expect_of(fixture, "group", GPU, GS_PROBLEM, "--with 0000:03:00.0");
	expect_of(fixture, "group", OTHER, GS_FINE, "group 8 has 1");
	tree_write(tree, "etc/driverctl.d/pci-" GPU, "vfio-pci\n");
	expect_of(fixture, "foreign-owner", GPU, GS_PROBLEM, "driverctl unset-override " GPU);
	expect_of(fixture, "foreign-owner", OTHER, GS_FINE, "leave it alone");
	tree_write(tree, "var/lib/gpushift/journal", "{\n");
	expect(fixture, "switches", GS_PROBLEM, "gpushift recover");
}

static void cards_that_are_odd(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *twin;

	build(tree);
	twin = tree_group(tree_function(tree, NULL, "0000:04:00.0", 0x030000), 9);
	tree_boot_vga(tree_ids(twin, 0x10de, 0x1b38), true);
	expect(fixture, "identical-cards", GS_FINE, GPU " and 0000:04:00.0 both have the ids 10de:1b38");
	expect_of(fixture, "cards", "0000:04:00.0", GS_PROBLEM, "gpushift set 0000:04:00.0 host");
	expect_of(fixture, "reset", "0000:04:00.0", GS_PROBLEM, "--force");
	expect_of(fixture, "boot-display", "0000:04:00.0", GS_FINE, "the firmware shows");
	expect_of(fixture, "boot-display", GPU, GS_FINE, "shows nothing");
	/* NVIDIA's own driver does not let a framebuffer go with it. */
	tree_driver(twin, "nvidia");
	tree_write(tree, "sys/module/nvidia_drm/parameters/modeset", "Y\n");
	expect_of(fixture, "boot-display", "0000:04:00.0", GS_PROBLEM, "modprobe -r nvidia_drm");
	tree_remove(tree, "sys/kernel/iommu_groups");
	tree_remove(tree, "sys/bus/pci/devices/" GPU "/iommu_group");
	expect_of(fixture, "group", GPU, GS_CANNOT_TELL, "no IOMMU group");
}

/* A ROM of one image; @code 3: an EFI driver for this machine */
static void put_rom(struct tree_function *function, int code, unsigned int machine)
{
	char bytes[512] = { 0x55, (char)0xaa, 0, 0, (char)0xf1, 0x0e }, path[1024];

	bytes[10] = (char)machine;
	bytes[11] = (char)(machine >> 8);
	bytes[0x18] = 0x40;
	memcpy(bytes + 0x40, "PCIR\xde\x10\x38\x1b", 8);
	bytes[0x50] = 1;
	bytes[0x54] = (char)code;
	bytes[0x55] = (char)0x80;
	snprintf(path, sizeof(path), "%s/rom", tree_path(function));
	tree_write_bytes(tree_of(function), path, bytes, sizeof(bytes));
}

static void roms(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *third;

	build(tree);
	third = tree_group(tree_function(tree, NULL, "0000:05:00.0", 0x030000), 9);
	put_rom(third, 3, 0x8664);
	expect_of(fixture, "rom", "0000:05:00.0", GS_CANNOT_TELL, "--rom reads it");
	read_roms = true;
	expect_of(fixture, "rom", "0000:05:00.0", GS_FINE, "an EFI driver, for machine 8664");
	expect_of(fixture, "rom", GPU, GS_CANNOT_TELL, "it cannot be read");
	put_rom(third, 3, 0xaa64);
	expect_of(fixture, "rom", "0000:05:00.0", GS_PROBLEM, "SeaBIOS");
	put_rom(third, 0, 0);
	expect_of(fixture, "rom", "0000:05:00.0", GS_PROBLEM, "one is for a BIOS");
	tree_attribute(third, "rom", "no ROM");
	expect_of(fixture, "rom", "0000:05:00.0", GS_CANNOT_TELL, "is no ROM");
	/* On the host itself: what is bound to a driver, in use or asleep is left alone. */
	fixture->engine->foreign_root = false;
	fixture->engine->use_module = false;
	expect_of(fixture, "rom", GPU, GS_CANNOT_TELL, "a driver of the host is bound");
	expect_of(fixture, "rom", "0000:05:00.0", GS_CANNOT_TELL, "power state is not known");
	tree_attribute(third, "power_state", "D3hot\n");
	expect_of(fixture, "rom", "0000:05:00.0", GS_CANNOT_TELL, "sleeps");
	tree_attribute(third, "power_state", "D0\n");
	put_rom(third, 3, 0x8664);
	/* A plain file takes the 1 as its first byte. */
	expect_of(fixture, "rom", "0000:05:00.0", GS_CANNOT_TELL, "is no ROM");
	read_roms = false;
}

static void the_document(void **state)
{
	struct fixture *fixture = *state;
	struct gs_doctor doctor;
	struct json_object *json, *findings, *first, *value;

	build(fixture->tree);
	doctor = examine(fixture, "reset");
	json = gs_json_findings(&doctor);
	assert_true(json_object_object_get_ex(json, "findings", &findings));
	assert_int_equal(json_object_array_length(findings), 2);
	first = json_object_array_get_idx(findings, 0);
	assert_true(json_object_object_get_ex(first, "status", &value));
	assert_string_equal(json_object_get_string(value), "ok");
	assert_true(json_object_object_get_ex(first, "card", &value));
	assert_string_equal(json_object_get_string(value), GPU);
	assert_true(json_object_object_get_ex(first, "evidence", &value));
	assert_int_equal(json_object_array_length(value), 1);
	assert_true(json_object_object_get_ex(first, "fix", &value));
	assert_null(value);
	json_object_put(json);
	gs_doctor_clear(&doctor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_host_that_is_well),
		fixture_test(an_empty_host),
		fixture_test(cpu_and_firmware),
		fixture_test(the_command_line_and_the_iommu),
		fixture_test(interrupts),
		fixture_test(what_secure_boot_asks_for),
		fixture_test(modules),
		fixture_test(services),
		fixture_test(wishes),
		fixture_test(makers_of_the_initramfs),
		fixture_test(static_binding),
		fixture_test(cards),
		fixture_test(cards_that_are_odd),
		fixture_test(roms),
		fixture_test(the_document),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
