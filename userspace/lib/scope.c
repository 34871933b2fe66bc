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

/* Is @entry on the bus of @gpu, or on one below it? Root buses are never reset. */
static bool below_bus(const struct gs_scope_entry *entry, const struct gs_scope_entry *gpu)
{
	char bridge[GS_ADDRESS_LEN];
	const char *found;
	size_t length;

	if (on_root_bus(gpu))
		return false;
	if (on_vf_bus(gpu))
		return entry->address.domain == gpu->address.domain &&
		       entry->address.bus == gpu->address.bus;
	gs_address_format(&gpu->bridge, bridge);
	length = strlen(bridge);
	for (found = strstr(entry->path, bridge); found; found = strstr(found + 1, bridge))
		if (found > entry->path && found[-1] == '/' && found[length] == '/')
			return true;
	return false;
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

void gs_scope_judge(struct gs_scope *scope, bool all)
{
	for (size_t i = 0; i < scope->n_entries; i++)
		scope->entries[i].listed = all || shares_with_gpu(scope, &scope->entries[i]);
}

void gs_scope_clear(struct gs_scope *scope)
{
	free(scope->entries);
	*scope = (struct gs_scope){ 0 };
}
