// SPDX-License-Identifier: GPL-2.0-or-later
/* manager.c - /org/gpushift1: what is about the host as a whole */
#include "errors.h"
#include "shown.h"
#include "reload.h"
#include "request.h"
#include "sender.h"

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *property,
		       sd_bus_message *reply, void *data, sd_bus_error *error)
{
	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)data;
	(void)error;
	return sd_bus_message_append(reply, "s", GPUSHIFT_VERSION);
}

static int get_source(sd_bus *bus, const char *path, const char *interface, const char *property,
		      sd_bus_message *reply, void *data, sd_bus_error *error)
{
	const struct daemon *daemon = data;

	(void)bus;
	(void)path;
	(void)interface;
	(void)property;
	(void)error;
	return sd_bus_message_append(reply, "s",
				     daemon->host->source == GS_SOURCE_KMOD ? "kmod" : "sysfs");
}

static int on_reload(sd_bus_message *message, void *data, sd_bus_error *error)
{
	struct daemon *daemon = data;
	uid_t uid;
	int r = sender_uid(message, &uid, error);

	if (r < 0)
		return r;
	if (uid != 0)
		return error_code(error, "not-permitted", "only root may reload");
	r = daemon_reload(daemon);
	if (r < 0)
		return error_code(error, "failed", "cannot read the host: %s", strerror(-r));
	return sd_bus_reply_method_return(message, NULL);
}

static int on_create_vgpu(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return request_create_vgpu(data, message, error);
}

static int on_remove_vgpu(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return request_remove_vgpu(data, message, error);
}

static int on_claim(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return request_claim(data, message, error);
}

static int on_release(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return request_release(data, message, error);
}

static int on_vm_start(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return request_vm_start(data, message, error);
}

static int on_vm_end(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return request_vm_end(data, message, error);
}

static int on_recover(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return request_recover(data, message, error);
}

static int on_apply(sd_bus_message *message, void *data, sd_bus_error *error)
{
	return request_apply(data, message, error);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
	SD_BUS_PROPERTY("Source", "s", get_source, 0, 0),
	SD_BUS_METHOD("Reload", NULL, NULL, on_reload, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("CreateVgpu",
				SD_BUS_ARGS("s", parent, "s", type, "a{sv}", options),
				SD_BUS_RESULT("o", job), on_create_vgpu,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("RemoveVgpu", SD_BUS_ARGS("s", uuid, "a{sv}", options),
				SD_BUS_RESULT("o", job), on_remove_vgpu,
				SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Claim", SD_BUS_ARGS("s", kind, "s", value, "a{sv}", options),
				SD_BUS_RESULT("o", job), on_claim, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Release", SD_BUS_ARGS("s", name, "a{sv}", options),
				SD_BUS_RESULT("o", job), on_release, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("VmStart",
				SD_BUS_ARGS("s", manager, "s", vm, "ay", description, "a{sv}",
					    options),
				SD_BUS_RESULT("o", job), on_vm_start, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("VmEnd", SD_BUS_ARGS("s", manager, "s", vm, "a{sv}", options),
				SD_BUS_RESULT("o", job), on_vm_end, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Recover", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
				on_recover, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD_WITH_ARGS("Apply", SD_BUS_ARGS("ay", wanted, "s", profile, "a{sv}", options),
				SD_BUS_RESULT("o", job), on_apply, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

int manager_add(struct daemon *daemon)
{
	int r = sd_bus_add_object_vtable(daemon->bus, NULL, PATH_ROOT, INTERFACE_MANAGER, vtable,
					 daemon);

	return r < 0 ? r : sd_bus_add_object_manager(daemon->bus, NULL, PATH_ROOT);
}
