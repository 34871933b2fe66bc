// SPDX-License-Identifier: GPL-2.0-or-later
/* wish_json.c - a wish as JSON and back; what comes back is checked, whoever wrote it. */
#include <systemd/sd-id128.h>

#include "state_file.h"
#include "vgpu_params.h"
#include "wish.h"

void gs_wished_vgpu_clear(struct gs_wished_vgpu *vgpu)
{
	free(vgpu->uuid);
	free(vgpu->type);
	free(vgpu->params);
	*vgpu = (struct gs_wished_vgpu){ 0 };
}

void gs_wish_clear(struct gs_wish *wish)
{
	free(wish->file);
	gs_place_clear(&wish->place);
	gs_strv_free(wish->others);
	free(wish->driver);
	free(wish->vf_params);
	gs_places_free(wish->with, wish->n_with);
	for (size_t i = 0; i < wish->n_vgpus; i++)
		gs_wished_vgpu_clear(&wish->vgpus[i]);
	free(wish->vgpus);
	*wish = (struct gs_wish){ 0 };
}

static int put_place(struct json_object *object, const struct gs_place *place)
{
	char identity[GS_IDENTITY_LEN];
	int r;

	gs_identity_format(&place->identity, identity);
	r = gs_state_set(object, "identity", identity);
	if (r == 0)
		r = gs_state_set(object, "address", place->address);
	if (r == 0)
		r = gs_state_set(object, "path", place->path);
	return r == 0 ? gs_state_set(object, "slot", place->slot) : r;
}

/* Takes over @value. */
static int append(struct json_object *array, struct json_object *value)
{
	if (!value)
		return -ENOMEM;
	if (json_object_array_add(array, value) < 0) {
		json_object_put(value);
		return -ENOMEM;
	}
	return 0;
}

static struct json_object *place_to_json(const struct gs_place *place)
{
	gs_cleanup_json struct json_object *object = json_object_new_object();

	return object && put_place(object, place) == 0 ? gs_steal(object) : NULL;
}

static struct json_object *vgpu_to_json(const struct gs_wished_vgpu *vgpu)
{
	gs_cleanup_json struct json_object *object = json_object_new_object();

	if (!object || gs_state_set(object, "uuid", vgpu->uuid) < 0 ||
	    gs_state_set(object, "type", vgpu->type) < 0)
		return NULL;
	if (vgpu->params && gs_state_set(object, "params", vgpu->params) < 0)
		return NULL;
	return gs_steal(object);
}

static int put_lists(struct json_object *object, const struct gs_wish *wish)
{
	gs_cleanup_json struct json_object *others = json_object_new_array();
	gs_cleanup_json struct json_object *with = json_object_new_array();
	gs_cleanup_json struct json_object *vgpus = json_object_new_array();
	int r = others && with && vgpus ? 0 : -ENOMEM;

	for (char **path = wish->others; r == 0 && path && *path; path++)
		r = append(others, json_object_new_string(*path));
	for (size_t i = 0; r == 0 && i < wish->n_with; i++)
		r = append(with, place_to_json(&wish->with[i]));
	for (size_t i = 0; r == 0 && i < wish->n_vgpus; i++)
		r = append(vgpus, vgpu_to_json(&wish->vgpus[i]));
	if (r == 0)
		r = gs_state_add(object, "others", gs_steal(others));
	if (r == 0)
		r = gs_state_add(object, "with", gs_steal(with));
	return r == 0 ? gs_state_add(object, "vgpus", gs_steal(vgpus)) : r;
}

struct json_object *gs_wish_to_json(const struct gs_wish *wish)
{
	gs_cleanup_json struct json_object *object = gs_state_new();

	if (!object || put_place(object, &wish->place) < 0 ||
	    gs_state_set(object, "mode", gs_mode_name(wish->mode)) < 0 ||
	    gs_state_set(object, "driver", wish->driver) < 0 ||
	    gs_state_add(object, "force", json_object_new_boolean(wish->force)) < 0 ||
	    put_lists(object, wish) < 0)
		return NULL;
	/* Only where there are some, so that other wishes read as they always did. */
	if (wish->vfs && gs_state_add(object, "vfs", json_object_new_int((int)wish->vfs)) < 0)
		return NULL;
	if (wish->vf_params && gs_state_set(object, "vf-params", wish->vf_params) < 0)
		return NULL;
	return gs_steal(object);
}

/* A member that is a string or null; *@ret is then NULL. */
static int get_text(struct json_object *json, const char *key, char **ret)
{
	struct json_object *value;

	if (!json_object_object_get_ex(json, key, &value))
		return -EBADMSG;
	if (!value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return -EBADMSG;
	*ret = strdup(json_object_get_string(value));
	return *ret ? 0 : -ENOMEM;
}

static int get_place(struct json_object *json, struct gs_place *ret)
{
	const char *identity = gs_state_string(json, "identity");
	const char *address = gs_state_string(json, "address");
	struct gs_address parsed;
	int r;

	if (!identity || gs_identity_parse(identity, &ret->identity) < 0 || !address ||
	    gs_address_parse(address, &parsed) < 0)
		return -EBADMSG;
	gs_address_format(&parsed, ret->address);
	r = get_text(json, "path", &ret->path);
	return r == 0 ? get_text(json, "slot", &ret->slot) : r;
}

static int get_array(struct json_object *json, const char *key, struct json_object **ret)
{
	return json_object_object_get_ex(json, key, ret) &&
			       json_object_is_type(*ret, json_type_array) ?
		       0 :
		       -EBADMSG;
}

static int get_others(struct json_object *json, struct gs_wish *ret)
{
	struct json_object *array;
	int r = get_array(json, "others", &array);

	for (size_t i = 0; r == 0 && i < json_object_array_length(array); i++) {
		struct json_object *path = json_object_array_get_idx(array, i);

		r = json_object_is_type(path, json_type_string) ?
			    gs_strv_add(&ret->others, json_object_get_string(path)) :
			    -EBADMSG;
	}
	return r;
}

static int get_with(struct json_object *json, struct gs_wish *ret)
{
	struct json_object *array;
	int r = get_array(json, "with", &array);

	for (size_t i = 0; r == 0 && i < json_object_array_length(array); i++) {
		r = gs_grow(&ret->with, ret->n_with, sizeof(*ret->with));
		if (r == 0)
			r = get_place(json_object_array_get_idx(array, i),
				      &ret->with[ret->n_with++]);
	}
	return r;
}

static int get_vgpu(struct json_object *json, struct gs_wished_vgpu *ret)
{
	const char *uuid = gs_state_string(json, "uuid");
	const char *type = gs_state_string(json, "type");
	const char *params = gs_state_string(json, "params");
	char again[37];
	sd_id128_t id;

	if (!uuid || !type || !gs_state_is_name(type) || sd_id128_from_string(uuid, &id) < 0)
		return -EBADMSG;
	snprintf(again, sizeof(again), SD_ID128_UUID_FORMAT_STR, SD_ID128_FORMAT_VAL(id));
	if (!gs_streq(uuid, again) || (params && !gs_params_are(params)))
		return -EBADMSG;
	ret->uuid = strdup(uuid);
	ret->type = strdup(type);
	ret->params = params ? strdup(params) : NULL;
	return ret->uuid && ret->type && (ret->params || !params) ? 0 : -ENOMEM;
}

static int get_vgpus(struct json_object *json, struct gs_wish *ret)
{
	struct json_object *array;
	int r = get_array(json, "vgpus", &array);

	for (size_t i = 0; r == 0 && i < json_object_array_length(array); i++) {
		r = gs_grow(&ret->vgpus, ret->n_vgpus, sizeof(*ret->vgpus));
		if (r == 0)
			r = get_vgpu(json_object_array_get_idx(array, i),
				     &ret->vgpus[ret->n_vgpus++]);
	}
	return r;
}

static int get_force(struct json_object *json, struct gs_wish *ret)
{
	struct json_object *value;

	if (!json_object_object_get_ex(json, "force", &value) ||
	    !json_object_is_type(value, json_type_boolean))
		return -EBADMSG;
	ret->force = json_object_get_boolean(value);
	return 0;
}

static int get_vfs(struct json_object *json, struct gs_wish *ret)
{
	struct json_object *value;
	int64_t count;

	if (!json_object_object_get_ex(json, "vfs", &value))
		return 0;
	count = json_object_get_int64(value);
	if (!json_object_is_type(value, json_type_int) || count < 1 || count > UINT16_MAX)
		return -EBADMSG;
	ret->vfs = (unsigned int)count;
	return 0;
}

/* With the number of them only, and as gs_vf_params_read() gives them. */
static int get_vf_params(struct json_object *json, struct gs_wish *ret)
{
	const char *text = gs_state_string(json, "vf-params");
	gs_cleanup_free char *problem = NULL;
	int r;

	if (!text)
		return json_object_object_get_ex(json, "vf-params", NULL) ? -EBADMSG : 0;
	r = gs_vf_params_read(text, &ret->vf_params, &problem);
	if (r == -EINVAL || (r == 0 && (!ret->vfs || !gs_streq(ret->vf_params, text))))
		return -EBADMSG;
	return r;
}

int gs_wish_from_json(struct json_object *json, struct gs_wish *ret)
{
	const char *mode = gs_state_string(json, "mode");
	int r;

	r = get_place(json, &ret->place);
	if (r == 0 && (!mode || gs_mode_parse(mode, &ret->mode) < 0))
		r = -EBADMSG;
	if (r == 0)
		r = get_text(json, "driver", &ret->driver);
	if (r == 0 && ret->driver && !gs_state_is_name(ret->driver))
		r = -EBADMSG;
	if (r == 0)
		r = get_force(json, ret);
	if (r == 0)
		r = get_vfs(json, ret);
	if (r == 0)
		r = get_vf_params(json, ret);
	if (r == 0)
		r = get_others(json, ret);
	if (r == 0)
		r = get_with(json, ret);
	return r == 0 ? get_vgpus(json, ret) : r;
}
