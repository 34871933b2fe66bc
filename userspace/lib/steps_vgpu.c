// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps that make and remove vGPUs, and that wait. */
#include "steps.h"

#include "inventory.h"
#include "quarantine.h"
#include "remembered.h"
#include "tree.h"
#include "vgpu_backend.h"
#include "wait.h"

bool gs_live_vgpu(struct gs_executor *executor, const char *name)
{
	return gs_vgpu_backend_having(executor, name) != NULL;
}

int gs_value_split(const char *value, char **ret_left, char **ret_right)
{
	const char *slash = value ? strrchr(value, '/') : NULL;

	if (!slash || slash == value || !slash[1])
		return -EINVAL;
	*ret_left = strndup(value, (size_t)(slash - value));
	*ret_right = strdup(slash + 1);
	if (*ret_left && *ret_right)
		return 0;
	free(*ret_left);
	free(*ret_right);
	return -ENOMEM;
}

static bool has_types(void *data)
{
	struct gs_executor *executor = ((void **)data)[0];
	const struct gs_action *action = ((void **)data)[1];
	struct gs_parent parent = { 0 };
	bool has;

	if (gs_types_read(executor->engine, action->target, &parent) < 0)
		return false;
	has = parent.n_types > 0;
	gs_parent_clear(&parent);
	return has;
}

static int wait_types(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	void *data[2] = { executor, (void *)action };
	int r = gs_wait_uevent(executor->engine, NULL, has_types, data,
			       executor->options->timeout_ms);

	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("%s offers no vGPU types after %u ms",
						action->target, executor->options->timeout_ms));
	return 0;
}

/* What a quarantine was for: is the process gone that hung, and does the function answer? */
static int wait_settled(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	struct gs_process stuck;
	char path[GS_PATH_MAX];
	int r;

	if (gs_quarantine_stuck(executor->engine, executor->plan->card, &stuck))
		return gs_step_fail(
			error, -EBUSY,
			gs_asprintf("process %d still hangs in the kernel; a reboot is needed",
				    stuck.pid));
	r = gs_path(path, "sys/bus/pci/devices/%s/config", action->target);
	if (r == 0)
		r = gs_step_job(executor, GS_JOB_ANSWERS, path, NULL, NULL);
	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("%s does not answer: %s", action->target, strerror(-r)));
	return 0;
}

int gs_step_wait(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	if (gs_streq(action->value, GS_WAIT_SETTLED))
		return wait_settled(executor, action, error);
	if (gs_streq(action->value, GS_WAIT_UNUSED) ||
	    gs_streq(action->value, GS_WAIT_UNUSED_BY_GUESTS))
		return gs_step_unused(executor, action, error);
	if (strncmp(action->value, GS_WAIT_VFS, strlen(GS_WAIT_VFS)) == 0)
		return gs_step_wait_vfs(executor, action, error);
	return wait_types(executor, action, error);
}

/* The id of a type that the plan may name by id or by name. */
static int find_type_id(struct gs_executor *executor, const char *parent_name, const char *type,
			char **ret)
{
	struct gs_parent parent = { 0 };
	const struct gs_vgpu_type *found;
	int r;

	r = gs_types_read(executor->engine, parent_name, &parent);
	if (r < 0)
		return r;
	r = gs_type_find(&parent, type, &found);
	if (r == 0) {
		*ret = strdup(found->id);
		r = *ret ? 0 : -ENOMEM;
	}
	gs_parent_clear(&parent);
	return r;
}

/* Owned before it exists: one that nobody owns would never be removed. */
static int create_owned(struct gs_executor *executor, const struct gs_vgpu_order *order,
			char **error)
{
	const struct gs_vgpu_backend *backend = gs_vgpu_backend_of(executor->engine, order->device);
	int r = backend ? 0 : -ENODEV;

	if (r == 0)
		r = gs_vgpu_own(executor->engine, order->name, order->device, order->type);
	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("cannot record vGPU %s: %s", order->name, strerror(-r)));
	r = backend->create(executor, order, error);
	if (r == 0)
		r = gs_step_write_attributes(executor, order->device, order->name, error);
	if (r == 0)
		return 0;
	if (!*error)
		*error = gs_asprintf("vGPU %s was not made as asked: %s", order->name, strerror(-r));
	if (!backend->has(executor, order->name))
		(void)!gs_vgpu_disown(executor->engine, order->name);
	return r;
}

int gs_step_create_vgpu_now(struct gs_executor *executor, const struct gs_action *action,
			    char **error)
{
	gs_cleanup_free char *asked = NULL;
	gs_cleanup_free char *name = NULL;
	gs_cleanup_free char *type = NULL;
	int r;

	r = gs_value_split(action->value, &asked, &name);
	if (r == 0)
		r = find_type_id(executor, action->target, asked, &type);
	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("%s offers no vGPU type %s", action->target, action->value));
	/* Before it is recorded as ours: somebody else's may have this UUID. */
	if (gs_live_vgpu(executor, name))
		return gs_step_fail(error, -EEXIST, gs_asprintf("a vGPU %s exists already", name));
	return create_owned(executor,
			    &(struct gs_vgpu_order){
				    .device = action->target, .type = type, .name = name },
			    error);
}

int gs_step_remove_vgpu_now(struct gs_executor *executor, const struct gs_action *action,
			    char **error)
{
	const struct gs_vgpu_backend *backend = gs_vgpu_backend_having(executor, action->target);

	return backend ? backend->remove(executor, action->target, error) : 0;
}

static void forget(struct gs_executor *executor, const char *name)
{
	if (!gs_live_vgpu(executor, name))
		(void)!gs_vgpu_disown(executor->engine, name);
}

void gs_forget_removed(struct gs_executor *executor)
{
	const struct gs_plan *plan = executor->plan;

	for (size_t i = 0; i < plan->n_steps && !gs_step_stuck(executor); i++) {
		const struct gs_action *action = &plan->steps[i].action;
		gs_cleanup_free char *type = NULL;
		gs_cleanup_free char *name = NULL;

		if (action->op == GS_OP_REMOVE_VGPU)
			forget(executor, action->target);
		else if (action->op == GS_OP_CREATE_VGPU &&
			 gs_value_split(action->value, &type, &name) == 0)
			forget(executor, name);
	}
}
