// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps that make and remove vGPUs, and that wait. */
#include "steps.h"

#include "inventory.h"
#include "quarantine.h"
#include "remembered.h"
#include "tree.h"
#include "wait.h"

#define MDEVS "sys/bus/mdev/devices"

bool gs_live_vgpu(struct gs_engine *engine, const char *uuid)
{
	char path[GS_PATH_MAX];

	return gs_path(path, MDEVS "/%s", uuid) == 0 && gs_tree_exists(engine, path);
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

static int verify_vgpu(struct gs_engine *engine, const char *uuid, const char *type)
{
	gs_cleanup_free char *now = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, MDEVS "/%s/mdev_type", uuid);
	if (r == 0)
		r = gs_tree_link_name(engine, path, &now);
	if (r < 0)
		return r;
	return gs_streq(now, type) ? 0 : -EIO;
}

int gs_step_create_vgpu_now(struct gs_executor *executor, const struct gs_action *action,
			    char **error)
{
	gs_cleanup_free char *asked = NULL;
	gs_cleanup_free char *uuid = NULL;
	gs_cleanup_free char *type = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_value_split(action->value, &asked, &uuid);
	if (r == 0)
		r = find_type_id(executor, action->target, asked, &type);
	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("%s offers no vGPU type %s", action->target, action->value));
	/* Before it is recorded as ours: somebody else's may have this UUID. */
	if (gs_live_vgpu(executor->engine, uuid))
		return gs_step_fail(error, -EEXIST, gs_asprintf("a vGPU %s exists already", uuid));
	r = gs_path(path, "sys/class/mdev_bus/%s/mdev_supported_types/%s/create", action->target,
		    type);
	/* Owned before it exists: one that nobody owns would never be removed. */
	if (r == 0)
		r = gs_vgpu_own(executor->engine, uuid, action->target, type);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot record vGPU %s: %s", uuid, strerror(-r)));
	r = gs_step_write(executor, path, uuid, error);
	if (r == 0)
		r = verify_vgpu(executor->engine, uuid, type);
	if (r == 0)
		return 0;
	if (!*error)
		*error = gs_asprintf("vGPU %s was not made as asked: %s", uuid, strerror(-r));
	if (!gs_live_vgpu(executor->engine, uuid))
		(void)!gs_vgpu_disown(executor->engine, uuid);
	return r;
}

/* An open one would keep the kernel waiting until its VM ends. */
static bool is_open(struct gs_executor *executor, const char *uuid)
{
	gs_cleanup_free char *group = NULL;
	char path[GS_PATH_MAX];

	return gs_path(path, MDEVS "/%s/iommu_group", uuid) == 0 &&
	       gs_tree_link_name(executor->engine, path, &group) == 0 &&
	       gs_path(path, "dev/vfio/%s", group) == 0 &&
	       gs_step_job(executor, GS_JOB_TRY_OPEN, path, NULL, NULL) == -EBUSY;
}

static int remove_live(struct gs_executor *executor, const char *uuid, char **error)
{
	char path[GS_PATH_MAX];
	int r;

	if (is_open(executor, uuid))
		return gs_step_fail(error, -EBUSY, gs_asprintf("vGPU %s is used by a VM", uuid));
	r = gs_path(path, MDEVS "/%s/remove", uuid);
	if (r == 0)
		r = gs_step_write(executor, path, "1", error);
	if (r < 0)
		return r;
	if (gs_live_vgpu(executor->engine, uuid))
		return gs_step_fail(error, -EIO, gs_asprintf("vGPU %s is still there", uuid));
	return 0;
}

int gs_step_remove_vgpu_now(struct gs_executor *executor, const struct gs_action *action,
			    char **error)
{
	int r;

	if (gs_live_vgpu(executor->engine, action->target)) {
		r = remove_live(executor, action->target, error);
		if (r < 0)
			return r;
	}
	r = gs_vgpu_disown(executor->engine, action->target);
	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("cannot forget vGPU %s: %s", action->target, strerror(-r)));
	return 0;
}
