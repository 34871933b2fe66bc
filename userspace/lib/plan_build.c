// SPDX-License-Identifier: GPL-2.0-or-later
/* Grows a plan, and frees it. */
#include "plan_build.h"

char *gs_planner_text(struct gs_planner *planner, char *value)
{
	if (!value)
		planner->failed = -ENOMEM;
	return value;
}

void gs_planner_note(struct gs_planner *planner, char ***list, const char *text)
{
	if (!text || gs_strv_add(list, text) < 0)
		planner->failed = -ENOMEM;
}

int gs_planner_usage(struct gs_planner *planner, char *message, char *fix)
{
	planner->error->message = message;
	planner->error->fix = fix;
	return message ? -EINVAL : -ENOMEM;
}

const char *gs_planner_card(const struct gs_planner *planner)
{
	return gs_card_display(planner->card)->text;
}

/* What it offered before says nothing once a host driver is bound that offers none. */
const struct gs_parent *gs_planner_types(const struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;

	if (card->parent && card->parent->n_types > 0)
		return card->parent;
	if (gs_driver_owns_dma(gs_card_display(card)->driver) && !gs_display_moves(planner))
		return NULL;
	return card->remembered ? card->remembered->parent : NULL;
}

int gs_text_copy(const char *text, char **ret)
{
	*ret = text ? strdup(text) : NULL;
	return *ret || !text ? 0 : -ENOMEM;
}

static int fill_action(struct gs_action *action, enum gs_op op, const char *target,
		       const char *value)
{
	action->op = op;
	if (gs_text_copy(target, &action->target) < 0)
		return -ENOMEM;
	return gs_text_copy(value, &action->value);
}

static int fill_step(struct gs_step *step, enum gs_op op, const char *target, const char *value,
		     const struct gs_action *undo)
{
	if (fill_action(&step->action, op, target, value) < 0)
		return -ENOMEM;
	if (undo->op == GS_OP_COUNT)
		return 0;
	step->undo = calloc(1, sizeof(*step->undo));
	if (!step->undo)
		return -ENOMEM;
	return fill_action(step->undo, undo->op, undo->target, undo->value);
}

void gs_planner_step(struct gs_planner *planner, enum gs_op op, const char *target,
		     const char *value, enum gs_op undo_op, const char *undo_target,
		     const char *undo_value)
{
	const struct gs_action undo = {
		.op = undo_op,
		.target = (char *)undo_target,
		.value = (char *)undo_value,
	};
	struct gs_plan *plan = planner->plan;

	if (gs_grow(&plan->steps, plan->n_steps, sizeof(*plan->steps)) < 0 ||
	    fill_step(&plan->steps[plan->n_steps++], op, target, value, &undo) < 0)
		planner->failed = -ENOMEM;
}

void gs_blocker_clear(struct gs_blocker *blocker)
{
	free(blocker->message);
	gs_strv_free(blocker->evidence);
	free(blocker->fix);
	*blocker = (struct gs_blocker){ 0 };
}

static void warn_overridden(struct gs_planner *planner, const struct gs_blocker *blocker)
{
	gs_cleanup_free char *text =
		gs_asprintf("%s overridden by --force: %s", gs_refusal_code(blocker->refusal),
			    blocker->message);

	gs_planner_note(planner, &planner->plan->warnings, text);
}

void gs_planner_refuse(struct gs_planner *planner, enum gs_refusal refusal, bool overridable,
		       char *message, char **evidence, char *fix)
{
	struct gs_blocker blocker = {
		.refusal = refusal,
		.message = gs_planner_text(planner, message),
		.evidence = evidence,
		.fix = fix,
		.overridable = overridable,
	};
	struct gs_plan *plan = planner->plan;

	if (message && overridable && planner->want->force) {
		warn_overridden(planner, &blocker);
		gs_blocker_clear(&blocker);
		return;
	}
	if (!message || gs_grow(&plan->blockers, plan->n_blockers, sizeof(*plan->blockers)) < 0) {
		planner->failed = -ENOMEM;
		gs_blocker_clear(&blocker);
		return;
	}
	plan->blockers[plan->n_blockers++] = blocker;
}

static void free_action(struct gs_action *action)
{
	free(action->target);
	free(action->value);
}

void gs_plan_clear_steps(struct gs_plan *plan)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		free_action(&plan->steps[i].action);
		if (plan->steps[i].undo)
			free_action(plan->steps[i].undo);
		free(plan->steps[i].undo);
		free(plan->steps[i].error);
	}
	free(plan->steps);
	plan->steps = NULL;
	plan->n_steps = 0;
}

void gs_blockers_free(struct gs_blocker *blockers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		gs_blocker_clear(&blockers[i]);
	free(blockers);
}

void gs_plan_free(struct gs_plan *plan)
{
	if (!plan)
		return;
	gs_blockers_free(plan->blockers, plan->n_blockers);
	gs_strv_free(plan->warnings);
	gs_plan_clear_steps(plan);
	for (size_t i = 0; i < plan->n_before; i++)
		gs_before_clear(&plan->before[i]);
	free(plan->before);
	gs_remembered_free(plan->remember);
	free(plan);
}

struct gs_plan *gs_plan_new(const char *card, enum gs_mode from, enum gs_mode to)
{
	struct gs_plan *plan;

	if (strlen(card) >= sizeof(plan->card))
		return NULL;
	plan = calloc(1, sizeof(*plan));
	if (!plan)
		return NULL;
	strcpy(plan->card, card);
	plan->from = from;
	plan->to = to;
	return plan;
}
