// SPDX-License-Identifier: GPL-2.0-or-later
/* The plan of `gpushift reset`: refusals, the reset of each function, and whether the card answers. */
#include "explain.h"
#include "plan_build.h"

static char *join(char *const *words)
{
	char *text = strdup("");

	for (; text && words && *words; words++) {
		char *longer = gs_asprintf("%s%s%s", text, *text ? " " : "", *words);

		free(text);
		text = longer;
	}
	return text;
}

static void refuse_method(struct gs_planner *planner, const struct gs_function *function,
			  const char *method, const struct gs_reset *reset)
{
	gs_cleanup_free char *why = reset ? gs_explain_reset(reset) : NULL;
	char **evidence = NULL;

	gs_note_owned(planner, &evidence,
		      gs_asprintf("%s: %s%s%s", function->text, method, why && *why ? ": " : "",
				  why ? why : ""));
	gs_planner_refuse(planner, GS_REFUSE_NO_RESET, false,
			  gs_asprintf("%s cannot be reset by %s", function->text, method), evidence,
			  gs_asprintf("gpushift show %s", gs_planner_card(planner)));
}

static void refuse_none(struct gs_planner *planner)
{
	const char *card = gs_planner_card(planner);
	char **evidence = NULL;

	gs_note_owned(planner, &evidence,
		      gs_asprintf("the kernel has no enabled reset method for %s", card));
	gs_planner_refuse(planner, GS_REFUSE_NO_RESET, false,
			  gs_asprintf("%s cannot be reset", card), evidence,
			  gs_asprintf("gpushift show %s", card));
}

/* What is possible and switched off can be asked for, too. */
static void check_method(struct gs_planner *planner, const char *method)
{
	const struct gs_function *display = gs_card_display(planner->card);
	const struct gs_reset *reset;

	if (!method) {
		if (!display->reset_methods || !display->reset_methods[0])
			refuse_none(planner);
		return;
	}
	if (gs_strv_has(display->reset_methods, method))
		return;
	reset = gs_facts_reset(&display->facts,
			       (enum gpushift_reset_method)gs_reset_method_find(method));
	if (!reset || reset->state != GPUSHIFT_RESET_STATE_DISABLED)
		refuse_method(planner, display, method, reset);
}

static bool is_of_card(const struct gs_planner *planner, const struct gs_function *function)
{
	for (size_t i = 0; i < planner->card->n_functions; i++)
		if (planner->card->functions[i] == function)
			return true;
	return false;
}

/* Whom a reset of the bus hits besides the card: the host may be at work with it, or a guest. */
static void check_scope(struct gs_planner *planner, const struct gs_function *function,
			const char *method)
{
	char **evidence = NULL;
	char **member = function->facts.reset_scope;

	if (!method && function->reset_methods)
		method = function->reset_methods[0];
	if (!gs_streq(method, "bus") && !gs_streq(method, "cxl_bus"))
		return;
	for (; member && *member; member++) {
		const struct gs_function *other = NULL;
		struct gs_address address;

		if (gs_address_parse(*member, &address) == 0)
			other = gs_host_function(planner->host, &address);
		if (!other || is_of_card(planner, other) ||
		    (!gs_driver_owns_dma(other->driver) && other->dma_owner != GS_DMA_USER))
			continue;
		gs_note_owned(planner, &evidence,
			      gs_asprintf("%s is bound to %s", other->text, other->driver));
	}
	if (evidence)
		gs_planner_refuse(planner, GS_REFUSE_OUTSIDE_CARD, false,
				  gs_asprintf("a reset of %s hits what is not of the card",
					      function->text),
				  evidence,
				  gs_asprintf("gpushift show %s", gs_planner_card(planner)));
}

static void check_split(struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;
	char **evidence = NULL;

	if (!card->n_vgpus)
		return;
	for (size_t i = 0; i < card->n_vgpus; i++)
		gs_planner_note(planner, &evidence, gs_vgpu_name(card->vgpus[i]));
	gs_planner_refuse(planner,
			  card->vgpus[0]->uuid ? GS_REFUSE_VGPUS_EXIST : GS_REFUSE_VFS_ENABLED,
			  false, gs_asprintf("%s is split", gs_planner_card(planner)), evidence,
			  gs_asprintf("gpushift set %s host", gs_planner_card(planner)));
}

static void reset_function(struct gs_planner *planner, const struct gs_function *function,
			   const char *method)
{
	gs_cleanup_free char *before = join(function->reset_methods);
	bool other = method && !gs_streq(before, method);

	if (!before) {
		planner->failed = -ENOMEM;
		return;
	}
	if (other)
		gs_planner_step(planner, GS_OP_RESET_METHODS, function->text, method,
				GS_OP_RESET_METHODS, function->text, before);
	gs_planner_step(planner, GS_OP_RESET, function->text, NULL, GS_OP_COUNT, NULL, NULL);
	if (other)
		gs_planner_step(planner, GS_OP_RESET_METHODS, function->text, before, GS_OP_COUNT,
				NULL, NULL);
}

static void fill(struct gs_planner *planner, const char *method)
{
	const struct gs_card *card = planner->card;

	check_method(planner, method);
	check_split(planner);
	gs_check_holders(planner);
	for (size_t i = 0; i < card->n_functions; i++)
		check_scope(planner, card->functions[i], i == 0 ? method : NULL);
	if (planner->plan->n_blockers)
		return;
	for (size_t i = 0; i < card->n_functions; i++) {
		const struct gs_function *function = card->functions[i];

		if (i == 0 || (function->reset_methods && function->reset_methods[0]))
			reset_function(planner, function, i == 0 ? method : NULL);
	}
	for (size_t i = 0; i < card->n_functions; i++)
		gs_planner_step(planner, GS_OP_WAIT, card->functions[i]->text, GS_WAIT_SETTLED,
				GS_OP_COUNT, NULL, NULL);
	gs_steps_lift_fences(planner);
	/* Lifts a quarantine. */
	gs_planner_step(planner, GS_OP_RECORD, planner->plan->card,
			gs_mode_name(planner->plan->to), GS_OP_COUNT, NULL, NULL);
}

int gs_plan_reset(const struct gs_host *host, const struct gs_card *card, const char *method,
		  struct gs_plan **ret)
{
	struct gs_want want = { .mode = card->mode < GS_MODE_WANTABLE ? card->mode : GS_MODE_HOST };
	struct gs_want_error error = { 0 };
	struct gs_planner planner = { .host = host,
				      .card = card,
				      .want = &want,
				      .error = &error,
				      .moving = card->functions,
				      .n_moving = card->n_functions };
	const struct gs_function *display = gs_card_display(card);

	planner.plan = gs_plan_new(display->text, card->mode, want.mode);
	if (!planner.plan)
		return -ENOMEM;
	planner.plan->identity = gs_function_identity(display);
	fill(&planner, method);
	if (planner.failed < 0) {
		gs_plan_free(planner.plan);
		return planner.failed;
	}
	*ret = planner.plan;
	return 0;
}
