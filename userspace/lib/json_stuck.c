// SPDX-License-Identifier: GPL-2.0-or-later
/* json_stuck.c - the task that hangs in the kernel at a card, as JSON */
#include "json_facts.h"

#include "quarantine.h"

static void put_stack(struct gs_json *json, const char *stack)
{
	struct gs_json lines;

	if (!stack) {
		gs_json_put_null(json, "stack");
		return;
	}
	gs_json_begin_array(&lines);
	while (*stack) {
		size_t length = strcspn(stack, "\n");

		gs_json_add(&lines, json_object_new_string_len(stack, (int)length));
		stack += length + (stack[length] == '\n');
	}
	gs_json_put(json, "stack", gs_json_end(&lines));
}

static struct json_object *json_last(const struct gs_stuck *stuck)
{
	struct gs_json list;

	gs_json_begin_array(&list);
	for (size_t i = 0; i < stuck->n_last; i++) {
		struct gs_json function;

		gs_json_begin(&function);
		gs_json_put_string(&function, "address", stuck->last[i].address);
		gs_json_put_string(&function, "driver", stuck->last[i].driver);
		gs_json_put_string(&function, "driver_override", stuck->last[i].driver_override);
		gs_json_add(&list, gs_json_end(&function));
	}
	return gs_json_end(&list);
}

void gs_json_put_stuck(struct gs_json *json, const struct gs_stuck *stuck)
{
	struct gs_json inner;

	gs_json_put_bool(json, "stale", stuck);
	if (!stuck) {
		gs_json_put_null(json, "stuck");
		return;
	}
	gs_json_begin(&inner);
	gs_json_put_number(&inner, "pid", stuck->pid);
	gs_json_put_string(&inner, "name", stuck->name);
	put_stack(&inner, stuck->stack);
	gs_json_put(&inner, "last", json_last(stuck));
	gs_json_put(json, "stuck", gs_json_end(&inner));
}
