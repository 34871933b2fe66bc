// SPDX-License-Identifier: GPL-2.0-or-later
#include "unlock_hooks.h"

#include <ctype.h>

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	return at;
}

/* Is this line "# WORD ..."? */
static bool is_directive(const char *line, const char *end, const char *word)
{
	size_t length = strlen(word);

	line = skip_blanks(line, end);
	if (line == end || *line != '#')
		return false;
	line = skip_blanks(line + 1, end);
	return (size_t)(end - line) >= length && memcmp(line, word, length) == 0;
}

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline + 1 : end;
}

/* Behind the last include that no condition is around; NULL: there is none. */
static const char *behind_includes(const char *text, size_t length)
{
	const char *end = text + length, *found = NULL;
	int depth = 0;

	for (const char *line = text; line < end;) {
		const char *next = line_end(line, end);

		if (is_directive(line, next, "if"))
			depth++;
		else if (is_directive(line, next, "endif"))
			depth--;
		else if (depth == 0 && is_directive(line, next, "include"))
			found = next;
		line = next;
	}
	return found;
}

static char *insert(const char *text, size_t length, const char *at, const char *line)
{
	bool newline = at > text && at[-1] != '\n';

	return gs_asprintf("%.*s%s%s\n%.*s", (int)(at - text), text, newline ? "\n" : "", line,
			   (int)(text + length - at), at);
}

static int add_include(const char *text, size_t length, const char *upstream_path, char **ret)
{
	const char *at = behind_includes(text, length);
	gs_cleanup_free char *line = gs_asprintf("#include \"%s\"", upstream_path);

	if (!at)
		return -EINVAL;
	*ret = line ? insert(text, length, at, line) : NULL;
	return *ret ? 0 : -ENOMEM;
}

static int add_linker_script(const char *text, size_t length, const char *upstream_path, char **ret)
{
	gs_cleanup_free char *line = gs_asprintf("ldflags-y += -T %s", upstream_path);

	if (!length)
		return -EINVAL;
	*ret = line ? insert(text, length, text + length, line) : NULL;
	return *ret ? 0 : -ENOMEM;
}

const struct unlock_hook unlock_hooks[] = {
	{ "nvidia/os-interface.c", "vgpu_unlock_hooks.c", add_include },
	{ "nvidia/nvidia.Kbuild", "kern.ld", add_linker_script },
	{ NULL, NULL, NULL },
};

const struct unlock_hook *unlock_hook_of(const char *path)
{
	size_t length = strlen(path);

	for (const struct unlock_hook *hook = unlock_hooks; hook->file; hook++) {
		size_t tail = strlen(hook->file);

		if (length > tail && path[length - tail - 1] == '/' &&
		    gs_streq(path + length - tail, hook->file))
			return hook;
	}
	return NULL;
}

bool unlock_hook_is_there(const char *text, size_t length, const struct unlock_hook *hook)
{
	return memmem(text, length, hook->upstream, strlen(hook->upstream)) != NULL;
}

bool unlock_hook_is_path(const char *path)
{
	for (const char *p = path; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("/._+-", *p))
			return false;
	return path[0] == '/';
}
