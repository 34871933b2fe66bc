// SPDX-License-Identifier: GPL-2.0-or-later
/* steps_group.c - IOMMU groups: held while a card leaves them, proved once it came. */
#include "assignable.h"
#include "steps.h"
#include "tree.h"

int gs_step_fence_group(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, "dev/vfio/%s", action->target);
	if (r == 0)
		r = gs_step_job(executor, GS_JOB_HOLD_OPEN, path, NULL, NULL);
	if (r == -ENOENT)
		return 0; /* no vfio driver left in the group: nobody can open it */
	if (r == -EBUSY)
		return gs_step_fail(error, r,
				    gs_asprintf("/%s is open: a VM uses the group", path));
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot open /%s: %s", path, strerror(-r)));
	return 0;
}

int gs_step_unfence_group(struct gs_executor *executor, const struct gs_action *action,
			  char **error)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, "dev/vfio/%s", action->target);
	if (r == 0)
		r = gs_step_job(executor, GS_JOB_LET_GO, path, NULL, NULL);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot close /%s: %s", path, strerror(-r)));
	return 0;
}

void gs_step_refuse(struct gs_executor *executor, struct gs_blocker *blocker)
{
	struct gs_plan *plan = executor->plan;

	if (!blocker->message ||
	    gs_grow(&plan->blockers, plan->n_blockers, sizeof(*plan->blockers)) < 0)
		gs_blocker_clear(blocker);
	else
		plan->blockers[plan->n_blockers++] = *blocker;
}

static void refuse_group(struct gs_executor *executor, enum gs_refusal refusal, const char *group,
			 char *message)
{
	struct gs_blocker blocker = {
		.refusal = refusal,
		.message = message,
		.fix = gs_asprintf("gpushift show %s", executor->plan->card),
	};
	gs_cleanup_free char *evidence = gs_asprintf("VFIO refused IOMMU group %s", group);

	if (blocker.fix && evidence && gs_strv_add(&blocker.evidence, evidence) == 0)
		gs_step_refuse(executor, &blocker);
	else
		gs_blocker_clear(&blocker);
}

static int fail_not_viable(struct gs_executor *executor, const char *group, char **error)
{
	refuse_group(executor, GS_REFUSE_GROUP_NOT_VIABLE, group,
		     gs_asprintf("IOMMU group %s is not viable", group));
	return gs_step_fail(
		error, -EPERM,
		gs_asprintf("IOMMU group %s is not viable: a member is bound to a host driver",
			    group));
}

static int fail_used(struct gs_executor *executor, const char *group, char **error)
{
	refuse_group(executor, GS_REFUSE_IN_USE, group,
		     gs_asprintf("IOMMU group %s is already used by somebody", group));
	return gs_step_fail(error, -EBUSY,
			    gs_asprintf("IOMMU group %s is already used by somebody", group));
}

static int fail_interrupts(struct gs_executor *executor, const char *group, char **error)
{
	struct gs_interrupts interrupts;
	struct gs_blocker blocker;

	if (gs_interrupts_read(executor->engine, &interrupts) == 0) {
		if (gs_interrupts_blocker(&interrupts, executor->plan->card, &blocker) == 0)
			gs_step_refuse(executor, &blocker);
		gs_interrupts_clear(&interrupts);
	}
	return gs_step_fail(
		error, -EXDEV,
		gs_asprintf("the IOMMU of this host cannot isolate the interrupts of group %s",
			    group));
}

static int fail_regions(struct gs_executor *executor, const char *group, char **error)
{
	struct gs_blocker blocker;
	char **regions = NULL;

	if (gs_direct_regions_read(executor->engine, group, &regions) == 0 &&
	    gs_regions_blocker(group, regions, executor->plan->card, &blocker) == 0)
		gs_step_refuse(executor, &blocker);
	gs_strv_free(regions);
	return gs_step_fail(
		error, -ERANGE,
		gs_asprintf("the firmware wants memory of IOMMU group %s mapped one to one", group));
}

/* Why a group cannot be used, by what gs_prove_group() gave. */
static const struct {
	int error;
	int (*fail)(struct gs_executor *executor, const char *group, char **error_text);
} causes[] = {
	{ -EBUSY, fail_used },
	{ -EPERM, fail_not_viable },
	{ -EXDEV, fail_interrupts },
	{ -ERANGE, fail_regions },
};

int gs_step_verify_group(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	const char *group = action->target;
	int r = gs_step_job(executor, GS_JOB_PROVE_GROUP, group, NULL, NULL);

	for (size_t i = 0; i < GS_ARRAY_SIZE(causes); i++)
		if (r == causes[i].error)
			return causes[i].fail(executor, group, error);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("IOMMU group %s cannot be used by a VM: %s", group,
						strerror(-r)));
	return 0;
}
