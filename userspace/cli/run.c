// SPDX-License-Identifier: GPL-2.0-or-later
/* run.c - parse, open the engine, run the verb: in this process, or by the daemon */
#include "bus.h"
#include "config.h"
#include "job.h"
#include "output.h"

static int open_engine(struct cli *cli)
{
	int r = gs_engine_open(cli->root, &cli->engine);

	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r < 0 && cli->root)
		return cli_usage(cli, "cannot look at '%s': %s", cli->root, strerror(-r));
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot open the host: %s",
				strerror(-r));
	return 0;
}

/*
 * What is configured. A verb that only looks goes on without it: it is needed
 * most on a host where something is wrong.
 */
static int configure(struct cli *cli)
{
	bool needed = cli->verb->flags & (CLI_WRITES | CLI_CONFIGURED);
	struct gs_config_error error;
	int r = gs_engine_configure(cli->engine, &error);

	if (r == 0) {
		if (!cli->timeout_given && cli->engine->configuration->timeout_ms)
			cli->timeout_ms = cli->engine->configuration->timeout_ms;
		return 0;
	}
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (needed)
		r = cli_fail(cli, GS_EXIT_FAILED, "bad-configuration", error.fix, "%s",
			     error.message ? error.message : strerror(-r));
	else if (r == -EINVAL && !(cli->verb->flags & CLI_HIDDEN))
		cli_hint(cli, "without the configuration: %s", error.message);
	gs_config_error_clear(&error);
	return needed ? r : 0;
}

static int run(struct cli *cli)
{
	int r;

	if (cli->version)
		return cli_version(cli);
	if (cli->help)
		return cli_help(cli, cli->verb_named ? cli->verb : NULL);
	if (cli->root && cli->verb->flags & CLI_WRITES)
		return cli_usage(cli, "'%s' changes devices, and --root DIR has none",
				 cli->verb->name);
	if (!(cli->verb->flags & CLI_NO_ENGINE)) {
		r = open_engine(cli);
		if (r == 0)
			r = configure(cli);
		if (r)
			return r;
	}
	/* At boot wishes are granted by a unit of their own, which waits for nobody. */
	if (cli->verb->flags & CLI_BY_DAEMON && !cli->direct && !cli->root && !cli->wishes) {
		int status;

		if (cli_bus_run(cli, &status))
			return status;
	}
	return cli->verb->run(cli);
}

int cli_main(int argc, char **argv)
{
	struct cli cli;
	int status;

	status = cli_parse(&cli, argc, argv);
	if (status == 0)
		status = run(&cli);
	cli_clear(&cli);
	return status;
}

int cli_main_job(int fd, int argc, char **argv)
{
	int status;

	cli_job_begin(fd);
	status = cli_main(argc, argv);
	cli_job_end(status);
	return status;
}

