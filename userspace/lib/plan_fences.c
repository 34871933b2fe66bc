// SPDX-License-Identifier: GPL-2.0-or-later
/* What keeps new users off a card while it leaves its driver. */
#include "fences.h"
#include "plan_build.h"

static void add(struct gs_planner *planner, enum gs_op op, const char *target, const char *value)
{
	enum gs_op undo = op == GS_OP_FENCE ? GS_OP_UNFENCE : GS_OP_COUNT;

	gs_planner_step(planner, op, target, value, undo, target, value);
}

/* Is a function of its group fenced with it already? */
static bool seen_before(const struct gs_planner *planner, gs_takes_fn takes, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (planner->moving[i]->iommu_group == planner->moving[at]->iommu_group &&
		    gs_driver_is_vfio(planner->moving[i]->driver) &&
		    takes(planner, planner->moving[i]))
			return true;
	return false;
}

/* While a group's node is held open no VM can open it. */
static void fence_group(struct gs_planner *planner, gs_takes_fn takes, size_t at, enum gs_op op)
{
	char number[16];

	if (planner->moving[at]->iommu_group < 0 || seen_before(planner, takes, at))
		return;
	snprintf(number, sizeof(number), "%d", planner->moving[at]->iommu_group);
	add(planner, op, number, NULL);
}

void gs_steps_fence(struct gs_planner *planner, gs_takes_fn takes, enum gs_op op)
{
	for (size_t i = 0; i < planner->n_moving; i++) {
		const struct gs_function *function = planner->moving[i];

		if (!takes(planner, function))
			continue;
		if (function->fence != GS_FENCE_NONE)
			add(planner, op, function->text, gs_fence_name(function->fence));
		if (gs_driver_is_vfio(function->driver))
			fence_group(planner, takes, i, op);
	}
}

/* Whoever was to lift them did not come so far: nobody else does. */
void gs_steps_lift_fences(struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;

	for (size_t i = 0; card->mode == GS_MODE_QUARANTINED && i < card->n_functions; i++)
		if (card->functions[i]->fence != GS_FENCE_NONE)
			add(planner, GS_OP_UNFENCE, card->functions[i]->text,
			    gs_fence_name(card->functions[i]->fence));
}
