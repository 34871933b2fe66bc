// SPDX-License-Identifier: GPL-2.0-or-later
/* json_plan.c - plans, refusals, events and errors as JSON */
#include "json.h"

#include "json_build.h"

static struct json_object *json_blocker(const struct gs_blocker *blocker)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "code", gs_refusal_code(blocker->refusal));
	gs_json_put_string(&json, "message", blocker->message);
	gs_json_put_strings(&json, "evidence", blocker->evidence);
	gs_json_put_string(&json, "fix", blocker->fix);
	gs_json_put_bool(&json, "overridable", blocker->overridable);
	return gs_json_end(&json);
}

struct json_object *gs_json_blockers(const struct gs_blocker *blockers, size_t count)
{
	struct gs_json array;

	gs_json_begin_array(&array);
	for (size_t i = 0; i < count; i++)
		gs_json_add(&array, json_blocker(&blockers[i]));
	return gs_json_end(&array);
}

static void put_action(struct gs_json *json, const struct gs_action *action)
{
	gs_json_put_string(json, "op", gs_op_name(action->op));
	gs_json_put_string(json, "target", action->target);
	gs_json_put_string(json, "value", action->value);
}

static struct json_object *json_action(const struct gs_action *action)
{
	struct gs_json json;

	gs_json_begin(&json);
	put_action(&json, action);
	return gs_json_end(&json);
}

static struct json_object *json_step(const struct gs_step *step, bool results)
{
	struct gs_json json;

	gs_json_begin(&json);
	put_action(&json, &step->action);
	if (step->undo)
		gs_json_put(&json, "undo", json_action(step->undo));
	else
		gs_json_put_null(&json, "undo");
	if (results) {
		gs_json_put_string(&json, "result", gs_result_name(step->result));
		gs_json_put_string(&json, "error", step->error);
	}
	return gs_json_end(&json);
}

static void put_plan(struct gs_json *json, const struct gs_plan *plan, bool results)
{
	struct gs_json steps;

	gs_json_begin_array(&steps);
	for (size_t i = 0; i < plan->n_steps; i++)
		gs_json_add(&steps, json_step(&plan->steps[i], results));

	gs_json_begin_document(json);
	gs_json_put_string(json, "card", plan->card);
	gs_json_put_string(json, "from", gs_mode_name(plan->from));
	gs_json_put_string(json, "to", gs_mode_name(plan->to));
	gs_json_put(json, "refused", gs_json_blockers(plan->blockers, plan->n_blockers));
	gs_json_put(json, "steps", gs_json_end(&steps));
}

struct json_object *gs_json_plan(const struct gs_plan *plan)
{
	struct gs_json json;

	put_plan(&json, plan, false);
	return gs_json_end(&json);
}

struct json_object *gs_json_plan_results(const struct gs_plan *plan, const char *mode)
{
	struct gs_json json;

	put_plan(&json, plan, true);
	gs_json_put_string(&json, "mode", mode);
	return gs_json_end(&json);
}

static void put_generation(struct gs_json *json, bool known, uint32_t generation)
{
	if (known)
		gs_json_put_number(json, "generation", generation);
	else
		gs_json_put_null(json, "generation");
}

struct json_object *gs_json_event_ready(bool generation_known, uint32_t generation)
{
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "event", "ready");
	put_generation(&json, generation_known, generation);
	return gs_json_end(&json);
}

struct json_object *gs_json_event_mode(const char *card, const char *from, const char *to)
{
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "event", "mode-changed");
	put_generation(&json, false, 0);
	gs_json_put_string(&json, "address", card);
	gs_json_put_string(&json, "from", from);
	gs_json_put_string(&json, "mode", to);
	return gs_json_end(&json);
}

struct json_object *gs_json_event(const struct gs_event *event)
{
	bool vgpu = event->kind == GS_EVENT_VGPU_ADDED || event->kind == GS_EVENT_VGPU_REMOVED;
	struct gs_address address;
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "event", gs_event_name(event->kind));
	put_generation(&json, event->generation_known, event->generation);
	if (vgpu && gs_address_parse(event->address, &address) < 0)
		gs_json_put_string(&json, "uuid", event->address);
	else
		gs_json_put_string(&json, "address", event->address);
	if (vgpu)
		gs_json_put_string(&json, "parent", event->parent[0] ? event->parent : NULL);
	else
		gs_json_put_string(&json, "driver", event->driver[0] ? event->driver : NULL);
	return gs_json_end(&json);
}

struct json_object *gs_json_error(const char *code, const char *message, const char *fix)
{
	struct gs_json json, error;

	gs_json_begin(&error);
	gs_json_put_string(&error, "code", code);
	gs_json_put_string(&error, "message", message);
	gs_json_put_string(&error, "fix", fix);

	gs_json_begin_document(&json);
	gs_json_put(&json, "error", gs_json_end(&error));
	return gs_json_end(&json);
}
