// SPDX-License-Identifier: GPL-2.0-or-later
/* main.c - parse, open the engine, run the verb, flush */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>

#include "config.h"
#include "output.h"

/*
 * No file that is opened later may land on a standard stream. Null devices
 * that cannot be used the wrong way stand in, so that writing a result to a
 * closed stdout still fails.
 */
static int keep_standard_streams(void)
{
	static const int stand_in[] = {O_WRONLY, O_RDONLY, O_WRONLY};

	for (int fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", stand_in[fd]) != fd)
			return -EBADF;
	}
	return 0;
}

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
	return cli->verb->run(cli);
}

int main(int argc, char **argv)
{
	struct cli cli;
	int status;

	if (keep_standard_streams() < 0)
		return GS_EXIT_FAILED;
	/* The same output in every locale; UTF-8 only so that names are measured right. */
	setlocale(LC_CTYPE, "C.UTF-8");
	setvbuf(stderr, NULL, _IOLBF, 0);
	/* A reader that goes away must not kill a switch half way. */
	signal(SIGPIPE, SIG_IGN);

	status = cli_parse(&cli, argc, argv);
	if (status == 0)
		status = run(&cli);
	cli_clear(&cli);
	return cli_finish(status);
}
