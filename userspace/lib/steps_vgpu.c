// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps that make and remove vGPUs, and that wait. */
#include "steps.h"

#include "definition.h"
#include "inventory.h"
#include "quarantine.h"
#include "remembered.h"
#include "tree.h"
#include "vfs.h"
#include "vgpu_backend.h"
#include "vgpu_params.h"
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

/* VFs come one by one, and each has its types a moment later. */
static bool are_vfs_ready(struct gs_executor *executor, const char *pf)
{
	unsigned int count = gs_vfs_count(executor->engine, pf);
	char *vf;

	if (count != gs_vfs_told(executor, pf))
		return false;
	for (unsigned int i = 0; i < count; i++) {
		bool ready;

		vf = gs_vfs_address(executor->engine, pf, i);
		ready = vf && gs_vgpu_backend_of(executor->engine, vf);
		free(vf);
		if (!ready)
			return false;
	}
	return true;
}

static bool has_types(void *data)
{
	struct gs_executor *executor = ((void **)data)[0];
	const struct gs_action *action = ((void **)data)[1];
	struct gs_parent parent = { 0 };
	bool has;

	if (!gs_vgpu_backend_of(executor->engine, action->target) &&
	    !are_vfs_ready(executor, action->target))
		return false;

	if (gs_types_read(executor->engine, action->target, &parent) < 0)
		return false;
	has = parent.n_types > 0;
	gs_parent_clear(&parent);
	return has;
}

/* Now that nothing is made, VFs list all that they can become; later only what there is room for. */
static void remember_types(struct gs_executor *executor, const char *card)
{
	struct gs_remembered *remember = executor->plan->remember;
	struct gs_parent *copied = NULL;
	struct gs_parent now = { 0 };

	if (!remember || gs_types_read(executor->engine, card, &now) < 0)
		return;
	if (now.on_vfs && gs_parent_copy(&now, &copied) == 0) {
		if (remember->parent)
			gs_parent_clear(remember->parent);
		free(remember->parent);
		remember->parent = copied;
	} else if (copied) {
		gs_parent_clear(copied);
		free(copied);
	}
	gs_parent_clear(&now);
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
	remember_types(executor, action->target);
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

/* One that is a VF is noted by the name that it was made by, and by its address. */
static void forget(struct gs_executor *executor, const char *name)
{
	gs_cleanup_free char *other = NULL;

	if (gs_live_vgpu(executor, name))
		return;
	if (gs_vgpu_recorded(executor->engine, name, &other) == 0)
		(void)!gs_vgpu_disown(executor->engine, other);
	(void)!gs_vgpu_disown(executor->engine, name);
}

/* What its definition says, then what was asked for. */
static int set_up(struct gs_executor *executor, const struct gs_vgpu_place *place,
		  const struct gs_vgpu_order *order, const char *profile, char **error)
{
	int r = 0;

	if (place->defined)
		r = gs_step_write_attributes(executor, order->device, order->name, error);
	return r == 0 ? gs_step_write_params(executor, profile, order->name, error) : r;
}

static int exists_already(const char *name, char **error)
{
	return gs_step_fail(error, -EEXIST, gs_asprintf("a vGPU %s exists already", name));
}

/*
 * Owned before it exists: one that nobody owns would never be removed. And not
 * before it is known that it does not: somebody else's may have this UUID. One
 * without a record is no VF that became a vGPU under that name.
 */
static int own(struct gs_executor *executor, const struct gs_vgpu_place *place,
	       const struct gs_vgpu_order *order, char **error)
{
	int r;

	/* A VF that becomes again what it was is noted still, with the name that it was made by. */
	if (gs_streq(order->name, order->device) && gs_vgpu_owned(executor->engine, order->name))
		return gs_live_vgpu(executor, order->name) ? exists_already(order->name, error) : 0;
	if (gs_backend_mdev.has(executor, order->name))
		return exists_already(order->name, error);
	r = gs_vgpu_own_new(executor->engine, order->name, place->ownership);
	if (r == -EEXIST && gs_live_vgpu(executor, order->name))
		return exists_already(order->name, error);
	if (r == -EEXIST)
		r = gs_vgpu_own(executor->engine, order->name, order->device, order->type);
	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("cannot record vGPU %s: %s", order->name, strerror(-r)));
	return 0;
}

static int create_owned(struct gs_executor *executor, const struct gs_vgpu_place *place,
			const struct gs_vgpu_order *order, const char *profile, char **error)
{
	int r = own(executor, place, order, error);

	if (r < 0)
		return r;
	r = place->backend->create(executor, order, error);
	if (r == 0)
		r = set_up(executor, place, order, profile, error);
	if (r == 0)
		return 0;
	if (!*error)
		*error = gs_asprintf("vGPU %s was not made as asked: %s", order->name, strerror(-r));
	forget(executor, order->name);
	return r;
}

static int no_place(const struct gs_action *action, const char *asked, int r, char **error)
{
	if (r == -ENOSPC)
		return gs_step_fail(
			error, r,
			gs_asprintf("no VF of %s can become a %s now", action->target, asked));
	return gs_step_fail(
		error, r,
		gs_asprintf("%s offers no vGPU type %s", action->target, action->value));
}

int gs_step_create_vgpu_now(struct gs_executor *executor, const struct gs_action *action,
			    char **error)
{
	gs_cleanup_vgpu_place struct gs_vgpu_place place = { 0 };
	gs_cleanup_free char *profile = NULL;
	gs_cleanup_free char *params = NULL;
	gs_cleanup_free char *asked = NULL;
	gs_cleanup_free char *name = NULL;
	int r;

	r = gs_value_split(action->value, &profile, &name);
	if (r == 0)
		r = gs_profile_split(profile, &asked, &params);
	if (r == 0)
		r = gs_find_place(executor, action->target, asked, &place);
	if (r < 0)
		return no_place(action, asked, r, error);
	return create_owned(executor, &place,
			    &(struct gs_vgpu_order){
				    .device = place.device, .type = place.type, .name = name },
			    profile, error);
}

int gs_step_remove_vgpu_now(struct gs_executor *executor, const struct gs_action *action,
			    char **error)
{
	const struct gs_vgpu_backend *backend = gs_vgpu_backend_having(executor, action->target);

	return backend ? backend->remove(executor, action->target, error) : 0;
}

void gs_forget_removed(struct gs_executor *executor)
{
	const struct gs_plan *plan = executor->plan;

	for (size_t i = 0; i < plan->n_steps && !gs_step_stuck(executor); i++)
		if (plan->steps[i].action.op == GS_OP_REMOVE_VGPU)
			forget(executor, plan->steps[i].action.target);
}

void gs_forget_unmade(struct gs_executor *executor)
{
	const struct gs_plan *plan = executor->plan;

	for (size_t i = 0; i < plan->n_steps && !gs_step_stuck(executor); i++) {
		const struct gs_action *action = &plan->steps[i].action;
		gs_cleanup_free char *type = NULL;
		gs_cleanup_free char *name = NULL;

		if (action->op == GS_OP_CREATE_VGPU &&
		    gs_value_split(action->value, &type, &name) == 0)
			forget(executor, name);
	}
}
