// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads a journal back. What the planner could not have written is refused as damaged. */
#include "journal.h"

#include "config.h"
#include "remembered.h"
#include "state_file.h"
#include "tree.h"
#include "vfs.h"
#include "vgpu_params.h"

static bool is_address(const char *text)
{
	struct gs_address address;

	return text && gs_address_parse(text, &address) == 0;
}

static bool is_name(const char *text)
{
	return text && gs_state_is_name(text);
}

static bool is_unit(const char *text)
{
	return text && gs_config_is_unit(text);
}

static bool is_number(const char *text)
{
	uint64_t number;

	return text && gs_number_parse(text, &number) == 0;
}

static bool is_number_or_address(const char *text)
{
	return is_number(text) || is_address(text);
}

static bool is_name_or_empty(const char *text)
{
	return text && (!*text || gs_state_is_name(text));
}

static bool is_name_or_missing(const char *text)
{
	return !text || gs_state_is_name(text);
}

static bool is_anything(const char *text)
{
	(void)text;
	return true;
}

static bool is_vfs(const char *text)
{
	struct gs_vfs vfs;

	return gs_vfs_parse(text, &vfs) == 0;
}

/* "TYPE/UUID" */
static bool is_type_and_uuid(const char *text)
{
	const char *slash = text ? strrchr(text, '/') : NULL;

	return slash && slash > text && gs_state_is_name(slash + 1);
}

static bool is_params(const char *text)
{
	return text && gs_params_are(text);
}

/* What target and value of each op look like; see the table in plan.h. */
static const struct shape {
	bool (*target)(const char *text);
	bool (*value)(const char *text);
} shapes[GS_OP_COUNT] = {
	[GS_OP_STOP_SERVICE] = { is_unit, is_anything },
	[GS_OP_START_SERVICE] = { is_unit, is_anything },
	[GS_OP_LOAD_MODULE] = { is_name, is_name_or_missing },
	[GS_OP_FENCE] = { is_number_or_address, is_name_or_missing },
	[GS_OP_HOLD_POWER] = { is_address, is_name },
	[GS_OP_SET_OVERRIDE] = { is_address, is_name_or_empty },
	[GS_OP_UNBIND] = { is_address, is_name_or_empty },
	[GS_OP_PROBE] = { is_address, is_name_or_empty },
	[GS_OP_VERIFY_DRIVER] = { is_address, is_name_or_empty },
	[GS_OP_VERIFY_GROUP] = { is_number, is_anything },
	[GS_OP_WAIT] = { is_name, is_name },
	[GS_OP_ENABLE_VFS] = { is_address, is_vfs },
	[GS_OP_DISABLE_VFS] = { is_address, is_vfs },
	[GS_OP_CREATE_VGPU] = { is_name, is_type_and_uuid },
	[GS_OP_REMOVE_VGPU] = { is_name, is_anything },
	[GS_OP_UNFENCE] = { is_number_or_address, is_name_or_missing },
	[GS_OP_RECORD] = { is_name, is_name },
	[GS_OP_RESET_METHODS] = { is_address, is_name_or_empty },
	[GS_OP_RESET] = { is_address, is_anything },
	[GS_OP_SET_DEFINITIONS] = { is_name, is_name },
	[GS_OP_SET_PARAMS] = { is_name, is_params },
};

static int action_from_json(struct json_object *json, struct gs_action *ret)
{
	const char *op = gs_state_string(json, "op");
	const char *target = gs_state_string(json, "target");
	const char *value = gs_state_string(json, "value");

	if (!op || gs_op_parse(op, &ret->op) < 0 || !shapes[ret->op].target ||
	    !shapes[ret->op].target(target) || !shapes[ret->op].value(value))
		return -EBADMSG;
	ret->target = strdup(target);
	ret->value = value ? strdup(value) : NULL;
	return ret->target && (ret->value || !value) ? 0 : -ENOMEM;
}

static int step_from_json(struct json_object *json, struct gs_step *ret)
{
	struct json_object *undo;
	int r;

	r = action_from_json(json, &ret->action);
	if (r < 0 || !json_object_object_get_ex(json, "undo", &undo))
		return r;
	ret->undo = calloc(1, sizeof(*ret->undo));
	return ret->undo ? action_from_json(undo, ret->undo) : -ENOMEM;
}

static int steps_from_json(struct json_object *json, struct gs_plan *plan)
{
	int r = 0;

	if (!json_object_is_type(json, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; r == 0 && i < json_object_array_length(json); i++) {
		r = gs_grow(&plan->steps, plan->n_steps, sizeof(*plan->steps));
		if (r == 0)
			r = step_from_json(json_object_array_get_idx(json, i),
					   &plan->steps[plan->n_steps++]);
	}
	return r;
}

/* "host" or any other mode that a card can be found in */
static int found_mode_parse(const char *text, enum gs_mode *ret)
{
	for (int mode = 0; mode <= GS_MODE_QUARANTINED; mode++) {
		if (gs_streq(text, gs_mode_name(mode))) {
			*ret = mode;
			return 0;
		}
	}
	return -EBADMSG;
}

static int plan_header_from_json(struct json_object *json, struct gs_plan *plan)
{
	struct gs_identity *identity = &plan->identity;
	const char *card = gs_state_string(json, "card");
	const char *text = gs_state_string(json, "identity");

	if (!is_name(card) || strlen(card) >= sizeof(plan->card) || !text)
		return -EBADMSG;
	strcpy(plan->card, card);
	if (sscanf(text, "%4hx:%4hx:%4hx:%4hx", &identity->vendor_id, &identity->device_id,
		   &identity->subsystem_vendor_id, &identity->subsystem_device_id) != 4)
		return -EBADMSG;
	if (found_mode_parse(gs_state_string(json, "from"), &plan->from) < 0)
		return -EBADMSG;
	return found_mode_parse(gs_state_string(json, "to"), &plan->to);
}

static int plan_from_json(struct json_object *json, struct gs_plan *plan)
{
	struct json_object *value;
	int r;

	r = plan_header_from_json(json, plan);
	if (r < 0)
		return r;
	if (!json_object_object_get_ex(json, "before", &value))
		return -EBADMSG;
	r = gs_before_from_json(value, &plan->before, &plan->n_before);
	if (r == 0 && json_object_object_get_ex(json, "remember", &value))
		r = gs_remembered_from_json(value, &plan->remember);
	if (r < 0)
		return r;
	return json_object_object_get_ex(json, "steps", &value) ? steps_from_json(value, plan)
								: -EBADMSG;
}

static int writer_from_json(struct gs_engine *engine, struct json_object *json,
			    struct gs_journal *journal)
{
	const char *boot_id = gs_state_string(json, "boot_id");
	struct json_object *pid;
	struct json_object *start;
	char now[37];

	if (!boot_id || !json_object_object_get_ex(json, "pid", &pid) ||
	    !json_object_object_get_ex(json, "start", &start))
		return -EBADMSG;
	journal->same_boot = gs_boot_id(engine, now) == 0 && gs_streq(boot_id, now);
	journal->writer.pid = json_object_get_int(pid);
	journal->writer.start = json_object_get_uint64(start);
	return 0;
}

/* The object is the first line; marks of progress follow. */
static int parse_first_line(const char *text, struct json_object **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	size_t length = strcspn(text, "\n");
	struct json_tokener *tokener;
	bool whole;
	int r;

	tokener = json_tokener_new();
	if (!tokener)
		return -ENOMEM;
	json = json_tokener_parse_ex(tokener, text, (int)length);
	whole = json && json_tokener_get_error(tokener) == json_tokener_success &&
		json_tokener_get_parse_end(tokener) == length;
	json_tokener_free(tokener);
	r = whole ? gs_state_check(json) : -EBADMSG;
	if (r == 0)
		*ret = gs_steal(json);
	return r;
}

int gs_journal_read(struct gs_engine *engine, struct gs_journal **ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	gs_cleanup_free char *text = NULL;
	struct gs_journal *journal;
	int r;

	r = gs_tree_read(engine, GS_JOURNAL_PATH, &text);
	if (r == 0)
		r = parse_first_line(text, &json);
	if (r < 0)
		return r;
	journal = calloc(1, sizeof(*journal));
	if (journal)
		journal->plan = calloc(1, sizeof(*journal->plan));
	if (!journal || !journal->plan) {
		free(journal);
		return -ENOMEM;
	}
	r = writer_from_json(engine, json, journal);
	if (r == 0)
		r = plan_from_json(json, journal->plan);
	if (r < 0) {
		gs_journal_free(journal);
		return r;
	}
	*ret = journal;
	return 0;
}
