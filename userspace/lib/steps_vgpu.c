// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps that make and remove vGPUs, and that wait. */
#include "steps.h"

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

/* Does @device offer the type, which the plan may name by id or by name? With how many to be had. */
static int find_type(struct gs_executor *executor, const char *device, const char *type,
		     char **ret, unsigned int *ret_available)
{
	const struct gs_vgpu_backend *backend = gs_vgpu_backend_of(executor->engine, device);
	struct gs_parent parent = { 0 };
	const struct gs_vgpu_type *found;
	int r;

	if (backend && backend->room &&
	    backend->room(executor, device, type, ret_available) == 0) {
		*ret = strdup(type);
		return *ret ? 0 : -ENOMEM;
	}
	r = gs_types_read(executor->engine, device, &parent);
	if (r < 0)
		return r;
	r = gs_type_find(&parent, type, &found);
	if (r == 0) {
		*ret_available = found->available;
		*ret = strdup(found->id);
		r = *ret ? 0 : -ENOMEM;
	}
	gs_parent_clear(&parent);
	return r;
}

/*
 * A VF that can take one now. The one after the last is the likely one; what
 * they can be changes with each that is made.
 */
static int pick_vf(struct gs_executor *executor, const char *pf, const char *asked, char **ret,
		   char **ret_type)
{
	unsigned int count = gs_vfs_count(executor->engine, pf);
	int r = -ENOENT;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int number = (executor->next_vf + i) % count;
		gs_cleanup_free char *vf = gs_vfs_address(executor->engine, pf, number);
		gs_cleanup_free char *type = NULL;
		unsigned int available = 0;

		if (!vf || find_type(executor, vf, asked, &type, &available) < 0)
			continue;
		r = -ENOSPC;
		if (!available)
			continue;
		executor->next_vf = number + 1;
		*ret = gs_steal(vf);
		*ret_type = gs_steal(type);
		return 0;
	}
	return r;
}

/* The device that it is made on, and the id of its type. */
static int find_place(struct gs_executor *executor, const char *target, const char *asked,
		      char **ret, char **ret_type)
{
	unsigned int available;

	if (!gs_vgpu_backend_of(executor->engine, target))
		return pick_vf(executor, target, asked, ret, ret_type);
	*ret = strdup(target);
	return *ret ? find_type(executor, target, asked, ret_type, &available) : -ENOMEM;
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
static int set_up(struct gs_executor *executor, const struct gs_vgpu_order *order,
		  const char *profile, char **error)
{
	int r = gs_step_write_attributes(executor, order->device, order->name, error);

	return r == 0 ? gs_step_write_params(executor, profile, order->name, error) : r;
}

/* Owned before it exists: one that nobody owns would never be removed. */
static int create_owned(struct gs_executor *executor, const struct gs_vgpu_order *order,
			const char *profile, char **error)
{
	const struct gs_vgpu_backend *backend = gs_vgpu_backend_of(executor->engine, order->device);
	int r = backend ? 0 : -ENODEV;

	/* A VF that becomes again what it was is noted still, with the name that it was made by. */
	if (r == 0 && !(gs_streq(order->name, order->device) &&
			gs_vgpu_owned(executor->engine, order->name)))
		r = gs_vgpu_own(executor->engine, order->name, order->device, order->type);
	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("cannot record vGPU %s: %s", order->name, strerror(-r)));
	r = backend->create(executor, order, error);
	if (r == 0)
		r = set_up(executor, order, profile, error);
	if (r == 0)
		return 0;
	if (!*error)
		*error = gs_asprintf("vGPU %s was not made as asked: %s", order->name, strerror(-r));
	forget(executor, order->name);
	return r;
}

int gs_step_create_vgpu_now(struct gs_executor *executor, const struct gs_action *action,
			    char **error)
{
	gs_cleanup_free char *profile = NULL;
	gs_cleanup_free char *params = NULL;
	gs_cleanup_free char *device = NULL;
	gs_cleanup_free char *asked = NULL;
	gs_cleanup_free char *name = NULL;
	gs_cleanup_free char *type = NULL;
	int r;

	r = gs_value_split(action->value, &profile, &name);
	if (r == 0)
		r = gs_profile_split(profile, &asked, &params);
	if (r == 0)
		r = find_place(executor, action->target, asked, &device, &type);
	if (r == -ENOSPC)
		return gs_step_fail(
			error, r,
			gs_asprintf("no VF of %s can become a %s now", action->target, asked));
	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("%s offers no vGPU type %s", action->target, action->value));
	/* Before it is recorded as ours: somebody else's may have this UUID. */
	if (gs_live_vgpu(executor, name))
		return gs_step_fail(error, -EEXIST, gs_asprintf("a vGPU %s exists already", name));
	return create_owned(executor,
			    &(struct gs_vgpu_order){
				    .device = device, .type = type, .name = name },
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
