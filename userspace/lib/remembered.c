// SPDX-License-Identifier: GPL-2.0-or-later
#include "remembered.h"

#include "state_file.h"
#include "tree.h"

#define CARDS GS_STATE_DIR "/cards"
#define VGPUS GS_STATE_DIR "/vgpus"

int gs_boot_id(struct gs_engine *engine, char ret[37])
{
	gs_cleanup_free char *text = NULL;
	int r;

	if (!engine->boot_id[0] || !engine->is_host) {
		r = gs_tree_read(engine, "proc/sys/kernel/random/boot_id", &text);
		if (r < 0)
			return r;
		if (strlen(text) != 36)
			return -EBADMSG;
		memcpy(engine->boot_id, text, 37);
	}
	memcpy(ret, engine->boot_id, 37);
	return 0;
}

bool gs_same_boot(struct gs_engine *engine, struct json_object *json)
{
	const char *written = gs_state_string(json, "boot_id");
	char now[37];

	return written && gs_boot_id(engine, now) == 0 && gs_streq(written, now);
}

int gs_add_boot_id(struct gs_engine *engine, struct json_object *json)
{
	char boot_id[37];
	int r;

	r = gs_boot_id(engine, boot_id);
	return r < 0 ? r : gs_state_set(json, "boot_id", boot_id);
}

static void print_identity(const struct gs_identity *identity, char text[20])
{
	snprintf(text, 20, "%04x:%04x:%04x:%04x", identity->vendor_id, identity->device_id,
		 identity->subsystem_vendor_id, identity->subsystem_device_id);
}

/* What held only in the boot that wrote it. */
static void forget_other_boot(struct gs_remembered *remembered)
{
	gs_strv_free(remembered->with);
	remembered->with = NULL;
	for (size_t i = 0; i < remembered->n_before; i++)
		gs_before_clear(&remembered->before[i]);
	free(remembered->before);
	remembered->before = NULL;
	remembered->n_before = 0;
}

int gs_remembered_read(struct gs_engine *engine, const struct gs_function *display,
		       struct gs_remembered **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	struct gs_identity identity = gs_function_identity(display);
	char path[GS_PATH_MAX];
	char text[20];
	int r;

	*ret = NULL;
	r = gs_path(path, CARDS "/%s.json", display->text);
	if (r < 0)
		return r;
	r = gs_state_read(engine, path, &json);
	if (r < 0)
		return r == -ENOMEM ? r : 0; /* a memory that cannot be read is no memory */
	print_identity(&identity, text);
	if (!gs_streq(gs_state_string(json, "identity"), text))
		return 0;
	r = gs_remembered_from_json(json, ret);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	(*ret)->same_boot = gs_same_boot(engine, json);
	if (!(*ret)->same_boot)
		forget_other_boot(*ret);
	return 0;
}

/* What a newer gpushift wrote is kept beside, never rewritten. */
static int set_newer_aside(struct gs_engine *engine, const char *path, const char *name)
{
	char aside[GS_PATH_MAX];
	int r;

	r = gs_path(aside, "%s.json.newer", name);
	return r < 0 ? r : gs_state_rename(engine, path, aside);
}

static int replace_record(struct gs_engine *engine, const char *folder, const char *path,
			  const char *text, enum gs_state_sync sync)
{
	int r = text ? gs_state_write_sync(engine, path, text, sync) : -ENOMEM;

	if (r != -ENOENT)
		return r;
	r = gs_state_mkdir(engine, folder, 0755);
	return r == 0 ? gs_state_write_sync(engine, path, text, sync) : r;
}

static int write_record(struct gs_engine *engine, const char *folder, const char *name,
			struct json_object *json, enum gs_state_sync sync)
{
	const char *text = json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN);
	gs_cleanup_json struct json_object *old = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, "%s/%s.json", folder, name);
	if (r < 0)
		return r;
	r = gs_state_read(engine, path, &old);
	/* On a full disk what is there already can only be left as it is. */
	if (r == 0 && sync == GS_STATE_OF_BOOT && json_object_equal(old, json))
		return 0;
	if (r == -EPROTO) {
		r = set_newer_aside(engine, path, name);
		if (r < 0)
			return r;
	}
	return replace_record(engine, folder, path, text, sync);
}

int gs_record_write(struct gs_engine *engine, const char *folder, const char *name,
		    struct json_object *json)
{
	return write_record(engine, folder, name, json, GS_STATE_LASTING);
}

int gs_record_rewrite(struct gs_engine *engine, const char *folder, const char *name,
		      struct json_object *json)
{
	char path[GS_PATH_MAX];
	int r = gs_path(path, "%s/%s.json", folder, name);

	return r < 0 ? r :
		       replace_record(engine, folder, path,
				      json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN),
				      GS_STATE_LASTING);
}

int gs_remembered_store(struct gs_engine *engine, const char *address,
			const struct gs_identity *identity, const struct gs_remembered *remembered)
{
	gs_cleanup_json struct json_object *json = gs_remembered_to_json(remembered);
	char text[20];
	int r;

	if (!json)
		return -ENOMEM;
	print_identity(identity, text);
	r = gs_state_set(json, "identity", text);
	if (r == 0)
		r = gs_add_boot_id(engine, json);
	/* Most of it is of this boot, and the rest is found out again. */
	return r < 0 ? r : write_record(engine, CARDS, address, json, GS_STATE_WHOLE);
}

bool gs_vgpu_owned(struct gs_engine *engine, const char *uuid)
{
	gs_cleanup_json struct json_object *json = NULL;
	char path[GS_PATH_MAX];

	return gs_path(path, VGPUS "/%s.json", uuid) == 0 &&
	       gs_state_read(engine, path, &json) == 0 && gs_same_boot(engine, json);
}

void gs_vgpu_records_open(struct gs_engine *engine, struct gs_dir *ret)
{
	if (gs_dir_open(engine, VGPUS, ret) < 0)
		ret->fd = -1;
}

/* Most are, and parsing costs more than reading them: the version first, the boot last. */
static bool is_as_we_write_it(struct gs_engine *engine, const char *text)
{
	static const char first[] = "{\"version\":1,", last[] = "\"boot_id\":\"";
	size_t length = strlen(text), end = sizeof(last) - 1 + 36 + 2;
	char boot_id[37];

	if (length < sizeof(first) + end || memcmp(text, first, sizeof(first) - 1) != 0 ||
	    memcmp(text + length - end, last, sizeof(last) - 1) != 0)
		return false;
	return gs_boot_id(engine, boot_id) == 0 &&
	       memcmp(text + length - 36 - 2, boot_id, 36) == 0 &&
	       strcmp(text + length - 2, "\"}") == 0;
}

bool gs_vgpu_recorded_in(const struct gs_dir *records, const char *uuid)
{
	gs_cleanup_json struct json_object *json = NULL;
	char name[GS_PATH_MAX], text[GS_ATTRIBUTE_MAX];

	if (records->fd < 0 || gs_path(name, "%s.json", uuid) < 0 ||
	    gs_dir_read(records, name, text) < 0)
		return false;
	if (is_as_we_write_it((struct gs_engine *)records->engine, text))
		return true;
	json = json_tokener_parse(text);
	return gs_state_check(json) == 0 && gs_same_boot((struct gs_engine *)records->engine, json);
}

int gs_vgpu_recorded(struct gs_engine *engine, const char *uuid, char **ret_parent)
{
	gs_cleanup_json struct json_object *json = NULL;
	const char *parent;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, VGPUS "/%s.json", uuid);
	if (r == 0)
		r = gs_state_read(engine, path, &json);
	if (r < 0)
		return r;
	parent = gs_state_string(json, "parent");
	if (!parent || !gs_state_is_name(parent) || !gs_same_boot(engine, json))
		return -ENOENT;
	*ret_parent = strdup(parent);
	return *ret_parent ? 0 : -ENOMEM;
}

static struct json_object *ownership(struct gs_engine *engine, const char *parent,
				     const char *type)
{
	gs_cleanup_json struct json_object *json = gs_state_new();

	if (!json || gs_state_set(json, "parent", parent) < 0 ||
	    gs_state_set(json, "type", type) < 0 || gs_add_boot_id(engine, json) < 0)
		return NULL;
	return gs_steal(json);
}

int gs_vgpu_own(struct gs_engine *engine, const char *uuid, const char *parent, const char *type)
{
	gs_cleanup_json struct json_object *json = ownership(engine, parent, type);

	return json ? write_record(engine, VGPUS, uuid, json, GS_STATE_OF_BOOT) : -ENOMEM;
}

char *gs_vgpu_ownership(struct gs_engine *engine, const char *parent, const char *type)
{
	gs_cleanup_json struct json_object *json = ownership(engine, parent, type);
	const char *text =
		json ? json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN) : NULL;

	return text ? strdup(text) : NULL;
}

int gs_vgpu_own_new(struct gs_engine *engine, const char *uuid, const char *ownership)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, VGPUS "/%s.json", uuid);
	if (r == 0)
		r = gs_state_create(engine, path, ownership);
	if (r != -ENOENT)
		return r;
	r = gs_state_mkdir(engine, VGPUS, 0755);
	return r == 0 ? gs_state_create(engine, path, ownership) : r;
}

static int remove_record(struct gs_engine *engine, const char *folder, const char *name,
			 enum gs_state_sync sync)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, "%s/%s.json", folder, name);
	return r < 0 ? r : gs_state_remove_sync(engine, path, sync);
}

int gs_record_remove(struct gs_engine *engine, const char *folder, const char *name)
{
	return remove_record(engine, folder, name, GS_STATE_LASTING);
}

int gs_vgpu_disown(struct gs_engine *engine, const char *uuid)
{
	return remove_record(engine, VGPUS, uuid, GS_STATE_OF_BOOT);
}
