/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scope.h - which functions the sysfs source lists: the rules of the module.
 *
 * Display and accelerator functions, and whatever shares the slot, the IOMMU
 * group or the bus reset of one of them. A VF sits in no slot.
 */
#ifndef GS_SCOPE_H
#define GS_SCOPE_H

#include "tree.h"
#include "address.h"

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
	bool listed;
};

struct gs_scope {
	struct gs_scope_entry *entries;
	size_t n_entries;
};

int gs_scope_add(struct gs_scope *scope, const struct gs_scope_entry *entry) gs_must_check;

/* gs_scope_judge - say of each function whether it is listed; with @all each is */
void gs_scope_judge(struct gs_scope *scope, bool all);
void gs_scope_clear(struct gs_scope *scope);
#define gs_cleanup_scope __attribute__((cleanup(gs_scope_clear)))

#endif
