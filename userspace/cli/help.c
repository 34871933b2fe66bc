// SPDX-License-Identifier: GPL-2.0-or-later
/* help.c - what the table of verbs says, for people and as JSON */
#include "json.h"
#include "json_build.h"
#include "output.h"

static void print_options(uint64_t options)
{
	for (int id = 0; id < CLI_OPT_MAX; id++) {
		const struct cli_option *option = &cli_options[id];
		char name[32];

		if (!(options & CLI_BIT(id)))
			continue;
		snprintf(name, sizeof(name), "--%s%s%s", option->name, option->value ? " " : "",
			 option->value ? option->value : "");
		printf("  %-16s  %s\n", name, option->help);
	}
}

static void print_synopsis(const struct cli_verb *verb)
{
	/* Without a verb, the first one is meant. */
	bool optional = verb == cli_verbs;

	printf("gpushift %s%s%s%s%s\n", optional ? "[" : "", verb->name, optional ? "]" : "",
	       verb->synopsis[0] ? " " : "", verb->synopsis);
}

static void print_verb(const struct cli_verb *verb)
{
	print_synopsis(verb);
	printf("  %s\n", verb->summary);
	if (verb->options) {
		printf("\noptions:\n");
		print_options(verb->options);
	}
	printf("\nglobal options, before or after the verb:\n");
	print_options(CLI_GLOBALS);
}

static void print_overview(void)
{
	printf("gpushift moves a GPU between the host, a VM and vGPUs.\n\n");
	printf("usage: gpushift [options] [verb] ...\n\n");
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (!(verb->flags & CLI_HIDDEN))
			printf("  %-12s  %s\n", verb->name, verb->summary);
	}
	printf("\noptions, before or after the verb:\n");
	print_options(CLI_GLOBALS);
	printf("\n<card> is a PCI address, as in 0000:01:00.0 or 01:00.0.\n"
	       "More: gpushift help VERB, man gpushift\n");
}

static struct json_object *json_verb(const struct cli_verb *verb)
{
	char *names[CLI_OPT_MAX + 1] = {NULL};
	struct gs_json json;
	int n = 0;

	for (int id = 0; id < CLI_OPT_MAX; id++) {
		if ((verb->options | CLI_GLOBALS) & CLI_BIT(id))
			names[n++] = (char *)cli_options[id].name;
	}
	gs_json_begin(&json);
	gs_json_put_string(&json, "name", verb->name);
	gs_json_put_string(&json, "synopsis", verb->synopsis);
	gs_json_put_string(&json, "summary", verb->summary);
	gs_json_put_strings(&json, "options", names);
	return gs_json_end(&json);
}

static struct json_object *json_help(const struct cli_verb *only)
{
	struct gs_json json, verbs;

	gs_json_begin_array(&verbs);
	for (const struct cli_verb *verb = cli_verbs; verb->name; verb++) {
		if (only ? verb == only : !(verb->flags & CLI_HIDDEN))
			gs_json_add(&verbs, json_verb(verb));
	}
	gs_json_begin_document(&json);
	gs_json_put(&json, "verbs", gs_json_end(&verbs));
	return gs_json_end(&json);
}

int cli_help(struct cli *cli, const struct cli_verb *verb)
{
	if (cli->json)
		return cli_document(json_help(verb), GS_EXIT_DONE);
	if (verb)
		print_verb(verb);
	else
		print_overview();
	return GS_EXIT_DONE;
}

int cli_version(struct cli *cli)
{
	struct gs_json json;

	if (!cli->json) {
		printf("gpushift %s\n", GPUSHIFT_VERSION);
		return GS_EXIT_DONE;
	}
	gs_json_begin_document(&json);
	gs_json_put_string(&json, "version", GPUSHIFT_VERSION);
	return cli_document(gs_json_end(&json), GS_EXIT_DONE);
}
