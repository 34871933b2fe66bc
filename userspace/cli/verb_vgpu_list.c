// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_vgpu_list.c - gpushift vgpu list */
#include "host.h"
#include "json.h"
#include "output.h"
#include "table.h"
#include "text.h"

/* One that is not there now. */
static int add_definition(struct cli_table *table, const struct gs_host *host,
			  const struct gs_definition *definition)
{
	if (gs_host_vgpu(host, definition->uuid))
		return 0;
	return cli_table_row(table,
			     (const char *const[]){definition->uuid, definition->parent,
						   definition->type, NULL, NULL,
						   definition->ours ? "gpushift" : "other",
						   "not started",
						   definition->automatic ? "auto" : "manual", NULL});
}

static bool any_defined(const struct gs_host *host)
{
	for (size_t i = 0; i < host->n_vgpus; i++)
		if (host->vgpus[i].start)
			return true;
	return false;
}

static bool any_params(const struct gs_host *host)
{
	for (size_t i = 0; i < host->n_vgpus; i++)
		if (host->vgpus[i].params && *host->vgpus[i].params)
			return true;
	return false;
}

static int print_vgpus(const struct gs_host *host, bool all)
{
	bool params = any_params(host);
	/* The last columns are for whom they tell something: names shorten for them. */
	const struct cli_column columns[] = {
		{"VGPU", CLI_WHOLE},	{"PARENT", CLI_WHOLE},
		{"TYPE", CLI_WHOLE},	{"NAME", CLI_SHORTENS},
		{"BACKEND", CLI_WHOLE}, {"OWNER", CLI_WHOLE},
		{"IN USE", CLI_WHOLE},	{params || all || any_defined(host) ? "START" : NULL, CLI_WHOLE},
		{params ? "PARAMS" : NULL, CLI_WHOLE},
		{NULL, 0},
	};
	cli_cleanup_table struct cli_table *table = cli_table_new(columns);
	int r;

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < host->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = &host->vgpus[i];

		r = cli_table_row(table,
				  (const char *const[]){vgpu->uuid ? vgpu->uuid : vgpu->address,
							vgpu->parent, vgpu->type, vgpu->type_name,
							vgpu->backend, vgpu->owner,
							cli_text_known(vgpu->in_use),
							vgpu->start,
							vgpu->params && *vgpu->params ? vgpu->params
										      : NULL});
		if (r < 0)
			return r;
	}
	for (size_t i = 0; all && i < host->n_definitions; i++) {
		r = add_definition(table, host, &host->definitions[i]);
		if (r < 0)
			return r;
	}
	return cli_table_print(table);
}

int verb_vgpu_list(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	int r;

	r = cli_read_host(cli, GS_READ_NAMES | GS_READ_HOLDERS | GS_READ_TYPES, &host);
	if (r)
		return r;
	cli_tell_interrupted(host);
	if (cli->json)
		return cli_document(gs_json_vgpus(host), GS_EXIT_DONE);
	if (!host->n_vgpus && !(cli->all && host->n_definitions))
		cli_line(stdout, "This host has no vGPU.");
	else if (print_vgpus(host, cli->all) < 0)
		return cli_no_memory(cli);
	return GS_EXIT_DONE;
}
