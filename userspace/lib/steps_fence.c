// SPDX-License-Identifier: GPL-2.0-or-later
/* steps_fence.c - fences of NVIDIA's driver; those of VFIO are in steps_group.c. */
#include "fences.h"
#include "steps.h"
#include "tree.h"

static int lock_path(char path[GS_PATH_MAX], const char *address)
{
	return gs_path(path, "proc/driver/nvidia/gpus/%s/unbindLock", address);
}

/* The driver says no by reading 0: somebody has the card open that no process shows. */
static int refuse_used(struct gs_executor *executor, const char *path, char **error)
{
	const char *card = executor->plan->card;
	struct gs_blocker blocker = {
		.refusal = GS_REFUSE_IN_USE,
		.message = gs_asprintf("NVIDIA's driver keeps %s: somebody has it open", card),
		.fix = gs_asprintf("gpushift show %s", card),
	};
	gs_cleanup_free char *evidence = gs_asprintf("/%s does not read 1 after writing it", path);

	if (blocker.fix && evidence && gs_strv_add(&blocker.evidence, evidence) == 0)
		gs_step_refuse(executor, &blocker);
	else
		gs_blocker_clear(&blocker);
	return gs_step_fail(error, -EBUSY, gs_asprintf("/%s was not got: %s is in use", path, card));
}

static int take_lock(struct gs_executor *executor, const char *address, char **error)
{
	char path[GS_PATH_MAX], now[GS_JOB_TEXT] = "";
	int r = lock_path(path, address);

	if (r == 0)
		r = gs_step_write(executor, path, "1", error);
	if (r == 0)
		r = gs_step_job(executor, GS_JOB_READ, path, NULL, now);
	if (r < 0)
		return *error ? r
			      : gs_step_fail(error, r,
					     gs_asprintf("cannot read /%s: %s", path, strerror(-r)));
	return strcmp(now, "1") == 0 ? 0 : refuse_used(executor, path, error);
}

/* With the driver gone from the card its file has gone, too. */
static int drop_lock(struct gs_executor *executor, const char *address, char **error)
{
	char path[GS_PATH_MAX];
	int r = lock_path(path, address);

	if (r < 0 || !gs_tree_exists(executor->engine, path))
		return r;
	return gs_step_write(executor, path, "0", error);
}

/* Not every driver and card can be drained; one that hangs meanwhile is not to be touched further. */
static int drain(struct gs_executor *executor, const char *address, bool on, char **error)
{
	unsigned int timeout_ms = executor->options->timeout_ms;
	char answer[GS_JOB_TEXT] = "", data[32];
	int r;

	/* Whoever runs it ends it before the worker, which could only leave it behind, is given up. */
	snprintf(data, sizeof(data), "%d %u", on, timeout_ms - timeout_ms / 10);
	r = gs_step_job(executor, GS_JOB_DRAIN, address, data, answer);
	if (r == -ETIMEDOUT)
		return gs_step_fail(error, r,
				    gs_asprintf("nvidia-smi drain did not end within %u ms",
						timeout_ms));
	if (r < 0)
		return gs_step_fail(error, -EOPNOTSUPP,
				    gs_asprintf("nvidia-smi drain: %s",
						*answer ? answer : strerror(-r)));
	return 0;
}

int gs_step_fence(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	switch (gs_fence_parse(action->value)) {
	case GS_FENCE_UNBIND_LOCK:
		return take_lock(executor, action->target, error);
	case GS_FENCE_DRAIN:
		return drain(executor, action->target, true, error);
	default:
		return gs_step_fence_group(executor, action, error);
	}
}

int gs_step_unfence(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	switch (gs_fence_parse(action->value)) {
	case GS_FENCE_UNBIND_LOCK:
		return drop_lock(executor, action->target, error);
	case GS_FENCE_DRAIN:
		return drain(executor, action->target, false, error);
	default:
		return gs_step_unfence_group(executor, action, error);
	}
}

void gs_lift_fences(struct gs_executor *executor)
{
	const struct gs_plan *plan = executor->plan;

	for (size_t i = plan->n_steps; i-- > 0 && !gs_step_stuck(executor);) {
		const struct gs_action *action = &plan->steps[i].action;
		gs_cleanup_free char *error = NULL;

		if (action->op == GS_OP_FENCE && gs_step_may_have_run(plan, i) &&
		    gs_fence_parse(action->value) != GS_FENCE_NONE)
			(void)!gs_step_unfence(executor, action, &error);
	}
}
