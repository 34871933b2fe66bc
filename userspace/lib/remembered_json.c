// SPDX-License-Identifier: GPL-2.0-or-later
/* What is remembered of a card, as JSON and back. */
#include "remembered.h"

#include "state_file.h"

static int add_element(struct json_object *array, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_array_add(array, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

/* A copy of a string member; a missing or null one stays NULL. */
static int copy_member(struct json_object *json, const char *key, char **ret)
{
	const char *text = gs_state_string(json, key);

	if (!text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

/* The same for one that becomes part of a path. */
static int copy_name(struct json_object *json, const char *key, char **ret)
{
	const char *text = gs_state_string(json, key);

	return text && !gs_state_is_name(text) ? -EBADMSG : copy_member(json, key, ret);
}

static struct json_object *one_before_to_json(const struct gs_before *before)
{
	gs_cleanup_json struct json_object *object = json_object_new_object();

	if (!object || gs_state_set(object, "address", before->address) < 0 ||
	    gs_state_set(object, "driver", before->driver) < 0 ||
	    gs_state_set(object, "driver_override", before->driver_override) < 0 ||
	    gs_state_set(object, "power_control", before->power_control) < 0)
		return NULL;
	return gs_steal(object);
}

struct json_object *gs_before_to_json(const struct gs_before *before, size_t count)
{
	gs_cleanup_json struct json_object *array = json_object_new_array();

	if (!array)
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (add_element(array, one_before_to_json(&before[i])) < 0)
			return NULL;
	return gs_steal(array);
}

static int one_before_from_json(struct json_object *json, struct gs_before *ret)
{
	struct gs_address address;
	const char *text = gs_state_string(json, "address");
	int r;

	if (!text || gs_address_parse(text, &address) < 0)
		return -EBADMSG;
	r = copy_member(json, "address", &ret->address);
	if (r == 0)
		r = copy_name(json, "driver", &ret->driver);
	if (r == 0)
		r = copy_name(json, "driver_override", &ret->driver_override);
	if (r == 0)
		r = copy_member(json, "power_control", &ret->power_control);
	return r;
}

int gs_before_from_json(struct json_object *json, struct gs_before **ret, size_t *ret_count)
{
	struct gs_before *list = NULL;
	size_t count = 0;
	int r = 0;

	if (!json_object_is_type(json, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; r == 0 && i < json_object_array_length(json); i++) {
		r = gs_grow(&list, count, sizeof(*list));
		if (r == 0)
			r = one_before_from_json(json_object_array_get_idx(json, i),
						 &list[count++]);
	}
	if (r < 0) {
		for (size_t i = 0; i < count; i++)
			gs_before_clear(&list[i]);
		free(list);
		return r;
	}
	*ret = list;
	*ret_count = count;
	return 0;
}

static struct json_object *strings_to_json(char *const *list)
{
	gs_cleanup_json struct json_object *array = json_object_new_array();

	if (!array)
		return NULL;
	for (; list && *list; list++)
		if (add_element(array, json_object_new_string(*list)) < 0)
			return NULL;
	return gs_steal(array);
}

static struct json_object *type_to_json(const struct gs_vgpu_type *type)
{
	gs_cleanup_json struct json_object *object = json_object_new_object();

	if (!object || gs_state_set(object, "id", type->id) < 0 ||
	    gs_state_set(object, "name", type->name) < 0 ||
	    gs_state_set(object, "description", type->description) < 0 ||
	    gs_state_add(object, "framebuffer_bytes",
		       json_object_new_uint64(type->framebuffer_bytes)) < 0)
		return NULL;
	return gs_steal(object);
}

static struct json_object *parent_to_json(const struct gs_parent *parent)
{
	gs_cleanup_json struct json_object *object = json_object_new_object();
	gs_cleanup_json struct json_object *types = json_object_new_array();

	if (!object || !types || gs_state_set(object, "name", parent->name) < 0)
		return NULL;
	for (size_t i = 0; i < parent->n_types; i++)
		if (add_element(types, type_to_json(&parent->types[i])) < 0)
			return NULL;
	if (gs_state_add(object, "types", gs_steal(types)) < 0 ||
	    gs_state_add(object, "on_vfs", json_object_new_boolean(parent->on_vfs)) < 0)
		return NULL;
	return gs_steal(object);
}

struct json_object *gs_remembered_to_json(const struct gs_remembered *remembered)
{
	gs_cleanup_json struct json_object *object = gs_state_new();

	if (!object || gs_state_set(object, "driver", remembered->driver) < 0 ||
	    gs_state_add(object, "with", strings_to_json(remembered->with)) < 0 ||
	    gs_state_add(object, "before",
		       gs_before_to_json(remembered->before, remembered->n_before)) < 0 ||
	    gs_state_add(object, "passed", json_object_new_boolean(remembered->passed)) < 0)
		return NULL;
	if (remembered->parent &&
	    gs_state_add(object, "parent", parent_to_json(remembered->parent)) < 0)
		return NULL;
	return gs_steal(object);
}

static int type_from_json(struct json_object *json, struct gs_vgpu_type *ret)
{
	struct json_object *value;
	int r;

	if (!gs_state_string(json, "id") || !gs_state_string(json, "name"))
		return -EBADMSG;
	r = copy_name(json, "id", &ret->id);
	if (r == 0)
		r = copy_member(json, "name", &ret->name);
	if (r == 0)
		r = copy_member(json, "description", &ret->description);
	if (r == 0 && json_object_object_get_ex(json, "framebuffer_bytes", &value))
		ret->framebuffer_bytes = json_object_get_uint64(value);
	return r;
}

static int parent_from_json(struct json_object *json, struct gs_parent *ret)
{
	struct json_object *types, *value;
	int r;

	if (!gs_state_string(json, "name") || !json_object_object_get_ex(json, "types", &types) ||
	    !json_object_is_type(types, json_type_array))
		return -EBADMSG;
	if (json_object_object_get_ex(json, "on_vfs", &value))
		ret->on_vfs = json_object_get_boolean(value);
	r = copy_name(json, "name", &ret->name);
	for (size_t i = 0; r == 0 && i < json_object_array_length(types); i++) {
		r = gs_grow(&ret->types, ret->n_types, sizeof(*ret->types));
		if (r == 0)
			r = type_from_json(json_object_array_get_idx(types, i),
					   &ret->types[ret->n_types++]);
	}
	return r;
}

static int with_from_json(struct json_object *json, char ***ret)
{
	struct gs_address address;
	int r = 0;

	if (!json_object_is_type(json, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; r == 0 && i < json_object_array_length(json); i++) {
		const char *text = json_object_get_string(json_object_array_get_idx(json, i));

		if (!text || gs_address_parse(text, &address) < 0)
			return -EBADMSG;
		r = gs_strv_add(ret, text);
	}
	return r;
}

static int fill_from_json(struct json_object *json, struct gs_remembered *ret)
{
	struct json_object *value;
	int r;

	r = copy_name(json, "driver", &ret->driver);
	if (r == 0 && json_object_object_get_ex(json, "with", &value))
		r = with_from_json(value, &ret->with);
	if (r == 0 && json_object_object_get_ex(json, "before", &value))
		r = gs_before_from_json(value, &ret->before, &ret->n_before);
	if (r == 0 && json_object_object_get_ex(json, "passed", &value))
		ret->passed = json_object_get_boolean(value);
	if (r == 0 && json_object_object_get_ex(json, "parent", &value)) {
		ret->parent = calloc(1, sizeof(*ret->parent));
		r = ret->parent ? parent_from_json(value, ret->parent) : -ENOMEM;
	}
	return r;
}

int gs_remembered_from_json(struct json_object *json, struct gs_remembered **ret)
{
	struct gs_remembered *remembered = calloc(1, sizeof(*remembered));
	int r;

	if (!remembered)
		return -ENOMEM;
	r = fill_from_json(json, remembered);
	if (r < 0) {
		gs_remembered_free(remembered);
		return r;
	}
	*ret = remembered;
	return 0;
}
