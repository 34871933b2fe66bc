// SPDX-License-Identifier: GPL-2.0-or-later
/* What holds for every plan, on many random hosts: the number is fixed, so that a failure can be
 * had again. */
#include "plan_model.h"

#define HOSTS 10000
#define GPU "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define FOREIGN "0000:01:00.2"
#define NEIGHBOUR "0000:01:00.3"

static uint64_t random_state;

/* xorshift64: the same numbers everywhere */
static unsigned int draw(unsigned int below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (unsigned int)(random_state >> 33) % below;
}

static bool maybe(unsigned int percent)
{
	return draw(100) < percent;
}

static const char *pick(const char *const *list, size_t count)
{
	return list[draw((unsigned int)count)];
}

static const char *draw_override(const char *driver)
{
	const char *const list[] = { NULL, NULL, NULL, "vfio-pci", driver };

	return pick(list, GS_ARRAY_SIZE(list));
}

static void add(struct model *model, const char *address, unsigned int class_code,
		unsigned int vendor, int group, const char *driver)
{
	struct gs_function *function =
		model_function(model, address, class_code, vendor, group, driver);
	const char *aimed = draw_override(driver);

	/* On a vfio driver one is that was aimed at it, or has its ids. */
	if (gs_driver_is_vfio(driver))
		aimed = maybe(80) ? "vfio-pci" : NULL;
	model_override(function, aimed);
	model_power(function, maybe(70) ? "auto" : "on");
	if (maybe(90))
		model_reset(function, maybe(50) ? "flr" : "bus");
}

/* Its own, those of others, or none; what was changed for ones that are gone may be left. */
static void draw_vfs(struct model *model)
{
	struct gs_function *gpu = host_function(model->host, GPU);
	unsigned int count = gs_driver_owns_dma(gpu->driver) && maybe(50) ? 1 + draw(4) : 0;
	char address[32];

	if (maybe(50))
		return;
	model_vfs(gpu, 4, count, maybe(70) ? (enum gs_known)draw(2) : GS_UNKNOWN);
	if (!count && maybe(10)) {
		gpu->own_vfs.autoprobe = GS_YES;
		gpu->sriov_autoprobe = GS_NO;
	}
	for (unsigned int i = 0; i < count; i++) {
		snprintf(address, sizeof(address), "0000:01:10.%u", i);
		model_vf(model, GPU, address, maybe(5) ? GS_YES : GS_NO);
	}
}

static struct gs_card *draw_host(struct model *model)
{
	static const char *const gpu[] = { "nouveau",  "nouveau",  "nvidia",   "nvidia",
					   "stand-in", "vfio-pci", "vfio-pci", NULL };
	static const char *const sound[] = {
		"snd_hda_intel", "snd_hda_intel", "vfio-pci", "vfio-pci", NULL, "pci-stub"
	};
	static const char *const foreign[] = { "e1000e", "vfio-pci", NULL };
	int group = maybe(95) ? 1 : -1;
	bool apart = maybe(20);

	add(model, GPU, 0x030000, 0x10de, group, pick(gpu, GS_ARRAY_SIZE(gpu)));
	if (maybe(70))
		add(model, SOUND, 0x040300, 0x10de, apart && group > 0 ? 2 : group,
		    pick(sound, GS_ARRAY_SIZE(sound)));
	if (maybe(50))
		add(model, FOREIGN, 0x020000, 0x8086, group, pick(foreign, GS_ARRAY_SIZE(foreign)));
	if (maybe(50))
		add(model, NEIGHBOUR, 0x088000, 0x8086, group, NULL);
	gs_host_sort_functions(model->host);
	draw_vfs(model);
	if (gs_streq(host_function(model->host, GPU)->driver, "nvidia") && maybe(80)) {
		model_type(model, GPU, "nvidia-46", "P40-1Q", 1 << 30, draw(4));
		model_type(model, GPU, "nvidia-47", "P40-2Q", 2U << 30, draw(4));
		for (unsigned int i = 0, n = draw(4); i < n; i++) {
			char uuid[64];

			snprintf(uuid, sizeof(uuid), "bbbbbbbb-0000-4000-8000-00000000000%u", i);
			model_vgpu(model, GPU, uuid, "nvidia-46", maybe(80) ? "gpushift" : "other",
				   maybe(10) ? GS_YES : GS_NO);
		}
	}
	return model_finish(model, GPU);
}

static void draw_memory(struct gs_host *host, struct gs_card *card)
{
	struct gs_remembered *remembered;

	if (maybe(40))
		return;
	remembered = model_remember(card, maybe(50) ? "nouveau" : NULL);
	for (size_t i = 0; i < host->n_functions; i++) {
		const char *address = host->functions[i].text;
		bool display = strcmp(address, GPU) == 0;

		if (maybe(50))
			model_remember_before(remembered, address,
					      display	  ? (maybe(80) ? "nouveau" : "stand-in")
					      : maybe(80) ? "snd_hda_intel"
							  : NULL,
					      maybe(80) ? NULL
					      : display ? "stand-in"
							: "vfio-pci",
					      maybe(50) ? "auto" : NULL);
	}
	/* A stand-in needs its override; other drivers can do without. */
	for (size_t i = 0; i < remembered->n_before; i++) {
		struct gs_before *before = &remembered->before[i];

		if (gs_streq(before->driver, "stand-in") !=
		    gs_streq(before->driver_override, "stand-in")) {
			free(before->driver_override);
			before->driver_override =
				gs_streq(before->driver, "stand-in") ? strdup("stand-in") : NULL;
		}
	}
	if (maybe(50))
		assert_int_equal(gs_strv_add(&remembered->with, FOREIGN), 0);
}

struct drawn {
	struct gs_want want;
	struct gs_address with[1];
	struct gs_profile_want profiles[2];
	char *uuids[9];
	char texts[8][64];
};

static void draw_want(struct drawn *drawn)
{
	struct gs_want *want = &drawn->want;

	memset(drawn, 0, sizeof(*drawn));
	want->mode = (enum gs_mode)draw(GS_MODE_WANTABLE);
	want->force = maybe(30);
	if (maybe(10))
		want->driver =
			(char *)(want->mode == GS_MODE_PASSTHROUGH ? "vfio-pci" : "stand-in");
	want->driver_known = GS_YES;
	if (maybe(40)) {
		assert_int_equal(gs_address_parse(FOREIGN, &drawn->with[0]), 0);
		want->with = drawn->with;
		want->n_with = 1;
	}
	if (want->mode != GS_MODE_VGPU)
		return;
	if (maybe(30)) {
		want->vfs = 1 + draw(4);
		return;
	}
	want->profiles = drawn->profiles;
	want->n_profiles = 1 + draw(2);
	drawn->profiles[0] = (struct gs_profile_want){ (char *)"nvidia-46", 1 + draw(3) };
	drawn->profiles[1] = (struct gs_profile_want){ (char *)(maybe(50) ? "P40-1Q" : "nvidia-47"),
						       1 + draw(3) };
	for (size_t i = 0; i < GS_ARRAY_SIZE(drawn->texts); i++) {
		snprintf(drawn->texts[i], sizeof(drawn->texts[i]),
			 "aaaaaaaa-0000-4000-8000-00000000000%zu", i);
		drawn->uuids[i] = drawn->texts[i];
	}
	want->uuids = drawn->uuids;
	want->n_uuids = GS_ARRAY_SIZE(drawn->texts);
}

static void __attribute__((noreturn))
complain(const struct gs_plan *plan, struct sim *sim, char *what)
{
	print_message("%s\n%s\n%s", what, plan_text(plan), sim_text(sim));
	fail();
	abort();
}

static bool is_device_op(enum gs_op op)
{
	return op == GS_OP_HOLD_POWER || op == GS_OP_SET_OVERRIDE || op == GS_OP_UNBIND ||
	       op == GS_OP_PROBE || op == GS_OP_VERIFY_DRIVER;
}

static bool may_move(const struct gs_card *card, const struct gs_want *want, const char *address)
{
	struct gs_address at;

	for (size_t i = 0; i < card->n_functions; i++)
		if (strcmp(card->functions[i]->text, address) == 0)
			return true;
	assert_int_equal(gs_address_parse(address, &at), 0);
	for (size_t i = 0; i < want->n_with; i++)
		if (gs_address_equal(&want->with[i], &at))
			return true;
	/* Without a group it is no neighbour any more. */
	return want->mode != GS_MODE_PASSTHROUGH && card->remembered && card->n_outside &&
	       gs_strv_has(card->remembered->with, address);
}

static void check_order(const struct gs_plan *plan, struct sim *start)
{
	bool bound = false, unbound_display = false;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_action *action = &plan->steps[i].action;

		if (action->op == GS_OP_UNBIND && unbound_display)
			complain(plan, start,
				 (char *)"something is unbound after the display function");
		if (action->op == GS_OP_UNBIND && bound)
			complain(plan, start, (char *)"something is unbound after a probe");
		unbound_display = unbound_display ||
				  (action->op == GS_OP_UNBIND && strcmp(action->target, GPU) == 0);
		if (action->op == GS_OP_PROBE && strcmp(action->target, GPU) == 0 && bound)
			complain(plan, start,
				 (char *)"something is probed before the display function");
		bound = bound || action->op == GS_OP_PROBE;
		if (action->op != GS_OP_UNBIND)
			continue;
		for (size_t j = i + 1; j < plan->n_steps; j++) {
			const struct gs_action *later = &plan->steps[j].action;

			if (strcmp(later->target, action->target) != 0)
				continue;
			if (later->op == GS_OP_SET_OVERRIDE)
				complain(plan, start,
					 (char *)"an override is aimed after the unbind");
			if (later->op == GS_OP_PROBE)
				break;
		}
	}
}

static void check_steps(const struct gs_plan *plan, const struct gs_card *card,
			const struct gs_want *want, struct sim *start)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_step *step = &plan->steps[i];

		if (is_device_op(step->action.op) && !may_move(card, want, step->action.target))
			complain(plan, start, gs_asprintf("%s is touched", step->action.target));
		if (!step->undo &&
		    (step->action.op == GS_OP_UNBIND || step->action.op == GS_OP_PROBE ||
		     step->action.op == GS_OP_SET_OVERRIDE || step->action.op == GS_OP_HOLD_POWER ||
		     step->action.op == GS_OP_ENABLE_VFS || step->action.op == GS_OP_DISABLE_VFS ||
		     step->action.op == GS_OP_CREATE_VGPU || step->action.op == GS_OP_REMOVE_VGPU))
			complain(plan, start, (char *)"a change has no undo");
	}
	if (plan->n_steps)
		assert_int_equal(plan->steps[plan->n_steps - 1].action.op, GS_OP_RECORD);
}

/* From every prefix the undos lead back to the start. */
static void check_undo(const struct gs_plan *plan, const struct sim *start)
{
	gs_cleanup_free char *wanted = sim_text(start);
	struct sim sim = *start;

	for (size_t done = 0; done < plan->n_steps; done++) {
		gs_cleanup_free char *wrong = sim_run(&sim, &plan->steps[done].action);
		struct sim back = sim;
		gs_cleanup_free char *text = NULL;

		if (wrong)
			complain(plan, &sim, wrong);
		for (size_t i = done + 1; i-- > 0;) {
			gs_cleanup_free char *failed = NULL;

			if (plan->steps[i].undo)
				failed = sim_undo(&back, plan->steps[i].undo);
			if (failed)
				complain(plan, &back, failed);
		}
		text = sim_text(&back);
		if (strcmp(text, wanted) != 0)
			complain(plan, &back,
				 gs_asprintf("undone after %zu steps, but not\n%s", done + 1,
					     wanted));
	}
}

/* What an undo and a recovery need is what the model said. */
static void check_before(const struct gs_plan *plan, struct sim *start)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_action *action = &plan->steps[i].action;
		const struct sim_function *function = sim_find(start, action->target);
		const struct gs_before *found = NULL;

		if (!is_device_op(action->op) || action->op == GS_OP_VERIFY_DRIVER)
			continue;
		for (size_t j = 0; j < plan->n_before; j++)
			if (strcmp(plan->before[j].address, action->target) == 0)
				found = &plan->before[j];
		if (!found || !gs_streq(found->driver ? found->driver : "", function->driver) ||
		    !gs_streq(found->driver_override ? found->driver_override : "",
			      function->driver_override))
			complain(plan, start,
				 gs_asprintf("%s was otherwise before", action->target));
	}
}

static void check_passthrough(struct sim *sim, const struct gs_plan *plan,
			      const struct gs_card *card, const struct gs_want *want)
{
	for (size_t i = 0; i < sim->n_functions; i++) {
		const struct sim_function *function = &sim->functions[i];

		if (may_move(card, want, function->address) && !gs_driver_is_vfio(function->driver))
			complain(plan, sim, gs_asprintf("%s is not on vfio", function->address));
		if (plan->n_steps && strcmp(function->address, SOUND) != 0 &&
		    gs_driver_owns_dma(*function->driver ? function->driver : NULL))
			complain(plan, sim, (char *)"the group is not viable");
	}
	if (sim->n_vgpus)
		complain(plan, sim, (char *)"vGPUs are left");
}

static void check_host(struct sim *sim, const struct gs_plan *plan, const struct gs_card *card,
		       const struct gs_want *want)
{
	const char *driver = sim_find(sim, GPU)->driver;

	if (!gs_driver_owns_dma(*driver ? driver : NULL) ||
	    (want->driver && strcmp(driver, want->driver) != 0))
		complain(plan, sim, (char *)"the display function is on no host driver");
	for (size_t i = 0; i < sim->n_functions; i++)
		if (may_move(card, want, sim->functions[i].address) &&
		    gs_driver_is_vfio(sim->functions[i].driver))
			complain(plan, sim,
				 gs_asprintf("%s is still on vfio", sim->functions[i].address));
	if (want->mode == GS_MODE_HOST && sim->n_vgpus)
		complain(plan, sim, (char *)"vGPUs are left");
}

static void check_vgpus(struct sim *sim, const struct gs_plan *plan, const struct gs_want *want)
{
	unsigned int wanted[2] = { 0 }, made[2] = { 0 };

	for (size_t i = 0; i < want->n_profiles; i++)
		wanted[strcmp(want->profiles[i].type, "nvidia-47") == 0] += want->profiles[i].count;
	/* A name that nothing explained yet stands for itself. */
	for (size_t i = 0; i < sim->n_vgpus; i++)
		made[strstr(sim->vgpus[i], " nvidia-47") != NULL]++;
	if (made[0] != wanted[0] || made[1] != wanted[1])
		complain(plan, sim, (char *)"the set is not the wanted one");
}

/* As many as wanted, which no driver of the host takes; or none, and nothing is left of them. */
static void check_vfs(struct sim *sim, const struct gs_plan *plan, const struct gs_card *card,
		      const struct gs_want *want)
{
	const struct gs_function *gpu = gs_card_display(card);
	const struct sim_function *function = sim_find(sim, GPU);
	bool kept = gpu->sriov_enabled == want->vfs;

	/* Where its VFs are to offer what NVIDIA's driver does not offer on the card. */
	if (want->mode == GS_MODE_VGPU && !want->vfs && !card->parent && gpu->sriov_total &&
	    gs_streq(gpu->driver, "nvidia") && !want->driver) {
		if (function->vfs != gpu->sriov_total || function->autoprobe != GS_YES)
			complain(plan, sim, (char *)"not all VFs are there for their driver");
		return;
	}
	if (function->vfs != want->vfs)
		complain(plan, sim, gs_asprintf("it has %u VFs", function->vfs));
	if (want->vfs && !kept && function->autoprobe != GS_NO)
		complain(plan, sim, (char *)"a driver of the host would take the VFs");
	if (!want->vfs && plan->n_steps && gpu->own_vfs.autoprobe != GS_UNKNOWN &&
	    function->autoprobe != gpu->own_vfs.autoprobe)
		complain(plan, sim, (char *)"autoprobe was not put back");
}

static void check_end(struct sim *sim, const struct gs_plan *plan, const struct gs_card *card,
		      const struct gs_want *want)
{
	check_vfs(sim, plan, card, want);
	if (want->mode == GS_MODE_PASSTHROUGH) {
		check_passthrough(sim, plan, card, want);
		return;
	}
	check_host(sim, plan, card, want);
	if (want->mode == GS_MODE_VGPU)
		check_vgpus(sim, plan, want); /* none, when VFs are wanted */
}

struct tally {
	unsigned int refused, usage, nothing, moved, returned;
};

static void check_plan(const struct gs_host *host, const struct gs_card *card,
		       const struct gs_want *want, const struct gs_plan *plan, struct tally *tally)
{
	struct sim start;

	sim_begin(&start, host);
	if (plan->n_blockers) {
		assert_int_equal(plan->n_steps, 0);
		for (size_t i = 0; i < plan->n_blockers; i++) {
			assert_non_null(plan->blockers[i].message);
			assert_true(gs_strv_count(plan->blockers[i].evidence) > 0);
			assert_non_null(plan->blockers[i].fix);
			assert_false(plan->blockers[i].overridable && want->force);
		}
		tally->refused++;
		return;
	}
	check_steps(plan, card, want, &start);
	check_order(plan, &start);
	check_before(plan, &start);
	check_undo(plan, &start);
	for (size_t i = 0; i < plan->n_steps; i++)
		assert_null(sim_run(&start, &plan->steps[i].action));
	if (plan->n_steps || card->mode == want->mode)
		check_end(&start, plan, card, want);
	else
		complain(plan, &start, (char *)"there is something to do");
	tally->moved += plan->n_steps > 0;
	tally->nothing += plan->n_steps == 0;
}

static void every_plan_is_sound(void **state)
{
	struct tally tally = { 0 };

	(void)state;
	random_state = 88172645463325252ULL;
	for (unsigned int n = 0; n < HOSTS; n++) {
		struct model *model = model_new();
		struct gs_card *card = draw_host(model);
		struct gs_want_error error = { 0 };
		struct gs_plan *plan = NULL;
		struct drawn drawn;
		int r;

		draw_memory(model->host, card);
		draw_want(&drawn);
		r = gs_plan_make(model->host, card, &drawn.want, &plan, &error);
		if (r == 0)
			check_plan(model->host, card, &drawn.want, plan, &tally);
		else
			assert_int_equal(r, -EINVAL);
		tally.usage += r < 0;
		assert_true((r < 0) == (error.message != NULL));
		free(error.message);
		free(error.fix);
		gs_plan_free(plan);
		model_free(model);
	}
	print_message("%u moved, %u refused, %u had nothing to do, %u were wrong\n", tally.moved,
		      tally.refused, tally.nothing, tally.usage);
	assert_true(tally.moved > HOSTS / 10 && tally.refused > HOSTS / 10 &&
		    tally.nothing > HOSTS / 100);
}

/* Away and home again: nothing is different, whatever companions and overrides there were. */
static void every_way_leads_back(void **state)
{
	unsigned int returned = 0;

	(void)state;
	random_state = 362436069362436069ULL;
	for (unsigned int n = 0; n < HOSTS / 2; n++) {
		struct model *model = model_new();
		struct gs_card *card = draw_host(model);
		struct gs_want want = { .mode = GS_MODE_PASSTHROUGH, .force = true };
		struct gs_want_error error = { 0 };
		gs_cleanup_free char *before = NULL;
		gs_cleanup_free char *after = NULL;
		struct gs_plan *plan = NULL;
		struct gs_address with;
		struct sim sim;
		bool mixed = false;

		for (size_t i = 0; i < model->host->n_functions; i++)
			mixed = mixed || gs_driver_is_vfio(model->host->functions[i].driver) ||
				model->host->functions[i].own_vfs.autoprobe != GS_UNKNOWN;
		assert_int_equal(gs_address_parse(FOREIGN, &with), 0);
		if (gs_host_function(model->host, &with) && card->n_outside && maybe(80)) {
			want.with = &with;
			want.n_with = 1;
		}
		sim_begin(&sim, model->host);
		before = sim_text(&sim);
		if (!mixed && card->mode == GS_MODE_HOST &&
		    gs_plan_make(model->host, card, &want, &plan, &error) == 0 && plan->n_steps) {
			for (size_t i = 0; i < plan->n_steps; i++)
				assert_null(sim_run(&sim, &plan->steps[i].action));
			sim_store(&sim, model->host);
			card->mode = GS_MODE_PASSTHROUGH;
			card->parent = NULL;
			card->remembered = gs_steal(plan->remember);
			gs_plan_free(plan);
			plan = NULL;
			want = (struct gs_want){ .mode = GS_MODE_HOST };
			assert_int_equal(gs_plan_make(model->host, card, &want, &plan, &error), 0);
			assert_int_equal(plan->n_blockers, 0);
			for (size_t i = 0; i < plan->n_steps; i++) {
				char *wrong = sim_run(&sim, &plan->steps[i].action);

				if (wrong)
					complain(plan, &sim, wrong);
			}
			after = sim_text(&sim);
			if (strcmp(before, after) != 0)
				complain(plan, &sim, gs_asprintf("it was\n%s", before));
			returned++;
		}
		free(error.message);
		free(error.fix);
		gs_plan_free(plan);
		model_free(model);
	}
	print_message("%u came back\n", returned);
	assert_true(returned > HOSTS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_plan_is_sound),
		cmocka_unit_test(every_way_leads_back),
	};

	return cmocka_run_group_tests(tests, NULL, model_end);
}
