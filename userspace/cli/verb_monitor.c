// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_monitor.c - gpushift monitor: live events until Ctrl-C */
#include <poll.h>
#include <signal.h>

#include "events.h"
#include "host.h"
#include "json.h"
#include "output.h"

static volatile sig_atomic_t stopped;

static void note_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* Signals stay blocked but while polling (@ret is the mask for that), so that none is missed. */
static void catch_signals(sigset_t *ret)
{
	struct sigaction action = {.sa_handler = note_signal};
	sigset_t blocked;

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, ret);
	/* Also when whoever started this blocked them. */
	sigdelset(ret, SIGINT);
	sigdelset(ret, SIGTERM);
}

/* An event is of use only while it is fresh. */
static int flushed(void)
{
	return fflush(stdout) == EOF ? GS_EXIT_FAILED : GS_EXIT_DONE;
}

/* From here on every event is told: where the generation stands. */
static int print_ready(struct cli *cli)
{
	gs_cleanup_host struct gs_host *host = NULL;
	int r;

	r = cli_read_host(cli, 0, &host);
	if (r)
		return r;
	if (cli->json)
		r = cli_document_line(
			gs_json_event_ready(host->generation_known, host->generation));
	else if (host->generation_known)
		cli_line(stdout, "ready, generation %u", host->generation);
	else
		cli_line(stdout, "ready");
	return r ? r : flushed();
}

static int print_event(struct cli *cli, const struct gs_event *event)
{
	if (event->kind == GS_EVENT_LOST) {
		cli_message("events were lost; read the list again");
		return print_ready(cli);
	}
	if (cli->json) {
		int r = cli_document_line(gs_json_event(event));

		return r ? r : flushed();
	}
	cli_line(stdout, "%s %s%s%s%s%s", gs_event_name(event->kind), event->address,
		 event->driver[0] ? " " : "", event->driver, event->parent[0] ? " on " : "",
		 event->parent);
	return flushed();
}

static int print_events(struct cli *cli, struct gs_events *events)
{
	struct gs_event event;
	int r;

	while ((r = gs_events_next(events, &event)) > 0) {
		int status = 0;

		/* For those who keep a model; it says nothing that can be told. */
		if (event.kind != GS_EVENT_CHANGED)
			status = print_event(cli, &event);
		if (status)
			return status;
	}
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read events: %s",
				strerror(-r));
	return 0;
}

static int watch(struct cli *cli, struct gs_events *events, const sigset_t *mask)
{
	struct pollfd polls[3];
	int fds[2], r = 0;
	size_t n = gs_events_fds(events, fds);

	for (size_t i = 0; i < n; i++)
		polls[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	/* Nothing is asked of stdout but to say when its reader has gone. */
	polls[n] = (struct pollfd){.fd = STDOUT_FILENO};

	while (r == 0 && !stopped) {
		if (ppoll(polls, n + 1, NULL, mask) < 0) {
			if (errno == EINTR)
				continue;
			return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
					"cannot wait for events: %s", strerror(errno));
		}
		r = print_events(cli, events);
		if (r == 0 && polls[n].revents & (POLLERR | POLLHUP | POLLNVAL)) {
			cli_message("write error: the output was closed");
			r = GS_EXIT_FAILED;
		}
	}
	return r;
}

int verb_monitor(struct cli *cli)
{
	struct gs_events *events;
	sigset_t mask;
	int r;

	if (cli->root)
		return cli_usage(cli, "--root DIR is a tree of files, and has no events");
	catch_signals(&mask);
	/* Listen first: what changes while the generation is read is told as well. */
	r = gs_events_open(cli->engine, &events);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot listen: %s",
				strerror(-r));
	r = print_ready(cli);
	if (r == 0)
		r = watch(cli, events, &mask);
	gs_events_close(events);
	return r;
}
