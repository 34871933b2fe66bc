// SPDX-License-Identifier: GPL-2.0-or-later
/* boot_ways.c - what is to change in the files of each owner of the command line. */
#include "boot_ways.h"

#include "tree.h"

static const char *const program_folders[] = { "usr/sbin", "usr/bin", "sbin", "bin" };

bool gs_boot_has_program(struct gs_engine *engine, const char *name)
{
	char path[GS_PATH_MAX];

	for (size_t i = 0; i < GS_ARRAY_SIZE(program_folders); i++)
		if (gs_path(path, "%s/%s", program_folders[i], name) == 0 &&
		    gs_tree_exists(engine, path))
			return true;
	return false;
}

/* ---- commands ---- */

static int set_command(char ***ret, const char *const *words)
{
	int r = 0;

	for (; r == 0 && *words; words++)
		r = gs_strv_add(ret, *words);
	return r;
}

/* The same after the files have changed and after they were put back. */
static int set_commands(struct gs_boot *boot, const char *const *words)
{
	int r = set_command(&boot->change.command, words);

	return r < 0 ? r : set_command(&boot->change.undo, words);
}

char *gs_boot_join(char *const *words)
{
	char *text = strdup("");

	for (; text && words && *words; words++) {
		char *longer = gs_asprintf("%s%s%s", text, *text ? " " : "", *words);

		free(text);
		text = longer;
	}
	return text;
}

/* The image of the kernel that runs, where packages put it; NULL: not found */
static char *find_image(struct gs_engine *engine, const char *release)
{
	char path[GS_PATH_MAX];

	if (gs_path(path, "usr/lib/modules/%s/vmlinuz", release) == 0 &&
	    gs_tree_exists(engine, path))
		return gs_asprintf("/%s", path);
	if (gs_path(path, "boot/vmlinuz-%s", release) == 0 && gs_tree_exists(engine, path))
		return gs_asprintf("/%s", path);
	return NULL;
}

/* Its entry is made anew. */
static int set_kernel_install(struct gs_engine *engine, struct gs_boot *boot)
{
	gs_cleanup_free char *release = NULL;
	gs_cleanup_free char *image = NULL;

	if (gs_tree_read(engine, "proc/sys/kernel/osrelease", &release) == 0)
		image = find_image(engine, release);
	if (!image)
		return -ENOENT;
	return set_commands(boot,
			    (const char *[]){ "kernel-install", "add", release, image, NULL });
}

/* ---- each owner ---- */

static int refuse(struct gs_boot *boot, const char *why)
{
	gs_cleanup_free char *words = gs_boot_join(boot->words);

	boot->refusal = strdup(why);
	if (words && !boot->by_hand)
		boot->by_hand = gs_asprintf("add \"%s\" to the kernel's command line where your "
					    "boot loader keeps it, then reboot",
					    words);
	return boot->refusal && boot->by_hand ? 0 : -ENOMEM;
}

/* The words that are configured nowhere yet; NULL: all are. */
static int edit_file(struct gs_engine *engine, struct gs_boot *boot, const char *path,
		     int (*edit)(const char *, char *const *, char **))
{
	gs_cleanup_free char *real = NULL;
	char *before = NULL, *after = NULL;
	int r;

	/* Where it lies: a rename in the place of a link would lose the link. */
	r = gs_tree_real_path(engine, path, &real);
	if (r == 0)
		r = gs_boot_file_read(engine, real, &before);
	if (r == 0 && !before)
		r = -ENOENT;
	if (r == 0)
		r = edit(before, boot->words, &after);
	if (r == 0 && !gs_streq(before, after))
		return gs_boot_change_add(&boot->change, real, before, after);
	free(before);
	free(after);
	return r;
}

static int edit_or_refuse(struct gs_engine *engine, struct gs_boot *boot, const char *path,
			  int (*edit)(const char *, char *const *, char **))
{
	gs_cleanup_free char *why = NULL;
	int r = edit_file(engine, boot, path, edit);

	if (r == 0 || r == -ENOMEM)
		return r;
	why = gs_asprintf("/%s is not of a form that can be edited safely%s%s", path,
			  r == -EBADMSG ? "" : ": ", r == -EBADMSG ? "" : strerror(-r));
	return why ? refuse(boot, why) : -ENOMEM;
}

static int use_grub_command(struct gs_engine *engine, struct gs_boot *boot)
{
	static const struct {
		const char *program, *configuration;
	} makers[] = {
		{ "grub-mkconfig", "boot/grub/grub.cfg" },
		{ "grub2-mkconfig", "boot/grub2/grub.cfg" },
	};

	if (gs_boot_has_program(engine, "update-grub"))
		return set_commands(boot, (const char *[]){ "update-grub", NULL });
	for (size_t i = 0; i < GS_ARRAY_SIZE(makers); i++) {
		gs_cleanup_free char *output = gs_asprintf("/%s", makers[i].configuration);

		if (!output)
			return -ENOMEM;
		if (gs_boot_has_program(engine, makers[i].program) &&
		    gs_tree_exists(engine, makers[i].configuration))
			return set_commands(boot, (const char *[]){ makers[i].program, "-o", output,
								    NULL });
	}
	return refuse(boot, "GRUB's configuration is there, and no program that applies it");
}

/* A word that GRUB's own files have is not added once more. */
static int grub_words(struct gs_engine *engine, struct gs_boot *boot, char ***ret)
{
	gs_cleanup_free char *main = NULL;
	char path[GS_PATH_MAX], **names = NULL;
	int r;

	r = gs_boot_file_read(engine, GS_BOOT_GRUB, &main);
	if (r == 0)
		r = gs_tree_list(engine, GS_BOOT_DROP_INS, &names);
	for (char **word = boot->words; r == 0 && word && *word; word++) {
		bool there = main && gs_boot_grub_has(main, *word);

		for (char **name = names; !there && name && *name; name++) {
			gs_cleanup_free char *text = NULL;
			size_t length = strlen(*name);

			if (length < 5 || strcmp(*name + length - 4, ".cfg") != 0 ||
			    gs_path(path, GS_BOOT_DROP_INS "/%s", *name) < 0 || gs_streq(path, GS_BOOT_DROP_IN) ||
			    gs_boot_file_read(engine, path, &text) < 0)
				continue;
			there = text && gs_boot_grub_has(text, *word);
		}
		if (!there)
			r = gs_strv_add(ret, *word);
	}
	gs_strv_free(names);
	return r;
}

int gs_boot_use_drop_in(struct gs_engine *engine, struct gs_boot *boot)
{
	char **words = NULL, *before = NULL, *after = NULL;
	int r;

	r = grub_words(engine, boot, &words);
	if (r == 0)
		r = gs_boot_file_read(engine, GS_BOOT_DROP_IN, &before);
	if (r == 0 && words) {
		after = gs_boot_grub_drop_in(words);
		r = after ? 0 : -ENOMEM;
	}
	gs_strv_free(words);
	if (r == 0 && after && !gs_streq(before, after))
		r = gs_boot_change_add(&boot->change, GS_BOOT_DROP_IN, gs_steal(before), gs_steal(after));
	free(before);
	free(after);
	if (r < 0 && r != -ENOMEM)
		return refuse(boot, "GRUB's configuration in /etc/default cannot be read as text");
	return r < 0 ? r : use_grub_command(engine, boot);
}

int gs_boot_use_grub_file(struct gs_engine *engine, struct gs_boot *boot)
{
	int r = edit_or_refuse(engine, boot, GS_BOOT_GRUB, gs_boot_edit_grub);

	return r < 0 || boot->refusal ? r : use_grub_command(engine, boot);
}

int gs_boot_use_kernel_cmdline(struct gs_engine *engine, struct gs_boot *boot)
{
	int r = edit_or_refuse(engine, boot, GS_BOOT_CMDLINE, gs_boot_edit_cmdline);

	if (r < 0 || boot->refusal)
		return r;
	if (gs_boot_has_program(engine, "proxmox-boot-tool"))
		return set_commands(boot, (const char *[]){ "proxmox-boot-tool", "refresh", NULL });
	if (gs_boot_has_program(engine, "mkinitcpio") && !gs_boot_has_program(engine, "kernel-install"))
		return set_commands(boot, (const char *[]){ "mkinitcpio", "-P", NULL });
	r = gs_boot_has_program(engine, "kernel-install") ? set_kernel_install(engine, boot) : -ENOENT;
	if (r == -ENOENT)
		return refuse(boot, "/etc/kernel/cmdline is there, and nothing that is known to use it");
	return r;
}

const char *const gs_boot_entry_folders[GS_BOOT_ENTRY_FOLDERS] = { "boot/loader/entries", "efi/loader/entries",
					     "boot/efi/loader/entries" };

/* An entry of something else than a kernel is passed over. */
int gs_boot_use_entries(struct gs_engine *engine, struct gs_boot *boot)
{
	size_t kernels = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < GS_BOOT_ENTRY_FOLDERS; i++) {
		char path[GS_PATH_MAX], **names = NULL;

		r = gs_tree_list(engine, gs_boot_entry_folders[i], &names);
		r = r == -ENOMEM ? r : 0;
		for (char **name = names; r == 0 && name && *name; name++) {
			size_t length = strlen(*name);

			if (length < 6 || strcmp(*name + length - 5, ".conf") != 0 ||
			    gs_path(path, "%s/%s", gs_boot_entry_folders[i], *name) < 0)
				continue;
			r = edit_file(engine, boot, path, gs_boot_edit_entry);
			kernels += r == 0;
			r = r == -ENOMEM ? r : 0;
		}
		gs_strv_free(names);
		/* Two of the folders are often the same file system. */
		if (kernels)
			break;
	}
	if (r == 0 && !kernels)
		return refuse(boot, "no entry of the boot loader that starts a kernel can be read");
	return r;
}

/* A program that keeps the command line itself: it gets the words, and takes them away again. */
static int use_program(struct gs_boot *boot, const char *const *add, const char *const *remove,
		       bool one_argument)
{
	gs_cleanup_free char *words = gs_boot_join(boot->missing);
	int r = 0;

	if (!words)
		return -ENOMEM;
	if (!boot->missing)
		return 0;
	for (int undo = 0; r == 0 && undo < 2; undo++) {
		char ***command = undo ? &boot->change.undo : &boot->change.command;
		const char *const *parts = undo ? remove : add;

		for (size_t i = 0; r == 0 && parts[i]; i++) {
			if (parts[i + 1]) {
				r = gs_strv_add(command, parts[i]);
				continue;
			}
			for (char **word = boot->missing; r == 0 && *word; word++) {
				gs_cleanup_free char *part =
					gs_asprintf("%s%s", parts[i], one_argument ? words : *word);

				r = part ? gs_strv_add(command, part) : -ENOMEM;
				if (one_argument)
					break;
			}
		}
	}
	return r;
}

int gs_boot_use_grubby(struct gs_engine *engine, struct gs_boot *boot)
{
	(void)engine;
	return use_program(boot,
			   (const char *[]){ "grubby", "--update-kernel=ALL", "--args=", NULL },
			   (const char *[]){ "grubby", "--update-kernel=ALL", "--remove-args=", NULL },
			   true);
}

int gs_boot_use_rpm_ostree(struct gs_engine *engine, struct gs_boot *boot)
{
	(void)engine;
	return use_program(
		boot, (const char *[]){ "rpm-ostree", "kargs", "--append-if-missing=", NULL },
		(const char *[]){ "rpm-ostree", "kargs", "--delete-if-present=", NULL }, false);
}

int gs_boot_leave_kernelstub(struct gs_engine *engine, struct gs_boot *boot)
{
	gs_cleanup_free char *words = gs_boot_join(boot->words);

	(void)engine;
	boot->by_hand = words ? gs_asprintf("kernelstub --add-options \"%s\"", words) : NULL;
	return refuse(boot, "kernelstub owns the command line, which gpushift does not drive");
}

int gs_boot_leave_nixos(struct gs_engine *engine, struct gs_boot *boot)
{
	gs_cleanup_free char *words = gs_boot_join(boot->words);

	(void)engine;
	boot->by_hand = words ? gs_asprintf("add the words \"%s\" to boot.kernelParams in "
					    "/etc/nixos/configuration.nix, then: nixos-rebuild boot",
					    words) :
				NULL;
	return refuse(boot, "the configuration of NixOS owns the command line");
}

int gs_boot_leave_two(struct gs_engine *engine, struct gs_boot *boot)
{
	(void)engine;
	return refuse(boot, "GRUB and entries of systemd-boot are both there, and nothing tells "
			    "which of them starts this host");
}

int gs_boot_leave_unknown(struct gs_engine *engine, struct gs_boot *boot)
{
	(void)engine;
	return refuse(boot, "no boot loader that gpushift knows was recognized");
}
