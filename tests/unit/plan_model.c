// SPDX-License-Identifier: GPL-2.0-or-later
/* plan_model.c - hosts in memory for the planner, and a kernel that carries its steps out. */
#include "plan_model.h"

#include "vfs.h"

/* An empty host, for what the cards are built by: nothing is remembered there. */
static struct tree *tree;
static struct gs_engine *engine;

/* What the kernel chooses where no override tells it. */
static const char *native_of(const char *address)
{
	switch (address[strlen(address) - 1]) {
	case '0':
		return "nouveau";
	case '1':
		return "snd_hda_intel";
	case '2':
		return "e1000e";
	default:
		return "";
	}
}

struct model *model_new(void)
{
	static const char *const drivers[] = { "nouveau",  "nvidia",   "snd_hda_intel", "e1000e",
					       "vfio-pci", "stand-in", "pci-stub" };
	struct model *model = calloc(1, sizeof(*model));

	assert_non_null(model);
	if (!tree)
		tree = tree_new();
	if (!engine)
		assert_int_equal(gs_engine_open(tree_root(tree), &engine), 0);
	model->host = calloc(1, sizeof(*model->host));
	assert_non_null(model->host);
	model->host->has_iommu = true;
	model->host->type1_loaded = true;
	model->host->vfio_loadable = GS_YES;
	for (size_t i = 0; i < GS_ARRAY_SIZE(drivers); i++)
		assert_int_equal(gs_strv_add(&model->host->drivers, drivers[i]), 0);
	return model;
}

void model_free(struct model *model)
{
	gs_host_free(model->host);
	free(model);
}

int model_end(void **state)
{
	(void)state;
	gs_engine_close(engine);
	tree_free(tree);
	return 0;
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

struct gs_function *model_function(struct model *model, const char *address,
				   unsigned int class_code, unsigned int vendor, int group,
				   const char *driver)
{
	struct gs_host *host = model->host;
	struct gs_function *function;
	struct gs_address at;

	assert_int_equal(gs_address_parse(address, &at), 0);
	assert_int_equal(gs_grow(&host->functions, host->n_functions, sizeof(*host->functions)), 0);
	function = &host->functions[host->n_functions++];
	gs_function_init(function, &at);
	function->class_code = class_code;
	function->vendor_id = (uint16_t)vendor;
	function->device_id = 0x1b38;
	function->iommu_group = group;
	function->driver = copy(driver);
	function->override_known = GS_YES;
	function->power_control = strdup("auto");
	function->on_root_bus = false;
	function->bus_reset = GS_YES;
	function->slot_reset = GS_UNKNOWN;
	return function;
}

void model_override(struct gs_function *function, const char *driver)
{
	free(function->driver_override);
	function->driver_override = copy(driver);
}

void model_power(struct gs_function *function, const char *power_control)
{
	free(function->power_control);
	function->power_control = copy(power_control);
}

void model_reset(struct gs_function *function, const char *method)
{
	assert_int_equal(gs_strv_add(&function->reset_methods, method), 0);
}

struct gs_card *model_finish(struct model *model, const char *address)
{
	gs_host_sort_functions(model->host);
	assert_int_equal(gs_cards_build(engine, model->host), 0);
	return host_card(model->host, address);
}

struct gs_vgpu_type *model_type(struct model *model, const char *parent, const char *id,
				const char *name, uint64_t framebuffer_bytes,
				unsigned int available)
{
	struct gs_host *host = model->host;
	struct gs_parent *entry = gs_host_parent(host, parent);
	struct gs_vgpu_type *type;

	if (!entry) {
		assert_int_equal(gs_grow(&host->parents, host->n_parents, sizeof(*host->parents)),
				 0);
		entry = &host->parents[host->n_parents++];
		entry->name = strdup(parent);
	}
	assert_int_equal(gs_grow(&entry->types, entry->n_types, sizeof(*entry->types)), 0);
	type = &entry->types[entry->n_types++];
	type->id = strdup(id);
	type->name = strdup(name);
	type->framebuffer_bytes = framebuffer_bytes;
	type->available = available;
	return type;
}

void model_vgpu(struct model *model, const char *parent, const char *uuid, const char *type,
		const char *owner, enum gs_known in_use)
{
	struct gs_host *host = model->host;
	struct gs_vgpu *vgpu;

	assert_int_equal(gs_grow(&host->vgpus, host->n_vgpus, sizeof(*host->vgpus)), 0);
	vgpu = &host->vgpus[host->n_vgpus++];
	vgpu->uuid = strdup(uuid);
	vgpu->parent = strdup(parent);
	vgpu->type = copy(type);
	vgpu->backend = "mdev";
	vgpu->owner = owner;
	vgpu->in_use = in_use;
	vgpu->iommu_group = -1;
}

void model_vfs(struct gs_function *function, unsigned int total, unsigned int count,
	       enum gs_known autoprobe_before)
{
	bool ours = count && autoprobe_before != GS_UNKNOWN;

	function->sriov_total = total;
	function->sriov_enabled = count;
	function->sriov_autoprobe = ours ? GS_NO : GS_YES;
	if (ours)
		function->own_vfs = (struct gs_vfs){ .count = count, .autoprobe = autoprobe_before };
}

void model_vf(struct model *model, const char *parent, const char *address, enum gs_known in_use)
{
	struct gs_host *host = model->host;
	struct gs_vgpu *vgpu;

	assert_int_equal(gs_grow(&host->vgpus, host->n_vgpus, sizeof(*host->vgpus)), 0);
	vgpu = &host->vgpus[host->n_vgpus++];
	vgpu->address = strdup(address);
	vgpu->parent = strdup(parent);
	vgpu->backend = "sriov";
	vgpu->owner = "other";
	vgpu->in_use = in_use;
	vgpu->iommu_group = -1;
}

void model_holder(struct gs_card *card, const char *kind, const char *name, int pid,
		  bool overridable)
{
	struct gs_holder *holder;

	assert_int_equal(gs_grow(&card->holders, card->n_holders, sizeof(*card->holders)), 0);
	holder = &card->holders[card->n_holders++];
	holder->kind = kind;
	holder->name = strdup(name);
	holder->detail = strdup("/dev/dri/card0");
	holder->pid = pid;
	holder->overridable = overridable;
}

struct gs_remembered *model_remember(struct gs_card *card, const char *driver)
{
	card->remembered = calloc(1, sizeof(*card->remembered));
	assert_non_null(card->remembered);
	card->remembered->driver = copy(driver);
	card->remembered->same_boot = true;
	return card->remembered;
}

void model_remember_before(struct gs_remembered *remembered, const char *address,
			   const char *driver, const char *driver_override,
			   const char *power_control)
{
	struct gs_before *before;

	assert_int_equal(
		gs_grow(&remembered->before, remembered->n_before, sizeof(*remembered->before)), 0);
	before = &remembered->before[remembered->n_before++];
	before->address = strdup(address);
	before->driver = copy(driver);
	before->driver_override = copy(driver_override);
	before->power_control = copy(power_control);
}

void sim_begin(struct sim *sim, const struct gs_host *host)
{
	memset(sim, 0, sizeof(*sim));
	assert_true(host->n_functions <= GS_ARRAY_SIZE(sim->functions));
	for (size_t i = 0; i < host->n_functions; i++) {
		const struct gs_function *function = &host->functions[i];
		struct sim_function *to = &sim->functions[sim->n_functions++];

		strcpy(to->address, function->text);
		strcpy(to->driver, function->driver ? function->driver : "");
		strcpy(to->driver_override,
		       function->driver_override ? function->driver_override : "");
		strcpy(to->power_control, function->power_control ? function->power_control : "");
		to->vfs = function->sriov_enabled;
		to->autoprobe = function->sriov_autoprobe;
	}
	for (size_t i = 0; i < host->n_vgpus; i++)
		if (host->vgpus[i].uuid)
			snprintf(sim->vgpus[sim->n_vgpus++], sizeof(*sim->vgpus), "%s %s",
			 host->vgpus[i].uuid, host->vgpus[i].type);
}

struct sim_function *sim_find(struct sim *sim, const char *address)
{
	for (size_t i = 0; i < sim->n_functions; i++)
		if (strcmp(sim->functions[i].address, address) == 0)
			return &sim->functions[i];
	return NULL;
}

/* As vfio-pci: allowed while it is bound, forbidden when it goes. */
static void runtime_power(struct sim_function *function, const char *value)
{
	if (*function->power_control && gs_driver_is_vfio(function->driver))
		strcpy(function->power_control, value);
}

static char *run_unbind(struct sim_function *function, const char *value)
{
	if (!*function->driver ||
	    (*value && strcmp(value, GS_ANY_DRIVER) != 0 && strcmp(function->driver, value) != 0))
		return gs_asprintf("%s is on \"%s\", not on %s", function->address,
				   function->driver, value);
	if (function->vfs)
		return gs_asprintf("%s still has %u VFs", function->address, function->vfs);
	runtime_power(function, "on");
	function->driver[0] = '\0';
	return NULL;
}

/* As the kernel: from none to some, and from some to none. */
static char *run_vfs(struct sim_function *function, const char *value)
{
	struct gs_vfs wanted;

	if (gs_vfs_parse(value, &wanted) < 0)
		return gs_asprintf("\"%s\" is no number of VFs", value);
	if (wanted.count && function->vfs)
		return gs_asprintf("%s has VFs already", function->address);
	if (wanted.count && !gs_driver_owns_dma(*function->driver ? function->driver : NULL))
		return gs_asprintf("%s has no driver for VFs", function->address);
	function->vfs = wanted.count;
	if (wanted.autoprobe != GS_UNKNOWN)
		function->autoprobe = wanted.autoprobe;
	return NULL;
}

static char *run_probe(struct sim_function *function, const char *value)
{
	bool any = strcmp(value, GS_ANY_DRIVER) == 0;
	const char *choice = *function->driver_override ? function->driver_override
							: native_of(function->address);

	if (*function->driver)
		return gs_asprintf("%s is on %s already", function->address, function->driver);
	if (*value && !any && strcmp(choice, value) != 0)
		return gs_asprintf("%s is aimed at \"%s\", not at %s", function->address, choice,
				   value);
	if (!*choice && !any)
		return gs_asprintf("nothing drives %s", function->address);
	strcpy(function->driver, choice);
	runtime_power(function, "auto");
	return NULL;
}

static char *run_verify(const struct sim_function *function, const char *value)
{
	const char *driver = *function->driver ? function->driver : NULL;
	bool good;

	if (strcmp(value, GS_NO_DRIVER) == 0)
		good = !driver;
	else if (strcmp(value, GS_ANY_DRIVER) == 0)
		good = !gs_driver_is_vfio(driver);
	else if (*value)
		good = gs_streq(driver, value);
	else
		good = driver && !gs_driver_is_vfio(driver);
	return good ? NULL
		    : gs_asprintf("%s is on \"%s\", not on \"%s\"", function->address,
				  function->driver, value);
}

static int compare_vgpus(const void *a, const void *b)
{
	return strcmp(a, b);
}

static char *run_create(struct sim *sim, const char *value)
{
	const char *uuid = strrchr(value, '/') + 1;

	for (size_t i = 0; i < sim->n_vgpus; i++)
		if (strncmp(sim->vgpus[i], uuid, strlen(uuid)) == 0)
			return gs_asprintf("%s is there already", uuid);
	snprintf(sim->vgpus[sim->n_vgpus++], sizeof(*sim->vgpus), "%s %.*s", uuid,
		 (int)(uuid - value - 1), value);
	qsort(sim->vgpus, sim->n_vgpus, sizeof(*sim->vgpus), compare_vgpus);
	return NULL;
}

static char *run_remove(struct sim *sim, const char *uuid)
{
	for (size_t i = 0; i < sim->n_vgpus; i++) {
		if (strncmp(sim->vgpus[i], uuid, strlen(uuid)) != 0)
			continue;
		memmove(sim->vgpus[i], sim->vgpus[i + 1],
			sizeof(*sim->vgpus) * (--sim->n_vgpus - i));
		return NULL;
	}
	return gs_asprintf("there is no vGPU %s", uuid);
}

char *sim_run(struct sim *sim, const struct gs_action *action)
{
	struct sim_function *function = sim_find(sim, action->target);

	switch (action->op) {
	case GS_OP_HOLD_POWER:
		strcpy(function->power_control, action->value);
		return NULL;
	case GS_OP_SET_OVERRIDE:
		if (strcmp(function->driver_override, action->value) == 0)
			return gs_asprintf("a needless override of %s", action->target);
		strcpy(function->driver_override, action->value);
		return NULL;
	case GS_OP_UNBIND:
		return run_unbind(function, action->value);
	case GS_OP_PROBE:
		return run_probe(function, action->value);
	case GS_OP_VERIFY_DRIVER:
		return run_verify(function, action->value);
	case GS_OP_ENABLE_VFS:
	case GS_OP_DISABLE_VFS:
		return run_vfs(function, action->value);
	case GS_OP_CREATE_VGPU:
		return run_create(sim, action->value);
	case GS_OP_REMOVE_VGPU:
		return run_remove(sim, action->target);
	default:
		return NULL;
	}
}

char *sim_undo(struct sim *sim, const struct gs_action *action)
{
	struct sim_function *function = sim_find(sim, action->target);

	if (action->op == GS_OP_PROBE) {
		strcpy(function->driver, action->value);
		runtime_power(function, "auto");
	} else if (action->op == GS_OP_UNBIND) {
		runtime_power(function, "on");
		function->driver[0] = '\0';
	} else {
		return sim_run(sim, action);
	}
	return NULL;
}

static char *join(char *text, char *more)
{
	char *longer = gs_asprintf("%s%s", text, more);

	free(text);
	free(more);
	return longer;
}

char *sim_text(const struct sim *sim)
{
	char *text = strdup("");

	for (size_t i = 0; i < sim->n_functions; i++) {
		const struct sim_function *function = &sim->functions[i];

		text = join(text,
			    gs_asprintf("%s driver %s override %s power %s vfs %u autoprobe %d\n",
					function->address, function->driver,
					function->driver_override, function->power_control,
					function->vfs, function->autoprobe));
	}
	for (size_t i = 0; i < sim->n_vgpus; i++)
		text = join(text, gs_asprintf("vgpu %s\n", sim->vgpus[i]));
	return text;
}

static void store(char **to, const char *text)
{
	free(*to);
	*to = *text ? strdup(text) : NULL;
}

void sim_store(const struct sim *sim, struct gs_host *host)
{
	for (size_t i = 0; i < sim->n_functions; i++) {
		store(&host->functions[i].driver, sim->functions[i].driver);
		store(&host->functions[i].driver_override, sim->functions[i].driver_override);
		store(&host->functions[i].power_control, sim->functions[i].power_control);
		host->functions[i].sriov_enabled = sim->functions[i].vfs;
		host->functions[i].sriov_autoprobe = sim->functions[i].autoprobe;
	}
}

char *plan_text(const struct gs_plan *plan)
{
	char *text = strdup("");

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_action *action = &plan->steps[i].action;

		text = join(text, gs_asprintf("%s %s%s%s\n", gs_op_name(action->op), action->target,
					      action->value ? " " : "",
					      action->value ? action->value : ""));
	}
	return text;
}
