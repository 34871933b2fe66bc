// SPDX-License-Identifier: GPL-2.0-or-later
#include "remembered.h"

#include "state_file.h"
#include "tree.h"

#define CARDS GS_STATE_DIR "/cards"
#define VGPUS GS_STATE_DIR "/vgpus"
#define QUARANTINE GS_STATE_DIR "/quarantine"

int gs_boot_id(struct gs_engine *engine, char ret[37])
{
	gs_cleanup_free char *text = NULL;
	int r;

	r = gs_tree_read(engine, "proc/sys/kernel/random/boot_id", &text);
	if (r < 0)
		return r;
	if (strlen(text) != 36)
		return -EBADMSG;
	memcpy(ret, text, 37);
	return 0;
}

/* Was @json written in this boot? A tree without a boot id is of no boot. */
static bool same_boot(struct gs_engine *engine, struct json_object *json)
{
	const char *written = gs_state_string(json, "boot_id");
	char now[37];

	return written && gs_boot_id(engine, now) == 0 && gs_streq(written, now);
}

static int add_boot_id(struct gs_engine *engine, struct json_object *json)
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
	(*ret)->same_boot = same_boot(engine, json);
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

static int write_state(struct gs_engine *engine, const char *folder, const char *name,
		       struct json_object *json)
{
	gs_cleanup_json struct json_object *old = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_state_mkdir(engine, folder, 0755);
	if (r == 0)
		r = gs_path(path, "%s/%s.json", folder, name);
	if (r == 0 && gs_state_read(engine, path, &old) == -EPROTO)
		r = set_newer_aside(engine, path, name);
	if (r < 0)
		return r;
	return gs_state_write(engine, path,
			      json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
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
		r = add_boot_id(engine, json);
	return r < 0 ? r : write_state(engine, CARDS, address, json);
}

bool gs_vgpu_owned(struct gs_engine *engine, const char *uuid)
{
	gs_cleanup_json struct json_object *json = NULL;
	char path[GS_PATH_MAX];

	return gs_path(path, VGPUS "/%s.json", uuid) == 0 &&
	       gs_state_read(engine, path, &json) == 0 && same_boot(engine, json);
}

int gs_vgpu_own(struct gs_engine *engine, const char *uuid, const char *parent, const char *type)
{
	gs_cleanup_json struct json_object *json = gs_state_new();
	int r;

	if (!json)
		return -ENOMEM;
	r = gs_state_set(json, "parent", parent);
	if (r == 0)
		r = gs_state_set(json, "type", type);
	if (r == 0)
		r = add_boot_id(engine, json);
	return r < 0 ? r : write_state(engine, VGPUS, uuid, json);
}

static int remove_state(struct gs_engine *engine, const char *folder, const char *name)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, "%s/%s.json", folder, name);
	return r < 0 ? r : gs_state_remove(engine, path);
}

int gs_vgpu_disown(struct gs_engine *engine, const char *uuid)
{
	return remove_state(engine, VGPUS, uuid);
}

static int read_quarantine(struct gs_engine *engine, const char *address, struct json_object **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, QUARANTINE "/%s.json", address);
	if (r == 0)
		r = gs_state_read(engine, path, &json);
	if (r < 0)
		return r;
	if (!same_boot(engine, json))
		return -ENOENT;
	*ret = gs_steal(json);
	return 0;
}

int gs_quarantine_read(struct gs_engine *engine, const char *address, char **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	const char *reason;

	*ret = NULL;
	if (read_quarantine(engine, address, &json) < 0)
		return 0;
	reason = gs_state_string(json, "reason");
	*ret = strdup(reason ? reason : "no reason was recorded");
	return *ret ? 0 : -ENOMEM;
}

bool gs_quarantine_stuck(struct gs_engine *engine, const char *address, struct gs_process *ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	struct json_object *start;
	struct json_object *pid;

	if (read_quarantine(engine, address, &json) < 0 ||
	    !json_object_object_get_ex(json, "pid", &pid) ||
	    !json_object_object_get_ex(json, "start", &start))
		return false;
	ret->pid = json_object_get_int(pid);
	ret->start = json_object_get_uint64(start);
	return gs_process_alive(engine, ret);
}

static int add_process(struct json_object *json, const struct gs_process *process)
{
	struct json_object *pid = json_object_new_int(process->pid);
	struct json_object *start = json_object_new_uint64(process->start);

	if (!pid || json_object_object_add(json, "pid", pid) < 0)
		goto put_pid;
	if (!start || json_object_object_add(json, "start", start) < 0)
		goto put_start;
	return 0;

put_pid:
	json_object_put(pid);
put_start:
	json_object_put(start);
	return -ENOMEM;
}

int gs_quarantine_store(struct gs_engine *engine, const char *address, const char *reason,
			const struct gs_process *stuck)
{
	gs_cleanup_json struct json_object *json = gs_state_new();
	int r;

	if (!json)
		return -ENOMEM;
	r = gs_state_set(json, "reason", reason);
	if (r == 0 && stuck)
		r = add_process(json, stuck);
	if (r == 0)
		r = add_boot_id(engine, json);
	return r < 0 ? r : write_state(engine, QUARANTINE, address, json);
}

int gs_quarantine_lift(struct gs_engine *engine, const char *address)
{
	return remove_state(engine, QUARANTINE, address);
}
