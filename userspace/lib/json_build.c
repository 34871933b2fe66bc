// SPDX-License-Identifier: GPL-2.0-or-later
/* json_build.c - building JSON without losing a key */
#include "json_build.h"

#include "json.h"
#include "utf8.h"

/* Every key is a string literal, and no object gets a key twice. */
#define PUT_FLAGS (JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY)

void gs_json_begin(struct gs_json *json)
{
	json->object = json_object_new_object();
	json->failed = !json->object;
}

void gs_json_begin_array(struct gs_json *json)
{
	json->object = json_object_new_array();
	json->failed = !json->object;
}

void gs_json_begin_document(struct gs_json *json)
{
	gs_json_begin(json);
	gs_json_put_number(json, "schema", GS_SCHEMA);
}

struct json_object *gs_json_end(struct gs_json *json)
{
	if (json->failed) {
		json_object_put(json->object);
		json->object = NULL;
	}
	return gs_steal(json->object);
}

static void put_or_null(struct gs_json *json, const char *key, struct json_object *value)
{
	if (json->failed || json_object_object_add_ex(json->object, key, value, PUT_FLAGS) < 0) {
		json_object_put(value);
		json->failed = true;
	}
}

void gs_json_put(struct gs_json *json, const char *key, struct json_object *value)
{
	if (value)
		put_or_null(json, key, value);
	else
		json->failed = true;
}

void gs_json_put_null(struct gs_json *json, const char *key)
{
	put_or_null(json, key, NULL);
}

static struct json_object *new_string(const char *text)
{
	gs_cleanup_free char *repaired = NULL;

	if (gs_utf8_valid(text))
		return json_object_new_string(text);
	repaired = gs_utf8_repair(text);
	return repaired ? json_object_new_string(repaired) : NULL;
}

void gs_json_put_string(struct gs_json *json, const char *key, const char *text)
{
	if (text)
		gs_json_put(json, key, new_string(text));
	else
		gs_json_put_null(json, key);
}

void gs_json_put_number(struct gs_json *json, const char *key, int64_t number)
{
	gs_json_put(json, key, json_object_new_int64(number));
}

void gs_json_put_bool(struct gs_json *json, const char *key, bool value)
{
	gs_json_put(json, key, json_object_new_boolean(value));
}

void gs_json_put_known(struct gs_json *json, const char *key, enum gs_known value)
{
	if (value == GS_UNKNOWN)
		gs_json_put_null(json, key);
	else
		gs_json_put_bool(json, key, value == GS_YES);
}

void gs_json_put_id(struct gs_json *json, const char *key, uint16_t id)
{
	char text[5];

	snprintf(text, sizeof(text), "%04x", id);
	gs_json_put_string(json, key, text);
}

void gs_json_put_strings(struct gs_json *json, const char *key, char *const *list)
{
	struct gs_json array;

	gs_json_begin_array(&array);
	for (; list && *list; list++)
		gs_json_add(&array, new_string(*list));
	gs_json_put(json, key, gs_json_end(&array));
}

void gs_json_add(struct gs_json *json, struct json_object *value)
{
	if (json->failed || !value || json_object_array_add(json->object, value) < 0) {
		json_object_put(value);
		json->failed = true;
	}
}
