// SPDX-License-Identifier: GPL-2.0-or-later
/* ask.c - a child, a pipe, a deadline */
#include "ask.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "child_setup.h"
#include "errors.h"
#include "json.h"

/* As many at once; a caller is told to come again. */
#define MAX_ASKS 16
#define MAX_ASKS_OF_ONE 4
#define DEADLINE_US (60ULL * 1000000)
#define ANSWER_MAX (16UL * 1024 * 1024)
#define NOBODYS_GROUP 65534

struct ask {
	struct daemon *daemon;
	struct ask *next;
	sd_bus_message *call;
	sd_event_source *io, *end, *deadline;
	int fd;
	char *text;
	size_t length;
	size_t room;
};

/* --- the child --------------------------------------------------------------------------------- */

int ask_drop_rights(uid_t uid)
{
	if (uid == 0)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(NOBODYS_GROUP, NOBODYS_GROUP, NOBODYS_GROUP) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return -errno;
	return 0;
}

static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

static void __attribute__((noreturn))
child_main(struct gs_engine *engine, int fd, uid_t uid, ask_function function, void *data)
{
	struct json_object *answer;
	const char *text = NULL;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	child_setup(engine->root_fd, fd);
	if (ask_drop_rights(uid) < 0)
		_exit(1);
	/* Changing the user forgot it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	answer = function(engine, data);
	if (answer)
		text = json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN |
								      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text || write_all(fd, text, strlen(text)) < 0)
		_exit(1);
	_exit(0);
}

/* --- the answer -------------------------------------------------------------------------------- */

static void free_ask(struct ask *ask)
{
	struct ask **at = &ask->daemon->asks;

	while (*at && *at != ask)
		at = &(*at)->next;
	if (*at) {
		*at = ask->next;
		ask->daemon->n_asks--;
	}
	sd_event_source_unref(ask->io);
	sd_event_source_unref(ask->end);
	sd_event_source_unref(ask->deadline);
	sd_bus_message_unref(ask->call);
	if (ask->fd >= 0)
		close(ask->fd);
	free(ask->text);
	free(ask);
}

static const char *text_in(struct json_object *object, const char *key)
{
	const char *text = json_object_get_string(json_object_object_get(object, key));

	return text ? text : "";
}

/* An answer is the reply; an error document an error of its code. */
static int reply(struct ask *ask)
{
	struct json_object *answer = ask->text ? json_tokener_parse(ask->text) : NULL;
	struct json_object *wrong = json_object_object_get(answer, "error");
	gs_cleanup_free char *name = NULL;
	int r;

	if (wrong)
		name = error_name(text_in(wrong, "code"));
	if (!answer)
		r = sd_bus_reply_method_errorf(ask->call, ERROR_PREFIX "Failed",
					       "the answer could not be made");
	else if (wrong && name)
		r = sd_bus_reply_method_errorf(ask->call, name, "%s", text_in(wrong, "message"));
	else
		r = sd_bus_reply_method_return(ask->call, "s", ask->text);
	json_object_put(answer);
	return r;
}

static int read_more(struct ask *ask)
{
	ssize_t n;

	if (ask->length + 1 >= ask->room) {
		size_t room = ask->room ? ask->room * 2 : 16384;
		char *text = room <= ANSWER_MAX ? realloc(ask->text, room) : NULL;

		if (!text)
			return -ENOMEM;
		ask->text = text;
		ask->room = room;
	}
	n = read(ask->fd, ask->text + ask->length, ask->room - ask->length - 1);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 1 : -errno;
	ask->length += (size_t)n;
	ask->text[ask->length] = '\0';
	return n > 0;
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct ask *ask = data;
	int r = read_more(ask);

	(void)fd;
	(void)events;
	if (r > 0)
		return 0;
	/* The rest is said by how the child ended. */
	(void)sd_event_source_set_enabled(source, SD_EVENT_OFF);
	if (r < 0)
		free(gs_steal(ask->text));
	return 0;
}

static int on_end(sd_event_source *source, const siginfo_t *info, void *data)
{
	struct ask *ask = data;

	(void)source;
	while (ask->fd >= 0 && read_more(ask) > 0)
		;
	if (info->si_code != CLD_EXITED || info->si_status != 0)
		free(gs_steal(ask->text));
	(void)!reply(ask);
	free_ask(ask);
	return 0;
}

static int on_late_end(sd_event_source *source, const siginfo_t *info, void *data)
{
	(void)source;
	(void)info;
	(void)data;
	return 0;
}

/* The child is left to the kernel: its end is still heard, so that it is reaped. */
static void abandon_child(struct ask *ask)
{
	pid_t pid = 0;

	(void)sd_event_source_get_child_pid(ask->end, &pid);
	(void)sd_event_source_send_child_signal(ask->end, SIGKILL, NULL, 0);
	ask->end = sd_event_source_unref(ask->end);
	(void)!sd_event_add_child(ask->daemon->event, NULL, pid, WEXITED, on_late_end, NULL);
}

static int on_deadline(sd_event_source *source, uint64_t now, void *data)
{
	struct ask *ask = data;

	(void)source;
	(void)now;
	(void)!sd_bus_reply_method_errorf(ask->call, ERROR_PREFIX "Failed",
					  "no answer within %d seconds",
					  (int)(DEADLINE_US / 1000000));
	abandon_child(ask);
	free_ask(ask);
	return 0;
}

static int watch(struct ask *ask, pid_t pid)
{
	sd_event *event = ask->daemon->event;
	int r;

	r = sd_event_add_child(event, &ask->end, pid, WEXITED, on_end, ask);
	if (r >= 0)
		r = sd_event_add_io(event, &ask->io, ask->fd, EPOLLIN, on_input, ask);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &ask->deadline, CLOCK_MONOTONIC, DEADLINE_US,
					       0, on_deadline, ask);
	/* What it has written is read before its end is looked at. */
	if (r >= 0)
		r = sd_event_source_set_priority(ask->end, SD_EVENT_PRIORITY_IDLE);
	return r;
}

static int start(struct ask *ask, uid_t uid, ask_function function, void *data)
{
	int ends[2], r;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		child_main(ask->daemon->engine, ends[1], uid, function, data);
	close(ends[1]);
	ask->fd = ends[0];
	if (pid < 0)
		return -errno;
	r = fcntl(ask->fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : watch(ask, pid);
	if (r < 0) {
		kill(pid, SIGKILL);
		if (!ask->end)
			waitpid(pid, NULL, 0);
	}
	return r;
}

static bool is_too_many(const struct daemon *daemon, sd_bus_message *call)
{
	size_t own = 0;

	for (const struct ask *ask = daemon->asks; ask; ask = ask->next)
		own += gs_streq(sd_bus_message_get_sender(ask->call),
				sd_bus_message_get_sender(call));
	return daemon->n_asks >= MAX_ASKS || own >= MAX_ASKS_OF_ONE;
}

int ask_start(struct daemon *daemon, sd_bus_message *call, uid_t uid, ask_function function,
	      void *data, sd_bus_error *error)
{
	struct ask *ask;
	int r;

	if (is_too_many(daemon, call))
		return error_code(error, "busy", "too many questions at once; ask again");
	ask = calloc(1, sizeof(*ask));
	if (!ask)
		return -ENOMEM;
	ask->daemon = daemon;
	ask->fd = -1;
	ask->call = sd_bus_message_ref(call);
	ask->next = daemon->asks;
	daemon->asks = ask;
	daemon->n_asks++;
	r = start(ask, uid, function, data);
	if (r < 0)
		free_ask(ask);
	return r < 0 ? r : 1;
}

void ask_end_all(struct daemon *daemon)
{
	while (daemon->asks)
		free_ask(daemon->asks);
}
