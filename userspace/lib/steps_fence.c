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

/* The write never fails: only what the file reads then says whether it did anything. */
static int write_lock(struct gs_executor *executor, const char *path, const char *value,
		      char now[GS_JOB_TEXT], char **error)
{
	int r = gs_step_write(executor, path, value, error);

	if (r < 0)
		return r;
	r = gs_step_job(executor, GS_JOB_READ, path, NULL, now);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot read /%s: %s", path, strerror(-r)));
	return 0;
}

static int take_lock(struct gs_executor *executor, const char *address, char **error)
{
	char path[GS_PATH_MAX], now[GS_JOB_TEXT] = "";
	int r = lock_path(path, address);

	if (r == 0)
		r = write_lock(executor, path, "1", now, error);
	if (r < 0)
		return r;
	return strcmp(now, "1") == 0 ? 0 : refuse_used(executor, path, error);
}

/* With the driver gone from the card its file has gone, too. */
static int drop_lock(struct gs_executor *executor, const char *address, char **error)
{
	char path[GS_PATH_MAX], now[GS_JOB_TEXT] = "";
	int r = lock_path(path, address);

	if (r < 0 || !gs_tree_exists(executor->engine, path))
		return r;
	r = write_lock(executor, path, "0", now, error);
	if (r < 0 || strcmp(now, "0") == 0)
		return r;
	return gs_step_fail(error, -EBUSY,
			    gs_asprintf("/%s still reads %s: NVIDIA's driver takes no new users",
					path, now));
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

/* Where nvidia-smi cannot drain a card it cannot say either that this one is not drained. */
static bool may_be_none(const struct gs_step *fence, int r)
{
	return r == -EOPNOTSUPP && fence->result != GS_RESULT_DONE;
}

static int lift(struct gs_executor *executor, struct gs_step *fence, char **error)
{
	char *sentence = NULL;
	int r = gs_step_unfence(executor, &fence->action, &sentence);

	if (!may_be_none(fence, r))
		return r < 0 ? gs_step_fail(error, r, sentence) : 0;
	if (fence->error)
		free(sentence);
	else
		fence->error = sentence;
	return 0;
}

int gs_lift_fences(struct gs_executor *executor, char **error)
{
	struct gs_plan *plan = executor->plan;
	int first = 0;

	for (size_t i = plan->n_steps; i-- > 0 && !gs_step_stuck(executor);) {
		struct gs_step *step = &plan->steps[i];
		int r;

		if (step->action.op != GS_OP_FENCE || !gs_step_may_have_run(plan, i) ||
		    gs_fence_parse(step->action.value) == GS_FENCE_NONE)
			continue;
		r = lift(executor, step, error);
		if (first == 0)
			first = r;
	}
	return first;
}
