// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_help.c - gpushift help [<verb>] */
#include "output.h"
#include "suggest.h"

static int unknown(struct cli *cli, const char *word)
{
	struct cli_suggest suggest;

	cli_suggest_begin(&suggest, word);
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (!(verb->flags & CLI_HIDDEN))
			cli_suggest_try(&suggest, verb->name);
	}
	if (suggest.best)
		return cli_usage(cli, "there is no verb '%s'; did you mean '%s'?", word,
				 suggest.best);
	return cli_usage(cli, "there is no verb '%s'", word);
}

/* The verbs that share their first word, as in "vgpu list". */
static int help_group(struct cli *cli, const char *word)
{
	if (cli->json)
		return cli_help(cli, NULL);
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (strncmp(verb->name, word, strlen(word)) == 0)
			printf("gpushift %s %s\n  %s\n", verb->name, verb->synopsis, verb->summary);
	}
	return GS_EXIT_DONE;
}

int verb_help(struct cli *cli)
{
	const char *first = cli->arguments[0];
	const struct cli_verb *verb;
	int words = 0;

	if (!first)
		return cli_help(cli, NULL);
	verb = cli_verb_find(first, cli->arguments[1], &words);
	if (verb && words == cli->n_arguments)
		return cli_help(cli, verb);
	if (cli_verb_is_group(first) && cli->n_arguments == 1)
		return help_group(cli, first);
	return unknown(cli, verb ? cli->arguments[1] : first);
}
