// SPDX-License-Identifier: GPL-2.0-or-later
/* boot_ways.c - what is to change in the files of each owner of the command line. */
#include "boot_ways.h"

#include <fcntl.h>

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
	if (r == -EACCES)
		return gs_boot_leave_hidden(engine, boot);
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
	if (gs_boot_hidden(engine, "boot/grub") || gs_boot_hidden(engine, "boot/grub2"))
		return gs_boot_leave_hidden(engine, boot);
	return refuse(boot, "GRUB's configuration is there, and no program that applies it");
}

/*
 * Is the word there when all files were read? In their order, as what is set anew
 * forgets what was before; with @drop_in in the place of ours (NULL: there is none).
 */
static int grub_shows(struct gs_engine *engine, const char *drop_in, const char *word, bool *ret)
{
	struct gs_boot_grub seen = { 0 };
	gs_cleanup_free char *first = NULL;
	char path[GS_PATH_MAX], **names = NULL;
	bool passed = false;
	int r;

	r = gs_boot_file_read(engine, GS_BOOT_GRUB, &first);
	if (r == 0)
		r = gs_tree_list(engine, GS_BOOT_DROP_INS, &names);
	if (r == 0 && first)
		gs_boot_grub_read(first, word, &seen);
	for (char **name = names; r == 0 && name && *name; name++) {
		gs_cleanup_free char *text = NULL;
		size_t length = strlen(*name);
		int order = strcmp(*name, GS_BOOT_DROP_IN_NAME);

		if (order >= 0 && !passed && drop_in)
			gs_boot_grub_read(drop_in, word, &seen);
		passed |= order >= 0;
		if (length < 5 || strcmp(*name + length - 4, ".cfg") != 0 || order == 0 ||
		    gs_path(path, GS_BOOT_DROP_INS "/%s", *name) < 0)
			continue;
		if (gs_boot_file_read(engine, path, &text) == 0 && text)
			gs_boot_grub_read(text, word, &seen);
	}
	if (r == 0 && !passed && drop_in)
		gs_boot_grub_read(drop_in, word, &seen);
	gs_strv_free(names);
	*ret = seen.always || seen.usually;
	return r;
}

/* Words that do not show with that drop-in; none in @ret: all do. */
static int grub_words(struct gs_engine *engine, const struct gs_boot *boot, const char *drop_in,
		      char ***ret)
{
	int r = 0;

	for (char **word = boot->words; r == 0 && word && *word; word++) {
		bool shown;

		r = grub_shows(engine, drop_in, *word, &shown);
		if (r == 0 && !shown)
			r = gs_strv_add(ret, *word);
	}
	return r;
}

/* @ret: what is to be in the drop-in; NULL: nothing is lacking */
static int make_drop_in(struct gs_engine *engine, struct gs_boot *boot, char **ret)
{
	char **words = NULL, **lost = NULL;
	int r;

	r = grub_words(engine, boot, NULL, &words);
	if (r == 0 && words) {
		*ret = gs_boot_grub_drop_in(words);
		r = *ret ? grub_words(engine, boot, *ret, &lost) : -ENOMEM;
	}
	if (r == 0 && lost)
		r = refuse(boot, "a file in /" GS_BOOT_DROP_INS " after " GS_BOOT_DROP_IN_NAME
				 " sets GRUB_CMDLINE_LINUX_DEFAULT anew");
	gs_strv_free(words);
	gs_strv_free(lost);
	return r;
}

int gs_boot_use_drop_in(struct gs_engine *engine, struct gs_boot *boot)
{
	char *before = NULL, *after = NULL;
	int r;

	r = make_drop_in(engine, boot, &after);
	if (r == 0)
		r = gs_boot_file_read(engine, GS_BOOT_DROP_IN, &before);
	if (r == 0 && after && !boot->refusal && !gs_streq(before, after))
		r = gs_boot_change_add(&boot->change, GS_BOOT_DROP_IN, gs_steal(before), gs_steal(after));
	free(before);
	free(after);
	if (r < 0 && r != -ENOMEM)
		return refuse(boot, "GRUB's configuration in /etc/default cannot be read as text");
	return r < 0 || boot->refusal ? r : use_grub_command(engine, boot);
}

int gs_boot_use_grub_file(struct gs_engine *engine, struct gs_boot *boot)
{
	int r = edit_or_refuse(engine, boot, GS_BOOT_GRUB, gs_boot_edit_grub);

	return r < 0 || boot->refusal ? r : use_grub_command(engine, boot);
}

/* A preset of mkinitcpio that makes a kernel image of its own, which holds the command line. */
static bool names_unified_image(const char *preset)
{
	for (const char *line = preset; line; line = strchr(line, '\n')) {
		const char *end;

		line += strspn(line, "\n \t");
		end = line + strcspn(line, "\n");
		if (*line == '#')
			continue;
		for (const char *at = line; at < end; at++)
			if (strncmp(at, "_uki=", 5) == 0 || strncmp(at, "--uki", 5) == 0)
				return true;
	}
	return false;
}

static bool mkinitcpio_makes_images(struct gs_engine *engine)
{
	char path[GS_PATH_MAX], **names = NULL;
	bool found = false;

	if (!gs_boot_has_program(engine, "mkinitcpio") ||
	    gs_tree_list(engine, "etc/mkinitcpio.d", &names) < 0)
		return false;
	for (char **name = names; !found && name && *name; name++) {
		gs_cleanup_free char *text = NULL;
		size_t length = strlen(*name);

		found = length > 7 && strcmp(*name + length - 7, ".preset") == 0 &&
			gs_path(path, "etc/mkinitcpio.d/%s", *name) == 0 &&
			gs_tree_read(engine, path, &text) == 0 && names_unified_image(text);
	}
	gs_strv_free(names);
	return found;
}

int gs_boot_use_kernel_cmdline(struct gs_engine *engine, struct gs_boot *boot)
{
	int r = edit_or_refuse(engine, boot, GS_BOOT_CMDLINE, gs_boot_edit_cmdline);

	if (r < 0 || boot->refusal)
		return r;
	if (gs_boot_has_program(engine, "proxmox-boot-tool"))
		return set_commands(boot, (const char *[]){ "proxmox-boot-tool", "refresh", NULL });
	if (mkinitcpio_makes_images(engine))
		return set_commands(boot, (const char *[]){ "mkinitcpio", "-P", NULL });
	/* systemd brings kernel-install everywhere: that it is there does not say that it is used. */
	if (gs_boot_has_program(engine, "mkinitcpio") && gs_boot_has_program(engine, "kernel-install"))
		return refuse(boot, "mkinitcpio and kernel-install are both there, and no preset of "
				    "mkinitcpio says that it uses /etc/kernel/cmdline");
	r = -ENOENT;
	if (gs_boot_has_program(engine, "kernel-install"))
		r = gs_boot_kernel_install(engine, &boot->change.command);
	if (r == 0)
		r = gs_boot_commands_add(&boot->change.undo, boot->change.command);
	if (r == -ENOENT && gs_boot_hidden(engine, "boot"))
		return gs_boot_leave_hidden(engine, boot);
	if (r == -ENOENT)
		return refuse(boot, "/etc/kernel/cmdline is there, and nothing that is known to use it");
	return r;
}

const char *const gs_boot_entry_folders[GS_BOOT_ENTRY_FOLDERS] = { "boot/loader/entries", "efi/loader/entries",
					     "boot/efi/loader/entries" };

/* An entry of something else than a kernel is passed over. */
int gs_boot_use_entries(struct gs_engine *engine, struct gs_boot *boot)
{
	bool hidden = false;
	size_t kernels = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < GS_BOOT_ENTRY_FOLDERS; i++) {
		char path[GS_PATH_MAX], **names = NULL;

		r = gs_tree_list(engine, gs_boot_entry_folders[i], &names);
		hidden |= r == -EACCES;
		r = r == -ENOMEM ? r : 0;
		for (char **name = names; r == 0 && name && *name; name++) {
			size_t length = strlen(*name);

			if (length < 6 || strcmp(*name + length - 5, ".conf") != 0 ||
			    gs_path(path, "%s/%s", gs_boot_entry_folders[i], *name) < 0)
				continue;
			r = edit_file(engine, boot, path, gs_boot_edit_entry);
			kernels += r == 0;
			hidden |= r == -EACCES;
			r = r == -ENOMEM ? r : 0;
		}
		gs_strv_free(names);
		/* Two of the folders are often the same file system. */
		if (kernels)
			break;
	}
	if (r == 0 && hidden)
		return gs_boot_leave_hidden(engine, boot);
	if (r == 0 && !kernels)
		return refuse(boot, "no entry of the boot loader that starts a kernel can be read");
	return r;
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

int gs_boot_leave_other_loader(struct gs_engine *engine, struct gs_boot *boot)
{
	char loader[GS_BOOT_LOADER_LEN];
	gs_cleanup_free char *why = NULL;

	gs_boot_loader(engine, loader);
	why = gs_asprintf("%s started this host, which gpushift does not drive", loader);
	return why ? refuse(boot, why) : -ENOMEM;
}

bool gs_boot_hidden(struct gs_engine *engine, const char *path)
{
	gs_cleanup_close int fd = gs_tree_open(engine, path, O_RDONLY);

	return fd == -EACCES;
}

int gs_boot_leave_hidden(struct gs_engine *engine, struct gs_boot *boot)
{
	(void)engine;
	free(boot->by_hand);
	boot->by_hand = strdup("sudo gpushift boot show");
	return refuse(boot, "what the boot loader has needs root to be seen");
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
