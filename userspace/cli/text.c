// SPDX-License-Identifier: GPL-2.0-or-later
/* text.c - facts of the model as words */
#include "text.h"

/* Users of a card that a line names; the others are counted. */
#define NAMED_USERS 3

/* Put @piece at the end of @text, after @separator where there is something before it. */
static int append(char **text, const char *separator, const char *piece)
{
	char *longer = gs_asprintf("%s%s%s", *text, (*text)[0] ? separator : "", piece);

	if (!longer)
		return -ENOMEM;
	free(*text);
	*text = longer;
	return 0;
}

char *cli_text_join(char *const *list, const char *separator)
{
	gs_cleanup_free char *text = strdup("");

	for (; text && list && *list; list++) {
		if (append(&text, separator, *list) < 0)
			return NULL;
	}
	return gs_steal(text);
}

/* As a shell has to be given it: what it would take for more than a word is quoted. */
static char *shell_word(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "%+,-./:=@_";
	char *text;

	if (*word && !word[strspn(word, plain)])
		return strdup(word);
	text = strdup("'");
	while (text && *word) {
		size_t length = strcspn(word, "'");
		char *longer = gs_asprintf("%s%.*s%s", text, (int)length, word,
					   word[length] ? "'\\''" : "");

		free(text);
		text = longer;
		word += length + (word[length] != '\0');
	}
	if (text && append(&text, "", "'") < 0) {
		free(text);
		return NULL;
	}
	return text;
}

char *cli_text_command(char *const *command)
{
	gs_cleanup_free char *text = strdup("");

	for (; text && command && *command; command++) {
		bool next = gs_streq(*command, ";");
		gs_cleanup_free char *word = next ? strdup(";") : shell_word(*command);

		if (!word || append(&text, next ? "" : " ", word) < 0)
			return NULL;
	}
	return gs_steal(text);
}

char *cli_text_group(int group)
{
	return group < 0 ? strdup("") : gs_asprintf("%d", group);
}

static bool same_user(const struct gs_holder *a, const struct gs_holder *b)
{
	if (a->pid || b->pid)
		return a->pid == b->pid;
	return gs_streq(a->name, b->name);
}

/* A process that holds several nodes of the card is one user. */
static bool counted_before(const struct gs_card *card, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (same_user(&card->holders[i], &card->holders[index]))
			return true;
	}
	return false;
}

char *cli_text_users(const struct gs_card *card)
{
	gs_cleanup_free char *text = strdup("");
	size_t users = 0;

	for (size_t i = 0; text && i < card->n_holders; i++) {
		const char *name = card->holders[i].name;

		if (counted_before(card, i) || users++ >= NAMED_USERS)
			continue;
		if (append(&text, ", ", name ? name : card->holders[i].kind) < 0)
			return NULL;
	}
	if (text && users > NAMED_USERS) {
		char more[32];

		snprintf(more, sizeof(more), "%zu more", users - NAMED_USERS);
		if (append(&text, ", ", more) < 0)
			return NULL;
	}
	return gs_steal(text);
}

char *cli_text_size(uint64_t bytes)
{
	const uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;

	if (!bytes)
		return strdup("");
	if (bytes % gib == 0)
		return gs_asprintf("%llu GiB", (unsigned long long)(bytes / gib));
	if (bytes % mib == 0)
		return gs_asprintf("%llu MiB", (unsigned long long)(bytes / mib));
	if (bytes % kib == 0)
		return gs_asprintf("%llu KiB", (unsigned long long)(bytes / kib));
	return gs_asprintf("%llu bytes", (unsigned long long)bytes);
}

void cli_text_class(const struct gs_function *function, char class[5])
{
	snprintf(class, 5, "%04x", (unsigned int)(function->class_code >> 8) & 0xffff);
}

const char *cli_text_known(enum gs_known known)
{
	switch (known) {
	case GS_UNKNOWN:
		return "unknown";
	case GS_NO:
		return "no";
	case GS_YES:
		return "yes";
	}
	return "unknown";
}

const char *cli_text_or_dash(const char *text)
{
	return text && text[0] ? text : "-";
}
