// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * generate.c - a program of the build, not installed: fills the templates of
 * the manual pages and of the shell completions from the tables of verbs.c.
 *
 *   generate < template > file
 *
 * A line that is only "@name@" or "@name VERB@" is replaced by what fill()
 * knows of that name. A table that contradicts itself, and a name that is not
 * known, fail the build.
 */
#include <ctype.h>
#include <stdio.h>

#include "cli.h"

#define MAX_LINE 4096

static const char *const kind_names[] = {
	[CLI_NOTHING] = NULL,	  [CLI_CARD] = "cards",	    [CLI_PARENT] = "parents",
	[CLI_MODE] = "modes",	  [CLI_VERB] = "verbs",	    [CLI_VGPU] = "vgpus",
	[CLI_TYPE] = "types",	  [CLI_DRIVER] = "drivers", [CLI_FUNCTION] = "functions",
	[CLI_FOLDER] = "folders", [CLI_FILE] = "files",	    [CLI_WORD] = "words",
	[CLI_TARGET] = "targets", [CLI_FORMAT] = "formats",
	[CLI_POLICY] = "policies", [CLI_CLAIM] = "claims",	    [CLI_CHECK] = "checks",
};

static bool in_synopsis(const struct cli_verb *verb, const struct cli_option *option)
{
	gs_cleanup_free char *word = gs_asprintf("--%s%s%s", option->name, option->value ? " " : "",
						 option->value ? option->value : "");
	const char *at = word ? strstr(verb->synopsis, word) : NULL;

	return at && !strchr("abcdefghijklmnopqrstuvwxyz-", at[strlen(word)] | 0x20);
}

/* Every option is in the synopsis, and nothing else is. */
static int check_verb(const struct cli_verb *verb)
{
	int listed = 0, written = 0;

	for (int id = CLI_OPT_GLOBALS; id < CLI_OPT_MAX; id++) {
		if (!(verb->options & CLI_BIT(id)))
			continue;
		listed++;
		if (!in_synopsis(verb, &cli_options[id])) {
			fprintf(stderr, "generate: the synopsis of '%s' lacks --%s\n", verb->name,
				cli_options[id].name);
			return -EINVAL;
		}
	}
	for (const char *at = verb->synopsis; (at = strstr(at, "--")); at += 2)
		written++;
	if (listed == written)
		return 0;
	fprintf(stderr, "generate: the synopsis of '%s' has an option that the verb has not\n",
		verb->name);
	return -EINVAL;
}

/* scdoc makes words bold between * and underlined between _. */
static void put_scdoc(const char *text)
{
	for (; *text; text++) {
		if (strchr("*_\\", *text))
			putchar('\\');
		putchar(*text);
	}
}

/* The texts of the tables as sentences. */
static void put_sentence(const char *text)
{
	putchar(toupper((unsigned char)text[0]));
	put_scdoc(text + 1);
	printf(".\n\n");
}

static int fill_synopsis(const struct cli_verb *verb)
{
	bool optional = verb == cli_verbs;

	printf("*gpushift* %s*%s*%s ", optional ? "[" : "", verb->name, optional ? "]" : "");
	put_scdoc(verb->synopsis);
	putchar('\n');
	return 0;
}

static void fill_option(const struct cli_option *option)
{
	printf("*--%s*%s%s\n\t", option->name, option->value ? " " : "",
	       option->value ? option->value : "");
	put_sentence(option->help);
}

static int fill_options(const struct cli_verb *verb)
{
	for (int id = CLI_OPT_GLOBALS; id < CLI_OPT_MAX; id++) {
		if (verb->options & CLI_BIT(id))
			fill_option(&cli_options[id]);
	}
	return 0;
}

static int fill_globals(const struct cli_verb *verb)
{
	(void)verb;
	for (int id = 0; id < CLI_OPT_GLOBALS; id++)
		fill_option(&cli_options[id]);
	return 0;
}

static int fill_verbs(const struct cli_verb *verb)
{
	for (verb = cli_verbs; verb->name; verb++) {
		if (verb->flags & CLI_HIDDEN)
			continue;
		fill_synopsis(verb);
		putchar('\t');
		put_sentence(verb->summary);
	}
	return 0;
}

/* The manual pages that there must be: one for each first word, and one for all. */
static int fill_pages(const struct cli_verb *verb)
{
	const char *last = "";

	printf("gpushift.1\n");
	for (verb = cli_verbs; verb->name; verb++) {
		int first = (int)strcspn(verb->name, " ");

		if (verb->flags & CLI_HIDDEN)
			continue;
		if (strncmp(last, verb->name, first) != 0 || last[first] != ' ')
			printf("gpushift-%.*s.1\n", first, verb->name);
		last = verb->name;
	}
	return 0;
}

/* First words of verbs, or the second words that follow @group. */
static void put_words(const char *group)
{
	const char *last = "";

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		size_t first = strcspn(verb->name, " ");

		if (verb->flags & CLI_HIDDEN)
			continue;
		if (group) {
			if (strlen(group) == first && strncmp(group, verb->name, first) == 0 &&
			    verb->name[first])
				printf(" %s", verb->name + first + 1);
		} else if (strncmp(last, verb->name, first) != 0 || last[first] != ' ') {
			printf(" %.*s", (int)first, verb->name);
		}
		last = verb->name;
	}
}

/* For each first word of two, once. */
static void for_groups(void (*put)(const char *group))
{
	char last[32] = "";

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		size_t first = strcspn(verb->name, " ");

		if (verb->flags & CLI_HIDDEN || !verb->name[first] || first >= sizeof(last) ||
		    (strncmp(last, verb->name, first) == 0 && !last[first]))
			continue;
		snprintf(last, sizeof(last), "%.*s", (int)first, verb->name);
		put(last);
	}
}

static void put_group(const char *group)
{
	printf(" %s", group);
}

static void put_sh_group(const char *group)
{
	printf("\tlocal -a %s_verbs\n\t%s_verbs=(", group, group);
	put_words(group);
	printf(" )\n");
}

static void put_fish_group(const char *group)
{
	printf("\n    set -l %s_verbs", group);
	put_words(group);
}

static void put_options(const struct cli_verb *verb)
{
	for (int id = 0; id < CLI_OPT_MAX; id++) {
		if ((verb->options | CLI_GLOBALS) & CLI_BIT(id))
			printf(" --%s", cli_options[id].name);
	}
}

static void put_kinds(const struct cli_verb *verb)
{
	for (int i = 0; i < CLI_ARGUMENTS && verb->arguments[i] != CLI_NOTHING; i++)
		printf(" %s", kind_names[verb->arguments[i]]);
}

/* A branch of a case for each verb, in the language of bash and zsh. */
static int fill_sh_verbs(const struct cli_verb *verb)
{
	for (verb = cli_verbs; verb->name; verb++) {
		if (verb->flags & CLI_HIDDEN)
			continue;
		printf("\t'%s') kinds=(", verb->name);
		put_kinds(verb);
		printf(" ) options=(");
		put_options(verb);
		printf(" ) ;;\n");
	}
	return 0;
}

static int fill_sh_values(const struct cli_verb *verb)
{
	(void)verb;
	for (int id = 0; id < CLI_OPT_MAX; id++) {
		if (cli_options[id].value)
			printf("\t\t--%s) value=%s ;;\n", cli_options[id].name,
			       kind_names[cli_options[id].kind]);
	}
	return 0;
}

static int fill_sh_words(const struct cli_verb *verb)
{
	(void)verb;
	printf("\tverbs=(");
	put_words(NULL);
	printf(" )\n\tgroups=(");
	for_groups(put_group);
	printf(" )\n");
	for_groups(put_sh_group);
	printf("\tmodes=(");
	for (int mode = 0; mode < GS_MODE_WANTABLE; mode++)
		printf(" %s", gs_mode_name(mode));
	printf(" )\n");
	return 0;
}

/* The same for fish. */
static int fill_fish_verbs(const struct cli_verb *verb)
{
	for (verb = cli_verbs; verb->name; verb++) {
		if (verb->flags & CLI_HIDDEN)
			continue;
		printf("        case '%s'\n            set kinds", verb->name);
		put_kinds(verb);
		printf("\n            set options");
		put_options(verb);
		putchar('\n');
	}
	return 0;
}

static int fill_fish_values(const struct cli_verb *verb)
{
	(void)verb;
	for (int id = 0; id < CLI_OPT_MAX; id++) {
		if (cli_options[id].value)
			printf("            case --%s\n                set value %s\n",
			       cli_options[id].name, kind_names[cli_options[id].kind]);
	}
	return 0;
}

static int fill_fish_words(const struct cli_verb *verb)
{
	(void)verb;
	printf("    set -l verbs");
	put_words(NULL);
	printf("\n    set -l groups");
	for_groups(put_group);
	for_groups(put_fish_group);
	printf("\n    set -l modes");
	for (int mode = 0; mode < GS_MODE_WANTABLE; mode++)
		printf(" %s", gs_mode_name(mode));
	putchar('\n');
	return 0;
}

static const struct filler {
	const char *name;
	int (*fill)(const struct cli_verb *verb);
} fillers[] = {
	{"synopsis", fill_synopsis},	 {"options", fill_options},
	{"globals", fill_globals},	 {"verbs", fill_verbs},
	{"pages", fill_pages},		 {"sh-verbs", fill_sh_verbs},
	{"sh-values", fill_sh_values},	 {"sh-words", fill_sh_words},
	{"fish-verbs", fill_fish_verbs}, {"fish-values", fill_fish_values},
	{"fish-words", fill_fish_words},
};

static const struct cli_verb *named_verb(const char *name)
{
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (gs_streq(verb->name, name))
			return verb;
	}
	return NULL;
}

/* @line without its @ signs: a name, and a verb where the name needs one. */
static int fill(char *line)
{
	char *verb_name = strchr(line, ' ');
	const struct cli_verb *verb = &cli_verbs[0];

	if (verb_name) {
		*verb_name++ = '\0';
		verb = named_verb(verb_name);
	}
	for (size_t i = 0; verb && i < GS_ARRAY_SIZE(fillers); i++) {
		if (gs_streq(fillers[i].name, line))
			return fillers[i].fill(verb);
	}
	fprintf(stderr, "generate: nothing fills @%s %s@\n", line, verb_name ? verb_name : "");
	return -EINVAL;
}

int main(void)
{
	char line[MAX_LINE];

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (!(verb->flags & CLI_HIDDEN) && check_verb(verb) < 0)
			return 1;
	}
	while (fgets(line, sizeof(line), stdin)) {
		size_t length = strcspn(line, "\n");

		if (length < 3 || line[0] != '@' || line[length - 1] != '@') {
			fputs(line, stdout);
			continue;
		}
		line[length - 1] = '\0';
		if (fill(line + 1) < 0)
			return 1;
	}
	return ferror(stdin) || fflush(stdout) == EOF;
}
