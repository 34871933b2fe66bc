// SPDX-License-Identifier: GPL-2.0-or-later
/* boot_owner.c - who owns the kernel's command line, by the files that he has. */
#include <fcntl.h>

#include "boot_ways.h"
#include "facts.h"
#include "tree.h"

#define EFIVARS "sys/firmware/efi/efivars"
#define SYSTEMD "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

/* Who loaded the kernel says so; the first four bytes are the variable's attributes, then UTF-16. */
void gs_boot_loader(struct gs_engine *engine, char ret[GS_BOOT_LOADER_LEN])
{
	gs_cleanup_close int fd = gs_tree_open(engine, EFIVARS "/LoaderInfo-" SYSTEMD, O_RDONLY);
	char bytes[2 * GS_BOOT_LOADER_LEN + 4];
	ssize_t length = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes)), n = 0;

	for (ssize_t i = 4; i + 1 < length && n < GS_BOOT_LOADER_LEN - 1; i += 2)
		ret[n++] = bytes[i + 1] || (unsigned char)bytes[i] > '~' ? '?' : bytes[i];
	ret[n] = '\0';
}

static bool begins(const char *text, const char *begin)
{
	return strncmp(text, begin, strlen(begin)) == 0;
}

static bool has_stub(struct gs_engine *engine)
{
	return gs_tree_exists(engine, EFIVARS "/StubInfo-" SYSTEMD);
}

static bool says_systemd_boot(struct gs_engine *engine)
{
	char loader[GS_BOOT_LOADER_LEN];

	gs_boot_loader(engine, loader);
	return begins(loader, "systemd-boot");
}

/* Did systemd-boot, or its stub in a kernel image, start this kernel? Only where the firmware is UEFI. */
static enum gs_known by_systemd_boot(struct gs_engine *engine)
{
	char **names = NULL;
	bool variables;

	if (says_systemd_boot(engine) || has_stub(engine))
		return GS_YES;
	if (!gs_tree_exists(engine, "sys/firmware"))
		return GS_UNKNOWN;
	if (!gs_tree_exists(engine, "sys/firmware/efi"))
		return GS_NO;
	variables = gs_tree_list(engine, EFIVARS, &names) == 0 && names && *names;
	gs_strv_free(names);
	return variables ? GS_NO : GS_UNKNOWN;
}

struct evidence {
	bool grub, drop_ins, cmdline, entries, hidden;
	enum gs_known systemd_boot;
};

static void gather(struct gs_engine *engine, struct evidence *ret)
{
	static const char *const mkconfig[] = { "usr/sbin/grub-mkconfig", "usr/bin/grub-mkconfig",
						"usr/sbin/grub2-mkconfig", "usr/bin/grub2-mkconfig" };

	*ret = (struct evidence){
		.grub = gs_tree_exists(engine, GS_BOOT_GRUB) || gs_tree_exists(engine, GS_BOOT_DROP_INS),
		.cmdline = gs_tree_exists(engine, GS_BOOT_CMDLINE),
		.systemd_boot = by_systemd_boot(engine),
	};
	/* That drop-ins are read is an addition of some distributions; the program shows it. */
	for (size_t i = 0; i < GS_ARRAY_SIZE(mkconfig) && !ret->drop_ins; i++) {
		gs_cleanup_free char *text = NULL;

		ret->drop_ins = gs_tree_read(engine, mkconfig[i], &text) == 0 &&
				strstr(text, "default/grub.d");
	}
	for (size_t i = 0; i < GS_BOOT_ENTRY_FOLDERS && !ret->entries; i++) {
		char **names = NULL;

		if (gs_tree_list(engine, gs_boot_entry_folders[i], &names) == 0)
			ret->entries = names && *names;
		ret->hidden |= gs_boot_hidden(engine, gs_boot_entry_folders[i]);
		gs_strv_free(names);
	}
}

static bool is_ostree(struct gs_engine *engine, const struct evidence *seen)
{
	(void)seen;
	return gs_tree_exists(engine, "run/ostree-booted") && gs_boot_has_program(engine, "rpm-ostree");
}

static bool is_nixos(struct gs_engine *engine, const struct evidence *seen)
{
	(void)seen;
	return gs_tree_exists(engine, "etc/NIXOS");
}

static bool is_kernelstub(struct gs_engine *engine, const struct evidence *seen)
{
	(void)seen;
	return gs_tree_exists(engine, "etc/kernelstub/configuration");
}

static bool is_grubby(struct gs_engine *engine, const struct evidence *seen)
{
	(void)seen;
	return gs_boot_has_program(engine, "grubby");
}

/* Limine and others; files of GRUB that lie there as well are read by nobody. */
static bool is_other_loader(struct gs_engine *engine, const struct evidence *seen)
{
	char loader[GS_BOOT_LOADER_LEN];

	(void)seen;
	gs_boot_loader(engine, loader);
	return *loader && !begins(loader, "systemd-boot") && !begins(loader, "GRUB") &&
	       !has_stub(engine);
}

static bool is_undecided(struct gs_engine *engine, const struct evidence *seen)
{
	(void)engine;
	return seen->grub && (seen->cmdline || seen->entries) && seen->systemd_boot == GS_UNKNOWN;
}

static bool is_systemd_boot(const struct evidence *seen)
{
	return seen->systemd_boot == GS_YES || (seen->systemd_boot == GS_UNKNOWN && !seen->grub);
}

/* Where it matters whether there are entries, and only root sees that. */
static bool is_hidden(struct gs_engine *engine, const struct evidence *seen)
{
	(void)engine;
	return seen->hidden && !seen->entries && !seen->cmdline && seen->systemd_boot != GS_NO;
}

/* Proxmox, too, where systemd-boot starts it. */
static bool is_cmdline(struct gs_engine *engine, const struct evidence *seen)
{
	(void)engine;
	return seen->cmdline && is_systemd_boot(seen);
}

static bool is_entries(struct gs_engine *engine, const struct evidence *seen)
{
	(void)engine;
	return seen->entries && is_systemd_boot(seen);
}

static bool is_drop_in(struct gs_engine *engine, const struct evidence *seen)
{
	(void)engine;
	return seen->grub && seen->drop_ins && seen->systemd_boot != GS_YES;
}

static bool is_grub(struct gs_engine *engine, const struct evidence *seen)
{
	(void)engine;
	return seen->grub && seen->systemd_boot != GS_YES;
}

static bool is_anything(struct gs_engine *engine, const struct evidence *seen)
{
	(void)engine;
	(void)seen;
	return true;
}

/* The first one that fits. */
static const struct owner {
	const char *name;
	const char *known_by;
	enum gs_boot_way way;
	bool (*is)(struct gs_engine *engine, const struct evidence *seen);
	int (*use)(struct gs_engine *engine, struct gs_boot *boot);
} owners[] = {
	{ "rpm-ostree", "/run/ostree-booted", GS_BOOT_PROGRAM, is_ostree, gs_boot_use_rpm_ostree },
	{ "NixOS", "/etc/NIXOS", GS_BOOT_BY_HAND, is_nixos, gs_boot_leave_nixos },
	{ "kernelstub", "/etc/kernelstub/configuration", GS_BOOT_BY_HAND, is_kernelstub,
	  gs_boot_leave_kernelstub },
	{ "grubby", "the program grubby", GS_BOOT_PROGRAM, is_grubby, gs_boot_use_grubby },
	{ NULL, "the firmware's variables", GS_BOOT_BY_HAND, is_other_loader,
	  gs_boot_leave_other_loader },
	{ NULL, "folders that only root sees", GS_BOOT_BY_HAND, is_hidden, gs_boot_leave_hidden },
	{ NULL, "files of both", GS_BOOT_BY_HAND, is_undecided, gs_boot_leave_two },
	{ "kernel-install", "/" GS_BOOT_CMDLINE, GS_BOOT_KERNEL_CMDLINE, is_cmdline,
	  gs_boot_use_kernel_cmdline },
	{ "systemd-boot", "its entries in loader/entries", GS_BOOT_ENTRIES, is_entries,
	  gs_boot_use_entries },
	{ "GRUB", "grub-mkconfig, which reads /" GS_BOOT_DROP_INS, GS_BOOT_GRUB_DROP_IN, is_drop_in,
	  gs_boot_use_drop_in },
	{ "GRUB", "/" GS_BOOT_GRUB, GS_BOOT_GRUB_FILE, is_grub, gs_boot_use_grub_file },
	{ NULL, "nothing", GS_BOOT_BY_HAND, is_anything, gs_boot_leave_unknown },
};

int gs_boot_find_owner(struct gs_engine *engine, struct gs_boot *boot)
{
	const struct owner *owner = owners;
	struct evidence seen;

	gather(engine, &seen);
	while (!owner->is(engine, &seen))
		owner++;
	boot->way = owner->way;
	boot->owner = owner->name;
	boot->known_by = strdup(owner->known_by);
	if (!boot->known_by)
		return -ENOMEM;
	return boot->words ? owner->use(engine, boot) : 0;
}
