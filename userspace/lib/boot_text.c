// SPDX-License-Identifier: GPL-2.0-or-later
/* boot_text.c - words added to the texts that hold a kernel command line. */
#include <ctype.h>

#include "boot.h"

/* "intel_iommu=on,sm_on" has "intel_iommu=on", as on the running kernel's command line. */
bool gs_boot_has_word(const char *text, size_t length, const char *word)
{
	static const char parts[] = " \t\r\n\"'";
	size_t wanted = strlen(word);

	for (size_t i = 0; i + wanted <= length; i++) {
		bool begins = i == 0 || strchr(parts, text[i - 1]);
		bool ends = i + wanted == length || text[i + wanted] == ',' ||
			    strchr(parts, text[i + wanted]);

		if (begins && ends && strncmp(text + i, word, wanted) == 0)
			return true;
	}
	return false;
}

/* " a b" of those that @text lacks; NULL: no memory */
static char *lacking(const char *text, size_t length, char *const *words)
{
	char *added = strdup("");

	for (; added && words && *words; words++) {
		char *longer;

		if (gs_boot_has_word(text, length, *words))
			continue;
		longer = gs_asprintf("%s %s", added, *words);
		free(added);
		added = longer;
	}
	return added;
}

/* @text with @added at @at */
static char *insert(const char *text, size_t at, const char *added)
{
	return gs_asprintf("%.*s%s%s", (int)at, text, added, text + at);
}

/* Where a line ends for what is put at its end: before blanks and a carriage return. */
static size_t line_end(const char *text, size_t begin)
{
	size_t end = begin + strcspn(text + begin, "\n");

	while (end > begin && strchr(" \t\r", text[end - 1]))
		end--;
	return end;
}

static size_t next_line(const char *text, size_t at)
{
	at += strcspn(text + at, "\n");
	return text[at] ? at + 1 : at;
}

static bool is_empty(const char *text, size_t begin)
{
	return line_end(text, begin) == begin;
}

int gs_boot_edit_cmdline(const char *text, char *const *words, char **ret)
{
	gs_cleanup_free char *added = NULL;
	size_t line = 0, end;

	while (text[line] && is_empty(text, line))
		line = next_line(text, line);
	/* What reads the file takes one line, or all of them, or knows comments: one without is clear. */
	if (!text[line] || text[line] == '#')
		return -EBADMSG;
	for (size_t at = next_line(text, line); text[at]; at = next_line(text, at))
		if (!is_empty(text, at))
			return -EBADMSG;
	end = line_end(text, line);
	added = lacking(text + line, end - line, words);
	*ret = added ? insert(text, end, added) : NULL;
	return *ret ? 0 : -ENOMEM;
}

/* Does the line begin with this key, and a blank? What it is indented by is nothing to systemd-boot. */
static bool has_key(const char *line, const char *key)
{
	size_t length = strlen(key);

	line += strspn(line, " \t");
	return strncmp(line, key, length) == 0 && (line[length] == ' ' || line[length] == '\t');
}

/* An entry that starts a kernel; its last line of options, or a new one, gets the words. */
int gs_boot_edit_entry(const char *text, char *const *words, char **ret)
{
	gs_cleanup_free char *all = strdup("");
	gs_cleanup_free char *added = NULL;
	const char *last = NULL;
	bool kernel = false;

	for (size_t at = 0; text[at]; at = next_line(text, at)) {
		size_t end = line_end(text, at);
		char *longer;

		kernel |= has_key(text + at, "linux");
		if (!has_key(text + at, "options"))
			continue;
		last = text + at;
		longer = all ? gs_asprintf("%s %.*s", all, (int)(end - at), text + at) : NULL;
		free(all);
		all = longer;
	}
	if (!kernel)
		return -EBADMSG;
	added = all ? lacking(all, strlen(all), words) : NULL;
	if (!added)
		return -ENOMEM;
	if (last)
		*ret = insert(text, line_end(text, (size_t)(last - text)), added);
	else if (*added)
		*ret = gs_asprintf("%s%soptions%s\n", text,
				   *text && text[strlen(text) - 1] != '\n' ? "\n" : "", added);
	else
		*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

#define GRUB_DEFAULT "GRUB_CMDLINE_LINUX_DEFAULT="

/*
 * The shell reads the file. A line that is no more than a quoted text is
 * understood; what refers to something else, or goes on on the next line, is not.
 */
static bool is_plain(const char *value, size_t length)
{
	char quote = value[0];

	if (length < 2 || (quote != '"' && quote != '\'') || value[length - 1] != quote)
		return false;
	for (size_t i = 1; i < length - 1; i++)
		if (value[i] == quote || (quote == '"' && strchr("$`\\", value[i])))
			return false;
	return true;
}

/* Words that neither of the two variables has. */
static int grub_lacks(const char *text, char *const *words, char ***ret)
{
	int r = 0;

	for (; r == 0 && words && *words; words++) {
		struct gs_boot_grub seen = { 0 };

		gs_boot_grub_read(text, *words, &seen);
		if (!seen.always && !seen.usually)
			r = gs_strv_add(ret, *words);
	}
	return r;
}

static int add_to_grub(const char *text, char *const *words, char **ret)
{
	gs_cleanup_free char *added = NULL;
	size_t found = 0, count = 0, value, end;

	for (size_t at = 0; text[at]; at = next_line(text, at)) {
		/* Also in a condition, or after "export": not understood. */
		const char *name = strstr(text + at, GRUB_DEFAULT);
		size_t begin = at + strspn(text + at, " \t");

		if (text[begin] == '#' || !name ||
		    (size_t)(name - text) >= at + strcspn(text + at, "\n"))
			continue;
		if (name != text + at)
			return -EBADMSG;
		found = at;
		count++;
	}
	if (count != 1)
		return -EBADMSG;
	value = found + strlen(GRUB_DEFAULT);
	end = line_end(text, found);
	if (end < value || !is_plain(text + value, end - value))
		return -EBADMSG;
	added = lacking(text + value, end - value, words);
	if (!added)
		return -ENOMEM;
	/* Nothing stands between the quotes: no blank at the begin. */
	*ret = insert(text, end - 1, end - value == 2 && *added ? added + 1 : added);
	return *ret ? 0 : -ENOMEM;
}

int gs_boot_edit_grub(const char *text, char *const *words, char **ret)
{
	char **lacks = NULL;
	int r = grub_lacks(text, words, &lacks);

	if (r == 0 && lacks) {
		r = add_to_grub(text, lacks, ret);
	} else if (r == 0) {
		*ret = strdup(text);
		r = *ret ? 0 : -ENOMEM;
	}
	gs_strv_free(lacks);
	return r;
}

/* What a shell takes as one word: a comment or a command after it is not part of the value. */
static size_t shell_word(const char *text, size_t length)
{
	char quote = '\0';

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\' && quote != '\'')
			i++;
		else if (quote)
			quote = text[i] == quote ? '\0' : quote;
		else if (text[i] == '"' || text[i] == '\'')
			quote = text[i];
		else if (strchr(" \t;&|", text[i]))
			return i;
	}
	return length;
}

/* Does the value take what the variable held before? */
static bool refers_to(const char *value, size_t length, const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i + n < length; i++) {
		size_t at = i + 1 + (value[i + 1] == '{');
		char after;

		if (value[i] != '$' || at + n > length || strncmp(value + at, name, n) != 0)
			continue;
		after = at + n < length ? value[at + n] : '\0';
		if (after != '_' && !isalnum((unsigned char)after))
			return true;
	}
	return false;
}

/* What @line assigns to the variable, also in a condition or after "export"; NULL: nothing */
static const char *assigned(const char *line, size_t length, const char *name)
{
	size_t n = strlen(name);

	if (line[strspn(line, " \t")] == '#')
		return NULL;
	for (size_t i = 0; i + n < length; i++)
		if (strncmp(line + i, name, n) == 0 &&
		    (i == 0 || strchr(" \t;&|", line[i - 1])) &&
		    (line[i + n] == '=' || strncmp(line + i + n, "+=", 2) == 0))
			return line + i + n;
	return NULL;
}

static void read_line(const char *line, size_t length, const char *name, const char *word,
		      bool *has)
{
	const char *value = assigned(line, length, name);
	bool adds = value && *value == '+';
	size_t rest = value ? shell_word(value, length - (size_t)(value - line)) : 0;

	if (!value)
		return;
	if (!adds && !refers_to(value, rest, name))
		*has = false;
	/* Only what is sure to be read counts as there. */
	if (value == line + strlen(name) && gs_boot_has_word(value + 1 + adds, rest - 1 - adds, word))
		*has = true;
}

void gs_boot_grub_read(const char *text, const char *word, struct gs_boot_grub *seen)
{
	for (size_t at = 0; text[at]; at = next_line(text, at)) {
		size_t length = line_end(text, at) - at;

		read_line(text + at, length, "GRUB_CMDLINE_LINUX", word, &seen->always);
		read_line(text + at, length, "GRUB_CMDLINE_LINUX_DEFAULT", word, &seen->usually);
	}
}

char *gs_boot_grub_drop_in(char *const *words)
{
	gs_cleanup_free char *added = lacking("", 0, words);

	if (!added)
		return NULL;
	return gs_asprintf("# Written by `gpushift boot apply`; `gpushift boot revert` removes it.\n"
			   GRUB_DEFAULT "\"$GRUB_CMDLINE_LINUX_DEFAULT%s\"\n",
			   added);
}
