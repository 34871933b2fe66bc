// SPDX-License-Identifier: GPL-2.0-or-later
/* gpu.c - a card on the bus: finding it, its properties, questions about it */
#include "ask.h"
#include "errors.h"
#include "shown.h"
#include "properties.h"
#include "questions.h"
#include "request.h"
#include "sender.h"
#include "tree.h"

static struct gpu *find_by_path(struct daemon *daemon, const char *path)
{
	for (size_t i = 0; i < daemon->n_gpus; i++) {
		if (gs_streq(daemon->gpus[i].path, path))
			return &daemon->gpus[i];
	}
	return NULL;
}

/* What properties get: the card, with what else they need. */
static int find(sd_bus *bus, const char *path, const char *interface, void *data, void **ret_found,
		sd_bus_error *error)
{
	struct daemon *daemon = data;

	(void)bus;
	(void)interface;
	(void)error;
	if (!find_by_path(daemon, path))
		return 0;
	*ret_found = daemon;
	return 1;
}

static int enumerate(sd_bus *bus, const char *prefix, void *data, char ***ret_nodes,
		     sd_bus_error *error)
{
	const struct daemon *daemon = data;
	char **paths = NULL;

	(void)bus;
	(void)prefix;
	(void)error;
	for (size_t i = 0; i < daemon->n_gpus; i++) {
		if (gs_strv_add(&paths, daemon->gpus[i].path) < 0) {
			gs_strv_free(paths);
			return -ENOMEM;
		}
	}
	*ret_nodes = paths;
	return 0;
}

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *property,
			sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct gpu *gpu = find_by_path(data, path);

	(void)bus;
	(void)interface;
	(void)error;
	if (!gpu)
		return -ENOENT;
	/* These two are never old. */
	if (gpu->stale && !gs_streq(property, "Driver") && !gs_streq(property, "Mode"))
		shown_settle(data);
	return properties_append(reply, property, gpu->facts);
}

/* Written by anyone with root rights, and no event tells: read when it is asked for. */
static int get_reset_methods(sd_bus *bus, const char *path, const char *interface,
			     const char *property, sd_bus_message *reply, void *data,
			     sd_bus_error *error)
{
	struct daemon *daemon = data;
	const struct gpu *gpu = find_by_path(daemon, path);
	gs_cleanup_free char *text = NULL;
	char file[GS_PATH_MAX], *rest = NULL;
	int r;

	(void)bus;
	(void)interface;
	(void)property;
	(void)error;
	if (!gpu)
		return -ENOENT;
	/* Without a method there is no file. */
	if (gs_path(file, "sys/bus/pci/devices/%s/reset_method", gpu->address) < 0 ||
	    gs_tree_read(daemon->engine, file, &text) < 0)
		text = NULL;
	r = sd_bus_message_open_container(reply, 'a', "s");
	for (char *word = text ? strtok_r(text, " \n", &rest) : NULL; r >= 0 && word;
	     word = strtok_r(NULL, " \n", &rest))
		r = sd_bus_message_append(reply, "s", word);
	return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int begin_question(struct daemon *daemon, sd_bus_message *message, struct question *question,
			  uid_t *ret_uid, sd_bus_error *error)
{
	const struct gpu *gpu = find_by_path(daemon, sd_bus_message_get_path(message));

	if (!gpu)
		return -ENOENT;
	*question = (struct question){ .known = daemon->host };
	snprintf(question->card, sizeof(question->card), "%s", gpu->address);
	return sender_uid(message, ret_uid, error);
}

static int on_plan(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct daemon *daemon = data;
	struct question question;
	uid_t uid;
	int r;

	r = begin_question(daemon, message, &question, &uid, error);
	if (r >= 0)
		r = options_read_mode(message,
				      OPTION_DRIVER | OPTION_WITH | OPTION_PROFILES | OPTION_FORCE |
					      OPTION_TIMEOUT,
				      &question.options, error);
	if (r < 0)
		return r;
	r = ask_start(daemon, message, uid, question_plan, &question, error);
	options_clear(&question.options);
	return r;
}

static int begin_request(int (*request)(struct daemon *daemon, sd_bus_message *call,
					const char *card, sd_bus_error *error),
			 sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct daemon *daemon = data;
	const struct gpu *gpu = find_by_path(daemon, sd_bus_message_get_path(message));

	return gpu ? request(daemon, message, gpu->address, error) : -ENOENT;
}

static int on_set_mode(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return begin_request(request_set_mode, message, data, error);
}

static int on_reset(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return begin_request(request_reset, message, data, error);
}

static int on_self_test(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return begin_request(request_self_test, message, data, error);
}

static int on_get_holders(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct daemon *daemon = data;
	struct question question;
	uid_t uid;
	int r;

	r = begin_question(daemon, message, &question, &uid, error);
	if (r < 0)
		return r;
	return request_holders(daemon, message, &question, uid, error);
}

#define GPU_PROPERTY(name, type, flags) SD_BUS_PROPERTY(name, type, get_property, 0, flags)
#define CONST SD_BUS_VTABLE_PROPERTY_CONST
#define CHANGES SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	GPU_PROPERTY("Address", "s", CONST),
	GPU_PROPERTY("Name", "s", CHANGES),
	GPU_PROPERTY("VendorId", "s", CHANGES),
	GPU_PROPERTY("DeviceId", "s", CHANGES),
	GPU_PROPERTY("Class", "s", CHANGES),
	GPU_PROPERTY("Mode", "s", CHANGES),
	GPU_PROPERTY("Reason", "s", CHANGES),
	GPU_PROPERTY("Driver", "s", CHANGES),
	GPU_PROPERTY("IommuGroup", "i", CHANGES),
	GPU_PROPERTY("GroupMembers", "as", CHANGES),
	SD_BUS_PROPERTY("ResetMethods", "as", get_reset_methods, 0, 0),
	GPU_PROPERTY("BootVga", "s", CHANGES),
	GPU_PROPERTY("Isolation", "(sssas)", CHANGES),
	GPU_PROPERTY("Functions", "a(sssi)", CHANGES),
	GPU_PROPERTY("Vgpus", "a(sssss)", CHANGES),
	GPU_PROPERTY("Modes", "a{s(bas)}", CHANGES),
	SD_BUS_METHOD_WITH_ARGS("Plan", SD_BUS_ARGS("s", mode, "a{sv}", options),
				SD_BUS_RESULT("s", json), on_plan, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("SetMode", SD_BUS_ARGS("s", mode, "a{sv}", options),
				SD_BUS_RESULT("o", job), on_set_mode, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Reset", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
				on_reset, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("SelfTest", SD_BUS_ARGS("u", rounds, "a{sv}", options),
				SD_BUS_RESULT("o", job), on_self_test, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("GetHolders", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json),
				on_get_holders, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int gpu_add_objects(struct daemon *daemon)
{
	int r = sd_bus_add_fallback_vtable(daemon->bus, NULL, PATH_GPU, INTERFACE_GPU, vtable, find,
					   daemon);

	return r < 0 ? r : sd_bus_add_node_enumerator(daemon->bus, NULL, PATH_GPU, enumerate, daemon);
}
