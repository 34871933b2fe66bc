// SPDX-License-Identifier: GPL-2.0-or-later
/* Shapes of hosts, and the steps or refusals that each must give. */
#include "plan_model.h"

#define GPU "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define FOREIGN "0000:01:00.2"
#define NEIGHBOUR "0000:01:00.3"
#define UUID_1 "aaaaaaaa-0000-4000-8000-000000000001"
#define UUID_2 "aaaaaaaa-0000-4000-8000-000000000002"
#define GIB (1024ULL * 1024 * 1024)

/* What a shape is made of; the rest is the same for all. */
struct shape {
	const char *gpu, *gpu_override;
	const char *sound, *sound_override; /* NULL driver: none; "absent": no such function */
	const char *foreign;		    /* the same */
	const char *reset;		    /* NULL: none */
	int group;
};

static const struct shape on_host = {
	.gpu = "nouveau",
	.sound = "snd_hda_intel",
	.foreign = "absent",
	.reset = "flr",
	.group = 1,
};

static const struct shape on_vfio = {
	.gpu = "vfio-pci",
	.gpu_override = "vfio-pci",
	.sound = "vfio-pci",
	.sound_override = "vfio-pci",
	.foreign = "absent",
	.reset = "flr",
	.group = 1,
};

static bool is_there(const char *driver)
{
	return !gs_streq(driver, "absent");
}

static struct gs_card *build(struct model *model, const struct shape *shape)
{
	struct gs_function *function;

	function = model_function(model, GPU, 0x030000, 0x10de, shape->group, shape->gpu);
	model_override(function, shape->gpu_override);
	if (shape->reset)
		model_reset(function, shape->reset);
	if (is_there(shape->sound)) {
		function =
			model_function(model, SOUND, 0x040300, 0x10de, shape->group, shape->sound);
		model_override(function, shape->sound_override);
	}
	if (is_there(shape->foreign))
		model_function(model, FOREIGN, 0x020000, 0x8086, shape->group, shape->foreign);
	return model_finish(model, GPU);
}

static struct gs_plan *make(struct model *model, const struct gs_card *card,
			    const struct gs_want *want)
{
	struct gs_want_error error = { 0 };
	struct gs_plan *plan = NULL;
	int r = gs_plan_make(model->host, card, want, &plan, &error);

	if (r < 0)
		fail_msg("%s", error.message ? error.message : strerror(-r));
	return plan;
}

static void expect_steps(struct model *model, const struct gs_card *card,
			 const struct gs_want *want, const char *expected)
{
	struct gs_plan *plan = make(model, card, want);
	char *text = plan_text(plan);

	if (plan->n_blockers)
		fail_msg("refused: %s", plan->blockers[0].message);
	assert_string_equal(text, expected);
	free(text);
	gs_plan_free(plan);
}

/* @codes: parted by blanks, in the order of the plan */
static void expect_refusal(struct model *model, const struct gs_card *card,
			   const struct gs_want *want, const char *codes)
{
	struct gs_plan *plan = make(model, card, want);
	char text[256] = "";

	for (size_t i = 0; i < plan->n_blockers; i++) {
		strcat(text, i ? " " : "");
		strcat(text, gs_refusal_code(plan->blockers[i].refusal));
	}
	assert_string_equal(text, codes);
	assert_true(!plan->n_blockers || !plan->n_steps);
	gs_plan_free(plan);
}

static void expect_usage(struct model *model, const struct gs_card *card,
			 const struct gs_want *want, const char *part)
{
	struct gs_want_error error = { 0 };
	struct gs_plan *plan;

	assert_int_equal(gs_plan_make(model->host, card, want, &plan, &error), -EINVAL);
	if (!strstr(error.message, part))
		fail_msg("\"%s\" does not say \"%s\"", error.message, part);
	free(error.message);
	free(error.fix);
}

static const struct gs_want to_passthrough = { .mode = GS_MODE_PASSTHROUGH };
static const struct gs_want to_host = { .mode = GS_MODE_HOST };

static void to_passthrough_and_back(void **state)
{
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);
	struct gs_remembered *remembered;

	(void)state;
	expect_steps(model, card, &to_passthrough,
		     "hold-power " GPU " on\n"
		     "hold-power " SOUND " on\n"
		     "set-override " GPU " vfio-pci\n"
		     "set-override " SOUND " vfio-pci\n"
		     "wait " GPU " unused\n"
		     "unbind " SOUND " snd_hda_intel\n"
		     "unbind " GPU " nouveau\n"
		     "probe " GPU " vfio-pci\n"
		     "probe " SOUND " vfio-pci\n"
		     "verify-driver " GPU " vfio-pci\n"
		     "verify-driver " SOUND " vfio-pci\n"
		     "verify-group 1\n"
		     "record " GPU " passthrough\n");
	expect_steps(model, card, &to_host, "");
	model_free(model);

	model = model_new();
	card = build(model, &on_vfio);
	model_power(card->functions[0], "on");
	remembered = model_remember(card, "nouveau");
	model_remember_before(remembered, GPU, "nouveau", NULL, "auto");
	model_remember_before(remembered, SOUND, "snd_hda_intel", NULL, "auto");
	expect_steps(model, card, &to_passthrough, "");
	expect_steps(model, card, &to_host,
		     "hold-power " GPU " on\n"
		     "set-override " GPU " nouveau\n"
		     "set-override " SOUND " snd_hda_intel\n"
		     "fence 1\n"
		     "wait " GPU " unused\n"
		     "unbind " SOUND " vfio-pci\n"
		     "unbind " GPU " vfio-pci\n"
		     "unfence 1\n"
		     "probe " GPU " nouveau\n"
		     "probe " SOUND " snd_hda_intel\n"
		     "verify-driver " GPU " nouveau\n"
		     "set-override " GPU " \n"
		     "verify-driver " SOUND " snd_hda_intel\n"
		     "set-override " SOUND " \n"
		     "hold-power " GPU " auto\n"
		     "hold-power " SOUND " auto\n"
		     "record " GPU " host\n");
	model_free(model);
}

static void without_a_memory(void **state)
{
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_vfio);

	(void)state;
	assert_int_equal(gs_strv_add(&card->candidates, "nouveau"), 0);
	expect_steps(model, card, &to_host,
		     "set-override " GPU " \n"
		     "set-override " SOUND " \n"
		     "fence 1\n"
		     "wait " GPU " unused\n"
		     "unbind " SOUND " vfio-pci\n"
		     "unbind " GPU " vfio-pci\n"
		     "unfence 1\n"
		     "probe " GPU " \n"
		     "probe " SOUND " (any)\n"
		     "verify-driver " GPU " \n"
		     "verify-driver " SOUND " (any)\n"
		     "record " GPU " host\n");
	model_free(model);
}

static void modules_are_loaded_first(void **state)
{
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);
	struct gs_plan *plan;

	(void)state;
	model->host->type1_loaded = false;
	gs_strv_free(model->host->drivers);
	model->host->drivers = NULL;
	plan = make(model, card, &to_passthrough);
	assert_int_equal(plan->steps[0].action.op, GS_OP_LOAD_MODULE);
	assert_string_equal(plan->steps[0].action.target, "vfio_iommu_type1");
	assert_string_equal(plan->steps[1].action.target, "vfio-pci");
	gs_plan_free(plan);
	model_free(model);

	/* A driver that no module is called after: the kernel's index knows better. */
	model = model_new();
	card = build(model, &on_vfio);
	model_remember(card, "bochs-drm");
	assert_int_equal(gs_strv_add(&card->candidates, "bochs"), 0);
	plan = make(model, card, &to_host);
	assert_int_equal(plan->steps[0].action.op, GS_OP_LOAD_MODULE);
	assert_string_equal(plan->steps[0].action.target, "bochs-drm");
	assert_string_equal(plan->steps[0].action.value, "bochs");
	gs_plan_free(plan);
	model_free(model);
}

static void start_states_in_between(void **state)
{
	static const struct {
		struct shape shape;
		enum gs_mode mode;
		const char *steps;
	} cases[] = {
		{ { .gpu = "nouveau",
		    .gpu_override = "vfio-pci",
		    .sound = "absent",
		    .foreign = "absent",
		    .reset = "flr",
		    .group = 1 },
		  GS_MODE_PASSTHROUGH,
		  "hold-power " GPU " on\nwait " GPU " unused\nunbind " GPU
		  " nouveau\nprobe " GPU
		  " vfio-pci\nverify-driver " GPU " vfio-pci\nverify-group 1\nrecord " GPU
		  " passthrough\n" },
		{ { .gpu_override = "vfio-pci",
		    .sound = "absent",
		    .foreign = "absent",
		    .reset = "flr",
		    .group = 1 },
		  GS_MODE_PASSTHROUGH,
		  "hold-power " GPU " on\nprobe " GPU " vfio-pci\nverify-driver " GPU
		  " vfio-pci\nverify-group 1\nrecord " GPU " passthrough\n" },
		{ { .sound = "absent", .foreign = "absent", .reset = "flr", .group = 1 },
		  GS_MODE_PASSTHROUGH,
		  "hold-power " GPU " on\nset-override " GPU " vfio-pci\nprobe " GPU
		  " vfio-pci\nverify-driver " GPU " vfio-pci\nverify-group 1\nrecord " GPU
		  " passthrough\n" },
		{ { .gpu_override = "vfio-pci",
		    .sound = "absent",
		    .foreign = "absent",
		    .group = 1 },
		  GS_MODE_HOST,
		  "set-override " GPU " \nprobe " GPU " \nverify-driver " GPU " \nrecord " GPU
		  " host\n" },
		{ { .sound = "absent", .foreign = "absent", .group = 1 },
		  GS_MODE_HOST,
		  "probe " GPU " \nverify-driver " GPU " \nrecord " GPU " host\n" },
		/* An owner who parks the sound keeps it parked. */
		{ { .gpu = "nouveau", .sound = "pci-stub", .foreign = "absent", .group = 1 },
		  GS_MODE_HOST,
		  "" },
		{ { .gpu = "nouveau", .sound = NULL, .foreign = "absent", .group = 1 },
		  GS_MODE_HOST,
		  "" },
		{ { .gpu = "nouveau",
		    .sound = "vfio-pci",
		    .sound_override = "vfio-pci",
		    .foreign = "absent",
		    .group = 1 },
		  GS_MODE_HOST,
		  "set-override " SOUND " \nfence 1\nwait " GPU " unused\nunbind " SOUND
		  " vfio-pci\nunfence 1\nprobe " SOUND " (any)\nverify-driver " SOUND
		  " (any)\nrecord " GPU " host\n" },
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		struct gs_want want = { .mode = cases[i].mode };
		struct model *model = model_new();
		struct gs_card *card = build(model, &cases[i].shape);

		expect_steps(model, card, &want, cases[i].steps);
		model_free(model);
	}
}

static void neighbours(void **state)
{
	struct shape shape = on_host;
	struct gs_want want = to_passthrough;
	struct gs_address with;
	struct model *model;
	struct gs_plan *plan;
	struct gs_card *card;

	(void)state;
	shape.foreign = "e1000e";
	model = model_new();
	model_function(model, NEIGHBOUR, 0x088000, 0x8086, 1, NULL);
	model_function(model, "0000:00:01.0", 0x060400, 0x8086, 1, "pcieport");
	card = build(model, &shape);
	plan = make(model, card, &want);
	assert_int_equal(plan->n_blockers, 1);
	assert_int_equal(plan->blockers[0].refusal, GS_REFUSE_OUTSIDE_CARD);
	assert_string_equal(plan->blockers[0].fix,
			    "gpushift set " GPU " passthrough --with " FOREIGN);
	assert_int_equal(gs_strv_count(plan->blockers[0].evidence), 1);
	gs_plan_free(plan);

	/* Named, it goes along; what has no driver, and the port, stay. */
	assert_int_equal(gs_address_parse(FOREIGN, &with), 0);
	want.with = &with;
	want.n_with = 1;
	plan = make(model, card, &want);
	assert_int_equal(plan->n_blockers, 0);
	assert_int_equal(plan->n_before, 3);
	assert_true(gs_strv_has(plan->remember->with, FOREIGN));
	assert_int_equal(gs_strv_count(plan->remember->with), 1);
	for (size_t i = 0; i < plan->n_steps; i++) {
		assert_string_not_equal(plan->steps[i].action.target, NEIGHBOUR);
		assert_string_not_equal(plan->steps[i].action.target, "0000:00:01.0");
	}
	gs_plan_free(plan);

	assert_int_equal(gs_address_parse("0000:00:01.0", &with), 0);
	expect_usage(model, card, &want, "is a bridge");
	assert_int_equal(gs_address_parse("0000:02:00.0", &with), 0);
	expect_usage(model, card, &want, "is not in the IOMMU group");
	model_free(model);

	/* shpchp keeps the whole group for the host, and cannot be named. */
	shape.foreign = "absent";
	model = model_new();
	model_function(model, "0000:00:01.0", 0x060400, 0x8086, 1, "shpchp");
	card = build(model, &shape);
	expect_refusal(model, card, &to_passthrough, "group-not-viable");
	model_free(model);
}

static void no_iommu_is_refused(void **state)
{
	struct shape shape = on_host;
	struct model *model = model_new();

	(void)state;
	shape.group = -1;
	model->host->has_iommu = false;
	expect_refusal(model, build(model, &shape), &to_passthrough, "no-iommu");
	model_free(model);
}

static void resets(void **state)
{
	static const struct {
		const char *reset;
		bool bus;
		const char *foreign;
		const char *codes;
	} cases[] = {
		{ "flr", false, "absent", "" },	       { "pm", false, "absent", "" },
		{ NULL, false, "absent", "no-reset" }, { NULL, true, "absent", "" },
		{ "bus", true, "absent", "" },	       { "bus", true, NULL, "no-reset" },
		{ NULL, true, NULL, "no-reset" },      { "flr", true, NULL, "" },
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		struct gs_want forced = { .mode = GS_MODE_PASSTHROUGH, .force = true };
		struct shape shape = on_host;
		struct model *model = model_new();
		struct gs_plan *plan;
		struct gs_card *card;

		shape.reset = cases[i].reset;
		shape.foreign = cases[i].foreign;
		card = build(model, &shape);
		card->functions[0]->bus_reset = cases[i].bus ? GS_YES : GS_NO;
		expect_refusal(model, card, &to_passthrough, cases[i].codes);
		plan = make(model, card, &forced);
		assert_int_equal(plan->n_blockers, 0);
		assert_int_equal(gs_strv_count(plan->warnings), cases[i].codes[0] ? 1 : 0);
		gs_plan_free(plan);
		model_free(model);
	}
}

/* What a refusal of no-reset says, a line each; NULL: it is not refused. */
static char *no_reset_evidence(struct model *model, const struct gs_card *card)
{
	struct gs_plan *plan = make(model, card, &to_passthrough);
	char *text = NULL;

	for (size_t i = 0; i < plan->n_blockers; i++) {
		if (plan->blockers[i].refusal != GS_REFUSE_NO_RESET)
			continue;
		text = strdup("");
		for (char **line = plan->blockers[i].evidence; *line; line++) {
			char *longer = gs_asprintf("%s%s\n", text, *line);

			free(text);
			text = longer;
		}
	}
	gs_plan_free(plan);
	return text;
}

static void add_scope(struct gs_function *function, const char *address)
{
	assert_int_equal(gs_strv_add(&function->facts.reset_scope, address), 0);
}

/* The stale "bus", and a reset that reaches further than what moves. */
static void known_resets(void **state)
{
	struct shape shape = on_host;
	struct model *model = model_new();
	struct gs_function *display;
	struct gs_card *card;
	char *evidence;

	(void)state;
	shape.reset = "bus";
	card = build(model, &shape);
	model_function(model, "0000:01:03.0", 0x010802, 0x8086, 9, "nvme");
	gs_host_sort_functions(model->host);
	display = host_function(model->host, GPU);
	card->functions[0] = display;
	card->functions[1] = host_function(model->host, SOUND);
	assert_int_equal(gs_facts_add_reset(&display->facts, GPUSHIFT_RESET_METHOD_FLR,
					    GPUSHIFT_RESET_STATE_IMPOSSIBLE,
					    GPUSHIFT_RESET_REASON_NO_CAPABILITY, NULL),
			 0);
	assert_int_equal(gs_facts_add_reset(&display->facts, GPUSHIFT_RESET_METHOD_BUS,
					    GPUSHIFT_RESET_STATE_STALE,
					    GPUSHIFT_RESET_REASON_SIBLINGS, "0000:01:03.0"),
			 0);
	assert_int_equal(gs_strv_add(&display->group_members, GPU), 0);
	assert_int_equal(gs_strv_add(&display->group_members, SOUND), 0);
	add_scope(display, GPU);
	add_scope(display, SOUND);
	evidence = no_reset_evidence(model, card);
	assert_null(evidence);

	add_scope(display, "0000:01:03.0");
	evidence = no_reset_evidence(model, card);
	assert_string_equal(evidence,
			    GPU " has no reset method of its own\n"
				"flr: no capability\n"
				"bus: enabled before there was what makes it fail now: shares its bus with 0000:01:03.0\n"
				"A reset of its bus hits also " SOUND ", 0000:01:03.0; outside its IOMMU group: 0000:01:03.0.\n");
	free(evidence);

	/* An FLR that works ends the matter. */
	assert_int_equal(gs_strv_add(&display->reset_methods, "flr"), 0);
	assert_null(no_reset_evidence(model, card));
	model_free(model);
}

static void holders(void **state)
{
	struct gs_want forced = { .mode = GS_MODE_PASSTHROUGH, .force = true };
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);
	struct gs_plan *plan;

	(void)state;
	model_holder(card, "process", "Xorg", 4711, true);
	expect_refusal(model, card, &to_passthrough, "in-use");
	plan = make(model, card, &forced);
	assert_int_equal(plan->n_blockers, 0);
	gs_plan_free(plan);
	/* One that may not be overridden decides for all, and is the one to be told about. */
	model_holder(card, "vm", "win11", 4712, false);
	plan = make(model, card, &forced);
	assert_int_equal(plan->n_blockers, 1);
	assert_string_equal(plan->blockers[0].fix,
			    "stop win11, then: gpushift set " GPU " passthrough");
	assert_int_equal(gs_strv_count(plan->blockers[0].evidence), 2);
	gs_plan_free(plan);
	model_free(model);

	/* Nobody is seen, but the kernel knows of one. */
	model = model_new();
	card = build(model, &on_vfio);
	card->functions[1]->dma_owner = GS_DMA_USER;
	expect_refusal(model, card, &to_host, "in-use");
	model_free(model);

	/* Who uses what goes along counts as well. */
	model = model_new();
	card = build(model, &on_host);
	{
		struct gs_holder holder = { .kind = "network",
					    .name = (char *)"eth0",
					    .detail = (char *)"is up" };
		struct gs_want want = to_passthrough;

		want.with_holders = &holder;
		want.n_with_holders = 1;
		expect_refusal(model, card, &want, "in-use");
	}
	model_free(model);
}

/* What the kernel takes back by itself is in nobody's way; the rest --force does not override. */
static void kernel_holders(void **state)
{
	struct gs_want forced = { .mode = GS_MODE_PASSTHROUGH, .force = true };
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);
	struct gs_plan *plan;

	(void)state;
	model_holder(card, "kernel", "console", 0, false);
	card->holders[0].yields = true;
	plan = make(model, card, &to_passthrough);
	assert_int_equal(plan->n_blockers, 0);
	gs_plan_free(plan);
	card->holders[0].yields = false;
	card->holders[0].fix = strdup("echo 0 > /sys/class/vtconsole/vtcon1/bind");
	plan = make(model, card, &forced);
	assert_int_equal(plan->n_blockers, 1);
	assert_string_equal(plan->blockers[0].fix, "echo 0 > /sys/class/vtconsole/vtcon1/bind");
	gs_plan_free(plan);
	model_free(model);
}

/* Also what goes along; --force does not help. */
static void critical_devices(void **state)
{
	struct gs_holder disk = { .kind = "mount",
				  .name = (char *)"/",
				  .detail = (char *)"/dev/nvme0n1p2",
				  .critical = (char *)"/ lies on it" };
	struct gs_want forced = { .mode = GS_MODE_PASSTHROUGH,
				  .force = true,
				  .with_holders = &disk,
				  .n_with_holders = 1 };
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);

	(void)state;
	expect_refusal(model, card, &forced, "critical-device");
	model_holder(card, "process", "Xorg", 4711, true);
	expect_refusal(model, card, &forced, "critical-device");
	forced.force = false;
	expect_refusal(model, card, &forced, "critical-device in-use");
	model_free(model);
}

static void the_last_display(void **state)
{
	struct gs_want forced = { .mode = GS_MODE_PASSTHROUGH, .force = true };
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);
	struct gs_plan *plan;

	(void)state;
	card->lit = GS_UNKNOWN;
	plan = make(model, card, &to_passthrough);
	assert_int_equal(plan->n_blockers, 0);
	gs_plan_free(plan);
	card->lit = GS_YES;
	assert_int_equal(gs_strv_add(&card->lit_connectors, "card0-DP-1"), 0);
	expect_refusal(model, card, &to_passthrough, "last-display");
	plan = make(model, card, &forced);
	assert_int_equal(plan->n_blockers, 0);
	assert_int_equal(gs_strv_count(plan->warnings), 1);
	gs_plan_free(plan);
	model_free(model);

	/* Another card shows something, too. */
	model = model_new();
	model_reset(model_function(model, "0000:02:00.0", 0x030000, 0x1002, 2, "stand-in"), "flr");
	card = build(model, &on_host);
	card->lit = GS_YES;
	host_card(model->host, "0000:02:00.0")->lit = GS_YES;
	plan = make(model, card, &to_passthrough);
	assert_int_equal(plan->n_blockers, 0);
	gs_plan_free(plan);
	host_card(model->host, "0000:02:00.0")->lit = GS_UNKNOWN;
	expect_refusal(model, card, &to_passthrough, "last-display");
	model_free(model);
}

static void overrides_that_cannot_be_read(void **state)
{
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);

	(void)state;
	card->functions[1]->override_known = GS_UNKNOWN;
	expect_refusal(model, card, &to_passthrough, "busy");
	model_free(model);
}

static void drivers_that_are_missing(void **state)
{
	struct gs_want want = { .mode = GS_MODE_HOST,
				.driver = (char *)"radeonhd",
				.driver_known = GS_NO };
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);

	(void)state;
	model->host->vfio_loadable = GS_NO;
	expect_refusal(model, card, &to_passthrough, "driver-missing");
	expect_refusal(model, card, &want, "driver-missing");
	model_free(model);

	model = model_new();
	card = build(model, &on_vfio);
	card->candidates_known = GS_YES;
	expect_refusal(model, card, &to_host, "driver-missing");
	/* Not known is not missing. */
	card->candidates_known = GS_UNKNOWN;
	expect_refusal(model, card, &to_host, "");
	model_free(model);
}

/* It comes before what is remembered, and is not taken for granted. */
static void configured_drivers(void **state)
{
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_vfio);
	struct gs_remembered *remembered = model_remember(card, "nouveau");
	struct gs_plan *plan;
	char *text;

	(void)state;
	model_remember_before(remembered, GPU, "nouveau", NULL, "auto");
	card->host_driver = strdup("nvidia");
	card->host_driver_known = GS_YES;
	plan = make(model, card, &to_host);
	text = plan_text(plan);
	assert_non_null(strstr(text, "probe " GPU " nvidia\n"));
	assert_string_equal(plan->remember->driver, "nvidia");
	free(text);
	gs_plan_free(plan);
	strcpy(card->host_driver, "absent");
	card->host_driver_known = GS_NO;
	expect_refusal(model, card, &to_host, "driver-missing");
	model_free(model);

	/* A card that is on another driver of the host stays where it is. */
	model = model_new();
	card = build(model, &on_host);
	card->host_driver = strdup("nvidia");
	expect_steps(model, card, &to_host, "");
	model_free(model);
}

static void expect_quarantine(struct model *model, struct gs_card *card)
{
	struct gs_want vgpu = { .mode = GS_MODE_VGPU };
	struct gs_plan *plan;

	card->mode = GS_MODE_QUARANTINED;
	expect_refusal(model, card, &to_passthrough, "quarantined");
	expect_refusal(model, card, &vgpu, "quarantined");
	plan = make(model, card, &to_host);
	assert_int_equal(plan->n_blockers, 0);
	assert_int_equal(plan->steps[0].action.op, GS_OP_WAIT);
	assert_string_equal(plan->steps[0].action.value, "settled");
	assert_int_equal(plan->steps[plan->n_steps - 1].action.op, GS_OP_RECORD);
	gs_plan_free(plan);
}

static void quarantined_cards(void **state)
{
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);

	(void)state;
	expect_quarantine(model, card);
	/* Aimed and held, but never moved: that is brought back, too. */
	model_override(card->functions[0], "vfio-pci");
	model_power(card->functions[0], "on");
	model_remember_before(model_remember(card, "nouveau"), GPU, "nouveau", NULL, "auto");
	expect_steps(model, card, &to_host,
		     "wait " GPU " settled\nwait " SOUND " settled\nset-override " GPU
		     " \nhold-power " GPU " auto\nrecord " GPU " host\n");
	model_free(model);
	model = model_new();
	expect_quarantine(model, build(model, &on_vfio));
	model_free(model);
}

/* The initramfs kept it from its driver: that is no state to come back to. */
static void aimed_before_any_driver(void **state)
{
	struct shape aimed = on_vfio;
	struct model *model = model_new();
	struct gs_card *card;
	struct gs_plan *plan;

	(void)state;
	aimed.gpu = aimed.sound = NULL;
	card = build(model, &aimed);
	plan = make(model, card, &to_passthrough);
	assert_int_equal(plan->n_blockers, 0);
	assert_int_equal(plan->remember->n_before, 0);
	gs_plan_free(plan);
	model_free(model);
}

static void variants_of_vfio(void **state)
{
	struct gs_want want = { .mode = GS_MODE_PASSTHROUGH,
				.driver = (char *)"nvgrace_gpu_vfio_pci" };
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);
	struct gs_plan *plan;
	char *text;

	(void)state;
	want.driver_known = GS_YES;
	plan = make(model, card, &want);
	text = plan_text(plan);
	assert_non_null(strstr(text, "load-module nvgrace_gpu_vfio_pci\n"));
	assert_non_null(strstr(text, "probe " GPU " nvgrace_gpu_vfio_pci\n"));
	assert_non_null(strstr(text, "probe " SOUND " vfio-pci\n"));
	free(text);
	gs_plan_free(plan);
	want.driver_known = GS_NO;
	expect_refusal(model, card, &want, "driver-missing");
	want.driver = (char *)"nouveau";
	expect_usage(model, card, &want, "is no vfio driver");
	model_free(model);
}

static struct model *vgpu_host(const char *driver)
{
	struct model *model = model_new();

	model_type(model, GPU, "nvidia-46", "P40-1Q", GIB, 4);
	model_type(model, GPU, "nvidia-47", "P40-2Q", 2 * GIB, 2);
	model_type(model, GPU, "nvidia-99", "P40-2Q", 2 * GIB, 2);
	model_function(model, GPU, 0x030000, 0x10de, 1, driver);
	return model;
}

static void a_vgpu_plan(struct gs_want *want, struct gs_profile_want *profiles, size_t count)
{
	static char *const uuids[] = { (char *)UUID_1, (char *)UUID_2 };

	*want = (struct gs_want){
		.mode = GS_MODE_VGPU,
		.profiles = profiles,
		.n_profiles = count,
		.uuids = (char **)uuids,
		.n_uuids = 2,
	};
}

static void sets_of_vgpus(void **state)
{
	struct gs_profile_want profiles[2] = { { (char *)"P40-1Q", 1 },
					       { (char *)"nvidia-46", 1 } };
	struct model *model = vgpu_host("nvidia");
	struct gs_card *card = model_finish(model, GPU);
	struct gs_want want;

	(void)state;
	a_vgpu_plan(&want, profiles, 2);
	expect_steps(model, card, &want,
		     "create-vgpu " GPU " nvidia-46/" UUID_1 "\ncreate-vgpu " GPU
		     " nvidia-46/" UUID_2 "\nrecord " GPU " vgpu\n");
	profiles[0].count = 4;
	expect_refusal(model, card, &want, "no-capacity");
	profiles[0].count = 1;
	profiles[1].type = (char *)"nvidia-47";
	expect_refusal(model, card, &want, "type-mismatch");
	profiles[1].type = (char *)"nvidia-1";
	expect_usage(model, card, &want, "has no vGPU type");
	profiles[1].type = (char *)"P40-2Q";
	expect_usage(model, card, &want, "several vGPU types");
	want.n_profiles = 0;
	expect_usage(model, card, &want, "which vGPUs");
	want.n_profiles = 1;
	profiles[0].count = 3;
	expect_usage(model, card, &want, "fewer UUIDs");
	model_free(model);
}

static void sets_that_replace(void **state)
{
	static const char *const names[] = { "bbbbbbbb-0000-4000-8000-000000000001",
					     "bbbbbbbb-0000-4000-8000-000000000002" };
	struct gs_profile_want profile = { (char *)"nvidia-46", 1 };
	struct model *model = vgpu_host("nvidia");
	struct gs_want want;
	struct gs_card *card;

	(void)state;
	/* The closed one goes, the one in use is kept. */
	model_vgpu(model, GPU, names[0], "nvidia-46", "gpushift", GS_NO);
	model_vgpu(model, GPU, names[1], "nvidia-46", "gpushift", GS_YES);
	card = model_finish(model, GPU);
	a_vgpu_plan(&want, &profile, 1);
	expect_steps(model, card, &want,
		     "remove-vgpu bbbbbbbb-0000-4000-8000-000000000001 " GPU
		     "/nvidia-46\nrecord " GPU " vgpu\n");
	profile.count = 2;
	expect_steps(model, card, &want, "");
	profile.type = (char *)"nvidia-47";
	expect_refusal(model, card, &want, "in-use");
	expect_refusal(model, card, &to_host, "in-use");
	model_free(model);

	/* Somebody else's is kept rather than ours, and never removed. */
	model = vgpu_host("nvidia");
	model_vgpu(model, GPU, names[0], "nvidia-46", "gpushift", GS_NO);
	model_vgpu(model, GPU, names[1], "nvidia-46", "other", GS_NO);
	card = model_finish(model, GPU);
	profile = (struct gs_profile_want){ (char *)"nvidia-46", 1 };
	expect_steps(model, card, &want,
		     "remove-vgpu bbbbbbbb-0000-4000-8000-000000000001 " GPU
		     "/nvidia-46\nrecord " GPU " vgpu\n");
	profile.type = (char *)"nvidia-47";
	expect_refusal(model, card, &want, "vgpus-exist");
	expect_refusal(model, card, &to_host, "vgpus-exist");
	expect_refusal(model, card, &to_passthrough, "vgpus-exist");
	model_free(model);
}

static void no_vgpu_types(void **state)
{
	struct gs_profile_want profile = { (char *)"nvidia-46", 1 };
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);
	struct gs_remembered *remembered;
	struct gs_want want;
	struct gs_plan *plan;
	char *text;

	(void)state;
	a_vgpu_plan(&want, &profile, 1);
	expect_refusal(model, card, &want, "no-vgpu-types");
	/* What another driver offered once says nothing of this one. */
	remembered = model_remember(card, "nvidia");
	remembered->parent = calloc(1, sizeof(*remembered->parent));
	remembered->parent->name = strdup(GPU);
	remembered->parent->types = calloc(1, sizeof(*remembered->parent->types));
	remembered->parent->types[0].id = strdup("nvidia-46");
	remembered->parent->types[0].name = strdup("P40-1Q");
	remembered->parent->n_types = 1;
	expect_refusal(model, card, &want, "no-vgpu-types");
	model_free(model);

	/* On vfio nobody can tell: the switch will. */
	model = model_new();
	card = build(model, &on_vfio);
	plan = make(model, card, &want);
	assert_int_equal(plan->n_blockers, 0);
	text = plan_text(plan);
	assert_non_null(
		strstr(text, "wait " GPU " vgpu-types\ncreate-vgpu " GPU " nvidia-46/" UUID_1));
	free(text);
	gs_plan_free(plan);
	want.n_profiles = 0;
	expect_refusal(model, card, &want, "no-vgpu-types");
	model_free(model);
}

static void vfs(void **state)
{
	struct model *model = vgpu_host("nvidia");
	struct gs_profile_want profile = { (char *)"nvidia-46", 1 };
	struct gs_want want;
	struct gs_card *card;

	(void)state;
	model->host->functions[0].sriov_total = 8;
	model->host->functions[0].sriov_enabled = 2;
	model_reset(&model->host->functions[0], "flr");
	card = model_finish(model, GPU);
	a_vgpu_plan(&want, &profile, 1);
	expect_refusal(model, card, &want, "vfs-enabled");
	expect_refusal(model, card, &to_host, "vfs-enabled");
	expect_refusal(model, card, &to_passthrough, "vfs-enabled");
	model_free(model);
}

static void single_vgpus(void **state)
{
	struct model *model = vgpu_host("nvidia");
	struct gs_want_error error = { 0 };
	const struct gs_parent *parent;
	struct gs_plan *plan;
	struct gs_card *card;
	char *text;

	(void)state;
	model_vgpu(model, GPU, UUID_1, "nvidia-46", "other", GS_NO);
	model_vgpu(model, GPU, UUID_2, "nvidia-46", "gpushift", GS_YES);
	card = model_finish(model, GPU);
	parent = gs_host_parent(model->host, GPU);
	assert_int_equal(gs_plan_vgpu_create(model->host, parent, "P40-1Q", "x", &plan, &error), 0);
	text = plan_text(plan);
	assert_string_equal(text, "create-vgpu " GPU " nvidia-46/x\n");
	assert_int_equal(plan->identity.vendor_id, 0x10de);
	free(text);
	gs_plan_free(plan);
	assert_int_equal(gs_plan_vgpu_create(model->host, parent, "nvidia-47", "x", &plan, &error),
			 0);
	assert_int_equal(plan->blockers[0].refusal, GS_REFUSE_TYPE_MISMATCH);
	gs_plan_free(plan);
	assert_int_equal(
		gs_plan_vgpu_create(model->host, parent, "nvidia-46", UUID_1, &plan, &error),
		-EINVAL);
	free(error.message);
	free(error.fix);
	card->mode = GS_MODE_QUARANTINED;
	assert_int_equal(gs_plan_vgpu_create(model->host, parent, "nvidia-46", "x", &plan, &error),
			 0);
	assert_true(gs_refused_quarantined(plan));
	gs_plan_free(plan);

	/* Named, a foreign one goes; an open one does not. */
	assert_int_equal(gs_plan_vgpu_remove(model->host, gs_host_vgpu(model->host, UUID_1), &plan),
			 0);
	text = plan_text(plan);
	assert_string_equal(text, "remove-vgpu " UUID_1 " " GPU "/nvidia-46\n");
	free(text);
	gs_plan_free(plan);
	assert_int_equal(gs_plan_vgpu_remove(model->host, gs_host_vgpu(model->host, UUID_2), &plan),
			 0);
	assert_int_equal(plan->blockers[0].refusal, GS_REFUSE_IN_USE);
	gs_plan_free(plan);
	model_free(model);
}

static void blockers_for_listings(void **state)
{
	struct shape shape = on_host;
	struct model *model = model_new();
	struct gs_blocker *blockers;
	struct gs_card *card;
	size_t count;

	(void)state;
	shape.reset = NULL;
	card = build(model, &shape);
	card->functions[0]->bus_reset = GS_NO;
	assert_int_equal(gs_blockers_for(model->host, card, GS_MODE_HOST, &blockers, &count), 0);
	assert_int_equal(count, 0);
	assert_int_equal(gs_blockers_for(model->host, card, GS_MODE_PASSTHROUGH, &blockers, &count),
			 0);
	assert_int_equal(count, 1);
	assert_int_equal(blockers[0].refusal, GS_REFUSE_NO_RESET);
	assert_true(blockers[0].overridable);
	gs_blockers_free(blockers, count);
	assert_int_equal(gs_blockers_for(model->host, card, GS_MODE_VGPU, &blockers, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(blockers[0].refusal, GS_REFUSE_NO_VGPU_TYPES);
	gs_blockers_free(blockers, count);
	model_free(model);
}

static void names_are_the_contract(void **state)
{
	enum gs_op op;

	(void)state;
	for (int i = 0; i < GS_OP_COUNT; i++) {
		assert_int_equal(gs_op_parse(gs_op_name((enum gs_op)i), &op), 0);
		assert_int_equal(op, i);
	}
	assert_int_equal(gs_op_parse("format-disk", &op), -EINVAL);
	assert_string_equal(gs_refusal_code(GS_REFUSE_NOT_PERMITTED), "not-permitted");
	assert_string_equal(gs_result_name(GS_RESULT_NOT_RUN), "not-run");
}

/* Units that are stopped for it are in nobody's way; what does not run is left alone. */
static void services_are_stopped_around_a_move(void **state)
{
	struct gs_unit units[] = { { (char *)"a.service", GS_UNIT_RUNNING },
				   { (char *)"b.service", GS_UNIT_IDLE },
				   { (char *)"c.service", GS_UNIT_RUNNING },
				   { (char *)"d.service", GS_UNIT_MISSING },
				   { (char *)"e.service", GS_UNIT_UNKNOWN } };
	struct gs_want want = { .mode = GS_MODE_PASSTHROUGH,
				.services = units,
				.n_services = GS_ARRAY_SIZE(units) };
	struct model *model = model_new();
	struct gs_card *card = build(model, &on_host);
	struct gs_plan *plan;
	char *text;

	(void)state;
	model_holder(card, "unit", "a.service", 7, false);
	expect_refusal(model, card, &to_passthrough, "in-use");
	plan = make(model, card, &want);
	text = plan_text(plan);
	assert_ptr_equal(strstr(text, "stop-service a.service\nstop-service c.service\nhold-power"),
			 text);
	assert_non_null(strstr(text, "verify-group 1\nstart-service c.service\n"
				     "start-service a.service\nrecord"));
	assert_string_equal(plan->steps[0].undo->target, "a.service");
	assert_int_equal(plan->steps[0].undo->op, GS_OP_START_SERVICE);
	assert_int_equal(gs_strv_count(plan->warnings), 2);
	free(text);
	gs_plan_free(plan);
	model_holder(card, "unit", "b.service", 8, false);
	expect_refusal(model, card, &want, "in-use");
	want.mode = GS_MODE_HOST;
	expect_steps(model, card, &want, "");
	model_free(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(to_passthrough_and_back),
		cmocka_unit_test(without_a_memory),
		cmocka_unit_test(modules_are_loaded_first),
		cmocka_unit_test(start_states_in_between),
		cmocka_unit_test(neighbours),
		cmocka_unit_test(no_iommu_is_refused),
		cmocka_unit_test(resets),
		cmocka_unit_test(known_resets),
		cmocka_unit_test(holders),
		cmocka_unit_test(kernel_holders),
		cmocka_unit_test(critical_devices),
		cmocka_unit_test(the_last_display),
		cmocka_unit_test(overrides_that_cannot_be_read),
		cmocka_unit_test(drivers_that_are_missing),
		cmocka_unit_test(configured_drivers),
		cmocka_unit_test(quarantined_cards),
		cmocka_unit_test(variants_of_vfio),
		cmocka_unit_test(aimed_before_any_driver),
		cmocka_unit_test(sets_of_vgpus),
		cmocka_unit_test(sets_that_replace),
		cmocka_unit_test(no_vgpu_types),
		cmocka_unit_test(vfs),
		cmocka_unit_test(single_vgpus),
		cmocka_unit_test(blockers_for_listings),
		cmocka_unit_test(names_are_the_contract),
		cmocka_unit_test(services_are_stopped_around_a_move),
	};

	return cmocka_run_group_tests(tests, NULL, model_end);
}
