// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_export.c - gpushift export <card|uuid> --format F */
#include <ctype.h>

#include "exported.h"
#include "host.h"
#include "output.h"

static bool looks_like_uuid(const char *text)
{
	return strlen(text) == 36 && strspn(text, "0123456789abcdefABCDEF-") == 36;
}

/* As the kernel writes it. */
static const struct gs_vgpu *find_vgpu(const struct gs_host *host, const char *text)
{
	char name[37] = "";
	struct gs_address address;

	if (gs_address_parse(text, &address) == 0)
		return gs_host_vgpu(host, gs_address_format(&address, name));
	if (!looks_like_uuid(text))
		return NULL;
	for (size_t i = 0; text[i]; i++)
		name[i] = (char)tolower((unsigned char)text[i]);
	return gs_host_vgpu(host, name);
}

static int find(struct cli *cli, const struct gs_host *host, const char *text,
		struct gs_export *export)
{
	struct gs_card *card;
	int r;

	export->vgpu = find_vgpu(host, text);
	if (export->vgpu)
		return 0;
	if (looks_like_uuid(text))
		return cli_fail(cli, GS_EXIT_USAGE, "unknown-vgpu", "gpushift vgpu list",
				"there is no vGPU '%s'", text);
	r = cli_find_card(cli, host, text, &card);
	if (r == 0)
		export->card = card;
	return r;
}

/* Those of a mapping, in the order in which Proxmox VE tries them. */
static int find_all(struct cli *cli, const struct gs_host *host,
		    struct gs_export exports[CLI_ARGUMENTS])
{
	if (cli->n_arguments > 1 && cli->format != GS_EXPORT_PVE_MAPPING)
		return cli_usage(cli, "several are for --format %s; name one",
				 gs_export_format_name(GS_EXPORT_PVE_MAPPING));
	for (int i = 0; i < (int)cli->n_arguments; i++) {
		int r;

		exports[i].host = host;
		r = find(cli, host, cli->arguments[i], &exports[i]);
		if (r)
			return r;
		if (i == 0)
			continue;
		exports[i - 1].next = &exports[i];
		if (!gs_export_goes_with(&exports[0], &exports[i]))
			return cli_usage(cli, "a mapping has either cards or mediated devices, not "
					      "both '%s' and '%s'",
					 cli->arguments[0], cli->arguments[i]);
	}
	return 0;
}

int verb_export(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	gs_cleanup_free char *text = NULL;
	struct gs_export exports[CLI_ARGUMENTS] = { 0 };
	int r;

	if (!cli->format_given)
		return cli_usage(cli, "'export' needs --format F: one of " CLI_FORMATS);
	r = cli_read_host(cli, 0, &host);
	if (r)
		return r;
	cli_tell_interrupted(host);
	r = find_all(cli, host, exports);
	if (r == 0)
		r = cli_exported(cli, exports, cli->format, GS_EXIT_REFUSED, &text);
	if (r)
		return r;
	if (cli->json)
		return cli_document(cli_exported_json(exports, cli->format, text), GS_EXIT_DONE);
	/* Composed by us, and what is from outside in it is checked or quoted. */
	fputs(text, stdout);
	return GS_EXIT_DONE;
}
