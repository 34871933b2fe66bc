// SPDX-License-Identifier: GPL-2.0-or-later
/* main.c - gpushiftd: start, serve, reload, stop */
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <systemd/sd-daemon.h>

#include "ask.h"
#include "job.h"
#include "leases.h"
#include "log.h"
#include "shown.h"
#include "reload.h"
#include "watch.h"

/* How long a stop waits for switches to be undone; the unit allows more. */
#define PATIENCE_US (30 * 1000000ULL)

/* The least that glibc gives back to the system by itself is a lot for a daemon that mostly waits. */
static void give_back_memory(void)
{
	malloc_trim(0);
}

static int usage(FILE *stream, int status)
{
	fprintf(stream, "usage: gpushiftd [--root DIR]\n"
			"  --root DIR   look at another tree that holds sys, proc, dev and etc; change nothing\n"
			"  --version    print the version\n"
			"The bus is the system bus, or DBUS_SYSTEM_BUS_ADDRESS.\n");
	return status;
}

/* Returns 0, or -1 when the program is to end with *@status. */
static int parse(int argc, char **argv, const char **root, int *status)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "version", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int found;

	while ((found = getopt_long(argc, argv, "h", options, NULL)) >= 0) {
		if (found == 'r') {
			*root = optarg;
			continue;
		}
		if (found == 'v')
			printf("gpushiftd %s\n", GPUSHIFT_VERSION);
		*status = found == 'v' ? 0 : found == 'h' ? usage(stdout, 0) : usage(stderr, 2);
		return -1;
	}
	if (optind == argc)
		return 0;
	*status = usage(stderr, 2);
	return -1;
}

int daemon_reload(struct daemon *daemon)
{
	int r;

	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)gs_now_us());
	r = watch_open(daemon);
	if (r == 0)
		r = shown_read(daemon);
	give_back_memory();
	(void)sd_notify(0, "READY=1");
	if (r == 0)
		log_tell(LOG_RELOADED, NULL, "read again: %zu cards", daemon->n_gpus);
	return r;
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	int r = daemon_reload(data);

	(void)source;
	(void)info;
	if (r < 0)
		log_error(r, "cannot reload");
	return 0;
}

static int on_patience_ends(sd_event_source *source, uint64_t now, void *data)
{
	struct daemon *daemon = data;

	(void)source;
	(void)now;
	return sd_event_exit(daemon->event, 0);
}

/* Switches that run are undone, as by Ctrl-C. What does not end in time goes on without us, under its lock. */
static int on_stop(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct daemon *daemon = data;

	(void)source;
	(void)info;
	if (daemon->stopping || !job_cancel_all(daemon))
		return sd_event_exit(daemon->event, 0);
	daemon->stopping = true;
	(void)sd_notify(0, "STOPPING=1\nSTATUS=undoing what runs");
	return sd_event_add_time_relative(daemon->event, NULL, CLOCK_MONOTONIC, PATIENCE_US, 0,
					  on_patience_ends, daemon);
}

void job_ended(struct daemon *daemon)
{
	leases_job_ended(daemon);
	give_back_memory();
	if (daemon->stopping && !job_cancel_all(daemon))
		(void)sd_event_exit(daemon->event, 0);
}

static int open_loop(struct daemon *daemon)
{
	sigset_t blocked;
	int r;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGHUP);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGCHLD);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
	r = sd_event_new(&daemon->event);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGHUP, on_hangup, daemon);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGINT, on_stop, daemon);
	if (r >= 0)
		r = sd_event_add_signal(daemon->event, NULL, SIGTERM, on_stop, daemon);
	/* The only wake-ups of an idle daemon, and only where the service manager wants them. */
	if (r >= 0)
		r = sd_event_set_watchdog(daemon->event, true);
	return r;
}

/* Objects first, then the name: who finds it finds them. */
static int open_bus(struct daemon *daemon)
{
	int r = sd_bus_open_system(&daemon->bus);

	if (r >= 0)
		r = manager_add(daemon);
	if (r >= 0)
		r = gpu_add_objects(daemon);
	if (r >= 0)
		r = job_add_objects(daemon);
	if (r >= 0)
		r = sd_bus_attach_event(daemon->bus, daemon->event, SD_EVENT_PRIORITY_NORMAL);
	if (r >= 0)
		r = sd_bus_set_exit_on_disconnect(daemon->bus, true);
	if (r >= 0)
		r = sd_bus_request_name(daemon->bus, BUS_NAME, 0);
	return r;
}

/* What somebody left half done is finished or undone before anything else. */
static int recover(struct daemon *daemon)
{
	static char *argv[] = { "gpushift", "--direct", "--json", "recover", NULL };
	static const struct job_order order = { .card = "", .argv = argv, .input = -1 };
	const struct gs_interrupted *interrupted = daemon->host->interrupted;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const struct job *job;
	int r;

	if (!interrupted || interrupted->running || daemon->engine->foreign_root)
		return 0;
	r = job_start(daemon, NULL, &order, &job, &error);
	if (r < 0)
		log_error(r, "cannot recover an interrupted switch");
	sd_bus_error_free(&error);
	return 0;
}

struct step {
	const char *what;
	int (*run)(struct daemon *daemon);
};

/* Events before the host: what changes while it is read is told as well. */
static const struct step steps[] = {
	{ "cannot make an event loop", open_loop },
	{ "cannot listen to the kernel", watch_open },
	{ "cannot read the host", shown_read },
	{ "cannot serve on the bus", open_bus },
	{ "cannot recover", recover },
	{ "cannot look at what is claimed", leases_open },
};

static int start(struct daemon *daemon)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(steps); i++) {
		int r = steps[i].run(daemon);

		if (r < 0) {
			log_error(r, steps[i].what);
			return r;
		}
	}
	give_back_memory();
	return 0;
}

static int serve(struct daemon *daemon)
{
	int r;

	(void)sd_notifyf(0, "READY=1\nSTATUS=%zu cards", daemon->n_gpus);
	log_tell(LOG_STARTED, NULL, "serving %zu cards", daemon->n_gpus);
	r = sd_event_loop(daemon->event);
	(void)sd_notify(0, "STOPPING=1");
	log_tell(LOG_STOPPED, NULL, "stopped");
	return r;
}

static void stop(struct daemon *daemon)
{
	ask_end_all(daemon);
	job_forget_all(daemon);
	leases_close(daemon);
	watch_close(daemon);
	sd_bus_flush_close_unref(daemon->bus);
	shown_clear(daemon);
	sd_event_unref(daemon->event);
	gs_engine_close(daemon->engine);
}

int main(int argc, char **argv)
{
	struct daemon daemon = { 0 };
	const char *root = NULL;
	int r, status;

	if (parse(argc, argv, &root, &status) < 0)
		return status;
	r = gs_engine_open(root, &daemon.engine);
	if (r < 0) {
		log_error(r, "cannot look at the host");
		return 1;
	}
	r = start(&daemon);
	if (r >= 0)
		r = serve(&daemon);
	stop(&daemon);
	return r < 0 ? 1 : 0;
}
