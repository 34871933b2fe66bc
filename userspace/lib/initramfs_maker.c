// SPDX-License-Identifier: GPL-2.0-or-later
#include "initramfs_maker.h"

#include "tree.h"

/*
 * The first that fits: dracut may lie unused beside each of the others. initramfs-tools is known by a script
 * that runs its mkinitramfs: that one stays when dracut takes its place, and dracut may bring an
 * update-initramfs of its own.
 */
static const struct gs_initramfs_maker makers[] = {
	{ .name = "initramfs-tools",
	  .program = "usr/sbin/update-initramfs",
	  .runs = "mkinitramfs",
	  .file = "etc/initramfs-tools/modules",
	  .hook = "usr/share/initramfs-tools/hooks/gpushift",
	  .rebuild = "update-initramfs -u" },
	{ .name = "mkinitcpio",
	  .program = "usr/bin/mkinitcpio",
	  .file = "etc/mkinitcpio.conf",
	  .folder = "etc/mkinitcpio.conf.d",
	  .hook = "usr/lib/initcpio/install/gpushift",
	  .list = "HOOKS",
	  .rebuild = "mkinitcpio -P" },
	{ .name = "dracut",
	  .program = "usr/bin/dracut",
	  .file = "etc/dracut.conf",
	  .folder = "etc/dracut.conf.d",
	  .hook = "usr/lib/dracut/modules.d/90gpushift/module-setup.sh",
	  .rebuild = "dracut --regenerate-all --force" },
};

static bool fits(struct gs_engine *engine, const struct gs_initramfs_maker *maker)
{
	gs_cleanup_free char *text = NULL;

	if (!maker->runs)
		return gs_tree_exists(engine, maker->program);
	return gs_tree_read(engine, maker->program, &text) == 0 && strstr(text, maker->runs);
}

const struct gs_initramfs_maker *gs_initramfs_maker(struct gs_engine *engine)
{
	/* There it is made of a system without /var, whatever programs it has. */
	if (gs_tree_exists(engine, "run/ostree-booted"))
		return NULL;
	for (size_t i = 0; i < GS_ARRAY_SIZE(makers); i++)
		if (fits(engine, &makers[i]))
			return &makers[i];
	return NULL;
}

int gs_initramfs_files(struct gs_engine *engine, const struct gs_initramfs_maker *maker, char ***ret)
{
	char path[GS_PATH_MAX], **names = NULL, **files = NULL;
	int r = 0;

	if (gs_tree_exists(engine, maker->file))
		r = gs_strv_add(&files, maker->file);
	if (maker->folder && gs_tree_list(engine, maker->folder, &names) < 0)
		names = NULL;
	for (char **name = names; r == 0 && name && *name; name++)
		if (gs_path(path, "%s/%s", maker->folder, *name) == 0)
			r = gs_strv_add(&files, path);
	gs_strv_free(names);
	if (r < 0)
		gs_strv_free(files);
	else
		*ret = files;
	return r;
}

bool gs_initramfs_names(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t end = strcspn(line, "\n#");

		for (size_t i = 0; i + length <= end; i++) {
			bool begins = i == 0 || strchr(" \t(\"'=+", line[i - 1]);
			bool ends = i + length == end || strchr(" \t)\"'", line[i + length]);

			if (begins && ends && strncmp(line + i, word, length) == 0)
				return true;
		}
	}
	return false;
}

bool gs_initramfs_asks(struct gs_engine *engine, const struct gs_initramfs_maker *maker)
{
	char **files = NULL;
	bool asks = !maker->list;

	if (!gs_tree_exists(engine, maker->hook))
		return false;
	if (!asks && gs_initramfs_files(engine, maker, &files) < 0)
		return false;
	for (char **file = files; !asks && file && *file; file++) {
		gs_cleanup_free char *text = NULL;

		asks = gs_tree_read(engine, *file, &text) == 0 && gs_initramfs_names(text, "gpushift");
	}
	gs_strv_free(files);
	return asks;
}

const char *gs_initramfs_rebuild(struct gs_engine *engine)
{
	const struct gs_initramfs_maker *maker = gs_initramfs_maker(engine);

	return maker ? maker->rebuild : NULL;
}
