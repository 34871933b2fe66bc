// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's command line: who owns it, what changes, and that it comes back byte for byte. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "boot.h"
#include "state_file.h"
#include "tree.h"

#define LOADER_INFO "sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define DROP_IN "etc/default/grub.d/50-gpushift.cfg"
#define GRUB "GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n"
#define ENTRY "title Arch Linux\nlinux /vmlinuz-linux\ninitrd /initramfs-linux.img\n"

/* Ends a child at the nth call that changes a file. */
static int calls_left = -1;

static void count_call(void)
{
	if (calls_left > 0 && --calls_left == 0)
		_exit(9);
}

#define COUNTED(type, name, parameters, arguments)                                                 \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		count_call();                                                                      \
		return __real_##name arguments;                                                    \
	}

COUNTED(int, renameat, (int a, const char *b, int c, const char *d), (a, b, c, d))
COUNTED(int, unlinkat, (int a, const char *b, int c), (a, b, c))
COUNTED(int, mkdirat, (int a, const char *b, mode_t c), (a, b, c))
COUNTED(int, fsync, (int a), (a))
COUNTED(ssize_t, write, (int a, const void *b, size_t c), (a, b, c))

/* ---- hosts ---- */

static void intel(struct tree *tree)
{
	tree_write(tree, "proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\n");
	tree_write(tree, "proc/cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=1 quiet\n");
	tree_write(tree, "proc/sys/kernel/osrelease", "6.12.1-x\n");
}

static void bios(struct tree *tree)
{
	tree_folder(tree, "sys/firmware/acpi");
}

static void uefi(struct tree *tree, const char *loader)
{
	char bytes[128] = { 7, 0, 0, 0 };
	size_t n = 4;

	tree_write(tree, "sys/firmware/efi/efivars/BootOrder-x", "x");
	for (; loader && *loader; loader++, n += 2)
		bytes[n] = *loader;
	if (n > 4)
		tree_write_bytes(tree, LOADER_INFO, bytes, n);
}

static void debian_grub(struct tree *tree)
{
	bios(tree);
	tree_write(tree, "usr/sbin/grub-mkconfig", "for x in ${sysconfdir}/default/grub.d/*.cfg ; do\n");
	tree_write(tree, "usr/sbin/update-grub", "#!/bin/sh\n");
	tree_write(tree, "etc/default/grub", "%s", GRUB);
}

static void arch_grub(struct tree *tree)
{
	bios(tree);
	tree_write(tree, "usr/bin/grub-mkconfig", "#!/bin/sh\n");
	tree_write(tree, "boot/grub/grub.cfg", "menuentry\n");
	tree_write(tree, "etc/default/grub", "%s", GRUB);
}

static void arch_entries(struct tree *tree)
{
	uefi(tree, "systemd-boot 256");
	tree_write(tree, "boot/loader/entries/arch.conf", ENTRY "options root=PARTLABEL=\"P\" rw\n");
	tree_write(tree, "boot/loader/entries/rescue.conf", ENTRY "options root=/dev/sda1\n");
	tree_write(tree, "boot/loader/entries/shell.conf", "title Shell\nefi /shellx64.efi\n");
}

static void proxmox(struct tree *tree)
{
	uefi(tree, "systemd-boot 252");
	tree_write(tree, "usr/sbin/proxmox-boot-tool", "#!/bin/sh\n");
	tree_write(tree, "etc/kernel/proxmox-boot-uuids", "ABCD-1234\n");
	tree_write(tree, "etc/kernel/cmdline", "root=ZFS=rpool/ROOT/pve-1 boot=zfs\n");
	tree_write(tree, "etc/default/grub", "%s", GRUB);
}

static void proxmox_grub(struct tree *tree)
{
	proxmox(tree);
	debian_grub(tree);
	tree_remove(tree, "sys/firmware/efi");
}

static void kernel_install(struct tree *tree)
{
	uefi(tree, "systemd-boot 252");
	tree_write(tree, "usr/bin/kernel-install", "#!/bin/sh\n");
	tree_write(tree, "usr/lib/modules/6.12.1-x/vmlinuz", "MZ");
	tree_write(tree, "usr/lib/modules/6.12.2-x/vmlinuz", "MZ");
	tree_folder(tree, "usr/lib/modules/6.11.9-x");
	tree_write(tree, "etc/kernel/cmdline", "root=/dev/sda1 rw");
	tree_write(tree, "efi/loader/entries/x.conf", ENTRY "options root=/dev/sda1 rw\n");
}

static void unified_image(struct tree *tree)
{
	uefi(tree, NULL);
	tree_write(tree, "sys/firmware/efi/efivars/StubInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f", "x");
	tree_write(tree, "usr/bin/mkinitcpio", "#!/bin/sh\n");
	/* systemd brings it. */
	tree_write(tree, "usr/bin/kernel-install", "#!/bin/sh\n");
	tree_write(tree, "usr/lib/modules/6.12.1-x/vmlinuz", "MZ");
	tree_write(tree, "etc/mkinitcpio.d/linux.preset",
		   "#default_image=\"/boot/a.img\"\ndefault_uki=\"/efi/EFI/Linux/arch-linux.efi\"\n");
	tree_write(tree, "etc/kernel/cmdline", "\nroot=/dev/sda1 rw\n\n");
}

static void both_makers(struct tree *tree)
{
	unified_image(tree);
	tree_write(tree, "etc/mkinitcpio.d/linux.preset", "#default_uki=\"/efi/EFI/Linux/arch-linux.efi\"\n");
}

static void overwritten_grub(struct tree *tree)
{
	debian_grub(tree);
	tree_write(tree, "etc/default/grub.d/99-late.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n");
}

/* What a person means to do some day. */
static void noted_grub(struct tree *tree)
{
	debian_grub(tree);
	tree_write(tree, "etc/default/grub",
		   "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\" # not yet: intel_iommu=on iommu=pt\n");
}

static void fedora(struct tree *tree)
{
	arch_grub(tree);
	tree_write(tree, "usr/sbin/grubby", "#!/bin/sh\n");
}

static void silverblue(struct tree *tree)
{
	fedora(tree);
	tree_write(tree, "usr/bin/rpm-ostree", "#!/bin/sh\n");
	tree_write(tree, "run/ostree-booted", "%s", "");
}

static void pop(struct tree *tree)
{
	arch_entries(tree);
	tree_write(tree, "etc/kernelstub/configuration", "{}\n");
}

static void nixos(struct tree *tree)
{
	arch_entries(tree);
	tree_write(tree, "etc/NIXOS", "%s", "");
}

static void both(struct tree *tree)
{
	arch_entries(tree);
	arch_grub(tree);
	tree_remove(tree, "sys/firmware");
}

/* GRUB's files are there from before. */
static void limine(struct tree *tree)
{
	arch_grub(tree);
	uefi(tree, "Limine 9.2.0");
}

/* It starts a kernel image with a command line of its own. */
static void image_of_limine(struct tree *tree)
{
	unified_image(tree);
	uefi(tree, "Limine 9.2.0");
}

static void grub_that_tells(struct tree *tree)
{
	arch_grub(tree);
	uefi(tree, "GRUB 2.12");
}

static void many_lines(struct tree *tree)
{
	proxmox(tree);
	tree_write(tree, "etc/kernel/cmdline", "root=/dev/sda1\nquiet\n");
}

static void odd_grub(struct tree *tree)
{
	arch_grub(tree);
	tree_write(tree, "etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=\"$X quiet\"\n");
}

static void nothing(struct tree *tree)
{
	bios(tree);
}

struct host {
	void (*build)(struct tree *tree);
	const char *owner;   /* NULL: none */
	const char *command; /* NULL: none */
	const char *refusal; /* a part of it; NULL: none */
	const char *files[3];
	const char *added; /* what each has then */
};

#define WORDS "intel_iommu=on iommu=pt"

static const struct host hosts[] = {
	{ debian_grub, "GRUB", "update-grub", NULL, { DROP_IN },
	  "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT " WORDS "\"\n" },
	{ arch_grub, "GRUB", "grub-mkconfig -o /boot/grub/grub.cfg", NULL, { "etc/default/grub" },
	  "_DEFAULT=\"quiet " WORDS "\"\nGRUB_CMDLINE_LINUX=\"\"\n" },
	{ arch_entries, "systemd-boot", NULL, NULL,
	  { "boot/loader/entries/arch.conf", "boot/loader/entries/rescue.conf" }, " " WORDS "\n" },
	{ proxmox, "kernel-install", "proxmox-boot-tool refresh", NULL, { "etc/kernel/cmdline" },
	  "boot=zfs " WORDS "\n" },
	{ proxmox_grub, "GRUB", "update-grub", NULL, { DROP_IN }, WORDS },
	{ kernel_install, "kernel-install",
	  "kernel-install add 6.12.1-x /usr/lib/modules/6.12.1-x/vmlinuz ; "
	  "kernel-install add 6.12.2-x /usr/lib/modules/6.12.2-x/vmlinuz", NULL,
	  { "etc/kernel/cmdline" }, "root=/dev/sda1 rw " WORDS },
	{ unified_image, "kernel-install", "mkinitcpio -P", NULL, { "etc/kernel/cmdline" },
	  "\nroot=/dev/sda1 rw " WORDS "\n\n" },
	{ fedora, "grubby", "grubby --update-kernel=ALL --args=" WORDS, NULL, { NULL }, "" },
	{ silverblue, "rpm-ostree",
	  "rpm-ostree kargs --append-if-missing=intel_iommu=on --append-if-missing=iommu=pt", NULL,
	  { NULL }, "" },
	{ pop, "kernelstub", NULL, "kernelstub owns", { NULL }, "" },
	{ nixos, "NixOS", NULL, "NixOS owns", { NULL }, "" },
	{ both, NULL, NULL, "nothing tells", { NULL }, "" },
	{ limine, NULL, NULL, "Limine 9.2.0 started this host", { NULL }, "" },
	{ image_of_limine, "kernel-install", "mkinitcpio -P", NULL, { "etc/kernel/cmdline" }, WORDS },
	{ grub_that_tells, "GRUB", "grub-mkconfig -o /boot/grub/grub.cfg", NULL, { "etc/default/grub" },
	  WORDS },
	{ many_lines, "kernel-install", NULL, "/etc/kernel/cmdline is not of a form", { NULL }, "" },
	{ odd_grub, "GRUB", NULL, "/etc/default/grub is not of a form", { NULL }, "" },
	{ nothing, NULL, NULL, "no boot loader", { NULL }, "" },
	{ both_makers, "kernel-install", NULL, "both there, and no preset", { NULL }, "" },
	{ noted_grub, "GRUB", "update-grub", NULL, { DROP_IN }, WORDS },
	{ overwritten_grub, "GRUB", NULL, "after 50-gpushift.cfg", { NULL }, "" },
};

static void join(char *const *words, char text[256])
{
	text[0] = '\0';
	for (; words && *words; words++) {
		strcat(text, *text ? " " : "");
		strcat(text, *words);
	}
}

static struct gs_boot *read_boot(struct fixture *fixture)
{
	struct gs_boot *boot = NULL;

	assert_int_equal(gs_boot_read(fixture_engine(fixture), &boot), 0);
	return boot;
}

/* Each host in a tree of its own. */
static void begin_host(struct fixture *fixture, const struct host *host)
{
	gs_engine_close(fixture->engine);
	fixture->engine = NULL;
	tree_free(fixture->tree);
	fixture->tree = tree_new();
	intel(fixture->tree);
	host->build(fixture->tree);
}

/* How far the last one came that failed. */
static enum gs_boot_reach reach;

static bool has_record(struct fixture *fixture)
{
	return gs_tree_exists(fixture_engine(fixture), GS_BOOT_RECORD);
}

/* ---- who and what ---- */

static void expect_change(const struct gs_boot *boot, const struct host *host)
{
	char command[256];
	size_t n = 0;

	join(boot->change.command, command);
	assert_string_equal(command, host->command ? host->command : "");
	while (n < GS_ARRAY_SIZE(host->files) && host->files[n])
		n++;
	assert_int_equal(boot->change.n_files, n);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(boot->change.files[i].path, host->files[i]);
		assert_non_null(strstr(boot->change.files[i].after, host->added));
	}
}

static void owners_are_told_apart(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < GS_ARRAY_SIZE(hosts); i++) {
		const struct host *host = &hosts[i];
		struct gs_boot *boot;

		begin_host(fixture, host);
		boot = read_boot(fixture);
		if (!gs_streq(boot->owner, host->owner))
			fail_msg("host %zu: %s, not %s", i, boot->owner, host->owner);
		if (!host->refusal && boot->refusal)
			fail_msg("host %zu is refused: %s", i, boot->refusal);
		if (host->refusal) {
			assert_non_null(boot->refusal);
			assert_non_null(strstr(boot->refusal, host->refusal));
			assert_non_null(strstr(boot->by_hand, WORDS));
			assert_false(gs_boot_pending(boot));
		} else {
			assert_true(gs_boot_pending(boot));
		}
		expect_change(boot, host);
		assert_int_equal(gs_strv_count(boot->missing), 2);
		gs_boot_free(boot);
	}
}

/* What is needed, by CPU, kernel and command line. */
static void words_depend_on_the_cpu(void **state)
{
	static const struct {
		const char *vendor, *config, *cmdline, *words, *missing;
	} cases[] = {
		{ "GenuineIntel", "", "quiet", WORDS, WORDS },
		{ "GenuineIntel", "", "intel_iommu=on,sm_on iommu=pt", WORDS, "" },
		{ "GenuineIntel", "", "xintel_iommu=on intel_iommu=onx iommu=ptx", WORDS, WORDS },
		{ "GenuineIntel", "CONFIG_INTEL_IOMMU_DEFAULT_ON=y\n", "quiet", "iommu=pt", "iommu=pt" },
		{ "AuthenticAMD", "", "quiet", "iommu=pt", "iommu=pt" },
		{ "HygonGenuine", "", "iommu=pt", "iommu=pt", "" },
		{ "Nobody", "", "quiet", "", "" },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		struct gs_boot *boot;
		char text[256];

		intel(fixture->tree);
		tree_write(fixture->tree, "proc/cpuinfo", "vendor_id\t: %s\nflags\t: x\n", cases[i].vendor);
		tree_write(fixture->tree, "boot/config-6.12.1-x", "CONFIG_X=y\n%s", cases[i].config);
		tree_write(fixture->tree, "proc/cmdline", "%s\n", cases[i].cmdline);
		boot = read_boot(fixture);
		join(boot->words, text);
		assert_string_equal(text, cases[i].words);
		join(boot->missing, text);
		assert_string_equal(text, cases[i].missing);
		gs_boot_free(boot);
	}
}

typedef int (*edit)(const char *text, char *const *words, char **ret);

static void texts_are_edited_or_refused(void **state)
{
	static const struct {
		edit edit;
		const char *text;
		const char *result; /* NULL: refused */
	} cases[] = {
		{ gs_boot_edit_cmdline, "a b", "a b x=1 y" },
		{ gs_boot_edit_cmdline, "a b  \r\n", "a b x=1 y  \r\n" },
		{ gs_boot_edit_cmdline, "y x=1\n", "y x=1\n" },
		{ gs_boot_edit_cmdline, "xy x=12\n", "xy x=12 x=1 y\n" },
		{ gs_boot_edit_cmdline, "x=1,2 z\n", "x=1,2 z y\n" },
		{ gs_boot_edit_cmdline, "", NULL },
		{ gs_boot_edit_cmdline, "# a\na\n", NULL },
		{ gs_boot_edit_cmdline, "a\nb\n", NULL },
		{ gs_boot_edit_entry, "linux /v\noptions a\n", "linux /v\noptions a x=1 y\n" },
		{ gs_boot_edit_entry, "linux\t/v\noptions\ta\r\ninitrd /i\r\n",
		  "linux\t/v\noptions\ta x=1 y\r\ninitrd /i\r\n" },
		{ gs_boot_edit_entry, "options x=1\nlinux /v\noptions a", "options x=1\nlinux /v\noptions a y" },
		{ gs_boot_edit_entry, "linux /v", "linux /v\noptions x=1 y\n" },
		{ gs_boot_edit_entry, "linux /v\n#options a\n", "linux /v\n#options a\noptions x=1 y\n" },
		{ gs_boot_edit_entry, "  linux /v\n\toptions a\n", "  linux /v\n\toptions a x=1 y\n" },
		{ gs_boot_edit_entry, "efi /v\noptions a\n", NULL },
		{ gs_boot_edit_entry, "linuxx /v\n", NULL },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=\"\"\n", "GRUB_CMDLINE_LINUX_DEFAULT=\"x=1 y\"\n" },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT='a' \n", "GRUB_CMDLINE_LINUX_DEFAULT='a x=1 y' \n" },
		{ gs_boot_edit_grub, "#GRUB_CMDLINE_LINUX_DEFAULT=\"b\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"y\"",
		  "#GRUB_CMDLINE_LINUX_DEFAULT=\"b\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"y x=1\"" },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=\"a\"\nGRUB_CMDLINE_LINUX=\"x=1 b\"\n",
		  "GRUB_CMDLINE_LINUX_DEFAULT=\"a y\"\nGRUB_CMDLINE_LINUX=\"x=1 b\"\n" },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=\"y x=1\" # b\n",
		  "GRUB_CMDLINE_LINUX_DEFAULT=\"y x=1\" # b\n" },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=\"a\" # y x=1\n", NULL },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX=\"a\"\n", NULL },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=a\n", NULL },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=\"a\" # b\n", NULL },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=\"a\\\nb\"\n", NULL },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=\"`a`\"\n", NULL },
		{ gs_boot_edit_grub, "export GRUB_CMDLINE_LINUX_DEFAULT=\"a\"\n", NULL },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=\"a\"\nGRUB_CMDLINE_LINUX_DEFAULT=\"b\"\n", NULL },
		{ gs_boot_edit_grub, "GRUB_CMDLINE_LINUX_DEFAULT=\"", NULL },
	};
	static char *words[] = { (char *)"x=1", (char *)"y", NULL };

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		char *result = NULL;
		int r = cases[i].edit(cases[i].text, words, &result);

		if (r != (cases[i].result ? 0 : -EBADMSG))
			fail_msg("case %zu gives %d", i, r);
		if (cases[i].result)
			assert_string_equal(result, cases[i].result);
		free(result);
	}
}

/* What a shell makes of it, as grub-mkconfig does. */
static void the_drop_in_adds_to_what_is_there(void **state)
{
	struct fixture *fixture = *state;
	char command[512], line[256] = "";
	struct gs_boot *boot;
	FILE *shell;

	begin_host(fixture, &hosts[0]);
	tree_write(fixture->tree, "etc/default/grub.d/10-other.cfg", "GRUB_CMDLINE_LINUX=\"iommu=pt\"\n");
	boot = read_boot(fixture);
	assert_int_equal(gs_boot_apply(fixture->engine, boot, NULL, &reach), 0);
	gs_boot_free(boot);
	snprintf(command, sizeof(command),
		 "cd %s/etc/default && . ./grub && for x in grub.d/*.cfg; do . ./$x; done && "
		 "echo \"$GRUB_CMDLINE_LINUX_DEFAULT|$GRUB_CMDLINE_LINUX\"",
		 tree_root(fixture->tree));
	shell = popen(command, "r");
	assert_non_null(shell);
	assert_non_null(fgets(line, sizeof(line), shell));
	assert_int_equal(pclose(shell), 0);
	assert_string_equal(line, "quiet intel_iommu=on|iommu=pt\n");
	/* It is enough now. */
	boot = read_boot(fixture);
	assert_false(gs_boot_pending(boot));
	gs_boot_free(boot);
}

/* ---- there and back ---- */

#define WATCHED 11
/* What may be anything on the way: the record, and files in the making. */
#define SETTLED 7

struct content {
	char *text[WATCHED];
	mode_t mode[WATCHED];
};

static const char *const watched[WATCHED] = { "etc/default/grub", DROP_IN, "etc/kernel/cmdline",
				       "boot/loader/entries/arch.conf",
				       "boot/loader/entries/rescue.conf",
				       "boot/loader/entries/shell.conf",
				       "efi/loader/entries/x.conf",
				       GS_BOOT_RECORD,
				       "etc/default/.grub.new",
				       "etc/default/grub.d/.50-gpushift.cfg.new",
				       "boot/loader/entries/.arch.conf.new" };

static void take_content(struct fixture *fixture, struct content *content)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(watched); i++) {
		char path[1024];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", tree_root(fixture->tree), watched[i]);
		content->text[i] = tree_read(fixture->tree, watched[i]);
		content->mode[i] = stat(path, &st) == 0 ? st.st_mode : 0;
	}
}

static void free_content(struct content *content)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(watched); i++)
		free(content->text[i]);
}

static bool same_content(const struct content *a, const struct content *b, size_t i)
{
	return gs_streq(a->text[i], b->text[i]) && a->mode[i] == b->mode[i];
}

static void expect_content(struct fixture *fixture, const struct content *wanted)
{
	struct content now;

	take_content(fixture, &now);
	for (size_t i = 0; i < GS_ARRAY_SIZE(watched); i++)
		if (!same_content(&now, wanted, i))
			fail_msg("%s is \"%s\" (%o), not \"%s\" (%o)", watched[i],
				 now.text[i] ? now.text[i] : "not there", now.mode[i],
				 wanted->text[i] ? wanted->text[i] : "not there", wanted->mode[i]);
	free_content(&now);
}

static void revert(struct fixture *fixture)
{
	struct gs_boot *boot = read_boot(fixture);
	char *changed = NULL;

	assert_int_equal(gs_boot_revert(fixture->engine, boot, NULL, &changed, &reach), 0);
	assert_null(changed);
	gs_boot_free(boot);
}

static void each_change_comes_back(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < GS_ARRAY_SIZE(hosts); i++) {
		struct content before;
		struct gs_boot *boot;
		char path[1024];

		if (hosts[i].refusal)
			continue;
		begin_host(fixture, &hosts[i]);
		snprintf(path, sizeof(path), "%s/etc/kernel/cmdline", tree_root(fixture->tree));
		chmod(path, 0600);
		take_content(fixture, &before);
		boot = read_boot(fixture);
		/* No runner: in another tree no program is run. */
		assert_int_equal(gs_boot_apply(fixture->engine, boot, NULL, &reach), 0);
		for (size_t j = 0; j < boot->change.n_files; j++) {
			char *now = tree_read(fixture->tree, boot->change.files[j].path);

			assert_string_equal(now, boot->change.files[j].after);
			free(now);
		}
		gs_boot_free(boot);
		assert_true(has_record(fixture));
		revert(fixture);
		expect_content(fixture, &before);
		free_content(&before);
		/* Once more is nothing. */
		revert(fixture);
	}
}

static void a_second_apply_keeps_the_first_original(void **state)
{
	struct fixture *fixture = *state;
	struct content before;

	begin_host(fixture, &hosts[1]);
	take_content(fixture, &before);
	for (int round = 0; round < 2; round++) {
		struct gs_boot *boot = read_boot(fixture);

		assert_int_equal(gs_boot_apply(fixture->engine, boot, NULL, &reach), 0);
		gs_boot_free(boot);
		/* The next one wants less. */
		tree_write(fixture->tree, "proc/cpuinfo", "vendor_id : AuthenticAMD\nflags : svm\n");
	}
	revert(fixture);
	expect_content(fixture, &before);
	free_content(&before);
}

/* ---- killed ---- */

/* In a child that ends at the nth call; is there no such call any more? */
static bool run_until(struct fixture *fixture, int n, bool back)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct gs_boot *boot = read_boot(fixture);
		char *changed = NULL;
		int r;

		calls_left = n;
		r = back ? gs_boot_revert(fixture->engine, boot, NULL, &changed, &reach) :
			   gs_boot_apply(fixture->engine, boot, NULL, &reach);
		calls_left = -1;
		_exit(r == 0 ? 0 : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 9);
	return WEXITSTATUS(status) == 0;
}

/* Each file is the old one or the new one. */
static void expect_either(struct fixture *fixture, const struct content *old,
			  const struct content *new, int n)
{
	struct content now;

	take_content(fixture, &now);
	for (size_t i = 0; i < SETTLED; i++)
		if (!same_content(&now, old, i) && !same_content(&now, new, i))
			fail_msg("killed at call %d, %s is \"%s\"", n, watched[i], now.text[i]);
	free_content(&now);
}

static void killed_anywhere(void **state, const struct host *host, bool back)
{
	struct fixture *fixture = *state;
	struct content old, new;
	bool ended = false;
	int n = 0;

	begin_host(fixture, host);
	take_content(fixture, &old);
	assert_true(run_until(fixture, -1, false));
	take_content(fixture, &new);
	if (!back)
		revert(fixture);
	while (!ended) {
		ended = run_until(fixture, ++n, back);
		expect_either(fixture, &old, &new, n);
		/* Either way on is open. */
		if (n % 2) {
			assert_true(run_until(fixture, -1, false));
			expect_either(fixture, &new, &new, n);
		}
		revert(fixture);
		expect_content(fixture, &old);
		if (back)
			assert_true(run_until(fixture, -1, false));
	}
	assert_true(n > (back ? 3 : 8));
	free_content(&old);
	free_content(&new);
}

static void apply_can_be_killed(void **state)
{
	for (size_t i = 0; i < 4; i++)
		killed_anywhere(state, &hosts[i], false);
}

static void revert_can_be_killed(void **state)
{
	for (size_t i = 0; i < 4; i++)
		killed_anywhere(state, &hosts[i], true);
}

/* ---- others ---- */

static void what_others_changed_stays(void **state)
{
	struct fixture *fixture = *state;
	struct gs_boot *boot;
	char *changed = NULL, *text;

	begin_host(fixture, &hosts[2]);
	boot = read_boot(fixture);
	assert_int_equal(gs_boot_apply(fixture->engine, boot, NULL, &reach), 0);
	gs_boot_free(boot);
	tree_write(fixture->tree, "boot/loader/entries/rescue.conf", ENTRY "options mine\n");
	boot = read_boot(fixture);
	assert_int_equal(gs_boot_revert(fixture->engine, boot, NULL, &changed, &reach), -ESTALE);
	assert_string_equal(changed, "boot/loader/entries/rescue.conf");
	free(changed);
	text = tree_read(fixture->tree, "boot/loader/entries/arch.conf");
	assert_non_null(strstr(text, WORDS));
	free(text);
	/* It wants the words again; the new original is theirs. */
	assert_int_equal(boot->change.n_files, 1);
	assert_int_equal(gs_boot_apply(fixture->engine, boot, NULL, &reach), 0);
	gs_boot_free(boot);
	revert(fixture);
	text = tree_read(fixture->tree, "boot/loader/entries/rescue.conf");
	assert_string_equal(text, ENTRY "options mine\n");
	free(text);
	text = tree_read(fixture->tree, "boot/loader/entries/arch.conf");
	assert_string_equal(text, ENTRY "options root=PARTLABEL=\"P\" rw\n");
	free(text);
}

/* systemd-boot counts in the name of an entry how often it may fail yet. */
static void entries_that_are_counted(void **state)
{
	static const struct {
		const char *at_apply, *later;
		bool comes_back;
	} cases[] = {
		{ "a+3.conf", "a+2-1.conf", true }, { "a+3.conf", "a.conf", true },
		{ "a.conf", "a+3.conf", true },	    { "a+b.conf", "a+b+1.conf", true },
		{ "a+b.conf", "a.conf", false },    { "a.conf", "b.conf", false },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		char first[64], later[64], *text;
		struct gs_boot *boot;

		snprintf(first, sizeof(first), "boot/loader/entries/%s", cases[i].at_apply);
		snprintf(later, sizeof(later), "boot/loader/entries/%s", cases[i].later);
		begin_host(fixture, &hosts[2]);
		tree_write(fixture->tree, first, ENTRY "options a\n");
		boot = read_boot(fixture);
		assert_int_equal(gs_boot_apply(fixture->engine, boot, NULL, &reach), 0);
		gs_boot_free(boot);
		tree_remove(fixture->tree, first);
		tree_write(fixture->tree, later, ENTRY "options a " WORDS "\n");
		revert(fixture);
		text = tree_read(fixture->tree, later);
		assert_string_equal(text, cases[i].comes_back ? ENTRY "options a\n" :
							       ENTRY "options a " WORDS "\n");
		free(text);
	}
}

/* /boot is often for root only, and /etc/kernel/cmdline may be. */
static void a_record_is_no_more_open_than_its_files(void **state)
{
	struct fixture *fixture = *state;
	char path[1024], record[1024];
	struct stat st;

	for (size_t i = 0; i < 2; i++) {
		struct gs_boot *boot;

		begin_host(fixture, &hosts[3]);
		snprintf(path, sizeof(path), "%s/etc/kernel/cmdline", tree_root(fixture->tree));
		snprintf(record, sizeof(record), "%s/" GS_BOOT_RECORD, tree_root(fixture->tree));
		assert_int_equal(chmod(path, i ? 0640 : 0644), 0);
		boot = read_boot(fixture);
		assert_int_equal(gs_boot_apply(fixture->engine, boot, NULL, &reach), 0);
		gs_boot_free(boot);
		assert_int_equal(stat(record, &st), 0);
		assert_int_equal(st.st_mode & 07777, i ? 0600 : 0644);
		revert(fixture);
	}
}

static void records_that_are_none(void **state)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "{}", -EBADMSG },
		{ "{\"version\": 2}", -EPROTO },
		{ "{\"version\": 1, \"files\": [], \"finished\": true}", -EBADMSG },
		{ "{\"version\": 1, \"files\": [{\"path\": \"/etc/x\"}], \"finished\": true,"
		  " \"command\": [], \"undo\": []}", -EBADMSG },
		{ "{\"version\": 1, \"files\": [1], \"finished\": true, \"command\": [], \"undo\": []}",
		  -EBADMSG },
		{ "{\"version\": 1, \"files\": [], \"finished\": true, \"command\": [1], \"undo\": []}",
		  -EBADMSG },
		{ "{\"version\": 1, \"files\": [], \"finished\": true, \"command\": [], \"undo\": []}", 0 },
	};
	struct fixture *fixture = *state;

	begin_host(fixture, &hosts[0]);
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		struct gs_boot *boot = NULL;

		tree_write(fixture->tree, GS_BOOT_RECORD, "%s\n", cases[i].text);
		assert_int_equal(gs_boot_read(fixture_engine(fixture), &boot), 0);
		assert_int_equal(boot->record_error, cases[i].error);
		assert_true((boot->applied != NULL) == (cases[i].error == 0));
		gs_boot_free(boot);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(owners_are_told_apart),
		fixture_test(words_depend_on_the_cpu),
		fixture_test(texts_are_edited_or_refused),
		fixture_test(the_drop_in_adds_to_what_is_there),
		fixture_test(each_change_comes_back),
		fixture_test(a_second_apply_keeps_the_first_original),
		fixture_test(apply_can_be_killed),
		fixture_test(revert_can_be_killed),
		fixture_test(what_others_changed_stays),
		fixture_test(entries_that_are_counted),
		fixture_test(a_record_is_no_more_open_than_its_files),
		fixture_test(records_that_are_none),
	};

	return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
