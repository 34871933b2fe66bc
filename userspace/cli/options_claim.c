// SPDX-License-Identifier: GPL-2.0-or-later
/* options_claim.c - the options of export, claim and release */
#include "exported.h"
#include "options.h"
#include "output.h"
#include "suggest.h"

int cli_set_format(struct cli *cli, const char *text)
{
	struct cli_suggest suggest;

	cli->format_given = true;
	if (gs_export_format_parse(text, &cli->format) == 0)
		return 0;
	cli_suggest_begin(&suggest, text);
	for (int format = 0; format < GS_EXPORT_FORMATS; format++)
		cli_suggest_try(&suggest, gs_export_format_name((enum gs_export_format)format));
	if (suggest.best)
		return cli_usage(cli, "there is no format '%s'; did you mean '%s'?", text,
				 suggest.best);
	return cli_usage(cli, "there is no format '%s'; there are: " CLI_FORMATS, text);
}

int cli_set_policy(struct cli *cli, const char *text)
{
	if (gs_claim_policy_parse(text, &cli->policy) == 0)
		return 0;
	return cli_usage(cli, "there is no policy '%s'; there are pack and spread", text);
}

int cli_set_framebuffer(struct cli *cli, const char *text)
{
	if (gs_claim_size_parse(text, &cli->framebuffer) == 0)
		return 0;
	return cli_usage(cli, "--framebuffer takes a size like 4G or 512M, not '%s'", text);
}

int cli_add_on(struct cli *cli, const char *name)
{
	return gs_strv_add(&cli->on, name) < 0 ? cli_no_memory(cli) : 0;
}

/* It ends up in files and on terminals, and nowhere as a path without being looked at. */
int cli_set_vm(struct cli *cli, const char *name)
{
	if (!name[0] || strlen(name) > 255)
		return cli_usage(cli, "--vm needs the name of a VM");
	cli->vm = name;
	return 0;
}
