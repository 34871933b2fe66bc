// SPDX-License-Identifier: GPL-2.0-or-later
/* strict_ini.c - inih, with the lines counted and nothing passed over. */
#include "strict_ini.h"

#include <ctype.h>
#include <ini.h>

/* inih keeps 50 bytes of a name and says nothing about the rest. */
#define NAME_MAX_LENGTH 48

struct source {
	const struct gs_ini_reader *reader;
	void *data;
	const char *next; /* what is not read yet */
	const char *end;
	int line; /* that inih is at */
	int failed_line; /* 0: none */
	int result;
	char *error;
};

int gs_ini_fail(char **error, char *text)
{
	if (!text)
		return -ENOMEM;
	free(*error);
	*error = text;
	return -EINVAL;
}

static void note(struct source *source, int r)
{
	if (r == 0 || source->failed_line)
		return;
	source->failed_line = source->line;
	source->result = r;
}

static bool is_empty(const char *line, size_t length)
{
	while (length && isspace((unsigned char)line[length - 1]))
		length--;
	return length == 0;
}

static int check_line(const char *line, size_t length, size_t room, char **error)
{
	if (memchr(line, '\0', length))
		return gs_ini_fail(error, strdup("the line holds a NUL byte"));
	if (length >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		return gs_ini_fail(error, strdup("the line begins with a byte order mark"));
	if (length > room)
		return gs_ini_fail(error,
				   gs_asprintf("the line is longer than %zu bytes", room));
	if (length && isblank((unsigned char)line[0]) && !is_empty(line, length))
		return gs_ini_fail(error, strdup("the line begins with a blank"));
	return 0;
}

/* "[card gpu] # why" */
static int read_section(struct source *source, const char *line, size_t length)
{
	const char *close = memchr(line, ']', length);
	gs_cleanup_free char *name = NULL;
	size_t rest;

	if (!close)
		return gs_ini_fail(&source->error, strdup("a section ends in ]"));
	rest = (size_t)(close - line) + 1;
	while (rest < length && isspace((unsigned char)line[rest]))
		rest++;
	if (rest < length && !strchr("#;", line[rest]))
		return gs_ini_fail(&source->error, strdup("there is text after the section"));
	if (close - line > NAME_MAX_LENGTH)
		return gs_ini_fail(&source->error, strdup("the name of the section is too long"));
	name = strndup(line + 1, (size_t)(close - line) - 1);
	if (!name)
		return -ENOMEM;
	return source->reader->section(source->data, name, source->line, &source->error);
}

/* A line for inih, which has no way to tell it how long the line is. */
static char *next_line(char *buffer, int size, void *data)
{
	struct source *source = data;
	const char *line = source->next;
	const char *newline;
	size_t length;
	int r;

	if (line == source->end || source->failed_line)
		return NULL;
	newline = memchr(line, '\n', (size_t)(source->end - line));
	length = (size_t)((newline ? newline : source->end) - line);
	source->next = newline ? newline + 1 : source->end;
	source->line++;
	r = check_line(line, length, (size_t)size - 2, &source->error);
	if (r == 0 && length && line[0] == '[')
		r = read_section(source, line, length);
	note(source, r);
	if (r < 0)
		return NULL;
	memcpy(buffer, line, length);
	memcpy(buffer + length, "\n", 2);
	return buffer;
}

static int take_key(void *data, const char *section, const char *key, const char *value)
{
	struct source *source = data;

	(void)section; /* shortened by inih; next_line() told the whole of it */
	if (!source->failed_line)
		note(source, source->reader->key(source->data, key, value, &source->error));
	return 1;
}

int gs_ini_parse(const char *text, size_t length, const struct gs_ini_reader *reader, void *data,
		 int *ret_line, char **error)
{
	struct source source = {
		.reader = reader, .data = data, .next = text, .end = text + length
	};
	int line = ini_parse_stream(next_line, &source, take_key, &source);

	/* Only inih knows of a line without "=", and goes on after it. */
	if (line > 0 && (!source.failed_line || line < source.failed_line)) {
		source.failed_line = line;
		source.result = gs_ini_fail(&source.error,
					    strdup("neither a [section] nor KEY = VALUE"));
	}
	if (!source.failed_line)
		return 0;
	*ret_line = source.failed_line;
	if (source.result == -EINVAL && source.error) {
		*error = source.error;
		return -EINVAL;
	}
	free(source.error);
	return -ENOMEM;
}

const char *gs_ini_name(const char *text, const char *kind)
{
	size_t length = strlen(kind);

	if (strncmp(text, kind, length) != 0 || !isblank((unsigned char)text[length]))
		return NULL;
	text += length;
	text += strspn(text, " \t");
	return *text ? text : NULL;
}

int gs_ini_words(const char *value, bool (*valid)(const char *word), char ***list, char **ret_bad)
{
	size_t length;

	for (value += strspn(value, " \t"); *value; value += length + strspn(value + length, " \t")) {
		gs_cleanup_free char *word = NULL;

		length = strcspn(value, " \t");
		word = strndup(value, length);
		if (!word)
			return -ENOMEM;
		if (valid && !valid(word)) {
			*ret_bad = gs_steal(word);
			return -EINVAL;
		}
		if (!gs_strv_has(*list, word) && gs_strv_add(list, word) < 0)
			return -ENOMEM;
	}
	return 0;
}

int gs_ini_number(const char *text, unsigned long low, unsigned long high, unsigned int *ret)
{
	unsigned long number;

	if (!*text || text[strspn(text, "0123456789")])
		return -EINVAL;
	errno = 0;
	number = strtoul(text, NULL, 10);
	if (errno || number < low || number > high)
		return -EINVAL;
	*ret = (unsigned int)number;
	return 0;
}
