/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * assignable.h - why the kernel would keep an IOMMU group from user space, whoever its members are
 *
 * Interrupts that nothing remaps: a guest could raise those of the host. Regions
 * that the firmware wants mapped one to one: a guest's own mappings would break them.
 * Both are read for the planner, and once more when VFIO has refused a group.
 */
#ifndef GS_ASSIGNABLE_H
#define GS_ASSIGNABLE_H

#include "engine.h"
#include "plan.h"

/* gs_assignable_read - host->interrupts, and group->direct of each card's groups */
int gs_assignable_read(struct gs_engine *engine, struct gs_host *host) gs_must_check;

int gs_interrupts_read(struct gs_engine *engine, struct gs_interrupts *ret) gs_must_check;
void gs_interrupts_clear(struct gs_interrupts *interrupts);

/* gs_unsafe_interrupts - is VFIO told to do without remapping? */
bool gs_unsafe_interrupts(struct gs_engine *engine);

/* gs_direct_regions_read - "0x...-0x..." a region of the group; NULL in @ret: none, or not to be read */
int gs_direct_regions_read(struct gs_engine *engine, const char *group, char ***ret) gs_must_check;

/*
 * What is said of them; @card: the group's, or what it is called.
 * Returns 0 with a blocker for gs_blockers_free() or a plan, or -ENOMEM.
 */
int gs_interrupts_blocker(const struct gs_interrupts *interrupts, const char *card,
			  struct gs_blocker *ret) gs_must_check;
int gs_regions_blocker(const char *group, char *const *regions, const char *card,
		       struct gs_blocker *ret) gs_must_check;

#endif
