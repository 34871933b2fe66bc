// SPDX-License-Identifier: GPL-2.0-or-later
/* job_object.c - a job on the bus */
#include "auth.h"
#include "job_state.h"

static const char *const phases[] = {
	[JOB_RUNNING] = "running",
	[JOB_CANCELLING] = "cancelling",
	[JOB_FINISHED] = "finished",
};

static struct job *find_by_path(const struct daemon *daemon, const char *path)
{
	for (struct job *job = daemon->jobs; job; job = job->next) {
		if (gs_streq(job->path, path))
			return job;
	}
	return NULL;
}

static int find(sd_bus *bus, const char *path, const char *interface, void *data, void **ret_found,
		sd_bus_error *error)
{
	struct job *job = find_by_path(data, path);

	(void)bus;
	(void)interface;
	(void)error;
	*ret_found = job;
	return job ? 1 : 0;
}

static int enumerate(sd_bus *bus, const char *prefix, void *data, char ***ret_nodes,
		     sd_bus_error *error)
{
	const struct daemon *daemon = data;
	char **paths = NULL;

	(void)bus;
	(void)prefix;
	(void)error;
	for (const struct job *job = daemon->jobs; job; job = job->next) {
		if (gs_strv_add(&paths, job->path) < 0) {
			gs_strv_free(paths);
			return -ENOMEM;
		}
	}
	*ret_nodes = paths;
	return 0;
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
		    sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct job *job = data;
	const char *text = job->step;

	(void)bus;
	(void)path;
	(void)interface;
	(void)error;
	if (gs_streq(property, "State"))
		text = phases[job->phase];
	else if (gs_streq(property, "Card"))
		text = job->card;
	else if (gs_streq(property, "Result"))
		text = job->result ? job->result : "";
	return sd_bus_message_append(reply, "s", text);
}

static int get_percentage(sd_bus *bus, const char *path, const char *interface,
			  const char *property, sd_bus_message *reply, void *data,
			  sd_bus_error *error)
{
	const struct job *job = data;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return sd_bus_message_append(reply, "u", job->percentage);
}

/* -1 until it has ended. */
static int get_status(sd_bus *bus, const char *path, const char *interface, const char *property,
		      sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct job *job = data;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return sd_bus_message_append(reply, "i", job->phase == JOB_FINISHED ? job->status : -1);
}

/* Meanwhile the job may have ended, and been forgotten: it is looked for again. */
static void on_allowed(struct daemon *daemon, sd_bus_message *call, const char *refused, void *data)
{
	struct job *job = find_by_path(daemon, sd_bus_message_get_path(call));

	(void)data;
	if (refused) {
		auth_refuse(call, refused);
		return;
	}
	if (job)
		job_cancel(job);
	(void)!sd_bus_reply_method_return(call, NULL);
}

static int on_cancel(sd_bus_message *message, void *data, sd_bus_error *error)
{
	static const char *const actions[] = { "set-mode", NULL };
	struct job *job = data;
	int r;

	if (job->starter && gs_streq(sd_bus_message_get_sender(message), job->starter)) {
		on_allowed(job->daemon, message, NULL, NULL);
		return 1;
	}
	r = auth_check(job->daemon, message, actions, on_allowed, NULL, error);
	return r < 0 ? r : 1;
}

#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Card", "s", get_text, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("State", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Step", "s", get_text, 0, CHANGES),
	SD_BUS_PROPERTY("Percentage", "u", get_percentage, 0, CHANGES),
	SD_BUS_PROPERTY("ExitStatus", "i", get_status, 0, CHANGES),
	SD_BUS_PROPERTY("Result", "s", get_text, 0, 0),
	SD_BUS_METHOD("Cancel", NULL, NULL, on_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_SIGNAL_WITH_ARGS("Progress", SD_BUS_ARGS("s", record), 0),
	SD_BUS_SIGNAL_WITH_ARGS("Finished", SD_BUS_ARGS("i", exit_status, "s", json), 0),
	SD_BUS_VTABLE_END,
};

int job_add_objects(struct daemon *daemon)
{
	int r = sd_bus_add_fallback_vtable(daemon->bus, NULL, PATH_JOB, INTERFACE_JOB, vtable, find,
					   daemon);

	return r < 0 ? r : sd_bus_add_node_enumerator(daemon->bus, NULL, PATH_JOB, enumerate, daemon);
}

void job_emit_added(struct job *job)
{
	(void)!sd_bus_emit_interfaces_added(job->daemon->bus, job->path, INTERFACE_JOB, NULL);
}

void job_emit_removed(struct job *job)
{
	(void)!sd_bus_emit_interfaces_removed(job->daemon->bus, job->path, INTERFACE_JOB, NULL);
}

void job_emit_changed(struct job *job)
{
	(void)!sd_bus_emit_properties_changed(job->daemon->bus, job->path, INTERFACE_JOB, "State",
					      "Step", "Percentage", "ExitStatus", NULL);
}

void job_emit_finished(struct job *job)
{
	(void)!sd_bus_emit_signal(job->daemon->bus, job->path, INTERFACE_JOB, "Finished", "is",
				  job->status, job->result ? job->result : "");
}

/* --- records ----------------------------------------------------------------------------------- */

static const char *text_in(struct json_object *record, const char *key)
{
	return json_object_get_string(json_object_object_get(record, key));
}

static void take_step(struct job *job, struct json_object *record)
{
	int step = json_object_get_int(json_object_object_get(record, "step"));
	int count = json_object_get_int(json_object_object_get(record, "count"));
	const char *op = text_in(record, "op"), *target = text_in(record, "target");
	char *text = gs_asprintf("%s%s%s", op ? op : "", target ? " " : "", target ? target : "");

	if (text) {
		free(job->step);
		job->step = text;
	}
	if (count > 0 && step > 0 && step <= count)
		job->percentage = (unsigned int)(100 * (step - 1) / count);
	job_emit_changed(job);
}

#define PRINT (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* Words of the run may name processes, and show stacks: they are for whoever started it. */
static void tell_starter(const struct job *job, const char *record)
{
	sd_bus_message *signal = NULL;
	int r;

	if (!job->starter)
		return;
	r = sd_bus_message_new_signal(job->daemon->bus, &signal, job->path, INTERFACE_JOB,
				      "Progress");
	if (r >= 0)
		r = sd_bus_message_append(signal, "s", record);
	if (r >= 0)
		r = sd_bus_message_set_destination(signal, job->starter);
	if (r >= 0)
		(void)!sd_bus_send(NULL, signal, NULL);
	sd_bus_message_unref(signal);
}

/* Who uses a card is nobody's business but of those who may ask. */
static void hide_users(struct json_object *blocker)
{
	if (!gs_streq(text_in(blocker, "code"), "in-use"))
		return;
	json_object_object_add(blocker, "message", json_object_new_string("somebody uses the card"));
	json_object_object_add(blocker, "evidence", json_object_new_array());
	json_object_object_add(blocker, "fix", NULL);
}

static void hide_all_users(struct json_object *document)
{
	struct json_object *refused = json_object_object_get(document, "refused");
	size_t n = refused ? json_object_array_length(refused) : 0;

	for (size_t i = 0; i < n; i++)
		hide_users(json_object_array_get_idx(refused, i));
	hide_users(json_object_object_get(document, "error"));
}

static void take_end(struct job *job, struct json_object *record, const char *line)
{
	struct json_object *document = json_object_object_get(record, "document");
	const char *text;

	tell_starter(job, line);
	hide_all_users(document);
	text = document ? json_object_to_json_string_ext(document, PRINT) : NULL;
	job->status = json_object_get_int(json_object_object_get(record, "finished"));
	free(job->result);
	job->result = strdup(text ? text : "");
}

void job_take_record(struct job *job, const char *line)
{
	struct json_object *record = json_tokener_parse(line);

	if (json_object_object_get(record, "finished"))
		take_end(job, record, line);
	else if (record)
		tell_starter(job, line);
	if (json_object_object_get(record, "step"))
		take_step(job, record);
	json_object_put(record);
}
