// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_doctor.c - gpushift doctor: what stands in the way, and what to do about it */
#include "doctor.h"

#include <fcntl.h>

#include "host.h"
#include "output.h"
#include "switch.h"

#define READS                                                                                      \
	(GS_READ_ALL | GS_READ_NAMES | GS_READ_HOLDERS | GS_READ_TYPES | GS_READ_DRIVERS |        \
	 GS_READ_GROUPS)

static size_t count(const struct gs_doctor *doctor, enum gs_verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < doctor->n_findings; i++)
		n += doctor->findings[i].verdict == verdict;
	return n;
}

/* What is fine has one line; --verbose says all that was seen. */
static void print_finding(const struct cli *cli, const struct gs_finding *finding)
{
	static const enum cli_color colors[] = { [GS_CANNOT_TELL] = CLI_YELLOW,
						 [GS_FINE] = CLI_GREEN,
						 [GS_PROBLEM] = CLI_RED };
	bool all = cli->verbose || finding->verdict != GS_FINE || cli->n_arguments;
	char **fact = finding->evidence;

	cli_colored(cli, colors[finding->verdict], "%-7s", gs_verdict_name(finding->verdict));
	cli_line(stdout, "  %s%s%s: %s", finding->id,
		 finding->card ? " " : "", finding->card ? finding->card : "",
		 fact && *fact ? *fact : finding->about);
	for (fact += fact && *fact ? 1 : 0; all && fact && *fact; fact++)
		cli_line(stdout, "         %s", *fact);
	if (finding->fix)
		cli_line(stdout, "         fix: %s", finding->fix);
}

static void print_findings(const struct cli *cli, const struct gs_doctor *doctor)
{
	for (size_t i = 0; i < doctor->n_findings; i++)
		print_finding(cli, &doctor->findings[i]);
	cli_hint(cli, "%zu problems, %zu ok, %zu that could not be told", count(doctor, GS_PROBLEM),
		 count(doctor, GS_FINE), count(doctor, GS_CANNOT_TELL));
}

static int unknown_check(struct cli *cli)
{
	gs_cleanup_free char *known = strdup("");

	for (size_t i = 0; known && gs_doctor_id(i); i++) {
		char *longer = gs_asprintf("%s%s%s", known, i ? ", " : "", gs_doctor_id(i));

		free(known);
		known = longer;
	}
	return cli_usage(cli, "there is no check '%s'; there are %s", cli->arguments[0],
			 known ? known : "others");
}

static int write_all(int fd, const char *text)
{
	size_t length = strlen(text);
	ssize_t n;

	for (; length > 0; text += n, length -= (size_t)n) {
		n = write(fd, text, length);
		if (n < 0)
			return -errno;
	}
	return 0;
}

/* A file of the caller's, with his rights; one that is there is his, too. A part of one is of no use. */
static int write_file(struct cli *cli, const char *text)
{
	gs_cleanup_close int fd =
		open(cli->report, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 ? -errno : write_all(fd, text);

	if (r == -EEXIST)
		return cli_usage(cli, "'%s' is there already; name another file", cli->report);
	if (r == 0)
		return 0;
	if (fd >= 0)
		unlink(cli->report);
	return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot write '%s': %s", cli->report,
			strerror(-r));
}

/* Who uses the cards is nobody else's business. */
static int write_report(struct cli *cli, const struct gs_doctor *doctor)
{
	gs_cleanup_host struct gs_host *host = NULL;
	gs_cleanup_free char *text = NULL;
	int r;

	r = cli_read_host(cli, READS & ~GS_READ_HOLDERS, &host);
	if (r)
		return r;
	if (gs_doctor_report(doctor, host, &text) < 0)
		return cli_no_memory(cli);
	r = write_file(cli, text);
	if (r == 0)
		cli_hint(cli, "read %s before you give it to somebody", cli->report);
	return r;
}

static int report(struct cli *cli, const struct gs_doctor *doctor)
{
	enum gs_exit status = count(doctor, GS_PROBLEM) ? GS_EXIT_FAILED : GS_EXIT_DONE;
	int r = cli->report ? write_report(cli, doctor) : 0;

	if (r)
		return r;
	if (cli->json)
		return cli_document(gs_json_findings(doctor), status);
	print_findings(cli, doctor);
	return status;
}

int verb_doctor(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	gs_cleanup_boot struct gs_boot *boot = NULL;
	struct gs_doctor doctor = {.engine = cli->engine, .rom = cli->rom};
	int r;

	if (cli->report && cli->n_arguments)
		return cli_usage(cli, "a report is about all checks: leave '%s' out",
				 cli->arguments[0]);
	/* No switch may begin while a ROM is read. */
	if (cli->rom && !cli->root) {
		r = cli_switch_lock(cli, &lock);
		if (r)
			return r;
	}
	doctor.lock = lock;
	r = cli_read_host(cli, READS, &host);
	if (r)
		return r;
	r = gs_boot_read(cli->engine, &boot);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"the command line's configuration cannot be read: %s", strerror(-r));
	doctor.host = host;
	doctor.boot = boot;
	r = gs_doctor_run(&doctor, cli->n_arguments ? cli->arguments[0] : NULL);
	if (r == -ENOENT)
		r = unknown_check(cli);
	else
		r = r < 0 ? cli_no_memory(cli) : report(cli, &doctor);
	gs_doctor_clear(&doctor);
	return r;
}
