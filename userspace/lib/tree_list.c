// SPDX-License-Identifier: GPL-2.0-or-later
/* tree_list.c - what a folder below an engine's root holds. */
#include "tree.h"

#include <fcntl.h>

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(char ***names, size_t *count, const char *name)
{
	char *copy;
	int r = gs_grow(names, *count, sizeof(**names));

	if (r < 0)
		return r;
	copy = name ? strdup(name) : NULL;
	if (name && !copy)
		return -ENOMEM;
	(*names)[(*count)++] = copy;
	return 0;
}

/* Always leaves @names NULL-terminated when it succeeds. */
static int list_names(DIR *dir, char ***names)
{
	size_t count = 0;
	struct dirent *entry;
	int r;

	while ((errno = 0, entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		r = add_name(names, &count, entry->d_name);
		if (r < 0)
			goto free_names;
	}
	r = -errno;
	if (r == 0)
		r = add_name(names, &count, NULL);
	if (r < 0)
		goto free_names;
	qsort(*names, count - 1, sizeof(**names), compare_strings);
	return 0;

free_names:
	while (count)
		free((*names)[--count]);
	free(*names);
	*names = NULL;
	return r;
}

int gs_tree_list(const struct gs_engine *engine, const char *path, char ***ret)
{
	char **names = NULL;
	DIR *dir;
	int fd, r;

	fd = gs_tree_open(engine, path, O_RDONLY | O_DIRECTORY);
	if (fd == -ENOENT) {
		*ret = NULL;
		return 0;
	}
	if (fd < 0)
		return fd;
	dir = fdopendir(fd);
	if (!dir) {
		r = -errno;
		close(fd);
		return r;
	}
	r = list_names(dir, &names);
	closedir(dir);
	if (r == 0)
		*ret = names;
	return r;
}
