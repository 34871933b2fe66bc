// SPDX-License-Identifier: GPL-2.0-or-later
#include "quarantine.h"

#include "identity.h"
#include "remembered.h"
#include "state_file.h"
#include "tree.h"

#define QUARANTINE GS_STATE_DIR "/quarantine"

/* A card that is gone is not another one. */
static bool is_another(struct gs_engine *engine, const char *address, struct json_object *json)
{
	const char *written = gs_state_string(json, "identity");
	struct gs_identity now;
	char text[GS_IDENTITY_LEN];

	if (!written || gs_identity_read(engine, address, &now) < 0)
		return false;
	gs_identity_format(&now, text);
	return !gs_streq(text, written);
}

static int read_record(struct gs_engine *engine, const char *address, struct json_object **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, QUARANTINE "/%s.json", address);
	if (r == 0)
		r = gs_state_read(engine, path, &json);
	if (r < 0)
		return r;
	if (is_another(engine, address, json))
		return -ENOENT;
	*ret = gs_steal(json);
	return 0;
}

/* Of this boot. */
static int read_quarantine(struct gs_engine *engine, const char *address, struct json_object **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	int r;

	r = read_record(engine, address, &json);
	if (r < 0)
		return r;
	if (!gs_same_boot(engine, json))
		return -ENOENT;
	*ret = gs_steal(json);
	return 0;
}

static char *reason_of(struct json_object *json)
{
	const char *reason = gs_state_string(json, "reason");

	return strdup(reason ? reason : "no reason was recorded");
}

int gs_quarantine_read(struct gs_engine *engine, const char *address, char **ret)
{
	gs_cleanup_json struct json_object *json = NULL;

	*ret = NULL;
	if (read_quarantine(engine, address, &json) < 0)
		return 0;
	*ret = reason_of(json);
	return *ret ? 0 : -ENOMEM;
}

static bool process_from(struct gs_engine *engine, struct json_object *json,
			 struct gs_process *ret)
{
	struct json_object *start;
	struct json_object *pid;

	if (!json_object_object_get_ex(json, "pid", &pid) ||
	    !json_object_object_get_ex(json, "start", &start))
		return false;
	ret->pid = json_object_get_int(pid);
	ret->start = json_object_get_uint64(start);
	return gs_process_alive(engine, ret);
}

bool gs_quarantine_stuck(struct gs_engine *engine, const char *address, struct gs_process *ret)
{
	gs_cleanup_json struct json_object *json = NULL;

	return read_quarantine(engine, address, &json) == 0 && process_from(engine, json, ret);
}

/* Boots on end, with the one of @json, that ended in a quarantine. */
static unsigned int boots_of(struct json_object *json)
{
	struct json_object *boots;
	int count = 1;

	if (json_object_object_get_ex(json, "boots", &boots))
		count = json_object_get_int(boots);
	return count > 1 ? (unsigned int)count : 1;
}

static unsigned int boots_so_far(struct gs_engine *engine, const char *address)
{
	gs_cleanup_json struct json_object *json = NULL;

	if (read_record(engine, address, &json) < 0)
		return 1;
	return boots_of(json) + (gs_same_boot(engine, json) ? 0 : 1);
}

unsigned int gs_quarantine_history(struct gs_engine *engine, const char *address, char **ret_reason)
{
	gs_cleanup_json struct json_object *json = NULL;

	*ret_reason = NULL;
	if (read_record(engine, address, &json) < 0 || gs_same_boot(engine, json))
		return 0;
	*ret_reason = reason_of(json);
	return boots_of(json);
}

static int add_process(struct json_object *json, const struct gs_process *process)
{
	int r;

	r = gs_state_add(json, "pid", json_object_new_int(process->pid));
	return r < 0 ? r : gs_state_add(json, "start", json_object_new_uint64(process->start));
}

static int add_identity(struct gs_engine *engine, struct json_object *json, const char *address)
{
	struct gs_identity identity;
	char text[GS_IDENTITY_LEN];

	/* A parent that is no PCI function has none. */
	if (gs_identity_read(engine, address, &identity) < 0)
		return 0;
	gs_identity_format(&identity, text);
	return gs_state_set(json, "identity", text);
}

int gs_quarantine_store(struct gs_engine *engine, const char *address, const char *reason,
			const struct gs_process *stuck, const struct gs_before *last, size_t n_last)
{
	gs_cleanup_json struct json_object *json = gs_state_new();
	int r;

	if (!json)
		return -ENOMEM;
	r = gs_state_set(json, "reason", reason);
	if (r == 0)
		r = add_identity(engine, json, address);
	if (r == 0 && stuck)
		r = add_process(json, stuck);
	if (r == 0)
		r = gs_state_add(json, "last", gs_before_to_json(last, n_last));
	if (r == 0)
		r = gs_state_add(json, "boots",
				 json_object_new_int((int)boots_so_far(engine, address)));
	if (r == 0)
		r = gs_add_boot_id(engine, json);
	return r < 0 ? r : gs_record_write(engine, QUARANTINE, address, json);
}

int gs_quarantine_lift(struct gs_engine *engine, const char *address)
{
	return gs_record_remove(engine, QUARANTINE, address);
}

/* Missing parts are no error: what hangs is said with whatever is known of it. */
static int describe(struct gs_engine *engine, struct json_object *json, struct gs_stuck *stuck)
{
	struct json_object *last;
	char path[GS_PATH_MAX];
	int r = 0;

	if (gs_path(path, "proc/%d/comm", stuck->pid) == 0)
		r = gs_tree_read(engine, path, &stuck->name);
	if (r != -ENOMEM && gs_path(path, "proc/%d/stack", stuck->pid) == 0)
		r = gs_tree_read(engine, path, &stuck->stack);
	if (r != -ENOMEM && json_object_object_get_ex(json, "last", &last))
		r = gs_before_from_json(last, &stuck->last, &stuck->n_last);
	return r == -ENOMEM ? r : 0;
}

int gs_stuck_read(struct gs_engine *engine, const char *address, struct gs_stuck **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	struct gs_process process;
	struct gs_stuck *stuck;
	int r;

	*ret = NULL;
	if (read_quarantine(engine, address, &json) < 0 || !process_from(engine, json, &process))
		return 0;
	stuck = calloc(1, sizeof(*stuck));
	if (!stuck)
		return -ENOMEM;
	stuck->pid = process.pid;
	r = describe(engine, json, stuck);
	if (r < 0)
		gs_stuck_free(stuck);
	else
		*ret = stuck;
	return r;
}

void gs_stuck_free(struct gs_stuck *stuck)
{
	if (!stuck)
		return;
	for (size_t i = 0; i < stuck->n_last; i++)
		gs_before_clear(&stuck->last[i]);
	free(stuck->last);
	free(stuck->name);
	free(stuck->stack);
	free(stuck);
}
