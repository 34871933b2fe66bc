// SPDX-License-Identifier: GPL-2.0-or-later
/* Source: org.freedesktop.systemd1(5). */
#include "units.h"

#include "child.h"
#include "systemd_bus.h"

/* What a busy host may need to say which units run. */
#define ASK_MS 5000

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
	gs_cleanup_error sd_bus_error error = SD_BUS_ERROR_NULL;
	gs_cleanup_message sd_bus_message *question = NULL;
	gs_cleanup_message sd_bus_message *reply = NULL;
	int r;

	r = sd_bus_message_new_method_call(bus, &question, GS_SYSTEMD, GS_SYSTEMD_PATH, GS_SYSTEMD_MANAGER,
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
	gs_cleanup_bus sd_bus *bus = NULL;

	if (gs_systemd_open(engine, &bus) >= 0)
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
	gs_cleanup_bus sd_bus *bus = NULL;
	int r;

	r = gs_systemd_open(engine, &bus);
	if (r >= 0)
		r = gs_systemd_move_unit(bus, method, unit, answer, size);
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
