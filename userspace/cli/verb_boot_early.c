// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_boot_early.c - gpushift boot early: what an initramfs has to know of the wishes */
#include "early.h"
#include "host.h"
#include "json_build.h"
#include "output.h"

static struct json_object *json_line(const struct gs_early_line *line)
{
	char identity[GS_IDENTITY_LEN];
	struct gs_json json;

	gs_identity_format(&line->place.identity, identity);
	gs_json_begin(&json);
	gs_json_put_string(&json, "address", line->place.address);
	gs_json_put_string(&json, "driver", line->driver);
	gs_json_put_string(&json, "identity", identity);
	gs_json_put_string(&json, "path", line->place.path);
	return gs_json_end(&json);
}

static struct json_object *json_early(const struct gs_early *early)
{
	struct gs_json json, array;

	gs_json_begin_document(&json);
	gs_json_begin_array(&array);
	for (size_t i = 0; i < early->n_lines; i++)
		gs_json_add(&array, json_line(&early->lines[i]));
	gs_json_put(&json, "functions", gs_json_end(&array));
	gs_json_put_bool(&json, "current", early->current);
	gs_json_put_string(&json, "rebuild", early->rebuild);
	return gs_json_end(&json);
}

static void print_lines(const char *text)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		cli_line(stdout, "%.*s", (int)length, text);
		text += length + (text[length] == '\n');
	}
}

int verb_boot_early(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	gs_cleanup_early struct gs_early *early = NULL;
	int r = cli_read_host(cli, 0, &host);

	if (r)
		return r;
	r = gs_early_read(cli->engine, host, &early);
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read the wishes: %s",
				strerror(-r));
	if (cli->json)
		return cli_document(json_early(early), GS_EXIT_DONE);
	print_lines(early->text);
	return GS_EXIT_DONE;
}
