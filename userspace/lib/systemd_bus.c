// SPDX-License-Identifier: GPL-2.0-or-later
#include "systemd_bus.h"

#include "tree.h"

static int open_socket(struct gs_engine *engine, const char *path, bool is_bus, sd_bus **ret)
{
	size_t length = strlen(engine->root);
	gs_cleanup_free char *address = NULL;
	gs_cleanup_bus sd_bus *bus = NULL;
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

int gs_systemd_open(struct gs_engine *engine, sd_bus **ret)
{
	int r;

	if (engine->foreign_root)
		return -EPERM;
	if (!gs_tree_exists(engine, "run/systemd/system"))
		return -ENOENT;
	r = open_socket(engine, "run/systemd/private", false, ret);
	return r < 0 ? open_socket(engine, "run/dbus/system_bus_socket", true, ret) : r;
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
	r = sd_bus_match_signal(bus, NULL, is_bus ? GS_SYSTEMD : NULL, GS_SYSTEMD_PATH,
				GS_SYSTEMD_MANAGER, "JobRemoved", on_removed, job);
	if (r >= 0)
		r = sd_bus_call_method(bus, GS_SYSTEMD, GS_SYSTEMD_PATH, GS_SYSTEMD_MANAGER,
				       "Subscribe", NULL, NULL, "");
	return r;
}

int gs_systemd_run_job(sd_bus *bus, sd_bus_message *call, char *answer, size_t size)
{
	gs_cleanup_error sd_bus_error error = SD_BUS_ERROR_NULL;
	gs_cleanup_message sd_bus_message *reply = NULL;
	struct job job = { 0 };
	int r;

	r = listen_for(bus, &job);
	if (r < 0)
		return r;
	r = sd_bus_call(bus, call, 0, &error, &reply);
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

int gs_systemd_move_unit(sd_bus *bus, const char *method, const char *unit, char *answer,
			 size_t size)
{
	gs_cleanup_message sd_bus_message *call = NULL;
	int r;

	r = sd_bus_message_new_method_call(bus, &call, GS_SYSTEMD, GS_SYSTEMD_PATH,
					   GS_SYSTEMD_MANAGER, method);
	if (r >= 0)
		r = sd_bus_message_append(call, "ss", unit, "replace");
	return r < 0 ? r : gs_systemd_run_job(bus, call, answer, size);
}
