// SPDX-License-Identifier: GPL-2.0-or-later
/* What a plan records of the state before it: for its undo, and for the way back. */
#include "plan_build.h"

int gs_before_copy(const struct gs_before *from, struct gs_before *to)
{
	if (gs_text_copy(from->address, &to->address) < 0 ||
	    gs_text_copy(from->driver, &to->driver) < 0 ||
	    gs_text_copy(from->driver_override, &to->driver_override) < 0 ||
	    gs_text_copy(from->power_control, &to->power_control) < 0)
		return -ENOMEM;
	return 0;
}

const struct gs_before *gs_before_find(const struct gs_before *list, size_t count,
				       const char *address)
{
	for (size_t i = 0; i < count; i++)
		if (gs_streq(list[i].address, address))
			return &list[i];
	return NULL;
}

static int add_before(struct gs_before **list, size_t *count, const struct gs_before *before)
{
	if (gs_grow(list, *count, sizeof(**list)) < 0)
		return -ENOMEM;
	return gs_before_copy(before, &(*list)[(*count)++]);
}

static struct gs_before now_of(struct gs_function *function)
{
	return (struct gs_before){
		.address = function->text,
		.driver = function->driver,
		.driver_override = function->driver_override,
		.power_control = function->power_control,
	};
}

/* Does a step of the plan touch this function? */
static bool is_touched(const struct gs_plan *plan, const char *address)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_step *step = &plan->steps[i];

		if (step->undo && gs_streq(step->action.target, address))
			return true;
	}
	return false;
}

static int note_before(struct gs_planner *planner)
{
	struct gs_plan *plan = planner->plan;

	for (size_t i = 0; i < planner->n_moving; i++) {
		struct gs_before now = now_of(planner->moving[i]);

		if (is_touched(plan, now.address) &&
		    add_before(&plan->before, &plan->n_before, &now) < 0)
			return -ENOMEM;
	}
	return 0;
}

void gs_plan_note_before(struct gs_planner *planner)
{
	if (note_before(planner) < 0)
		planner->failed = -ENOMEM;
}

static int copy_type(const struct gs_vgpu_type *from, struct gs_vgpu_type *to)
{
	*to = (struct gs_vgpu_type){ .framebuffer_bytes = from->framebuffer_bytes };
	if (gs_text_copy(from->id, &to->id) < 0 || gs_text_copy(from->name, &to->name) < 0)
		return -ENOMEM;
	return gs_text_copy(from->description, &to->description);
}

int gs_parent_copy(const struct gs_parent *from, struct gs_parent **ret)
{
	*ret = calloc(1, sizeof(**ret));
	if (!*ret || gs_text_copy(from->name, &(*ret)->name) < 0)
		return -ENOMEM;
	(*ret)->on_vfs = from->on_vfs;
	for (size_t i = 0; i < from->n_types; i++) {
		if (gs_grow(&(*ret)->types, (*ret)->n_types, sizeof(*(*ret)->types)) < 0 ||
		    copy_type(&from->types[i], &(*ret)->types[(*ret)->n_types++]) < 0)
			return -ENOMEM;
	}
	return 0;
}

static const struct gs_before *older_before(const struct gs_planner *planner, const char *address)
{
	const struct gs_remembered *old = planner->card->remembered;

	return old ? gs_before_find(old->before, old->n_before, address) : NULL;
}

static bool is_aimed(const char *driver, const char *driver_override)
{
	return !driver && gs_driver_is_vfio(driver_override);
}

/* With all of its card, by the initramfs, before any driver: there was no other state in this boot. */
static bool is_aimed_early(const struct gs_planner *planner, const struct gs_before *now)
{
	const struct gs_card *card = planner->card;

	for (size_t i = 0; i < card->n_functions; i++)
		if (!is_aimed(card->functions[i]->driver, card->functions[i]->driver_override))
			return false;
	return is_aimed(now->driver, now->driver_override);
}

/*
 * On the way to passthrough: the state that the way back restores. A function
 * that is on no host driver keeps the older memory: that is what it will go back to.
 */
static const struct gs_before *before_to_keep(const struct gs_planner *planner,
					      const struct gs_before *now)
{
	const struct gs_before *older = older_before(planner, now->address);

	if (gs_driver_owns_dma(now->driver))
		return now;
	if (older || gs_driver_is_vfio(now->driver) || is_aimed_early(planner, now))
		return older;
	return now;
}

static int remember_before(struct gs_planner *planner, struct gs_remembered *memory)
{
	for (size_t i = 0; i < planner->n_moving; i++) {
		struct gs_before now = now_of(planner->moving[i]);
		const struct gs_before *kept = before_to_keep(planner, &now);

		if (kept && add_before(&memory->before, &memory->n_before, kept) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int remember_with(struct gs_planner *planner, struct gs_remembered *memory)
{
	for (size_t i = planner->card->n_functions; i < planner->n_moving; i++)
		if (gs_strv_add(&memory->with, planner->moving[i]->text) < 0)
			return -ENOMEM;
	return 0;
}

/* What went along earlier, was not named now, and is still away. */
static int remember_older_with(struct gs_planner *planner, struct gs_remembered *memory)
{
	const struct gs_remembered *old = planner->card->remembered;

	for (size_t i = 0; old && i < planner->card->n_outside; i++) {
		const struct gs_function *function = planner->card->outside[i];
		const struct gs_before *before = older_before(planner, function->text);

		if (!gs_driver_is_vfio(function->driver) ||
		    !gs_strv_has(old->with, function->text) ||
		    gs_strv_has(memory->with, function->text))
			continue;
		if (gs_strv_add(&memory->with, function->text) < 0 ||
		    (before && add_before(&memory->before, &memory->n_before, before) < 0))
			return -ENOMEM;
	}
	return 0;
}

/* The host driver: the one bound now, or the one chosen for the way back, or the older memory. */
static const char *host_driver(const struct gs_planner *planner)
{
	const char *bound = gs_card_display(planner->card)->driver;
	const char *chosen = gs_return_driver(planner);
	bool stays = planner->want->mode == GS_MODE_PASSTHROUGH || !gs_display_moves(planner);

	if (stays && gs_driver_owns_dma(bound))
		return bound;
	if (!stays && chosen[0])
		return chosen;
	return planner->card->remembered ? planner->card->remembered->driver : NULL;
}

static int fill_memory(struct gs_planner *planner, struct gs_remembered *memory)
{
	const struct gs_card *card = planner->card;
	const struct gs_parent *parent = card->parent;
	int r;

	if (!parent && card->remembered)
		parent = card->remembered->parent;
	memory->passed = gs_passed_in_this_boot(card);
	r = gs_text_copy(host_driver(planner), &memory->driver);
	if (r == 0 && parent)
		r = gs_parent_copy(parent, &memory->parent);
	if (r == 0 && planner->want->mode == GS_MODE_PASSTHROUGH)
		r = remember_before(planner, memory);
	if (r == 0 && planner->want->mode == GS_MODE_PASSTHROUGH)
		r = remember_with(planner, memory);
	if (r == 0 && planner->want->mode == GS_MODE_PASSTHROUGH)
		r = remember_older_with(planner, memory);
	return r;
}

void gs_plan_remember(struct gs_planner *planner)
{
	struct gs_remembered *memory = calloc(1, sizeof(*memory));

	planner->plan->remember = memory;
	if (!memory || note_before(planner) < 0 || fill_memory(planner, memory) < 0)
		planner->failed = -ENOMEM;
}
