// SPDX-License-Identifier: GPL-2.0-or-later
/* model.c - names, lookups and the end of the model's data. */
#include "model.h"

#include "quarantine.h"

static const char *const mode_names[] = {
	[GS_MODE_HOST] = "host",       [GS_MODE_PASSTHROUGH] = "passthrough",
	[GS_MODE_VGPU] = "vgpu",       [GS_MODE_UNBOUND] = "unbound",
	[GS_MODE_MIXED] = "mixed",     [GS_MODE_QUARANTINED] = "quarantined",
};

/*
 * Drivers that leave DMA ownership to user space: driver_managed_dma in the
 * kernel. shpchp is none of them, which is why it makes a group non-viable.
 */
static const char *const other_dma_drivers[] = { "pci-stub", "pcieport" };

const char *gs_mode_name(enum gs_mode mode)
{
	size_t i = (size_t)mode;

	return i < GS_ARRAY_SIZE(mode_names) ? mode_names[i] : "unknown";
}

int gs_mode_parse(const char *text, enum gs_mode *ret)
{
	for (int i = 0; i < GS_MODE_WANTABLE; i++) {
		if (strcmp(text, mode_names[i]) == 0) {
			*ret = (enum gs_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool gs_function_is_display(const struct gs_function *function)
{
	uint32_t base = function->class_code >> 16;

	return base == 0x03 || base == 0x12;
}

bool gs_function_is_bridge(const struct gs_function *function)
{
	return function->class_code >> 16 == 0x06;
}

bool gs_driver_is_vfio(const char *driver)
{
	static const char suffix[] = "vfio-pci";
	size_t length = driver ? strlen(driver) : 0;
	const char *end;

	/* Variant drivers are called after their module: mlx5_vfio_pci, nvgrace_gpu_vfio_pci. */
	if (length < sizeof(suffix) - 1)
		return false;
	end = driver + length - (sizeof(suffix) - 1);
	if (end > driver && end[-1] != '-' && end[-1] != '_')
		return false;
	return strcmp(end, "vfio-pci") == 0 || strcmp(end, "vfio_pci") == 0;
}

bool gs_driver_owns_dma(const char *driver)
{
	if (!driver || gs_driver_is_vfio(driver))
		return false;
	for (size_t i = 0; i < GS_ARRAY_SIZE(other_dma_drivers); i++)
		if (strcmp(driver, other_dma_drivers[i]) == 0)
			return false;
	return true;
}

void gs_function_init(struct gs_function *function, const struct gs_address *address)
{
	*function = (struct gs_function){
		.address = *address,
		.override_known = GS_UNKNOWN,
		.iommu_group = -1,
		.bus_reset = GS_UNKNOWN,
		.slot_reset = GS_UNKNOWN,
		.on_root_bus = true,
		.boot_vga = GS_UNKNOWN,
		.sriov_autoprobe = GS_UNKNOWN,
		.own_vfs = { .autoprobe = GS_UNKNOWN },
		.numa_node = -1,
	};
	gs_facts_init(&function->facts);
	gs_address_format(address, function->text);
}

static int compare_functions(const void *a, const void *b)
{
	const struct gs_function *x = a, *y = b;

	return gs_address_compare(&x->address, &y->address);
}

void gs_host_sort_functions(struct gs_host *host)
{
	if (host->n_functions)
		qsort(host->functions, host->n_functions, sizeof(*host->functions),
		      compare_functions);
}

struct gs_function *gs_host_function(const struct gs_host *host, const struct gs_address *address)
{
	struct gs_function key = { .address = *address };

	if (!host->n_functions)
		return NULL;
	return bsearch(&key, host->functions, host->n_functions, sizeof(key), compare_functions);
}

struct gs_group *gs_host_group(const struct gs_host *host, int id)
{
	for (size_t i = 0; i < host->n_groups; i++)
		if (host->groups[i].id == id)
			return &host->groups[i];
	return NULL;
}

struct gs_card *gs_host_card(const struct gs_host *host, const struct gs_address *address)
{
	for (size_t i = 0; i < host->n_cards; i++)
		if (gs_address_equal(&gs_card_display(&host->cards[i])->address, address))
			return &host->cards[i];
	return NULL;
}

struct gs_parent *gs_host_parent(const struct gs_host *host, const char *name)
{
	for (size_t i = 0; i < host->n_parents; i++)
		if (strcmp(host->parents[i].name, name) == 0)
			return &host->parents[i];
	return NULL;
}

const char *gs_vgpu_name(const struct gs_vgpu *vgpu)
{
	return vgpu->uuid ? vgpu->uuid : vgpu->address;
}

struct gs_vgpu *gs_host_vgpu(const struct gs_host *host, const char *uuid_or_address)
{
	for (size_t i = 0; i < host->n_vgpus; i++)
		if (gs_streq(host->vgpus[i].uuid, uuid_or_address) ||
		    gs_streq(host->vgpus[i].address, uuid_or_address))
			return &host->vgpus[i];
	return NULL;
}

struct gs_vgpu *gs_host_add_vgpu(struct gs_host *host)
{
	struct gs_vgpu *vgpu;

	if (gs_grow(&host->vgpus, host->n_vgpus, sizeof(*host->vgpus)) < 0)
		return NULL;
	vgpu = &host->vgpus[host->n_vgpus++];
	vgpu->in_use = GS_UNKNOWN;
	vgpu->iommu_group = -1;
	return vgpu;
}

void gs_vgpu_type_clear(struct gs_vgpu_type *type)
{
	free(type->id);
	free(type->name);
	free(type->description);
	*type = (struct gs_vgpu_type){ 0 };
}

void gs_parent_clear(struct gs_parent *parent)
{
	for (size_t i = 0; i < parent->n_types; i++)
		gs_vgpu_type_clear(&parent->types[i]);
	free(parent->types);
	free(parent->name);
	*parent = (struct gs_parent){ 0 };
}

void gs_before_clear(struct gs_before *before)
{
	free(before->address);
	free(before->driver);
	free(before->driver_override);
	free(before->power_control);
	memset(before, 0, sizeof(*before));
}

void gs_definitions_free(struct gs_definition *definitions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(definitions[i].uuid);
		free(definitions[i].parent);
		free(definitions[i].card);
		free(definitions[i].type);
	}
	free(definitions);
}

void gs_remembered_free(struct gs_remembered *remembered)
{
	if (!remembered)
		return;
	for (size_t i = 0; i < remembered->n_before; i++)
		gs_before_clear(&remembered->before[i]);
	free(remembered->before);
	free(remembered->driver);
	gs_strv_free(remembered->with);
	if (remembered->parent)
		gs_parent_clear(remembered->parent);
	free(remembered->parent);
	free(remembered);
}

void gs_holders_free(struct gs_holder *holders, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(holders[i].name);
		free(holders[i].detail);
		free(holders[i].manager);
		free(holders[i].command);
		free(holders[i].fix);
		free(holders[i].critical);
	}
	free(holders);
}

void gs_function_clear(struct gs_function *function)
{
	free(function->name);
	free(function->driver);
	free(function->driver_override);
	free(function->power_control);
	free(function->domain_type);
	free(function->default_domain_type);
	free(function->modalias);
	gs_strv_free(function->group_members);
	gs_strv_free(function->reset_methods);
	gs_facts_clear(&function->facts);
	*function = (struct gs_function){ 0 };
}

static void clear_reserved(struct gs_reserved *reserved)
{
	free(reserved->claim);
	free(reserved->vm);
}

static void card_clear(struct gs_card *card)
{
	gs_holders_free(card->holders, card->n_holders);
	gs_remembered_free(card->remembered);
	gs_strv_free(card->candidates);
	gs_strv_free(card->lit_connectors);
	clear_reserved(&card->reserved);
	free(card->functions);
	free(card->outside);
	free(card->vgpus);
	free(card->reason);
	free(card->alias);
	free(card->host_driver);
	gs_strv_free(card->quiesce);
	gs_stuck_free(card->stuck);
}

static void vgpu_clear(struct gs_vgpu *vgpu)
{
	free(vgpu->uuid);
	free(vgpu->address);
	free(vgpu->parent);
	free(vgpu->type);
	free(vgpu->type_name);
	free(vgpu->params);
	clear_reserved(&vgpu->reserved);
}

static void interrupted_free(struct gs_interrupted *interrupted)
{
	if (!interrupted)
		return;
	free(interrupted->card);
	free(interrupted->from);
	free(interrupted->to);
	free(interrupted);
}

void gs_host_free(struct gs_host *host)
{
	if (!host)
		return;
	for (size_t i = 0; i < host->n_cards; i++)
		card_clear(&host->cards[i]);
	for (size_t i = 0; i < host->n_functions; i++)
		gs_function_clear(&host->functions[i]);
	for (size_t i = 0; i < host->n_groups; i++) {
		free(host->groups[i].type);
		gs_strv_free(host->groups[i].members);
		gs_strv_free(host->groups[i].direct);
	}
	for (size_t i = 0; i < host->n_vgpus; i++)
		vgpu_clear(&host->vgpus[i]);
	for (size_t i = 0; i < host->n_parents; i++)
		gs_parent_clear(&host->parents[i]);
	gs_definitions_free(host->definitions, host->n_definitions);
	for (size_t i = 0; i < host->n_owners; i++) {
		free(host->owners[i].evidence);
		free(host->owners[i].fix);
	}
	free(host->owners);
	free(host->interrupts.seen);
	free(host->interrupts.switched_off);
	free(host->cards);
	free(host->functions);
	free(host->groups);
	free(host->vgpus);
	free(host->parents);
	gs_strv_free(host->drivers);
	interrupted_free(host->interrupted);
	free(host);
}
