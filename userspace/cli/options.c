// SPDX-License-Identifier: GPL-2.0-or-later
/* options.c - from the command line to struct cli */
#include <ctype.h>
#include <getopt.h>
#include <systemd/sd-id128.h>

#include "options.h"
#include "output.h"
#include "suggest.h"

#define MAX_COUNT 1000000
#define MAX_TIMEOUT_S 86400

/* A whole number from @low to @high in plain digits. */
static int parse_number(const char *text, unsigned long low, unsigned long high, unsigned int *ret)
{
	unsigned long number;
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	number = strtoul(text, &end, 10);
	if (errno || *end || number < low || number > high)
		return -EINVAL;
	*ret = (unsigned int)number;
	return 0;
}

static int add_profile(struct cli *cli, char *type)
{
	if (!type[0])
		return cli_usage(cli, "--profile needs the id or the name of a vGPU type");
	/* One vGPU is made, of one type. */
	if (cli->n_profiles && !(cli->verb->options & CLI_BIT(CLI_OPT_COUNT)))
		return cli_usage(cli, "--profile can be given only once");
	if (gs_grow(&cli->profiles, cli->n_profiles, sizeof(*cli->profiles)) < 0)
		return cli_no_memory(cli);
	cli->profiles[cli->n_profiles].type = type;
	cli->profiles[cli->n_profiles].count = 0;
	cli->n_profiles++;
	return 0;
}

static int set_vfs(struct cli *cli, const char *text)
{
	if (cli->vfs)
		return cli_usage(cli, "--count was given twice");
	if (parse_number(text, 1, MAX_COUNT, &cli->vfs) < 0)
		return cli_usage(cli, "--count is a number from 1 to %d, not '%s'", MAX_COUNT,
				 text);
	return 0;
}

static int set_count(struct cli *cli, const char *text)
{
	struct gs_profile_want *profile;

	/* Alone it is the number of VFs; which verb and mode take that is seen later. */
	if (!cli->n_profiles)
		return set_vfs(cli, text);
	profile = &cli->profiles[cli->n_profiles - 1];
	if (profile->count)
		return cli_usage(cli, "--count was given twice for '%s'", profile->type);
	if (parse_number(text, 1, MAX_COUNT, &profile->count) < 0)
		return cli_usage(cli, "--count is a number from 1 to %d, not '%s'", MAX_COUNT,
				 text);
	return 0;
}

static int add_with(struct cli *cli, const char *text)
{
	struct gs_address address;

	if (gs_address_parse(text, &address) < 0)
		return cli_usage(cli, "--with takes a PCI address like 0000:01:00.1, not '%s'",
				 text);
	if (gs_grow(&cli->with, cli->n_with, sizeof(*cli->with)) < 0)
		return cli_no_memory(cli);
	cli->with[cli->n_with++] = address;
	return 0;
}

static int set_driver(struct cli *cli, const char *name)
{
	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("_-", *p))
			return cli_usage(cli, "'%s' is not the name of a driver", name);
	}
	if (!name[0])
		return cli_usage(cli, "--driver needs the name of a driver");
	cli->driver = name;
	return 0;
}

static int set_uuid(struct cli *cli, const char *text)
{
	sd_id128_t id;

	/* The long form only: the short one is no name for an mdev. */
	if (strlen(text) != sizeof(cli->uuid) - 1 || sd_id128_from_string(text, &id) < 0)
		return cli_usage(cli, "'%s' is not a UUID", text);
	snprintf(cli->uuid, sizeof(cli->uuid), SD_ID128_UUID_FORMAT_STR, SD_ID128_FORMAT_VAL(id));
	return 0;
}

static int set_timeout(struct cli *cli, const char *text)
{
	unsigned int seconds;

	if (parse_number(text, 1, MAX_TIMEOUT_S, &seconds) < 0)
		return cli_usage(cli, "--timeout is a number of seconds from 1 to %d, not '%s'",
				 MAX_TIMEOUT_S, text);
	cli->timeout_ms = seconds * 1000;
	cli->timeout_given = true;
	return 0;
}

static int set_rounds(struct cli *cli, const char *text)
{
	if (parse_number(text, 1, MAX_COUNT, &cli->rounds) < 0)
		return cli_usage(cli, "--rounds is a number from 1 to %d, not '%s'", MAX_COUNT,
				 text);
	return 0;
}

static int set_deadline(struct cli *cli, const char *text)
{
	unsigned int seconds;

	if (parse_number(text, 1, MAX_TIMEOUT_S, &seconds) < 0)
		return cli_usage(cli, "--deadline is a number of seconds from 1 to %d, not '%s'",
				 MAX_TIMEOUT_S, text);
	cli->end_us = gs_now_us() + seconds * 1000000ull;
	return 0;
}

static int set_root(struct cli *cli, const char *folder)
{
	if (!folder[0])
		return cli_usage(cli, "--root needs a folder");
	cli->root = folder;
	return 0;
}

static int set_option(struct cli *cli, enum cli_option_id id, char *value)
{
	switch (id) {
	case CLI_OPT_NO_COLOR:
		cli->no_color = true;
		return 0;
	case CLI_OPT_DIRECT:
		cli->direct = true;
		return 0;
	case CLI_OPT_JSON:
		cli->json = true;
		return 0;
	case CLI_OPT_QUIET:
		cli->quiet = true;
		return 0;
	case CLI_OPT_VERBOSE:
		cli->verbose = true;
		return 0;
	case CLI_OPT_VERSION:
		cli->version = true;
		return 0;
	case CLI_OPT_HELP:
		cli->help = true;
		return 0;
	case CLI_OPT_ALL:
		cli->all = true;
		return 0;
	case CLI_OPT_FORCE:
		cli->force = true;
		return 0;
	case CLI_OPT_PERSIST:
		cli->persist = true;
		return 0;
	case CLI_OPT_ROOT:
		return set_root(cli, value);
	case CLI_OPT_PROFILE:
		return add_profile(cli, value);
	case CLI_OPT_PARAMS:
		return cli_set_params(cli, value);
	case CLI_OPT_COUNT:
		return set_count(cli, value);
	case CLI_OPT_DRIVER:
		return set_driver(cli, value);
	case CLI_OPT_WITH:
		return add_with(cli, value);
	case CLI_OPT_UUID:
		return set_uuid(cli, value);
	case CLI_OPT_TIMEOUT:
		return set_timeout(cli, value);
	case CLI_OPT_WISHES:
		cli->wishes = true;
		return 0;
	case CLI_OPT_ROM:
		cli->rom = true;
		return 0;
	case CLI_OPT_REPORT:
		cli->report = value;
		return 0;
	case CLI_OPT_APPLY:
		cli->apply = true;
		return 0;
	case CLI_OPT_METHOD:
		cli->method = value;
		return 0;
	case CLI_OPT_HOOKS:
		cli->hooks = value;
		return 0;
	case CLI_OPT_NVIDIA_SMI:
		cli->nvidia_smi = true;
		return 0;
	case CLI_OPT_ROUNDS:
		return set_rounds(cli, value);
	case CLI_OPT_DEADLINE:
		return set_deadline(cli, value);
	case CLI_OPT_FORMAT:
		return cli_set_format(cli, value);
	case CLI_OPT_CARD:
		cli->whole_card = true;
		return 0;
	case CLI_OPT_VF:
		cli->vf = true;
		return 0;
	case CLI_OPT_ENDED:
		cli->ended = true;
		return 0;
	case CLI_OPT_FRAMEBUFFER:
		return cli_set_framebuffer(cli, value);
	case CLI_OPT_ON:
		return cli_add_on(cli, value);
	case CLI_OPT_POLICY:
		return cli_set_policy(cli, value);
	case CLI_OPT_VM:
		return cli_set_vm(cli, value);
	case CLI_OPT_MAX:
		break;
	}
	return cli_usage(cli, "unknown option");
}

/* The option that @word ("--name" or "--name=value") names exactly. */
static const struct cli_option *find_option(const char *word)
{
	size_t length = strcspn(word, "=");

	for (int id = 0; id < CLI_OPT_MAX; id++) {
		const struct cli_option *option = &cli_options[id];

		if (length == strlen(option->name) + 2 && strncmp(word, "--", 2) == 0 &&
		    strncmp(word + 2, option->name, length - 2) == 0)
			return option;
	}
	return NULL;
}

/* The index of the next word that is neither an option nor the value of one; argc: none. */
static int next_word(int argc, char **argv, int i)
{
	for (; i < argc; i++) {
		const struct cli_option *option;

		if (strcmp(argv[i], "--") == 0)
			break;
		if (argv[i][0] != '-')
			return i;
		option = find_option(argv[i]);
		if (option && option->value && !strchr(argv[i], '='))
			i++;
	}
	return argc;
}

static int unknown_option(struct cli *cli, const char *word)
{
	gs_cleanup_free char *name = strndup(word, strcspn(word, "="));
	uint64_t options = cli->verb ? cli->verb->options | CLI_GLOBALS : ~0ull;
	struct cli_suggest suggest;

	if (!name)
		return cli_no_memory(cli);
	cli_suggest_begin(&suggest, name[0] == '-' && name[1] == '-' ? name + 2 : name);
	for (int id = 0; id < CLI_OPT_MAX; id++) {
		if (options & CLI_BIT(id))
			cli_suggest_try(&suggest, cli_options[id].name);
	}
	if (cli->verb && find_option(word))
		return cli_usage(cli, "'%s' has no option '%s'", cli->verb->name, name);
	if (suggest.best)
		return cli_usage(cli, "unknown option '%s'; did you mean '--%s'?", name,
				 suggest.best);
	return cli_usage(cli, "unknown option '%s'", name);
}

/* The whole name of the first verb of a group. */
static const char *first_of_group(const char *group)
{
	size_t length = strlen(group);

	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (strncmp(verb->name, group, length) == 0 && verb->name[length] == ' ')
			return verb->name;
	}
	return group;
}

static int unknown_verb(struct cli *cli, const char *first, const char *second)
{
	gs_cleanup_free char *word = NULL;
	struct cli_suggest suggest;
	bool group = cli_verb_is_group(first);

	if (group && !second)
		return cli_usage(cli, "'%s' needs a second word, like '%s'", first,
				 first_of_group(first));
	word = group ? gs_asprintf("%s %s", first, second) : strdup(first);
	if (!word)
		return cli_no_memory(cli);
	cli_suggest_begin(&suggest, word);
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (!(verb->flags & CLI_HIDDEN))
			cli_suggest_try(&suggest, verb->name);
	}
	if (suggest.best)
		return cli_usage(cli, "unknown verb '%s'; did you mean '%s'?", word, suggest.best);
	return cli_usage(cli, "unknown verb '%s'", word);
}

/*
 * Finds the verb and takes its words out of @argv, which then holds options
 * and arguments only.
 */
static int take_verb(struct cli *cli, int *argc, char **argv)
{
	int first = next_word(*argc, argv, 1);
	int second = next_word(*argc, argv, first + 1);
	const char *second_word = second < *argc ? argv[second] : NULL;
	int words = 0;

	if (first == *argc) {
		cli->verb = &cli_verbs[0];
		return 0;
	}
	cli->verb = cli_verb_find(argv[first], second_word, &words);
	if (!cli->verb) {
		/* What looks like the verb may be the value of a mistyped option. */
		if (argv[first - 1][0] == '-' && first > 1 && !find_option(argv[first - 1]))
			return unknown_option(cli, argv[first - 1]);
		return unknown_verb(cli, argv[first], second_word);
	}
	cli->verb_named = true;
	if (words == 2) {
		memmove(&argv[second], &argv[second + 1], (*argc - second) * sizeof(*argv));
		(*argc)--;
	}
	memmove(&argv[first], &argv[first + 1], (*argc - first) * sizeof(*argv));
	(*argc)--;
	return 0;
}

static int add_argument(struct cli *cli, char *text)
{
	int max = 0;

	while (max < CLI_ARGUMENTS && cli->verb->arguments[max] != CLI_NOTHING)
		max++;
	if (cli->n_arguments == max)
		return cli_usage(cli, "'%s' is one argument too many for '%s'", text,
				 cli->verb->name);
	cli->arguments[cli->n_arguments++] = text;
	return 0;
}

/* What getopt_long() takes of the options of one verb. Returns how many. */
static void fill_long_options(const struct cli_verb *verb, struct option *options)
{
	int n = 0;

	for (int id = 0; id < CLI_OPT_MAX; id++) {
		if (!((verb->options | CLI_GLOBALS) & CLI_BIT(id)))
			continue;
		options[n].name = cli_options[id].name;
		options[n].has_arg = cli_options[id].value ? required_argument : no_argument;
		/* Above every character, which is what getopt_long() returns otherwise. */
		options[n].val = 256 + id;
		n++;
	}
}

/* One thing that getopt_long() found; @word is the element of argv that it was in. */
static int take_option(struct cli *cli, int found, char *word)
{
	switch (found) {
	case 1:
		return add_argument(cli, optarg);
	case 'h':
		cli->help = true;
		return 0;
	case ':':
		return cli_usage(cli, "'%s' needs a value", word);
	case '?':
		if (find_option(word) && strchr(word, '='))
			return cli_usage(cli, "'%s': this option takes no value", word);
		return unknown_option(cli, word);
	default:
		/* getopt_long() takes shortened names, which new options would break. */
		if (!find_option(word))
			return unknown_option(cli, word);
		return set_option(cli, found - 256, optarg);
	}
}

static int take_options(struct cli *cli, int argc, char **argv)
{
	struct option options[CLI_OPT_MAX + 1] = {0};
	int r = 0;

	fill_long_options(cli->verb, options);
	opterr = 0;
	optind = 1;
	while (r == 0) {
		int at = optind;
		/* "-": arguments come in order as 1, whatever POSIXLY_CORRECT says. */
		int found = getopt_long(argc, argv, "-:h", options, NULL);

		if (found < 0)
			break;
		r = take_option(cli, found, argv[at < argc ? at : argc - 1]);
	}
	while (r == 0 && optind < argc)
		r = add_argument(cli, argv[optind++]);
	return r;
}

static int check_arguments(struct cli *cli)
{
	if (cli->help || cli->version || cli->n_arguments >= cli->verb->min_arguments)
		return 0;
	return cli_usage(cli, "'%s' needs more: gpushift %s %s", cli->verb->name, cli->verb->name,
			 cli->verb->synopsis);
}

/* Errors on the command line are JSON too when it is asked for anywhere on it. */
static bool asks_for_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return true;
	}
	return false;
}

int cli_parse(struct cli *cli, int argc, char **argv)
{
	gs_cleanup_free char **words = NULL;
	int r;

	*cli = (struct cli){
		.argc = argc,
		.argv = argv,
		.json = asks_for_json(argc, argv),
		.timeout_ms = GS_DEFAULT_TIMEOUT_MS,
	};
	/* The array is changed below; what it points to lives as long as the program. */
	words = calloc(argc + 1, sizeof(*words));
	if (!words)
		return cli_no_memory(cli);
	memcpy(words, argv, argc * sizeof(*words));

	r = take_verb(cli, &argc, words);
	if (r == 0)
		r = take_options(cli, argc, words);
	if (r == 0)
		r = check_arguments(cli);
	/* A profile without a count is one. */
	for (size_t i = 0; i < cli->n_profiles; i++) {
		if (!cli->profiles[i].count)
			cli->profiles[i].count = 1;
	}
	return r;
}

void cli_clear(struct cli *cli)
{
	free(cli->profiles);
	gs_strv_free(cli->joined);
	free(cli->with);
	gs_strv_free(cli->on);
	gs_engine_close(cli->engine);
}
