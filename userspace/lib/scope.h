/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scope.h - which functions the sysfs source lists: the rules of the module.
 *
 * Display and accelerator functions, and whatever shares the slot, the IOMMU
 * group or the bus reset of one of them. A VF sits in no slot.
 */
#ifndef GS_SCOPE_H
#define GS_SCOPE_H

#include "address.h"
#include "pci_config.h"
#include "tree.h"

struct gs_scope_entry {
	struct gs_address address;
	char path[GS_PATH_MAX]; /* where the device really lies, below the root */
	uint32_t class_code;
	int iommu_group; /* -1: none */
	bool is_vf;
	struct gs_address physfn;
	/* What gs_scope_add() finds out from the path. */
	bool has_bridge; /* not on a root bus, nor on one that only VFs are on */
	struct gs_address bridge;
	/* What gs_scope_judge() finds out. */
	struct gs_scope_entry *above; /* the entry of @bridge; NULL: none */
	bool listed;
	/* What gs_sysfs_ask() finds out; only of those that are listed, and of what is above them. */
	bool looked_at;
	bool awake; /* neither it nor a bridge above it sleeps */
	int power_state; /* enum gpushift_power_state; -1: not told */
	struct gs_config config;
};

struct gs_scope {
	struct gs_scope_entry *entries;
	size_t n_entries;
};

int gs_scope_add(struct gs_scope *scope, const struct gs_scope_entry *entry) gs_must_check;

/*
 * gs_scope_judge - sort by address, and say of each function which bridge is above
 * it and whether it is listed; with @all each is. Nothing may be added after it.
 */
void gs_scope_judge(struct gs_scope *scope, bool all);

/* gs_scope_find - after gs_scope_judge(); NULL: there is none */
struct gs_scope_entry *gs_scope_find(const struct gs_scope *scope, const struct gs_address *address);

/* gs_scope_is_bridge - by class: PCI-to-PCI */
bool gs_scope_is_bridge(const struct gs_scope_entry *entry);

/* gs_scope_is_hit - does a reset of the bus below @bridge hit it? */
bool gs_scope_is_hit(const struct gs_scope_entry *entry, const struct gs_scope_entry *bridge);
void gs_scope_clear(struct gs_scope *scope);
#define gs_cleanup_scope __attribute__((cleanup(gs_scope_clear)))

#endif
