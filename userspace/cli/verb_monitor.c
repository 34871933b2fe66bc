// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_monitor.c - gpushift monitor: live events until Ctrl-C */
#include <signal.h>

#include "events.h"
#include "host.h"
#include "json.h"
#include "modes.h"
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

struct monitor {
	struct cli *cli;
	struct gs_events *events;
	struct cli_modes *modes;
	bool reopen; /* the module came or went */
};

static int print_mode(struct cli *cli, const char *card, const char *from, const char *to)
{
	if (cli->json) {
		int r = cli_document_line(gs_json_event_mode(card, from, to));

		return r ? r : flushed();
	}
	cli_line(stdout, "mode-changed %s %s, was %s", card, to, from);
	return flushed();
}

static int print_ready(struct cli *cli, const struct gs_host *host)
{
	int r = 0;

	if (cli->json)
		r = cli_document_line(
			gs_json_event_ready(host->generation_known, host->generation));
	else if (host->generation_known)
		cli_line(stdout, "ready, generation %u", host->generation);
	else
		cli_line(stdout, "ready");
	return r ? r : flushed();
}

/* From here on every event is told: where the generation stands. */
static int begin(struct monitor *monitor)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct cli *cli = monitor->cli;
	int r = cli_read_host(cli, 0, &host);

	if (r == 0 && !monitor->modes &&
	    cli_modes_open(cli, host, print_mode, &monitor->modes) < 0)
		return cli_no_memory(cli);
	return r ? r : print_ready(cli, host);
}

static int print_event(struct monitor *monitor, const struct gs_event *event)
{
	struct cli *cli = monitor->cli;

	if (event->kind == GS_EVENT_LOST) {
		cli_message("events were lost; read the list again");
		return begin(monitor);
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

static int print_events(struct monitor *monitor)
{
	struct gs_event event;
	bool any = false;
	int r, status = 0;

	while (status == 0 && (r = gs_events_next(monitor->events, &event)) > 0) {
		any = true;
		if (event.kind == GS_EVENT_SOURCE)
			monitor->reopen = true;
		/* The other one is for those who keep a model; it says nothing that can be told. */
		else if (event.kind != GS_EVENT_CHANGED)
			status = print_event(monitor, &event);
	}
	if (status)
		return status;
	if (r < 0)
		return cli_fail(monitor->cli, GS_EXIT_FAILED, "failed", NULL,
				"cannot read events: %s", strerror(-r));
	return any ? cli_modes_read(monitor->modes) : 0;
}

/* Listen first: what changes while the generation is read is told as well. */
static int open_events(struct monitor *monitor)
{
	struct cli *cli = monitor->cli;
	int r;

	gs_events_close(gs_steal(monitor->events));
	r = gs_events_open(cli->engine, &monitor->events);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot listen: %s",
				strerror(-r));
	monitor->reopen = false;
	return begin(monitor);
}

enum { POLL_STDOUT, POLL_MODES, POLL_EVENTS, POLL_MAX = POLL_EVENTS + 2 };

static nfds_t fill(const struct monitor *monitor, struct pollfd polls[POLL_MAX])
{
	int fds[POLL_MAX - POLL_EVENTS];
	size_t n = gs_events_fds(monitor->events, fds);

	/* Nothing is asked of stdout but to say when its reader has gone. */
	polls[POLL_STDOUT] = (struct pollfd){.fd = STDOUT_FILENO};
	polls[POLL_MODES] = cli_modes_poll(monitor->modes);
	for (size_t i = 0; i < n; i++)
		polls[POLL_EVENTS + i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	return POLL_EVENTS + n;
}

static int wait_for_more(struct monitor *monitor, const sigset_t *mask)
{
	struct pollfd polls[POLL_MAX];
	nfds_t n = fill(monitor, polls);

	if (ppoll(polls, n, NULL, mask) < 0)
		return errno == EINTR ? 0 :
					cli_fail(monitor->cli, GS_EXIT_FAILED, "failed", NULL,
						 "cannot wait for events: %s", strerror(errno));
	if (!(polls[POLL_STDOUT].revents & (POLLERR | POLLHUP | POLLNVAL)))
		return 0;
	cli_message("write error: the output was closed");
	return GS_EXIT_FAILED;
}

static int watch(struct monitor *monitor, const sigset_t *mask)
{
	int r = 0;

	/* What is already there first: the bus may have read some ahead. */
	while (r == 0 && !stopped) {
		r = print_events(monitor);
		if (r == 0)
			r = cli_modes_next(monitor->modes);
		if (r == 0 && monitor->reopen)
			r = open_events(monitor);
		else if (r == 0)
			r = wait_for_more(monitor, mask);
	}
	return r;
}

int verb_monitor(struct cli *cli)
{
	struct monitor monitor = {.cli = cli};
	sigset_t mask;
	int r;

	if (cli->root)
		return cli_usage(cli, "--root DIR is a tree of files, and has no events");
	catch_signals(&mask);
	r = open_events(&monitor);
	if (r == 0)
		r = watch(&monitor, &mask);
	cli_modes_close(monitor.modes);
	gs_events_close(monitor.events);
	return r;
}
