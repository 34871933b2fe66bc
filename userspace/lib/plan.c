// SPDX-License-Identifier: GPL-2.0-or-later
/* Which functions move, and what is planned for each mode. */
#include "plan_build.h"

static bool is_moving(const struct gs_planner *planner, const struct gs_address *address)
{
	for (size_t i = 0; i < planner->n_moving; i++)
		if (gs_address_equal(&planner->moving[i]->address, address))
			return true;
	return false;
}

static int add_moving(struct gs_planner *planner, struct gs_function *function)
{
	if (is_moving(planner, &function->address))
		return 0;
	if (gs_grow(&planner->moving, planner->n_moving, sizeof(*planner->moving)) < 0)
		return -ENOMEM;
	planner->moving[planner->n_moving++] = function;
	return 0;
}

static struct gs_function *find_outside(const struct gs_card *card,
					const struct gs_address *address)
{
	for (size_t i = 0; i < card->n_outside; i++)
		if (gs_address_equal(&card->outside[i]->address, address))
			return card->outside[i];
	return NULL;
}

static int add_named(struct gs_planner *planner, const struct gs_address *address)
{
	struct gs_function *function = find_outside(planner->card, address);
	const char *card = gs_card_display(planner->card)->text;
	char text[GS_ADDRESS_LEN];

	if (is_moving(planner, address))
		return 0;
	gs_address_format(address, text);
	if (!function)
		return gs_planner_usage(
			planner, gs_asprintf("%s is not in the IOMMU group of %s", text, card),
			gs_asprintf("gpushift show %s", card));
	if (gs_function_is_bridge(function))
		return gs_planner_usage(planner,
					gs_asprintf("%s is a bridge and cannot go to a VM", text),
					gs_asprintf("gpushift show %s", card));
	return add_moving(planner, function);
}

/* Functions that went along in this boot come back with the card. */
static int add_remembered(struct gs_planner *planner)
{
	const struct gs_remembered *remembered = planner->card->remembered;
	struct gs_address address;
	int r = 0;

	for (char **with = remembered ? remembered->with : NULL; r == 0 && with && *with; with++) {
		struct gs_function *function = NULL;

		if (gs_address_parse(*with, &address) == 0)
			function = find_outside(planner->card, &address);
		if (function)
			r = add_moving(planner, function);
	}
	return r;
}

static int collect_moving(struct gs_planner *planner)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < planner->card->n_functions; i++)
		r = add_moving(planner, planner->card->functions[i]);
	for (size_t i = 0; r == 0 && i < planner->want->n_with; i++)
		r = add_named(planner, &planner->want->with[i]);
	if (r == 0 && planner->want->mode != GS_MODE_PASSTHROUGH)
		r = add_remembered(planner);
	return r;
}

/* Whoever names a driver for passthrough means a variant of vfio-pci. */
static int plan_passthrough(struct gs_planner *planner)
{
	const char *driver = planner->want->driver;

	if (driver && !gs_driver_is_vfio(driver))
		return gs_planner_usage(
			planner,
			gs_asprintf("%s is no vfio driver, and passthrough needs one", driver),
			gs_asprintf("gpushift set %s passthrough", gs_planner_card(planner)));
	if (!gs_needs_passthrough(planner) && planner->card->n_vgpus == 0 &&
	    !gs_has_vfs(planner->card))
		return 0;
	gs_check_passthrough(planner);
	gs_steps_hold_definitions(planner);
	gs_steps_remove_all(planner);
	gs_steps_disable_vfs(planner);
	gs_steps_to_passthrough(planner);
	return 0;
}

/* Tests what a quarantine was for; the record step lifts it. */
static void test_again(struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;

	for (size_t i = 0; card->mode == GS_MODE_QUARANTINED && i < card->n_functions; i++)
		gs_planner_step(planner, GS_OP_WAIT, card->functions[i]->text, GS_WAIT_SETTLED,
				GS_OP_COUNT, NULL, NULL);
	gs_steps_lift_fences(planner);
}

static int plan_host(struct gs_planner *planner)
{
	if (!gs_needs_host(planner) && planner->card->n_vgpus == 0 &&
	    planner->card->mode == GS_MODE_HOST)
		return 0;
	gs_check_host(planner);
	test_again(planner);
	gs_steps_hold_definitions(planner);
	gs_steps_remove_all(planner);
	gs_steps_disable_vfs(planner);
	gs_steps_to_host(planner);
	return 0;
}

static int plan_vgpu(struct gs_planner *planner)
{
	const struct gs_want *want = planner->want;
	int r;

	if (planner->card->mode == GS_MODE_VGPU && want->n_profiles == 0 && !want->vfs)
		return 0;
	if (want->vfs && gs_keeps_vfs(planner) && planner->card->n_vgpus == want->vfs &&
	    !gs_needs_host(planner))
		return 0;
	gs_check_vgpu(planner);
	if (planner->plan->n_blockers > 0)
		return 0;
	r = want->vfs ? gs_steps_to_vfs(planner) : gs_steps_to_vgpu(planner);
	if (r == 0 && planner->plan->n_steps > 0)
		gs_steps_release_definitions(planner);
	return r;
}

static int (*const mode_table[GS_MODE_WANTABLE])(struct gs_planner *) = {
	[GS_MODE_HOST] = plan_host,
	[GS_MODE_PASSTHROUGH] = plan_passthrough,
	[GS_MODE_VGPU] = plan_vgpu,
};

/* Every way out of a quarantine but `set host`, which tests the card again. */
static bool refused_by_quarantine(struct gs_planner *planner)
{
	if (planner->card->mode != GS_MODE_QUARANTINED || planner->want->mode == GS_MODE_HOST)
		return false;
	gs_refuse_quarantined(planner, planner->card);
	return true;
}

static int make(struct gs_planner *planner)
{
	int r;

	r = collect_moving(planner);
	if (r < 0 || refused_by_quarantine(planner))
		return r;
	r = mode_table[planner->want->mode](planner);
	if (r < 0)
		return r;
	if (planner->plan->n_blockers > 0) {
		gs_plan_clear_steps(planner->plan);
		return planner->failed;
	}
	if (planner->plan->n_steps == 0)
		return planner->failed;
	gs_plan_remember(planner);
	gs_steps_start_services(planner);
	gs_planner_step(planner, GS_OP_RECORD, planner->plan->card,
			gs_mode_name(planner->want->mode), GS_OP_COUNT, NULL, NULL);
	return planner->failed;
}

int gs_plan_make(const struct gs_host *host, const struct gs_card *card, const struct gs_want *want,
		 struct gs_plan **ret, struct gs_want_error *error)
{
	struct gs_planner planner = { .host = host, .card = card, .want = want, .error = error };
	const struct gs_function *display = gs_card_display(card);
	int r;

	planner.plan = gs_plan_new(display->text, card->mode, want->mode);
	if (!planner.plan)
		return -ENOMEM;
	planner.plan->identity = gs_function_identity(display);
	r = make(&planner);
	free(planner.moving);
	if (r < 0) {
		gs_plan_free(planner.plan);
		return r;
	}
	*ret = planner.plan;
	return 0;
}

bool gs_refused_quarantined(const struct gs_plan *plan)
{
	for (size_t i = 0; i < plan->n_blockers; i++)
		if (plan->blockers[i].refusal == GS_REFUSE_QUARANTINED)
			return true;
	return false;
}

int gs_blockers_for(const struct gs_host *host, const struct gs_card *card, enum gs_mode mode,
		    struct gs_blocker **ret, size_t *ret_count)
{
	static void (*const check_table[GS_MODE_WANTABLE])(struct gs_planner *) = {
		[GS_MODE_HOST] = gs_check_host,
		[GS_MODE_PASSTHROUGH] = gs_check_passthrough,
		[GS_MODE_VGPU] = gs_check_vgpu,
	};
	struct gs_want want = { .mode = mode };
	struct gs_want_error error = { 0 };
	struct gs_planner planner = { .host = host, .card = card, .want = &want, .error = &error };
	int r;

	*ret = NULL;
	*ret_count = 0;
	if (card->mode == mode)
		return 0;
	planner.plan = gs_plan_new(gs_card_display(card)->text, card->mode, mode);
	if (!planner.plan)
		return -ENOMEM;
	r = collect_moving(&planner);
	if (r == 0 && !refused_by_quarantine(&planner))
		check_table[mode](&planner);
	free(planner.moving);
	if (r == 0)
		r = planner.failed;
	if (r == 0) {
		*ret = gs_steal(planner.plan->blockers);
		*ret_count = planner.plan->n_blockers;
		planner.plan->n_blockers = 0;
	}
	gs_plan_free(planner.plan);
	return r;
}
