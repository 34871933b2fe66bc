// SPDX-License-Identifier: GPL-2.0-or-later
/* definition_file.c - one file of mdevctl: {"mdev_type": ..., "start": ..., "attrs": [{NAME: VALUE}, ...]} */
#include "definition.h"
#include "state_file.h"
#include "tree.h"
#include "vgpu_params.h"

bool gs_is_uuid(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; form[i]; i++)
		if (form[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdef", text[i]))
			return false;
	return true;
}

void gs_definition_file_clear(struct gs_definition_file *file)
{
	free(file->type);
	json_object_put(file->json);
	*file = (struct gs_definition_file){ 0 };
}

int gs_definition_parse(const char *text, struct gs_definition_file *ret)
{
	gs_cleanup_json struct json_object *json = json_tokener_parse(text);
	const char *type;

	type = json_object_is_type(json, json_type_object) ? gs_state_string(json, "mdev_type") :
							     NULL;
	if (!type || !gs_state_is_name(type))
		return -EBADMSG;
	ret->type = strdup(type);
	if (!ret->type)
		return -ENOMEM;
	ret->automatic = gs_streq(gs_state_string(json, "start"), "auto");
	ret->json = gs_steal(json);
	return 0;
}

int gs_definition_read(struct gs_engine *engine, const char *parent, const char *uuid,
		       struct gs_definition_file *ret)
{
	gs_cleanup_free char *text = NULL;
	char path[GS_PATH_MAX];
	int r;

	if (!gs_state_is_name(parent) || !gs_is_uuid(uuid))
		return -EINVAL;
	r = gs_path(path, GS_DEFINITIONS "/%s/%s", parent, uuid);
	if (r == 0)
		r = gs_tree_read(engine, path, &text);
	if (r < 0)
		return r == -ENOTDIR ? -ENOENT : r;
	return gs_definition_parse(text, ret);
}

bool gs_definitions_exist(struct gs_engine *engine, const char *parent)
{
	char path[GS_PATH_MAX];

	return gs_path(path, GS_DEFINITIONS "/%s", parent) == 0 && gs_tree_exists(engine, path);
}

static struct json_object *new_json(void)
{
	gs_cleanup_json struct json_object *json = json_object_new_object();

	if (!json || gs_state_set(json, "mdev_type", "") < 0 || gs_state_set(json, "start", "") < 0 ||
	    gs_state_add(json, "attrs", json_object_new_array()) < 0)
		return NULL;
	return gs_steal(json);
}

/* As mdevctl writes an empty list; json-c would break the line in it. */
static void compact_empty(struct json_object *json)
{
	struct json_object *attributes;

	if (json_object_object_get_ex(json, "attrs", &attributes) &&
	    json_object_is_type(attributes, json_type_array) &&
	    json_object_array_length(attributes) == 0)
		json_object_set_serializer(attributes, json_object_userdata_to_json_string,
					   (void *)"[]", NULL);
}

/* The attribute that has the parameters; -1: none has. */
static int find_params(struct json_object *attributes)
{
	size_t count = json_object_is_type(attributes, json_type_array)
			       ? json_object_array_length(attributes)
			       : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *one = json_object_array_get_idx(attributes, i);

		if (json_object_is_type(one, json_type_object) &&
		    json_object_object_get_ex(one, GS_PARAMS_FILE, NULL))
			return (int)i;
	}
	return -1;
}

const char *gs_definition_params(const struct gs_definition_file *file)
{
	struct json_object *attributes = NULL;
	int at;

	if (!file->json || !json_object_object_get_ex(file->json, "attrs", &attributes))
		return NULL;
	at = find_params(attributes);
	return at < 0 ? NULL
		      : gs_state_string(json_object_array_get_idx(attributes, (size_t)at),
					GS_PARAMS_FILE);
}

static int add_params(struct json_object *attributes, const char *params)
{
	gs_cleanup_json struct json_object *one = json_object_new_object();

	if (!one || gs_state_set(one, GS_PARAMS_FILE, params) < 0 ||
	    json_object_array_add(attributes, one) < 0)
		return -ENOMEM;
	(void)!gs_steal(one);
	return 0;
}

/* Among the other attributes, whose order stays: they are written in it. */
static int put_params(struct json_object *json, const char *params)
{
	struct json_object *attributes;
	int at;

	if (!json_object_object_get_ex(json, "attrs", &attributes) ||
	    !json_object_is_type(attributes, json_type_array)) {
		attributes = json_object_new_array();
		if (gs_state_add(json, "attrs", attributes) < 0)
			return -ENOMEM;
	}
	at = find_params(attributes);
	if (at >= 0 && !*params)
		return json_object_array_del_idx(attributes, (size_t)at, 1) < 0 ? -ENOMEM : 0;
	if (at >= 0)
		return gs_state_set(json_object_array_get_idx(attributes, (size_t)at), GS_PARAMS_FILE,
				    params);
	return *params ? add_params(attributes, params) : 0;
}

/* The order of the keys stays, and so does what others wrote. */
char *gs_definition_text(const struct gs_definition_file *file, const char *type, const char *params,
			 bool automatic)
{
	gs_cleanup_json struct json_object *json = NULL;
	const char *text;

	if (file && file->json && json_object_deep_copy(file->json, &json, NULL) < 0)
		return NULL;
	if (!json)
		json = new_json();
	if (!json || gs_state_set(json, "mdev_type", type) < 0 ||
	    gs_state_set(json, "start", automatic ? "auto" : "manual") < 0 ||
	    (params && put_params(json, params) < 0))
		return NULL;
	compact_empty(json);
	text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_SPACED |
							    JSON_C_TO_STRING_NOSLASHESCAPE);
	return text ? strdup(text) : NULL;
}

/* A file below the device's own folder: mdevctl takes such names, too. */
static bool is_attribute(const char *name)
{
	if (!*name || *name == '/' || strlen(name) > 127)
		return false;
	for (const char *part = name; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (*part == '.' || *part == '/' || !*part)
			return false;
	}
	return true;
}

static int add_attribute(char ***list, struct json_object *attribute)
{
	int r = 0;

	if (!json_object_is_type(attribute, json_type_object))
		return -EBADMSG;
	json_object_object_foreach(attribute, name, value)
	{
		const char *text = json_object_get_string(value);

		if (r < 0)
			break;
		if (!text || !is_attribute(name))
			return -EBADMSG;
		r = gs_strv_add(list, name);
		if (r == 0)
			r = gs_strv_add(list, text);
	}
	return r;
}

int gs_definition_attributes(struct gs_engine *engine, const char *parent, const char *uuid,
			     char ***ret)
{
	gs_cleanup_definition struct gs_definition_file file = { 0 };
	struct json_object *attributes;
	int r;

	*ret = NULL;
	r = gs_definition_read(engine, parent, uuid, &file);
	/* What cannot be read defines nothing. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (!json_object_object_get_ex(file.json, "attrs", &attributes) ||
	    !json_object_is_type(attributes, json_type_array))
		return 0;
	for (size_t i = 0; r == 0 && i < json_object_array_length(attributes); i++)
		r = add_attribute(ret, json_object_array_get_idx(attributes, i));
	if (r < 0) {
		gs_strv_free(*ret);
		*ret = NULL;
	}
	return r;
}
