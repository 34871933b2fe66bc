// SPDX-License-Identifier: GPL-2.0
/*
 * The facts that only change when a device or driver comes or goes, packed once
 * for all who ask.
 */
#include <linux/pci.h>
#include <linux/slab.h>

#include "cached.h"
#include "claimant.h"
#include "function.h"
#include "isolation.h"
#include "scope.h"

static void pack_identity(struct gpushift_pack *pack,
			  const struct gpushift_function *function)
{
	struct pci_dev *pdev = function->pdev;

	gpushift_pack_string(pack, GPUSHIFT_A_ADDRESS, function->address);
	gpushift_pack_u16(pack, GPUSHIFT_A_VENDOR_ID, pdev->vendor);
	gpushift_pack_u16(pack, GPUSHIFT_A_DEVICE_ID, pdev->device);
	gpushift_pack_u16(pack, GPUSHIFT_A_SUBSYSTEM_VENDOR_ID,
			  pdev->subsystem_vendor);
	gpushift_pack_u16(pack, GPUSHIFT_A_SUBSYSTEM_DEVICE_ID,
			  pdev->subsystem_device);
	gpushift_pack_u32(pack, GPUSHIFT_A_CLASS, pdev->class);
	gpushift_pack_u8(pack, GPUSHIFT_A_REVISION, pdev->revision);
	if (pdev->is_virtfn)
		gpushift_pack_string(pack, GPUSHIFT_A_PHYSFN,
				     pci_name(pci_physfn(pdev)));
	if (pdev->is_physfn)
		gpushift_pack_u16(pack, GPUSHIFT_A_SRIOV_TOTAL,
				  pci_sriov_get_totalvfs(pdev));
	if (!pci_is_root_bus(pdev->bus) && pdev->bus->self)
		gpushift_pack_string(pack, GPUSHIFT_A_UPSTREAM_BRIDGE,
				     pci_name(pdev->bus->self));
}

static void pack_group(struct gpushift_cached_scratch *scratch,
		       const struct gpushift_function *function,
		       const struct gpushift_surroundings *around)
{
	const struct gpushift_group *group = around->group;

	if (!group)
		return;
	gpushift_pack_u32(&scratch->open, GPUSHIFT_A_IOMMU_GROUP,
			  iommu_group_id(function->group));
	gpushift_pack_copy(&scratch->open, group->list.data, group->list.used);
	gpushift_isolation_pack(around->functions, function, group->members,
				&scratch->open, &scratch->detail);
}

/* Hundreds of VFs would each tell of hundreds what their PF tells. */
static bool tells_scope(const struct gpushift_function *function,
			const struct gpushift_reach *scope)
{
	return !function->pdev->is_virtfn ||
	       scope->functions <= GPUSHIFT_VF_SCOPE_MAX;
}

static void pack_bus_reset(struct gpushift_pack *pack,
			   const struct gpushift_function *function,
			   const struct gpushift_surroundings *around,
			   bool slot_can_reset)
{
	struct gpushift_barrier barrier =
		gpushift_reset_judge_bus(function, around->bus);

	gpushift_pack_u8(pack, GPUSHIFT_A_RESET_BUS, !barrier.reason);
	gpushift_pack_u8(pack, GPUSHIFT_A_RESET_SLOT, slot_can_reset);
	if (barrier.reason)
		gpushift_pack_u8(pack, GPUSHIFT_A_RESET_BUS_REASON,
				 barrier.reason);
	if (barrier.detail[0])
		gpushift_pack_string(pack, GPUSHIFT_A_RESET_BUS_DETAIL,
				     barrier.detail);
	if ((barrier.reason && !slot_can_reset) ||
	    !tells_scope(function, around->scope))
		return;
	gpushift_pack_text(pack, GPUSHIFT_A_RESET_SCOPE,
			   around->scope->text.data, around->scope->text.used);
	if (function->group)
		gpushift_pack_u8(pack, GPUSHIFT_A_RESET_OUTSIDE_GROUP,
				 around->scope->mixed);
}

static void pack_capabilities(struct gpushift_cached_scratch *scratch,
			      const struct gpushift_function *function)
{
	const struct gpushift_config *config = &function->config;

	if (config->link_speed_max)
		gpushift_pack_u32(&scratch->open, GPUSHIFT_A_LINK_SPEED_MAX,
				  config->link_speed_max);
	if (config->link_width_max)
		gpushift_pack_u8(&scratch->open, GPUSHIFT_A_LINK_WIDTH_MAX,
				 config->link_width_max);
	if (config->known && function->pdev->pm_cap)
		gpushift_pack_u8(&scratch->detail,
				 GPUSHIFT_A_NO_SOFT_RESET,
				 config->no_soft_reset);
}

static void pack_bar_details(struct gpushift_pack *pack,
			     const struct gpushift_function *function)
{
	char claimant[GPUSHIFT_DRIVER_SIZE];
	unsigned int bar, nest;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		u64 resizable = function->config.resizable[bar];
		bool claimed = gpushift_claimant(function, bar, claimant,
						 sizeof(claimant));

		if (!resizable && !claimed)
			continue;
		nest = gpushift_pack_nest(pack, GPUSHIFT_A_BAR_DETAIL);
		gpushift_pack_u8(pack, GPUSHIFT_BAR_A_INDEX, bar);
		if (resizable)
			gpushift_pack_u64(pack, GPUSHIFT_BAR_A_RESIZABLE,
					  resizable);
		if (claimed)
			gpushift_pack_string(pack, GPUSHIFT_BAR_A_CLAIMANT,
					     claimant);
		gpushift_pack_nest_end(pack, nest);
	}
}

/* Puts all facts in their order into @scratch->whole, and notes the places. */
static void assemble(struct gpushift_cached_scratch *scratch,
		     struct gpushift_cached *cached)
{
	struct gpushift_pack *whole = &scratch->whole;

	whole->used = 0;
	gpushift_pack_copy(whole, scratch->open.data, scratch->open.used);
	cached->steady_size = whole->used;
	gpushift_changeable_pack(&cached->changeable, cached->barriers, whole);
	cached->open_size = whole->used;
	gpushift_reset_pack(whole, cached->changeable.methods, cached->barriers,
			    true);
	cached->detail_start = whole->used;
	if (scratch->detail.used)
		gpushift_pack_copy(whole, scratch->detail.data,
				   scratch->detail.used);
	cached->size = whole->used;
}

/* Return: made from @scratch and @made, or NULL. */
static struct gpushift_cached *
cached_create(struct gpushift_cached_scratch *scratch,
	      struct gpushift_cached *made)
{
	struct gpushift_cached *cached;

	assemble(scratch, made);
	if (scratch->open.error || scratch->detail.error || scratch->whole.error)
		return NULL;
	cached = kmalloc(struct_size(cached, data, made->size), GFP_KERNEL);
	if (!cached)
		return NULL;
	*cached = *made;
	refcount_set(&cached->ref, 1);
	memcpy(cached->data, scratch->whole.data, made->size);
	return cached;
}

static const struct gpushift_function *
bridge_of(const struct gpushift_function *function, struct xarray *functions)
{
	struct pci_bus *bus = function->pdev->bus;
	const struct gpushift_function *bridge;

	if (pci_is_root_bus(bus) || !bus->self)
		return NULL;
	bridge = xa_load(functions, gpushift_function_index(bus->self));
	return bridge && bridge->pdev == bus->self ? bridge : NULL;
}

/**
 * gpushift_cached_update() - pack the facts of one function anew
 * @function: the function; its old facts go on for whoever looks at them
 * @around: where it sits
 * @scratch: room to pack in
 *
 * Return: 0 or a negative error code; then the old facts still stand.
 */
int gpushift_cached_update(struct gpushift_function *function,
			   const struct gpushift_surroundings *around,
			   struct gpushift_cached_scratch *scratch)
{
	struct gpushift_cached made = {};
	struct gpushift_cached *cached;

	gpushift_function_note_methods(function);
	gpushift_changeable_take(function->pdev, &made.changeable);
	gpushift_reset_judge(function, bridge_of(function, around->functions),
			     around->bus, around->slot_has_reset,
			     made.barriers);
	scratch->open.used = 0;
	scratch->detail.used = 0;
	pack_identity(&scratch->open, function);
	pack_group(scratch, function, around);
	pack_bus_reset(&scratch->open, function, around,
		       !made.barriers[GPUSHIFT_RESET_METHOD_SLOT].reason);
	pack_capabilities(scratch, function);
	pack_bar_details(&scratch->detail, function);
	cached = cached_create(scratch, &made);
	if (!cached)
		return -ENOMEM;
	gpushift_function_set_cached(function, cached);
	return 0;
}

/**
 * gpushift_cached_put() - end the use of cached facts
 * @cached: the facts, or NULL
 */
void gpushift_cached_put(struct gpushift_cached *cached)
{
	if (!cached || !refcount_dec_and_test(&cached->ref))
		return;
	kfree(cached->text[false]);
	kfree(cached->text[true]);
	kfree(cached);
}

/**
 * gpushift_cached_remember() - keep the text of cached facts for the next reader
 * @cached: the facts
 * @privileged: for whom
 * @text: the text
 * @size: bytes of @text
 *
 * Without memory it is not kept.
 */
void gpushift_cached_remember(struct gpushift_cached *cached, bool privileged,
			      const char *text, unsigned int size)
{
	struct gpushift_text *kept;

	kept = kmalloc(struct_size(kept, text, size), GFP_KERNEL | __GFP_NOWARN);
	if (!kept)
		return;
	kept->size = size;
	memcpy(kept->text, text, size);
	/* Another reader may have been first; its text is the same. */
	if (cmpxchg(&cached->text[privileged], NULL, kept))
		kfree(kept);
}

/**
 * gpushift_cached_scratch_free() - free room to pack in
 * @scratch: the room
 */
void gpushift_cached_scratch_free(struct gpushift_cached_scratch *scratch)
{
	gpushift_pack_free(&scratch->open);
	gpushift_pack_free(&scratch->detail);
	gpushift_pack_free(&scratch->whole);
}
