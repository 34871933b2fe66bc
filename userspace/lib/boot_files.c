// SPDX-License-Identifier: GPL-2.0-or-later
/* boot_files.c - files byte for byte, and changes that are made of them. */
#include <fcntl.h>

#include "boot.h"
#include "tree.h"
#include "utf8.h"

/* No file of a boot loader that a person writes is larger. */
#define FILE_MAX 65536

static int read_bytes(int fd, char **ret)
{
	gs_cleanup_free char *text = malloc(FILE_MAX + 1);
	size_t length = 0;
	ssize_t n;

	if (!text)
		return -ENOMEM;
	do {
		n = read(fd, text + length, FILE_MAX + 1 - length);
		if (n < 0 && errno != EINTR)
			return -errno;
		length += n > 0 ? (size_t)n : 0;
		if (length > FILE_MAX)
			return -EBADMSG;
	} while (n != 0);
	text[length] = '\0';
	/* A record is JSON. */
	if (strlen(text) != length || !gs_utf8_valid(text))
		return -EBADMSG;
	*ret = gs_steal(text);
	return 0;
}

int gs_boot_file_read(struct gs_engine *engine, const char *path, char **ret)
{
	gs_cleanup_close int fd = gs_tree_open(engine, path, O_RDONLY);
	struct stat st;

	*ret = NULL;
	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? read_bytes(fd, ret) : -EBADMSG;
}

int gs_boot_change_add(struct gs_boot_change *change, const char *path, char *before, char *after)
{
	struct gs_boot_file file = { .path = strdup(path), .before = before, .after = after };

	if (!file.path || gs_grow(&change->files, change->n_files, sizeof(file)) < 0) {
		free(file.path);
		free(before);
		free(after);
		return -ENOMEM;
	}
	change->files[change->n_files++] = file;
	return 0;
}

void gs_boot_change_clear(struct gs_boot_change *change)
{
	for (size_t i = 0; i < change->n_files; i++) {
		free(change->files[i].path);
		free(change->files[i].before);
		free(change->files[i].after);
	}
	free(change->files);
	gs_strv_free(change->command);
	gs_strv_free(change->undo);
	gs_strv_free(change->words);
	*change = (struct gs_boot_change){ 0 };
}
