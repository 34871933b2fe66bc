// SPDX-License-Identifier: GPL-2.0-or-later
#include "journal.h"

#include <fcntl.h>

#include "remembered.h"
#include "state_file.h"
#include "tree.h"

/* With a mark for each step it stays below what gs_tree_read() takes. */
#define JOURNAL_MAX (400 * 1024)

static struct json_object *action_to_json(const struct gs_action *action)
{
	gs_cleanup_json struct json_object *object = json_object_new_object();

	if (!object || gs_state_set(object, "op", gs_op_name(action->op)) < 0 ||
	    gs_state_set(object, "target", action->target) < 0 ||
	    gs_state_set(object, "value", action->value) < 0)
		return NULL;
	return gs_steal(object);
}

static struct json_object *step_to_json(const struct gs_step *step)
{
	gs_cleanup_json struct json_object *object = action_to_json(&step->action);

	if (!object)
		return NULL;
	if (step->undo && gs_state_add(object, "undo", action_to_json(step->undo)) < 0)
		return NULL;
	return gs_steal(object);
}

static struct json_object *steps_to_json(const struct gs_plan *plan)
{
	gs_cleanup_json struct json_object *array = json_object_new_array();

	if (!array)
		return NULL;
	for (size_t i = 0; i < plan->n_steps; i++) {
		struct json_object *step = step_to_json(&plan->steps[i]);

		if (!step || json_object_array_add(array, step) < 0) {
			json_object_put(step);
			return NULL;
		}
	}
	return gs_steal(array);
}

static int add_identity(struct json_object *object, const struct gs_identity *identity)
{
	gs_cleanup_free char *text =
		gs_asprintf("%04x:%04x:%04x:%04x", identity->vendor_id, identity->device_id,
			    identity->subsystem_vendor_id, identity->subsystem_device_id);

	return text ? gs_state_set(object, "identity", text) : -ENOMEM;
}

static int add_header(struct gs_engine *engine, struct json_object *object,
		      const struct gs_plan *plan)
{
	struct gs_process self;
	char boot_id[37];
	int r;

	r = gs_process_self(engine, &self);
	if (r == 0)
		r = gs_boot_id(engine, boot_id);
	if (r == 0)
		r = gs_state_set(object, "boot_id", boot_id);
	if (r == 0)
		r = gs_state_add(object, "pid", json_object_new_int(self.pid));
	if (r == 0)
		r = gs_state_add(object, "start", json_object_new_uint64(self.start));
	if (r == 0)
		r = gs_state_set(object, "card", plan->card);
	if (r == 0)
		r = gs_state_set(object, "from", gs_mode_name(plan->from));
	if (r == 0)
		r = gs_state_set(object, "to", gs_mode_name(plan->to));
	return r == 0 ? add_identity(object, &plan->identity) : r;
}

int gs_journal_write(struct gs_engine *engine, const struct gs_plan *plan)
{
	gs_cleanup_json struct json_object *object = gs_state_new();
	gs_cleanup_free char *text = NULL;
	int r;

	if (!object)
		return -ENOMEM;
	/* What is there is the only way back of an interrupted switch. */
	if (gs_tree_exists(engine, GS_JOURNAL_PATH))
		return -EEXIST;
	r = add_header(engine, object, plan);
	if (r == 0)
		r = gs_state_add(object, "before", gs_before_to_json(plan->before, plan->n_before));
	if (r == 0 && plan->remember)
		r = gs_state_add(object, "remember", gs_remembered_to_json(plan->remember));
	if (r == 0)
		r = gs_state_add(object, "steps", steps_to_json(plan));
	if (r < 0)
		return r;
	text = gs_asprintf("%s\n", json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	if (!text)
		return -ENOMEM;
	if (strlen(text) > JOURNAL_MAX)
		return -EFBIG;
	r = gs_state_mkdir(engine, GS_STATE_DIR, 0755);
	if (r == 0)
		r = gs_state_write(engine, GS_JOURNAL_PATH, text);
	if (r < 0)
		(void)!gs_journal_end(engine); /* it may be there, only not safe */
	return r;
}

int gs_journal_open(struct gs_engine *engine)
{
	return gs_tree_open(engine, GS_JOURNAL_PATH, O_WRONLY | O_APPEND);
}

void gs_journal_mark(int fd, const struct gs_step *step)
{
	char line[GS_PATH_MAX];

	if (fd >= 0 &&
	    gs_path(line, "%s %s %s\n", gs_op_name(step->action.op), step->action.target,
		    gs_result_name(step->result)) == 0 &&
	    write(fd, line, strlen(line)) < 0)
		return; /* recovery does not need it */
}

void gs_journal_free(struct gs_journal *journal)
{
	if (!journal)
		return;
	gs_plan_free(journal->plan);
	free(journal);
}

int gs_journal_end(struct gs_engine *engine)
{
	return gs_state_remove(engine, GS_JOURNAL_PATH);
}

int gs_journal_set_aside(struct gs_engine *engine, const char *suffix)
{
	char name[GS_PATH_MAX];
	int r;

	r = gs_path(name, "journal.%s", suffix);
	return r < 0 ? r : gs_state_rename(engine, GS_JOURNAL_PATH, name);
}
