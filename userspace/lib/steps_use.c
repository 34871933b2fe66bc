// SPDX-License-Identifier: GPL-2.0-or-later
/* steps_use.c - who uses what is about to move, looked at once more behind the fence. */
#include "inventory.h"
#include "steps.h"
#include "tree.h"

static int read_group(struct gs_engine *engine, const char *address)
{
	gs_cleanup_free char *group = NULL;
	char path[GS_PATH_MAX];
	uint64_t number;

	if (gs_path(path, "sys/bus/pci/devices/%s/iommu_group", address) < 0 ||
	    gs_tree_link_name(engine, path, &group) < 0 || gs_number_parse(group, &number) < 0)
		return -1;
	return (int)number;
}

/* Only what the scan needs of the functions that move. */
static int read_functions(struct gs_executor *executor, struct gs_function *functions,
			  struct gs_function **pointers)
{
	const struct gs_plan *plan = executor->plan;

	for (size_t i = 0; i < plan->n_before; i++) {
		struct gs_address address;

		if (gs_address_parse(plan->before[i].address, &address) < 0)
			return -EINVAL;
		gs_function_init(&functions[i], &address);
		functions[i].iommu_group = read_group(executor->engine, functions[i].text);
		pointers[i] = &functions[i];
	}
	return 0;
}

static int scan(struct gs_executor *executor, struct gs_holder **ret, size_t *ret_count)
{
	size_t count = executor->plan->n_before;
	gs_cleanup_free struct gs_function *functions = calloc(count + 1, sizeof(*functions));
	gs_cleanup_free struct gs_function **pointers =
		(struct gs_function **)calloc(count + 1, sizeof(*pointers));
	int unreadable;
	int r;

	if (!functions || !pointers)
		return -ENOMEM;
	r = read_functions(executor, functions, pointers);
	/* Whoever keeps others off has the group's node open himself. */
	executor->engine->fence_pid = executor->worker ? gs_worker_pid(executor->worker) : 0;
	if (r == 0)
		r = gs_holders_of_functions(executor->engine, pointers, count, ret, ret_count,
					    &unreadable);
	executor->engine->fence_pid = 0;
	return r;
}

static bool is_in_the_way(const struct gs_holder *holder, bool forced)
{
	return !holder->yields && !(forced && holder->overridable);
}

static void refuse(struct gs_executor *executor, const char *evidence,
		   const struct gs_holder *holder)
{
	struct gs_blocker blocker = {
		.refusal = GS_REFUSE_IN_USE,
		.message = gs_asprintf("%s came into use while it was being switched",
				       executor->plan->card),
		.fix = holder->fix ? strdup(holder->fix) : NULL,
		.overridable = holder->overridable,
	};

	if (gs_strv_add(&blocker.evidence, evidence) == 0)
		gs_step_refuse(executor, &blocker);
	else
		gs_blocker_clear(&blocker);
}

int gs_step_unused(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	bool forced = gs_streq(action->value, GS_WAIT_UNUSED_BY_GUESTS);
	struct gs_holder *holders = NULL;
	size_t count = 0;
	int r;

	r = scan(executor, &holders, &count);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot see who uses %s: %s", action->target,
						strerror(-r)));
	for (size_t i = 0; i < count && r == 0; i++) {
		gs_cleanup_free char *who = NULL;

		if (!is_in_the_way(&holders[i], forced))
			continue;
		who = gs_holder_describe(&holders[i]);
		r = gs_step_fail(error, -EBUSY,
				 gs_asprintf("%s is in use: %s", action->target,
					     who ? who : holders[i].kind));
		if (who)
			refuse(executor, who, &holders[i]);
	}
	gs_holders_free(holders, count);
	return r;
}
