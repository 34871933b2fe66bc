// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_groups.c - gpushift groups */
#include "explain.h"
#include "host.h"
#include "json.h"
#include "output.h"
#include "table.h"
#include "text.h"

static int add_member(struct cli_table *table, const struct gs_host *host,
		      const struct gs_group *group, const char *member)
{
	gs_cleanup_free char *id = cli_text_group(group->id);
	const struct gs_function *function = NULL;
	struct gs_address address;
	char class[5] = "";

	if (!id)
		return -ENOMEM;
	if (gs_address_parse(member, &address) == 0)
		function = gs_host_function(host, &address);
	if (function)
		cli_text_class(function, class);
	return cli_table_row(table, (const char *const[]){id, group->type, member, class,
							  function ? function->driver : NULL,
							  function ? function->name : NULL});
}

static int print_groups(const struct gs_host *host)
{
	static const struct cli_column columns[] = {
		{"GROUP", CLI_NUMBER},
		{"TYPE", CLI_WHOLE},
		{"ADDRESS", CLI_WHOLE},
		{"CLASS", CLI_WHOLE},
		{"DRIVER", CLI_WHOLE},
		{"NAME", CLI_SHORTENS},
		{NULL, 0},
	};
	cli_cleanup_table struct cli_table *table = cli_table_new(columns);
	int r;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < host->n_groups; i++) {
		const struct gs_group *group = &host->groups[i];

		for (char **member = group->members; member && *member; member++) {
			r = add_member(table, host, group, *member);
			if (r < 0)
				return r;
		}
	}
	return cli_table_print(table);
}

/* Below the table, so that its lines stay whole. */
static int print_culprits(const struct gs_host *host)
{
	for (size_t i = 0; i < host->n_groups; i++) {
		gs_cleanup_free char *text = NULL;

		if (gs_explain_group(host, &host->groups[i], &text) < 0)
			return -ENOMEM;
		if (text)
			cli_line(stdout, "%s", text);
	}
	return 0;
}

int verb_groups(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	int r;

	r = cli_read_host(cli, GS_READ_ALL | GS_READ_GROUPS | GS_READ_NAMES, &host);
	if (r)
		return r;
	cli_tell_interrupted(host);
	if (cli->json)
		return cli_document(gs_json_groups(host), GS_EXIT_DONE);
	if (!host->n_groups)
		cli_line(stdout, "This host has no IOMMU group: its IOMMU is off or missing.");
	else if (print_groups(host) < 0 || print_culprits(host) < 0)
		return cli_no_memory(cli);
	return GS_EXIT_DONE;
}
