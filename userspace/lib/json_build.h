/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_build.h - builds JSON objects and arrays without losing a key.
 *
 * json-c shows both "null" and "out of memory" as NULL. A builder keeps them
 * apart: a put that runs out of memory marks the builder, and gs_json_end()
 * then gives NULL instead of a document with a hole.
 */
#ifndef GS_JSON_BUILD_H
#define GS_JSON_BUILD_H

#include <json-c/json.h>

#include "model.h"

struct gs_json {
	struct json_object *object;
	bool failed;
};

void gs_json_begin(struct gs_json *json);
void gs_json_begin_array(struct gs_json *json);

/* gs_json_begin_document - an object that begins with the key "schema" */
void gs_json_begin_document(struct gs_json *json);

/* gs_json_end - the finished object, or NULL when memory ran out on the way */
struct json_object *gs_json_end(struct gs_json *json) gs_must_check;

/* gs_json_put - take over @value; NULL means that making it ran out of memory */
void gs_json_put(struct gs_json *json, const char *key, struct json_object *value);
void gs_json_put_null(struct gs_json *json, const char *key);
/* gs_json_put_string - NULL gives null; what is not UTF-8 is replaced */
void gs_json_put_string(struct gs_json *json, const char *key, const char *text);
void gs_json_put_number(struct gs_json *json, const char *key, int64_t number);
void gs_json_put_bool(struct gs_json *json, const char *key, bool value);
void gs_json_put_known(struct gs_json *json, const char *key, enum gs_known value);
/* gs_json_put_id - four hexadecimal digits */
void gs_json_put_id(struct gs_json *json, const char *key, uint16_t id);
/* gs_json_put_strings - an array; a NULL list gives an empty one */
void gs_json_put_strings(struct gs_json *json, const char *key, char *const *list);

/* gs_json_add - append to an array; takes @value as gs_json_put() does */
void gs_json_add(struct gs_json *json, struct json_object *value);

#endif
