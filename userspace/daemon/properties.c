// SPDX-License-Identifier: GPL-2.0-or-later
/* properties.c - the JSON of a card in D-Bus types */
#include "properties.h"

static const char *text_of(struct json_object *value)
{
	const char *text = json_object_get_string(value);

	return text ? text : "";
}

static const char *text_at(struct json_object *object, const char *key)
{
	return text_of(json_object_object_get(object, key));
}

static int append_text(sd_bus_message *message, struct json_object *value)
{
	return sd_bus_message_append(message, "s", text_of(value));
}

static int number_or_none(struct json_object *value)
{
	return value ? json_object_get_int(value) : -1;
}

static int append_number(sd_bus_message *message, struct json_object *value)
{
	return sd_bus_message_append(message, "i", number_or_none(value));
}

static int append_answer(sd_bus_message *message, struct json_object *value)
{
	const char *answer = json_object_get_boolean(value) ? "yes" : "no";

	return sd_bus_message_append(message, "s", value ? answer : "unknown");
}

static int append_texts(sd_bus_message *message, struct json_object *value)
{
	size_t n = value ? json_object_array_length(value) : 0;
	int r = sd_bus_message_open_container(message, 'a', "s");

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = append_text(message, json_object_array_get_idx(value, i));
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_isolation(sd_bus_message *message, struct json_object *value)
{
	int r = sd_bus_message_open_container(message, 'r', "sssas");

	if (r >= 0)
		r = sd_bus_message_append(message, "sss", text_at(value, "address"),
					  text_at(value, "name"), text_at(value, "cause"));
	if (r >= 0)
		r = append_texts(message, json_object_object_get(value, "missing"));
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_function(sd_bus_message *message, struct json_object *function)
{
	return sd_bus_message_append(message, "(sssi)", text_at(function, "address"),
				     text_at(function, "class"), text_at(function, "driver"),
				     number_or_none(json_object_object_get(function, "iommu_group")));
}

static int append_vgpu(sd_bus_message *message, struct json_object *vgpu)
{
	const char *name = text_at(vgpu, json_object_object_get(vgpu, "uuid") ? "uuid" : "address");

	return sd_bus_message_append(message, "(sssss)", name, text_at(vgpu, "parent"),
				     text_at(vgpu, "type"), text_at(vgpu, "backend"),
				     text_at(vgpu, "owner"));
}

static int append_list(sd_bus_message *message, struct json_object *list, const char *type,
		       int (*append)(sd_bus_message *message, struct json_object *value))
{
	size_t n = list ? json_object_array_length(list) : 0;
	int r = sd_bus_message_open_container(message, 'a', type);

	for (size_t i = 0; r >= 0 && i < n; i++)
		r = append(message, json_object_array_get_idx(list, i));
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_functions(sd_bus_message *message, struct json_object *value)
{
	return append_list(message, value, "(sssi)", append_function);
}

static int append_vgpus(sd_bus_message *message, struct json_object *value)
{
	return append_list(message, value, "(sssss)", append_vgpu);
}

static int append_code(sd_bus_message *message, struct json_object *blocker)
{
	return sd_bus_message_append(message, "s", text_at(blocker, "code"));
}

static int append_mode(sd_bus_message *message, const char *mode, struct json_object *value)
{
	int available = json_object_get_boolean(json_object_object_get(value, "available"));
	int r = sd_bus_message_open_container(message, 'e', "s(bas)");

	if (r >= 0)
		r = sd_bus_message_append(message, "s", mode);
	if (r >= 0)
		r = sd_bus_message_open_container(message, 'r', "bas");
	if (r >= 0)
		r = sd_bus_message_append(message, "b", available);
	if (r >= 0)
		r = append_list(message, json_object_object_get(value, "blockers"), "s",
				append_code);
	if (r >= 0)
		r = sd_bus_message_close_container(message);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_modes(sd_bus_message *message, struct json_object *value)
{
	int r = sd_bus_message_open_container(message, 'a', "{s(bas)}");

	json_object_object_foreach(value, mode, what)
	{
		if (r >= 0)
			r = append_mode(message, mode, what);
	}
	return r < 0 ? r : sd_bus_message_close_container(message);
}

const struct property properties[] = {
	{ "Address", "address", "s", append_text },
	{ "Name", "name", "s", append_text },
	{ "VendorId", "vendor_id", "s", append_text },
	{ "DeviceId", "device_id", "s", append_text },
	{ "Class", "class", "s", append_text },
	{ "Mode", "mode", "s", append_text },
	{ "Reason", "reason", "s", append_text },
	{ "Driver", "driver", "s", append_text },
	{ "IommuGroup", "iommu_group", "i", append_number },
	{ "GroupMembers", "group_members", "as", append_texts },
	{ "BootVga", "boot_vga", "s", append_answer },
	{ "Isolation", "isolation", "(sssas)", append_isolation },
	{ "Functions", "functions", "a(sssi)", append_functions },
	{ "Vgpus", "vgpus", "a(sssss)", append_vgpus },
	{ "Modes", "modes", "a{s(bas)}", append_modes },
	{ NULL, NULL, NULL, NULL },
};

_Static_assert(GS_ARRAY_SIZE(properties) <= PROPERTIES_MAX, "properties_changed() needs the room");

int properties_append(sd_bus_message *message, const char *name, struct json_object *facts)
{
	for (const struct property *property = properties; property->name; property++) {
		if (gs_streq(property->name, name))
			return property->append(message,
						json_object_object_get(facts, property->key));
	}
	return -ENOENT;
}

static bool is_equal(const struct property *property, struct json_object *before,
		     struct json_object *after)
{
	return json_object_equal(json_object_object_get(before, property->key),
				 json_object_object_get(after, property->key));
}

size_t properties_changed(struct json_object *before, struct json_object *after, const char **ret)
{
	size_t n = 0;

	for (const struct property *property = properties; property->name; property++) {
		if (!is_equal(property, before, after))
			ret[n++] = property->name;
	}
	ret[n] = NULL;
	return n;
}
