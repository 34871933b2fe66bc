// SPDX-License-Identifier: GPL-2.0-or-later
#include "restore.h"

#include "quarantine.h"
#include "remembered.h"
#include "tree.h"

static int act(struct gs_executor *executor, enum gs_op op, const char *target, const char *value,
	       char **error)
{
	struct gs_action action = { .op = op, .target = (char *)target, .value = (char *)value };

	return gs_step_run(executor, &action, error);
}

static int set_override(struct gs_executor *executor, const char *address, const char *driver,
			char **error)
{
	gs_cleanup_free char *now = NULL;
	int r;

	r = gs_live_override(executor, address, &now);
	if (r == 0 && gs_streq(now, driver))
		return 0;
	return act(executor, GS_OP_SET_OVERRIDE, address, driver ? driver : "", error);
}

/* Off a driver that it was not bound to before; the override is aimed first. */
static int take_off(struct gs_executor *executor, const struct gs_before *before, char **error)
{
	gs_cleanup_free char *now = NULL;
	int r;

	r = gs_live_driver(executor->engine, before->address, &now);
	if (r < 0) {
		*error = gs_asprintf("%s has gone: %s", before->address, strerror(-r));
		return r;
	}
	if (!now || gs_streq(now, before->driver))
		return 0;
	r = set_override(executor, before->address,
			 before->driver ? before->driver : before->driver_override, error);
	return r < 0 ? r : act(executor, GS_OP_UNBIND, before->address, now, error);
}

static int put_on(struct gs_executor *executor, const struct gs_before *before, char **error)
{
	gs_cleanup_free char *now = NULL;
	int r;

	if (!before->driver)
		return 0;
	r = gs_live_driver(executor->engine, before->address, &now);
	if (r == 0 && gs_streq(now, before->driver))
		return 0;
	r = set_override(executor, before->address, before->driver, error);
	return r < 0 ? r : act(executor, GS_OP_PROBE, before->address, before->driver, error);
}

static int put_back_rest(struct gs_executor *executor, const struct gs_before *before, char **error)
{
	gs_cleanup_free char *power = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = set_override(executor, before->address, before->driver_override, error);
	if (r < 0 || !before->power_control)
		return r;
	r = gs_path(path, "sys/bus/pci/devices/%s/power/control", before->address);
	if (r == 0)
		r = gs_tree_read(executor->engine, path, &power);
	if (r < 0 || gs_streq(power, before->power_control))
		return r;
	return act(executor, GS_OP_HOLD_POWER, before->address, before->power_control, error);
}

static void keep_first(int *first, int r, char **first_error, char *error)
{
	if (r < 0 && *first == 0) {
		*first = r;
		*first_error = error;
	} else {
		free(error);
	}
}

typedef int (*restore_fn)(struct gs_executor *, const struct gs_before *, char **);

/* Each function is tried even if another failed: a part of a card beats none. */
static int each(struct gs_executor *executor, restore_fn restore, bool display_last, char **error)
{
	const struct gs_plan *plan = executor->plan;
	int first = 0;

	for (size_t i = 0; i < plan->n_before && !gs_step_stuck(executor); i++) {
		size_t at = display_last ? plan->n_before - 1 - i : i;
		char *sentence = NULL;
		int r = restore(executor, &plan->before[at], &sentence);

		keep_first(&first, r, error, sentence);
	}
	return first;
}

static int remove_created(struct gs_executor *executor, char **error)
{
	const struct gs_plan *plan = executor->plan;
	int first = 0;

	for (size_t i = plan->n_steps; i-- > 0 && !gs_step_stuck(executor);) {
		const struct gs_step *step = &plan->steps[i];
		gs_cleanup_free char *type = NULL;
		gs_cleanup_free char *uuid = NULL;
		char *sentence = NULL;
		int r;

		/* Recorded as ours before it was made: one that is not is somebody else's. */
		if (step->action.op != GS_OP_CREATE_VGPU ||
		    gs_value_split(step->action.value, &type, &uuid) < 0 ||
		    !gs_vgpu_owned(executor->engine, uuid))
			continue;
		r = act(executor, GS_OP_REMOVE_VGPU, uuid, NULL, &sentence);
		keep_first(&first, r, error, sentence);
	}
	return first;
}

static int create_removed(struct gs_executor *executor, char **error)
{
	const struct gs_plan *plan = executor->plan;
	int first = 0;

	for (size_t i = 0; i < plan->n_steps && !gs_step_stuck(executor); i++) {
		const struct gs_step *step = &plan->steps[i];
		char *sentence = NULL;
		int r;

		if (step->action.op != GS_OP_REMOVE_VGPU || !step->undo ||
		    gs_live_vgpu(executor, step->action.target))
			continue;
		r = act(executor, GS_OP_WAIT, step->undo->target, GS_WAIT_TYPES, &sentence);
		if (r == 0)
			r = act(executor, GS_OP_CREATE_VGPU, step->undo->target, step->undo->value,
				&sentence);
		keep_first(&first, r, error, sentence);
	}
	return first;
}

/* A VM may have opened a group while nobody was at it: its card is not taken away from under it. */
static int keep_vms_off(struct gs_executor *executor, const struct gs_before *before, char **error)
{
	gs_cleanup_free char *driver = NULL;
	gs_cleanup_free char *group = NULL;
	char path[GS_PATH_MAX];

	if (gs_live_driver(executor->engine, before->address, &driver) < 0 ||
	    !gs_driver_is_vfio(driver) || gs_streq(driver, before->driver))
		return 0;
	if (gs_path(path, "sys/bus/pci/devices/%s/iommu_group", before->address) < 0 ||
	    gs_tree_link_name(executor->engine, path, &group) < 0)
		return 0;
	return act(executor, GS_OP_FENCE, group, NULL, error);
}

static void let_vms_on(struct gs_executor *executor)
{
	if (!gs_step_stuck(executor))
		(void)!gs_step_job(executor, GS_JOB_LET_GO, "", NULL, NULL);
}

static int restore_functions(struct gs_executor *executor, char **error)
{
	char *sentence = NULL;
	int next;
	int r;

	r = each(executor, keep_vms_off, true, error);
	if (r < 0)
		return r;
	r = each(executor, take_off, true, error);
	let_vms_on(executor);
	/* Functions go back on even if one could not be taken off. */
	next = each(executor, put_on, false, &sentence);
	keep_first(&r, next, error, gs_steal(sentence));
	next = each(executor, put_back_rest, true, &sentence);
	keep_first(&r, next, error, sentence);
	return r;
}

static bool shows_methods(struct gs_executor *executor, const struct gs_action *action)
{
	gs_cleanup_free char *now = NULL;
	char path[GS_PATH_MAX];

	return gs_path(path, "sys/bus/pci/devices/%s/reset_method", action->target) == 0 &&
	       gs_tree_read(executor->engine, path, &now) == 0 && gs_streq(now, action->value);
}

static int put_back_methods(struct gs_executor *executor, char **error)
{
	const struct gs_plan *plan = executor->plan;
	int first = 0;

	for (size_t i = plan->n_steps; i-- > 0 && !gs_step_stuck(executor);) {
		const struct gs_action *undo = plan->steps[i].undo;
		char *sentence = NULL;
		int r;

		if (!undo || undo->op != GS_OP_RESET_METHODS || shows_methods(executor, undo))
			continue;
		r = gs_step_run(executor, undo, &sentence);
		keep_first(&first, r, error, sentence);
	}
	return first;
}

static int put_back_definitions(struct gs_executor *executor, char **error)
{
	const struct gs_plan *plan = executor->plan;
	int r = 0;

	for (size_t i = plan->n_steps; r == 0 && i-- > 0;) {
		const struct gs_action *undo = plan->steps[i].undo;

		if (undo && undo->op == GS_OP_SET_DEFINITIONS &&
		    !gs_shows_definitions(executor, undo))
			r = gs_step_run(executor, undo, error);
	}
	return r;
}

static int restore_card(struct gs_executor *executor, char **error)
{
	int r = remove_created(executor, error);

	if (r == 0)
		r = gs_vfs_undo_enabled(executor, error);
	if (r == 0)
		r = restore_functions(executor, error);
	if (r == 0)
		r = gs_vfs_undo_disabled(executor, error);
	if (r == 0)
		r = create_removed(executor, error);
	if (r == 0)
		r = gs_params_put_back(executor, error);
	if (r == 0)
		r = put_back_methods(executor, error);
	return r == 0 ? put_back_definitions(executor, error) : r;
}

int gs_restore(struct gs_executor *executor, char **error)
{
	char *fenced = NULL;
	int kept, r;

	let_vms_on(executor);
	kept = gs_lift_fences(executor, &fenced);
	r = restore_card(executor, error);
	/* Once more, with the card where it was. One that stays keeps all users off. */
	if (kept < 0)
		kept = gs_lift_fences(executor, &fenced);
	keep_first(&r, kept, error, fenced);
	gs_start_services(executor);
	return r == 0 && gs_step_stuck(executor) ? -ETIMEDOUT : r;
}

/* What the switch set last, as far as this process saw it. */
static const char *override_set(const struct gs_plan *plan, const struct gs_before *before)
{
	const char *override = before->driver_override;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_step *step = &plan->steps[i];

		if (step->action.op == GS_OP_SET_OVERRIDE && step->result == GS_RESULT_DONE &&
		    gs_streq(step->action.target, before->address))
			override = step->action.value[0] ? step->action.value : NULL;
	}
	return override;
}

/* Without asking the kernel for what it may not answer. The strings are the plan's, but for the drivers. */
static struct gs_before *last_values(struct gs_engine *engine, const struct gs_plan *plan)
{
	struct gs_before *last = calloc(plan->n_before ? plan->n_before : 1, sizeof(*last));

	for (size_t i = 0; last && i < plan->n_before; i++) {
		last[i] = plan->before[i];
		last[i].driver_override = (char *)override_set(plan, &plan->before[i]);
		last[i].driver = NULL;
		(void)!gs_live_driver(engine, last[i].address, &last[i].driver);
	}
	return last;
}

static void free_last(struct gs_before *last, size_t count)
{
	for (size_t i = 0; last && i < count; i++)
		free(last[i].driver);
	free(last);
}

int gs_quarantine_plan(struct gs_engine *engine, const struct gs_plan *plan, const char *reason,
		       const struct gs_process *stuck)
{
	struct gs_before *last = last_values(engine, plan);
	gs_cleanup_free char *text = NULL;
	int r;

	if (stuck)
		text = gs_asprintf("process %d hangs in the kernel%s%s; a reboot is needed",
				   stuck->pid, reason ? ": " : "", reason ? reason : "");
	r = gs_quarantine_store(engine, plan->card,
				text	 ? text
				: reason ? reason
					 : "a switch could not be undone",
				stuck, last, last ? plan->n_before : 0);
	free_last(last, plan->n_before);
	/* The way back will need what was there before, although the switch is not recorded. */
	if (plan->to == GS_MODE_PASSTHROUGH && plan->remember)
		(void)!gs_remembered_store(engine, plan->card, &plan->identity, plan->remember);
	return r;
}

int gs_give_up(struct gs_executor *executor, const char *reason)
{
	struct gs_process stuck;
	int pid = gs_step_stuck(executor);
	int r;

	if (pid && gs_process_of(executor->engine, pid, &stuck) < 0)
		stuck = (struct gs_process){ .pid = pid };
	r = gs_quarantine_plan(executor->engine, executor->plan, reason, pid ? &stuck : NULL);
	executor->journal_stays = r < 0;
	if (r == 0 && pid && executor->lock)
		gs_lock_open_up(executor->lock);
	return r;
}

/* The last step of its op on its target: earlier ones were passed on the way. */
static bool is_last_of_kind(const struct gs_plan *plan, size_t at)
{
	for (size_t i = at + 1; i < plan->n_steps; i++)
		if (plan->steps[i].action.op == plan->steps[at].action.op &&
		    gs_streq(plan->steps[i].action.target, plan->steps[at].action.target))
			return false;
	return true;
}

static bool shows_override(struct gs_executor *executor, const struct gs_action *action)
{
	gs_cleanup_free char *now = NULL;

	return gs_live_override(executor, action->target, &now) == 0 &&
	       gs_streq(now, action->value[0] ? action->value : NULL);
}

/* What was written before vfio-pci was bound, it replaced by its own. */
static bool shows_power(struct gs_executor *executor, const struct gs_action *action)
{
	gs_cleanup_free char *now = NULL;
	gs_cleanup_free char *driver = NULL;
	char path[GS_PATH_MAX];

	if (gs_live_driver(executor->engine, action->target, &driver) == 0 &&
	    gs_driver_is_vfio(driver))
		return true;
	return gs_path(path, "sys/bus/pci/devices/%s/power/control", action->target) == 0 &&
	       gs_tree_read(executor->engine, path, &now) == 0 && gs_streq(now, action->value);
}

static bool shows_checked(struct gs_executor *executor, const struct gs_action *action)
{
	gs_cleanup_free char *error = NULL;

	return gs_step_run(executor, action, &error) == 0;
}

static bool shows_created(struct gs_executor *executor, const struct gs_action *action)
{
	gs_cleanup_free char *type = NULL;
	gs_cleanup_free char *uuid = NULL;

	return gs_value_split(action->value, &type, &uuid) == 0 &&
	       gs_live_vgpu(executor, uuid) && gs_shows_created_params(executor, type, uuid);
}

static bool shows_removed(struct gs_executor *executor, const struct gs_action *action)
{
	return !gs_live_vgpu(executor, action->target);
}

/* A group that somebody uses has proved itself. */
static bool shows_group(struct gs_executor *executor, const struct gs_action *action)
{
	gs_cleanup_free char *error = NULL;
	int r = gs_step_run(executor, action, &error);

	return r == 0 || r == -EBUSY;
}

/* Types are there when the vGPUs are; what a quarantine was for is tested again. */
static bool shows_waited(struct gs_executor *executor, const struct gs_action *action)
{
	return !gs_streq(action->value, GS_WAIT_SETTLED) || shows_checked(executor, action);
}

/* Ops that leave something to look at; looking changes nothing. */
static bool (*const shows_table[GS_OP_COUNT])(struct gs_executor *, const struct gs_action *) = {
	[GS_OP_SET_OVERRIDE] = shows_override, [GS_OP_HOLD_POWER] = shows_power,
	[GS_OP_VERIFY_DRIVER] = shows_checked, [GS_OP_VERIFY_GROUP] = shows_group,
	[GS_OP_WAIT] = shows_waited,	       [GS_OP_CREATE_VGPU] = shows_created,
	[GS_OP_REMOVE_VGPU] = shows_removed,   [GS_OP_RESET_METHODS] = shows_methods,
	[GS_OP_ENABLE_VFS] = gs_vfs_shown_enabled,
	[GS_OP_DISABLE_VFS] = gs_vfs_shown_disabled,
	[GS_OP_SET_DEFINITIONS] = gs_shows_definitions,
	[GS_OP_SET_PARAMS] = gs_shows_params,
};

bool gs_plan_reached(struct gs_executor *executor)
{
	const struct gs_plan *plan = executor->plan;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_action *action = &plan->steps[i].action;

		if (shows_table[action->op] && is_last_of_kind(plan, i) &&
		    !shows_table[action->op](executor, action))
			return false;
	}
	return true;
}
