// SPDX-License-Identifier: GPL-2.0-or-later
/* bus.c - a job of the daemon: start it, show what it tells, cancel it by Ctrl-C */
#include "bus.h"

#include <ctype.h>
#include <json-c/json.h>
#include <signal.h>
#include <systemd/sd-event.h>

#include "bus_call.h"
#include "host.h"
#include "output.h"
#include "progress.h"
#include "switch.h"

/* A person may have to type a password before the call returns. */
#define CALL_TIMEOUT_US (10 * 60 * 1000000ULL)
#define ERROR_PREFIX BUS_NAME ".Error."

/* What follows a job from the call to its end. */
struct follower {
	struct cli *cli;
	sd_bus *bus;
	sd_event *event;
	const char *path; /* of the job */
	struct cli_progress progress;
	struct json_object *texts;    /* lines of stdout */
	struct json_object *document; /* what --json prints; what Finished holds is for everybody */
	char *version;		   /* of the daemon */
	bool cancelled;
	int status;
};

/* --- is there a daemon? ------------------------------------------------------------------------ */

/* The bus knows of none, or could not start it. */
static bool is_absent(const sd_bus_error *error)
{
	static const char *const names[] = {
		SD_BUS_ERROR_SERVICE_UNKNOWN,
		SD_BUS_ERROR_NAME_HAS_NO_OWNER,
	};

	for (size_t i = 0; i < GS_ARRAY_SIZE(names); i++) {
		if (sd_bus_error_has_name(error, names[i]))
			return true;
	}
	return error->name &&
	       (strncmp(error->name, "org.freedesktop.DBus.Error.Spawn.", 33) == 0 ||
		strncmp(error->name, "org.freedesktop.systemd1.", 25) == 0);
}

/* Not one answer came: the bus takes nobody in, or not this user. It drops those who are not in the user database. */
static bool is_dropped(sd_bus *bus)
{
	const char *name;

	return sd_bus_get_unique_name(bus, &name) < 0;
}

/* Asks for what every daemon has, which starts it where it can be started. */
static int find_daemon(struct follower *follower)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	if (sd_bus_open_system(&follower->bus) < 0)
		return 0;
	r = sd_bus_get_property_string(follower->bus, BUS_NAME, BUS_PATH, BUS_NAME ".Manager",
				       "Version", &error, &follower->version);
	if (r >= 0 || is_absent(&error) || is_dropped(follower->bus)) {
		sd_bus_error_free(&error);
		return r >= 0;
	}
	follower->status = cli_fail(follower->cli, GS_EXIT_FAILED, "failed",
				    "systemctl restart gpushiftd.service",
				    "gpushiftd does not answer: %s",
				    error.message ? error.message : strerror(-r));
	sd_bus_error_free(&error);
	return -EIO;
}

/* --- what the job tells ------------------------------------------------------------------------ */

static int on_progress(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct follower *follower = data;
	struct json_object *record, *line;
	const char *text;

	(void)error;
	if (!gs_streq(sd_bus_message_get_path(message), follower->path) ||
	    sd_bus_message_read(message, "s", &text) < 0)
		return 0;
	record = json_tokener_parse(text);
	line = json_object_object_get(record, "message");
	if (line)
		cli_line(stderr, "%s", json_object_get_string(line));
	else if (json_object_object_get(record, "step"))
		cli_progress_record(&follower->progress, record);
	line = json_object_object_get(record, "text");
	if (line)
		json_object_array_add(follower->texts, json_object_get(line));
	line = json_object_object_get(record, "document");
	if (line) {
		json_object_put(follower->document);
		follower->document = json_object_get(line);
	}
	json_object_put(record);
	return 0;
}

static void print_result(struct follower *follower, const char *text)
{
	struct json_object *document = gs_steal(follower->document);

	cli_progress_end(&follower->progress);
	if (follower->cli->json) {
		/* A child that was killed has told none: the daemon made one. */
		if (!document)
			document = json_tokener_parse(text);
		if (document)
			follower->status = cli_document(document, (enum gs_exit)follower->status);
		return;
	}
	json_object_put(document);
	for (size_t i = 0; i < json_object_array_length(follower->texts); i++)
		cli_line(stdout, "%s",
			 json_object_get_string(json_object_array_get_idx(follower->texts, i)));
}

static int on_finished(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct follower *follower = data;
	const char *text;
	int32_t status;

	(void)error;
	if (!gs_streq(sd_bus_message_get_path(message), follower->path) ||
	    sd_bus_message_read(message, "is", &status, &text) < 0)
		return 0;
	follower->status = status;
	print_result(follower, text);
	return sd_event_exit(follower->event, 0);
}

/* The switch itself is not the daemon's process: it is brought to its end, or undone. */
static int on_owner(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct follower *follower = data;
	const char *name, *before, *after;

	(void)error;
	if (sd_bus_message_read(message, "sss", &name, &before, &after) < 0 || !*before ||
	    !follower->path)
		return 0;
	cli_progress_end(&follower->progress);
	follower->status = cli_fail(follower->cli, GS_EXIT_FAILED, "failed", "gpushift list",
				    "gpushiftd is gone; the switch goes on without it");
	return sd_event_exit(follower->event, 0);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct follower *follower = data;

	(void)source;
	(void)info;
	/* A second one changes nothing. */
	if (!follower->cancelled)
		(void)!sd_bus_call_method_async(follower->bus, NULL, BUS_NAME, follower->path,
						BUS_NAME ".Job", "Cancel", NULL, NULL, NULL);
	follower->cancelled = true;
	return 0;
}

/* --- the job ----------------------------------------------------------------------------------- */

/* Also those that whoever started this ignores (a shell in the background), but for what nohup does. */
static int catch_signals(struct follower *follower)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction old;
	sigset_t signals;
	int r = 0;

	sigemptyset(&signals);
	for (size_t i = 0; i < GS_ARRAY_SIZE(numbers); i++) {
		if (numbers[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaddset(&signals, numbers[i]);
	}
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (size_t i = 0; r >= 0 && i < GS_ARRAY_SIZE(numbers); i++) {
		if (!sigismember(&signals, numbers[i]))
			continue;
		signal(numbers[i], SIG_DFL);
		r = sd_event_add_signal(follower->event, NULL, numbers[i], on_signal, follower);
	}
	return r;
}

static int listen(struct follower *follower)
{
	int r;

	r = sd_event_new(&follower->event);
	if (r >= 0)
		r = catch_signals(follower);
	if (r >= 0)
		r = sd_bus_match_signal(follower->bus, NULL, BUS_NAME, NULL, BUS_NAME ".Job",
					"Progress", on_progress, follower);
	if (r >= 0)
		r = sd_bus_match_signal(follower->bus, NULL, BUS_NAME, NULL, BUS_NAME ".Job",
					"Finished", on_finished, follower);
	if (r >= 0)
		r = sd_bus_add_match(follower->bus, NULL,
				     "type='signal',sender='org.freedesktop.DBus',"
				     "member='NameOwnerChanged',arg0='" BUS_NAME "'",
				     on_owner, follower);
	if (r >= 0)
		r = sd_bus_attach_event(follower->bus, follower->event, SD_EVENT_PRIORITY_NORMAL);
	return r;
}

/* org.gpushift1.Error.NotPermitted: "not-permitted" */
static void code_of(const char *name, char *ret, size_t size)
{
	size_t n = 0;

	if (strncmp(name, ERROR_PREFIX, strlen(ERROR_PREFIX)) != 0)
		name = ERROR_PREFIX "Failed";
	for (const char *p = name + strlen(ERROR_PREFIX); *p && n + 2 < size; p++) {
		if (isupper((unsigned char)*p) && n)
			ret[n++] = '-';
		ret[n++] = (char)tolower((unsigned char)*p);
	}
	ret[n] = '\0';
}

/* A daemon of another version may not know what this program asks for. */
static int other_version(struct follower *follower)
{
	return cli_fail(follower->cli, GS_EXIT_FAILED, "failed",
			"systemctl restart gpushiftd.service",
			"the running gpushiftd is version %s, this is %s: it does not know this "
			"call",
			follower->version, GPUSHIFT_VERSION);
}

/* The daemon shows no such card: the sentence that this process has for it. */
static int unknown_card(struct follower *follower)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct cli *cli = follower->cli;
	struct gs_card *card;
	int status;

	status = cli_read_host(cli, 0, &host);
	if (status == 0)
		status = cli_find_card(cli, host, cli->arguments[0], &card);
	if (status)
		return status;
	return cli_fail(cli, GS_EXIT_FAILED, "failed", "systemctl reload gpushiftd.service",
			"gpushiftd does not know of the card %s yet", cli->arguments[0]);
}

static int refused(struct follower *follower, const sd_bus_error *error)
{
	static const struct {
		const char *code;
		enum gs_exit status;
	} statuses[] = {
		{ "usage", GS_EXIT_USAGE },
		{ "unknown-card", GS_EXIT_USAGE },
		{ "not-permitted", GS_EXIT_REFUSED },
		{ "busy", GS_EXIT_BUSY },
	};
	struct cli *cli = follower->cli;
	char code[64];

	if (sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_METHOD) ||
	    (sd_bus_error_has_name(error, ERROR_PREFIX "Usage") &&
	     !gs_streq(follower->version, GPUSHIFT_VERSION)))
		return other_version(follower);
	if (sd_bus_error_has_name(error, SD_BUS_ERROR_UNKNOWN_OBJECT))
		return unknown_card(follower);
	code_of(error->name, code, sizeof(code));
	if (gs_streq(code, "not-permitted"))
		return cli_need_root(cli);
	for (size_t i = 0; i < GS_ARRAY_SIZE(statuses); i++) {
		if (gs_streq(code, statuses[i].code))
			return cli_fail(cli, statuses[i].status, code, NULL, "%s", error->message);
	}
	return cli_fail(cli, GS_EXIT_FAILED, code, NULL, "gpushiftd: %s", error->message);
}

static int follow(struct follower *follower, sd_bus_message *call)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	sd_bus_message *reply = NULL;
	int r;

	(void)sd_bus_message_set_allow_interactive_authorization(call, isatty(STDIN_FILENO));
	r = sd_bus_call(follower->bus, call, CALL_TIMEOUT_US, &error, &reply);
	if (r < 0 && error.name)
		follower->status = refused(follower, &error);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &follower->path);
	/* What the job told meanwhile waits in the queue. */
	if (r >= 0)
		r = sd_event_loop(follower->event);
	if (r < 0 && !error.name)
		follower->status = cli_fail(follower->cli, GS_EXIT_FAILED, "failed", NULL,
					    "cannot talk to gpushiftd: %s", strerror(-r));
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	return follower->status;
}

static int run(struct follower *follower)
{
	struct cli *cli = follower->cli;
	sd_bus_message *call = NULL;
	int r;

	cli_progress_begin(&follower->progress,
			   cli->quiet ||
				   (cli->verb->flags & CLI_MANY_STEPS && !cli->verbose));
	r = cli_bus_call_new(cli, follower->bus, &call, &follower->status);
	if (r > 0)
		r = listen(follower);
	if (r < 0)
		follower->status = cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
					    "cannot talk to gpushiftd: %s", strerror(-r));
	else if (call)
		follow(follower, call);
	sd_bus_message_unref(call);
	return follower->status;
}

bool cli_bus_run(struct cli *cli, int *ret_status)
{
	struct follower follower = { .cli = cli, .texts = json_object_new_array() };
	int r = find_daemon(&follower);

	if (r > 0)
		run(&follower);
	*ret_status = follower.status;
	json_object_put(follower.texts);
	json_object_put(follower.document);
	free(follower.version);
	sd_bus_flush_close_unref(follower.bus);
	sd_event_unref(follower.event);
	return r != 0;
}
