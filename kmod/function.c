// SPDX-License-Identifier: GPL-2.0
/*
 * One PCI function that is followed.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "facts.h"
#include "function.h"
#include "registry.h"

/**
 * gpushift_function_index() - place in the array of a function
 * @pdev: the function
 *
 * Return: the place.
 */
unsigned long gpushift_function_index(struct pci_dev *pdev)
{
	return ((unsigned long)pci_domain_nr(pdev->bus) << 16) |
	       pci_dev_id(pdev);
}

/**
 * gpushift_parse_address() - place in the array of an address
 * @address: "dddd:bb:dd.f"
 * @index: the place
 *
 * Return: whether @address is written exactly as the kernel writes one.
 */
bool gpushift_parse_address(const char *address, unsigned long *index)
{
	char again[GPUSHIFT_ADDRESS_MAX + 1];
	unsigned int domain, bus, slot, func;

	if (sscanf(address, "%8x:%2x:%2x.%1x", &domain, &bus, &slot,
		   &func) != 4 || slot > 31 || func > 7)
		return false;
	snprintf(again, sizeof(again), "%04x:%02x:%02x.%x", domain, bus, slot,
		 func);
	*index = ((unsigned long)domain << 16) | (bus << 8) |
		 PCI_DEVFN(slot, func);
	return !strcmp(address, again);
}

static void function_release(struct kref *ref)
{
	struct gpushift_function *function =
		container_of(ref, struct gpushift_function, ref);

	if (function->group)
		iommu_group_put(function->group);
	gpushift_cached_put(function->cached);
	kernfs_put(function->dir);
	pci_dev_put(function->pdev);
	kfree(function);
}

/**
 * gpushift_function_put() - give up a reference
 * @function: the function
 */
void gpushift_function_put(struct gpushift_function *function)
{
	kref_put(&function->ref, function_release);
}

/**
 * gpushift_function_update_group() - look up the IOMMU group anew
 * @function: the function
 *
 * The IOMMU core clears a device's group pointer without a lock when the device
 * goes.  So the group is only looked up where the device cannot go: in the bus
 * notifier, and under the rescan lock while the module loads.  Readers use the
 * reference kept here.
 */
void gpushift_function_update_group(struct gpushift_function *function)
{
	struct iommu_group *group = iommu_group_get(&function->pdev->dev);

	xa_lock(&gpushift_functions);
	swap(group, function->group);
	xa_unlock(&gpushift_functions);
	if (group)
		iommu_group_put(group);
	gpushift_facts_note_domain(function);
}

/**
 * gpushift_function_create() - begin to follow a function
 * @pdev: the function, which cannot go now
 *
 * Return: with one reference, or NULL without memory.
 */
struct gpushift_function *gpushift_function_create(struct pci_dev *pdev)
{
	struct gpushift_function *function;

	function = kzalloc(sizeof(*function), GFP_KERNEL);
	if (!function)
		return NULL;
	kref_init(&function->ref);
	function->index = gpushift_function_index(pdev);
	function->pdev = pci_dev_get(pdev);
	function->dir = pdev->dev.kobj.sd;
	kernfs_get(function->dir);
	strscpy(function->address, pci_name(pdev), sizeof(function->address));
	gpushift_function_update_group(function);
	return function;
}

/**
 * gpushift_function_note_methods() - remember the reset methods enabled now
 * @function: the function
 */
void gpushift_function_note_methods(struct gpushift_function *function)
{
	const u8 *methods = function->pdev->reset_methods;
	unsigned int i;

	for (i = 0; i < PCI_NUM_RESET_METHODS && methods[i]; i++)
		function->methods_seen |= BIT(methods[i] & 31);
}

/**
 * gpushift_function_set_cached() - let readers see new facts
 * @function: the function
 * @cached: the facts; the reference goes to the function
 */
void gpushift_function_set_cached(struct gpushift_function *function,
				  struct gpushift_cached *cached)
{
	lockdep_assert_held(&gpushift_events_mutex);
	xa_lock(&gpushift_functions);
	swap(cached, function->cached);
	xa_unlock(&gpushift_functions);
	gpushift_cached_put(cached);
}
