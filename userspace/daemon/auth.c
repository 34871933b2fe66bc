// SPDX-License-Identifier: GPL-2.0-or-later
/* auth.c - polkit, asked over the bus, without waiting for its answer */
#include "auth.h"

#include "errors.h"
#include "sender.h"

/* A person may have to type a password. */
#define TIMEOUT_US (5 * 60 * 1000000ULL)
#define MAX_WAITING 64

enum {
	FLAG_INTERACTIVE = 1,
};

struct check {
	struct daemon *daemon;
	sd_bus_message *call;
	const char *actions[AUTH_MAX_ACTIONS + 1];
	size_t at;
	auth_done done;
	void *data;
};

static unsigned int waiting;

static int ask_next(struct check *check);

static void end(struct check *check, const char *refused)
{
	check->done(check->daemon, check->call, refused, check->data);
	sd_bus_message_unref(check->call);
	free(check);
	waiting--;
}

/* No polkit, no answer, a wrong one: all the same no. */
static int on_answer(sd_bus_message *reply, void *data, sd_bus_error *error)
{
	struct check *check = data;
	int allowed = 0;

	(void)error;
	if (sd_bus_message_is_method_error(reply, NULL) ||
	    sd_bus_message_enter_container(reply, 'r', "bba{ss}") < 0 ||
	    sd_bus_message_read(reply, "b", &allowed) < 0 || !allowed) {
		end(check, check->actions[check->at]);
		return 0;
	}
	check->at++;
	if (!check->actions[check->at])
		end(check, NULL);
	else if (ask_next(check) < 0)
		end(check, check->actions[check->at]);
	return 0;
}

static int ask_next(struct check *check)
{
	gs_cleanup_free char *action = gs_asprintf(BUS_NAME ".%s", check->actions[check->at]);
	int interactive = sd_bus_message_get_allow_interactive_authorization(check->call) > 0;
	sd_bus_message *question = NULL;
	int r;

	if (!action)
		return -ENOMEM;
	r = sd_bus_message_new_method_call(check->daemon->bus, &question,
					   "org.freedesktop.PolicyKit1",
					   "/org/freedesktop/PolicyKit1/Authority",
					   "org.freedesktop.PolicyKit1.Authority",
					   "CheckAuthorization");
	if (r >= 0)
		r = sd_bus_message_append(question, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name",
					  "s", sd_bus_message_get_sender(check->call), action, 0,
					  interactive ? FLAG_INTERACTIVE : 0, "");
	if (r >= 0)
		r = sd_bus_call_async(check->daemon->bus, NULL, question, on_answer, check,
				      TIMEOUT_US);
	sd_bus_message_unref(question);
	return r;
}

static int start(struct daemon *daemon, sd_bus_message *call, const char *const *actions,
		 auth_done done, void *data)
{
	struct check *check = calloc(1, sizeof(*check));
	int r;

	if (!check)
		return -ENOMEM;
	for (size_t i = 0; i < AUTH_MAX_ACTIONS && actions[i]; i++)
		check->actions[i] = actions[i];
	check->daemon = daemon;
	check->call = sd_bus_message_ref(call);
	check->done = done;
	check->data = data;
	r = ask_next(check);
	if (r < 0) {
		sd_bus_message_unref(check->call);
		free(check);
		return r;
	}
	waiting++;
	return 0;
}

int auth_check(struct daemon *daemon, sd_bus_message *call, const char *const *actions,
	       auth_done done, void *data, sd_bus_error *error)
{
	uid_t uid;
	int r = sender_uid(call, &uid, error);

	if (r < 0)
		return r;
	if (uid == 0) {
		done(daemon, call, NULL, data);
		return 0;
	}
	if (waiting >= MAX_WAITING)
		return error_code(error, "busy", "too many wait for an authorization");
	return start(daemon, call, actions, done, data);
}

void auth_refuse(sd_bus_message *call, const char *action)
{
	(void)!sd_bus_reply_method_errorf(
		call, ERROR_PREFIX "NotPermitted",
		"this needs root, or the polkit action org.gpushift1.%s", action);
}
