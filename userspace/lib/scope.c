// SPDX-License-Identifier: GPL-2.0-or-later
/* scope.c - which functions are listed when not all of them are asked for. */
#include "scope.h"

static bool is_gpu(const struct gs_scope_entry *entry)
{
	uint32_t base = entry->class_code >> 16;

	return base == 0x03 || base == 0x12;
}

/* VFs that do not fit on their PF's bus get a bus of their own, which no bridge resets. */
static bool on_vf_bus(const struct gs_scope_entry *entry)
{
	return entry->is_vf && entry->address.bus != entry->physfn.bus;
}

static bool on_root_bus(const struct gs_scope_entry *entry)
{
	return !entry->has_bridge && !on_vf_bus(entry);
}

/* In sysfs a function lies in the folder of the bridge above it. */
static void find_bridge(struct gs_scope_entry *entry)
{
	char parent[GS_PATH_MAX];
	char *last;

	memcpy(parent, entry->path, sizeof(parent));
	last = strrchr(parent, '/');
	if (!last || on_vf_bus(entry))
		return;
	*last = '\0';
	last = strrchr(parent, '/');
	entry->has_bridge = gs_address_parse(last ? last + 1 : parent, &entry->bridge) == 0;
}

int gs_scope_add(struct gs_scope *scope, const struct gs_scope_entry *entry)
{
	int r = gs_grow(&scope->entries, scope->n_entries, sizeof(*entry));

	if (r < 0)
		return r;
	scope->entries[scope->n_entries] = *entry;
	find_bridge(&scope->entries[scope->n_entries++]);
	return 0;
}

static bool same_slot(const struct gs_scope_entry *a, const struct gs_scope_entry *b)
{
	return !a->is_vf && !b->is_vf && gs_address_same_slot(&a->address, &b->address);
}

static bool same_group(const struct gs_scope_entry *a, const struct gs_scope_entry *b)
{
	return a->iommu_group >= 0 && a->iommu_group == b->iommu_group;
}

static int compare_entries(const void *a, const void *b)
{
	const struct gs_scope_entry *x = a, *y = b;

	return gs_address_compare(&x->address, &y->address);
}

struct gs_scope_entry *gs_scope_find(const struct gs_scope *scope, const struct gs_address *address)
{
	struct gs_scope_entry key = { .address = *address };

	if (!scope->n_entries)
		return NULL;
	return bsearch(&key, scope->entries, scope->n_entries, sizeof(key), compare_entries);
}

bool gs_scope_is_bridge(const struct gs_scope_entry *entry)
{
	return entry->class_code >> 8 == 0x0604;
}

bool gs_scope_is_hit(const struct gs_scope_entry *entry, const struct gs_scope_entry *bridge)
{
	for (entry = entry->above; entry; entry = entry->above)
		if (entry == bridge)
			return true;
	return false;
}

/* Is @entry on the bus of @gpu, or on one below it? Root buses are never reset. */
static bool below_bus(const struct gs_scope_entry *entry, const struct gs_scope_entry *gpu)
{
	if (on_root_bus(gpu))
		return false;
	if (on_vf_bus(gpu))
		return entry->address.domain == gpu->address.domain &&
		       entry->address.bus == gpu->address.bus;
	return gpu->above && gs_scope_is_hit(entry, gpu->above);
}

static bool shares_with_gpu(const struct gs_scope *scope, const struct gs_scope_entry *entry)
{
	for (size_t i = 0; i < scope->n_entries; i++) {
		const struct gs_scope_entry *gpu = &scope->entries[i];

		if (is_gpu(gpu) && (gpu == entry || same_slot(gpu, entry) ||
				    same_group(gpu, entry) || below_bus(entry, gpu)))
			return true;
	}
	return false;
}

/* The path of a function goes through the folder of its bridge, so there are no circles. */
static void find_above(struct gs_scope *scope)
{
	for (size_t i = 0; i < scope->n_entries; i++) {
		struct gs_scope_entry *entry = &scope->entries[i];

		if (entry->has_bridge)
			entry->above = gs_scope_find(scope, &entry->bridge);
		if (entry->above && strlen(entry->above->path) >= strlen(entry->path))
			entry->above = NULL;
	}
}

void gs_scope_judge(struct gs_scope *scope, bool all)
{
	if (scope->n_entries)
		qsort(scope->entries, scope->n_entries, sizeof(*scope->entries), compare_entries);
	find_above(scope);
	for (size_t i = 0; i < scope->n_entries; i++)
		scope->entries[i].listed = all || shares_with_gpu(scope, &scope->entries[i]);
}

void gs_scope_clear(struct gs_scope *scope)
{
	free(scope->entries);
	*scope = (struct gs_scope){ 0 };
}
