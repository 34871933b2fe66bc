// SPDX-License-Identifier: GPL-2.0-or-later
/* Source: org.freedesktop.systemd1(5). */
#include "units.h"

#include <systemd/sd-bus.h>

#include "child.h"
#include "tree.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define MANAGER_PATH "/org/freedesktop/systemd1"
#define MANAGER SYSTEMD ".Manager"

/* What a busy host may need to say which units run. */
#define ASK_MS 5000

static void bus_closep(sd_bus **bus)
{
	*bus = sd_bus_close_unref(*bus);
}
#define cleanup_bus __attribute__((cleanup(bus_closep)))

static void message_unrefp(sd_bus_message **message)
{
	*message = sd_bus_message_unref(*message);
}
#define cleanup_message __attribute__((cleanup(message_unrefp)))

#define cleanup_error __attribute__((cleanup(sd_bus_error_free)))

static int open_socket(struct gs_engine *engine, const char *path, bool is_bus, sd_bus **ret)
{
	size_t length = strlen(engine->root);
	gs_cleanup_free char *address = NULL;
	cleanup_bus sd_bus *bus = NULL;
	int r;

	while (length && engine->root[length - 1] == '/')
		length--;
	address = gs_asprintf("unix:path=%.*s/%s", (int)length, engine->root, path);
	if (!address)
		return -ENOMEM;
	r = sd_bus_new(&bus);
	if (r >= 0)
		r = sd_bus_set_address(bus, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(bus, is_bus);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		*ret = gs_steal(bus);
	return r;
}

static int open_systemd(struct gs_engine *engine, sd_bus **ret)
{
	int r;

	if (engine->foreign_root)
		return -EPERM;
	if (!gs_tree_exists(engine, "run/systemd/system"))
		return -ENOENT;
	r = open_socket(engine, "run/systemd/private", false, ret);
	return r < 0 ? open_socket(engine, "run/dbus/system_bus_socket", true, ret) : r;
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static enum gs_unit_state state_of(const char *loaded, const char *active)
{
	static const char *const running[] = { "active", "activating", "reloading", "refreshing",
					       NULL };

	if (is_one_of(active, running))
		return GS_UNIT_RUNNING;
	return strcmp(loaded, "not-found") == 0 ? GS_UNIT_MISSING : GS_UNIT_IDLE;
}

typedef void (*state_fn)(const char *name, enum gs_unit_state state, void *data);

static int take_states(sd_bus_message *reply, state_fn take, void *data)
{
	const char *name, *loaded, *active;
	int r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");

	while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'r', "ssssssouso")) > 0) {
		r = sd_bus_message_read(reply, "ssss", &name, NULL, &loaded, &active);
		if (r >= 0)
			r = sd_bus_message_skip(reply, "ssouso");
		if (r >= 0)
			take(name, state_of(loaded, active), data);
		if (r >= 0)
			r = sd_bus_message_exit_container(reply);
	}
	return r < 0 ? r : 0;
}

static int ask_states(sd_bus *bus, char *const *names, state_fn take, void *data)
{
	cleanup_error sd_bus_error error = SD_BUS_ERROR_NULL;
	cleanup_message sd_bus_message *question = NULL;
	cleanup_message sd_bus_message *reply = NULL;
	int r;

	r = sd_bus_message_new_method_call(bus, &question, SYSTEMD, MANAGER_PATH, MANAGER,
					   "ListUnitsByNames");
	if (r >= 0)
		r = sd_bus_message_append_strv(question, (char **)names);
	if (r >= 0)
		r = sd_bus_call(bus, question, 0, &error, &reply);
	return r < 0 ? r : take_states(reply, take, data);
}

struct reading {
	char *const *names;
	struct gs_records *records;
};

static void tell_state(const char *name, enum gs_unit_state state, void *data)
{
	struct reading *reading = data;

	gs_record_field(reading->records, name);
	gs_record_number(reading->records, state);
}

static void child(struct gs_engine *engine, struct gs_records *records, void *data)
{
	struct reading reading = { .names = data, .records = records };
	cleanup_bus sd_bus *bus = NULL;

	if (open_systemd(engine, &bus) >= 0)
		(void)!ask_states(bus, reading.names, tell_state, &reading);
}

/* In the order of the question, and by their proper names: one may have been asked for by an alias. */
static int take_answer(struct gs_answer *answer, struct gs_unit *units, size_t count)
{
	const char *name;

	for (size_t i = 0; i < count && (name = gs_answer_next(answer)); i++) {
		char *copy = strdup(name);

		if (!copy)
			return -ENOMEM;
		free(units[i].name);
		units[i].name = copy;
		units[i].state = (enum gs_unit_state)gs_answer_number(answer);
	}
	return 0;
}

static int add_unit(struct gs_unit **units, size_t *count, const char *name)
{
	if (gs_grow(units, *count, sizeof(**units)) < 0)
		return -ENOMEM;
	(*units)[*count].name = strdup(name);
	return (*units)[(*count)++].name ? 0 : -ENOMEM;
}

int gs_units_read(struct gs_engine *engine, char *const *names, struct gs_unit **ret,
		  size_t *ret_count)
{
	struct gs_unit *units = NULL;
	struct gs_answer answer;
	size_t count = 0;
	int r = 0;

	for (char *const *name = names; r == 0 && name && *name; name++)
		r = add_unit(&units, &count, *name);
	if (r == 0)
		r = gs_child_read(engine, child, (void *)names, ASK_MS, ASK_MS, &answer);
	if (r == 0) {
		r = take_answer(&answer, units, count);
		gs_answer_clear(&answer);
	}
	if (r < 0) {
		gs_units_free(units, count);
		return r;
	}
	*ret = units;
	*ret_count = count;
	return 0;
}

void gs_units_free(struct gs_unit *units, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(units[i].name);
	free(units);
}

/* A job of systemd that is waited for. */
struct job {
	const char *path;
	char result[32]; /* "": not over */
};

/* Signals wait in the connection until they are asked for: by then the job's path is known. */
static int on_removed(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct job *job = data;
	const char *path, *result;

	(void)error;
	if (sd_bus_message_read(message, "uoss", NULL, &path, NULL, &result) >= 0 && job->path &&
	    strcmp(path, job->path) == 0)
		snprintf(job->result, sizeof(job->result), "%s", result);
	return 0;
}

static int wait_job(sd_bus *bus, const struct job *job)
{
	int r;

	while (!*job->result) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
		if (r < 0 && r != -EINTR)
			return r;
	}
	return 0;
}

static int listen_for(sd_bus *bus, struct job *job)
{
	int is_bus = sd_bus_is_bus_client(bus);
	int r;

	/* Without a bus between, messages have no sender. */
	r = sd_bus_match_signal(bus, NULL, is_bus ? SYSTEMD : NULL, MANAGER_PATH, MANAGER,
				"JobRemoved", on_removed, job);
	if (r >= 0)
		r = sd_bus_call_method(bus, SYSTEMD, MANAGER_PATH, MANAGER, "Subscribe", NULL,
				       NULL, "");
	return r;
}

static int run_job(sd_bus *bus, const char *method, const char *unit, char *answer, size_t size)
{
	cleanup_error sd_bus_error error = SD_BUS_ERROR_NULL;
	cleanup_message sd_bus_message *reply = NULL;
	struct job job = { 0 };
	int r;

	r = listen_for(bus, &job);
	if (r < 0)
		return r;
	r = sd_bus_call_method(bus, SYSTEMD, MANAGER_PATH, MANAGER, method, &error, &reply, "ss",
			       unit, "replace");
	if (r < 0 && error.message)
		snprintf(answer, size, "%s", error.message);
	if (r >= 0)
		r = sd_bus_message_read(reply, "o", &job.path);
	if (r >= 0)
		r = wait_job(bus, &job);
	if (r < 0)
		return r;
	if (strcmp(job.result, "done") == 0)
		return 0;
	snprintf(answer, size, "systemd's job ended as %s", job.result);
	return -EIO;
}

static void keep_state(const char *name, enum gs_unit_state state, void *data)
{
	(void)name;
	*(enum gs_unit_state *)data = state;
}

static int move_unit(struct gs_engine *engine, const char *method, const char *unit, bool wanted,
		     char *answer, size_t size)
{
	char *const names[] = { (char *)unit, NULL };
	enum gs_unit_state state = GS_UNIT_UNKNOWN;
	cleanup_bus sd_bus *bus = NULL;
	int r;

	r = open_systemd(engine, &bus);
	if (r >= 0)
		r = run_job(bus, method, unit, answer, size);
	if (r >= 0)
		r = ask_states(bus, names, keep_state, &state);
	if (r < 0 || (state == GS_UNIT_RUNNING) == wanted)
		return r;
	snprintf(answer, size, "it is %s after that", wanted ? "not running" : "running");
	return -EIO;
}

int gs_unit_stop(struct gs_engine *engine, const char *name, char *answer, size_t size)
{
	return move_unit(engine, "StopUnit", name, false, answer, size);
}

int gs_unit_start(struct gs_engine *engine, const char *name, char *answer, size_t size)
{
	return move_unit(engine, "StartUnit", name, true, answer, size);
}
