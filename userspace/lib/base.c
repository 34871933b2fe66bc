// SPDX-License-Identifier: GPL-2.0-or-later
/* base.c - growing arrays, strings and lists of strings. */
#include "base.h"

#include <time.h>

int gs_grow(void *array, size_t count, size_t size)
{
	void **items = array;
	size_t room = count ? count * 2 : 1;
	void *grown;

	/* The room is always a power of two, so a count that is not one leaves some. */
	if ((count & (count - 1)) == 0) {
		if (room < count || room > SIZE_MAX / size)
			return -ENOMEM;
		grown = realloc(*items, room * size);
		if (!grown)
			return -ENOMEM;
		*items = grown;
	}
	memset((char *)*items + count * size, 0, size);
	return 0;
}

char *gs_asprintf(const char *format, ...)
{
	va_list arguments;
	char *text;
	int r;

	va_start(arguments, format);
	r = vasprintf(&text, format, arguments);
	va_end(arguments);
	return r < 0 ? NULL : text;
}

size_t gs_strv_count(char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	return n;
}

int gs_strv_add(char ***list, const char *text)
{
	size_t n = gs_strv_count(*list);
	char *copy = strdup(text);
	char **grown;

	if (!copy)
		return -ENOMEM;
	grown = reallocarray(*list, n + 2, sizeof(*grown));
	if (!grown) {
		free(copy);
		return -ENOMEM;
	}
	grown[n] = copy;
	grown[n + 1] = NULL;
	*list = grown;
	return 0;
}

bool gs_strv_has(char *const *list, const char *text)
{
	for (size_t i = 0; list && list[i]; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

void gs_strv_free(char **list)
{
	for (size_t i = 0; list && list[i]; i++)
		free(list[i]);
	free(list);
}

uint64_t gs_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
