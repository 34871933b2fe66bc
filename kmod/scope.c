// SPDX-License-Identifier: GPL-2.0
/*
 * Which functions are in scope, and which buses and slots can be reset.
 *
 * Both depend on other functions.  They are worked out for all functions at
 * once, in two passes over our own array, after something has changed.  So the
 * work grows with the number of functions, a dump does none of it, and no lock of
 * the PCI core is taken.
 *
 * Nothing here may follow pci_dev.subordinate or pci_dev.slot, which the PCI
 * core clears and frees without a lock that we can take.  pci_dev.bus, pci_bus.self
 * and pci_bus.parent live as long as a function below them.
 */
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/slab.h>

#include "function.h"
#include "gpushift-compat.h"
#include "scope.h"

#define BASE_CLASS_DISPLAY 0x03
#define BASE_CLASS_ACCELERATOR 0x12

/* Of a bus: a GPU is on it; something at or below it forbids its reset. */
#define BUS_HAS_GPU BIT(0)
#define BUS_NO_RESET BIT(1)

/* Of an IOMMU group or slot: a GPU is in it.  The rest counts its functions. */
#define SET_HAS_GPU BIT(0)
#define SET_ONE BIT(1)

/**
 * struct scope_sets - what the first pass learns about functions together
 * @groups: value for each IOMMU group
 * @slots: value for each slot that holds a GPU
 * @buses: value for each bus with something to know
 * @resettable: the hotplug slots that can be reset, by their address in memory
 */
struct scope_sets {
	struct xarray groups;
	struct xarray slots;
	struct xarray buses;
	struct xarray resettable;
};

static unsigned long set_value(struct xarray *set, unsigned long key)
{
	void *entry = xa_load(set, key);

	return entry ? xa_to_value(entry) : 0;
}

static int set_store(struct xarray *set, unsigned long key, unsigned long value)
{
	return xa_err(xa_store(set, key, xa_mk_value(value), GFP_KERNEL));
}

static unsigned long bus_key(struct pci_bus *bus)
{
	return ((unsigned long)pci_domain_nr(bus) << 8) | bus->number;
}

static unsigned long slot_key(const struct gpushift_function *function)
{
	return function->index >> 3;
}

static bool is_gpu(const struct gpushift_function *function)
{
	u32 base = function->facts.class >> 16;

	return base == BASE_CLASS_DISPLAY || base == BASE_CLASS_ACCELERATOR;
}

static int note_group(struct scope_sets *sets,
		      const struct gpushift_function *function,
		      struct gpushift_scope *scope)
{
	unsigned long value;
	int id;

	if (!function->group)
		return 0;
	id = iommu_group_id(function->group);
	value = set_value(&sets->groups, id) + SET_ONE;
	if (is_gpu(function))
		value |= SET_HAS_GPU;
	scope->largest_group = max_t(unsigned int, scope->largest_group,
				     value / SET_ONE);
	return set_store(&sets->groups, id, value);
}

static int note_bus(struct scope_sets *sets, struct pci_bus *bus,
		    unsigned long bits)
{
	return set_store(&sets->buses, bus_key(bus),
			 set_value(&sets->buses, bus_key(bus)) | bits);
}

static int note_function(struct scope_sets *sets,
			 const struct gpushift_function *function,
			 struct gpushift_scope *scope)
{
	struct pci_dev *pdev = function->pdev;
	struct pci_bus *bus;
	int ret;

	ret = note_group(sets, function, scope);
	/* VFs have addresses that look like slots, but sit in none. */
	if (!ret && is_gpu(function) && !pdev->is_virtfn)
		ret = set_store(&sets->slots, slot_key(function), SET_HAS_GPU);
	if (!ret && is_gpu(function) && !pci_is_root_bus(pdev->bus))
		ret = note_bus(sets, pdev->bus, BUS_HAS_GPU);
	if (!(pdev->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET))
		return ret;
	for (bus = pdev->bus; bus && !ret; bus = bus->parent)
		ret = note_bus(sets, bus, BUS_NO_RESET);
	return ret;
}

static bool slot_has_reset(const struct pci_slot *slot)
{
	const struct hotplug_slot *hotplug = READ_ONCE(slot->hotplug);

	return hotplug && hotplug->ops && hotplug->ops->reset_slot;
}

/*
 * A slot leaves the set of all slots, under that set's lock, before it is freed.
 * Its address is kept for comparison only.  Return: number found, of which at
 * most @room are stored.
 */
static unsigned int collect_slots(const struct pci_slot **slots,
				  unsigned int room)
{
	unsigned int found = 0;
	struct kobject *kobj;

	spin_lock(&pci_slots_kset->list_lock);
	list_for_each_entry(kobj, &pci_slots_kset->list, entry) {
		const struct pci_slot *slot =
			container_of(kobj, struct pci_slot, kobj);

		if (!slot_has_reset(slot))
			continue;
		if (found < room)
			slots[found] = slot;
		found++;
	}
	spin_unlock(&pci_slots_kset->list_lock);
	return found;
}

static int note_slots(struct scope_sets *sets)
{
	unsigned int found = collect_slots(NULL, 0);
	const struct pci_slot **slots;
	unsigned int i;
	int ret = 0;

	if (!found)
		return 0;
	slots = kcalloc(found, sizeof(*slots), GFP_KERNEL);
	if (!slots)
		return -ENOMEM;
	found = min(found, collect_slots(slots, found));
	for (i = 0; i < found && !ret; i++)
		ret = set_store(&sets->resettable, (unsigned long)slots[i], 1);
	kfree(slots);
	return ret;
}

static bool bus_allows_reset(struct scope_sets *sets, struct pci_bus *bus)
{
	return !pci_is_root_bus(bus) && bus->self &&
	       !(bus->self->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET) &&
	       !(set_value(&sets->buses, bus_key(bus)) & BUS_NO_RESET);
}

static bool slot_allows_reset(struct scope_sets *sets, struct pci_dev *pdev)
{
	unsigned long slot = (unsigned long)READ_ONCE(pdev->slot);

	return slot && set_value(&sets->resettable, slot) &&
	       bus_allows_reset(sets, pdev->bus);
}

static bool function_in_scope(struct scope_sets *sets,
			      const struct gpushift_function *function)
{
	const struct pci_dev *pdev = function->pdev;
	struct pci_bus *bus;

	if (is_gpu(function))
		return true;
	if (!pdev->is_virtfn && set_value(&sets->slots, slot_key(function)))
		return true;
	if (function->group &&
	    set_value(&sets->groups, iommu_group_id(function->group)) &
		    SET_HAS_GPU)
		return true;
	for (bus = pdev->bus; bus; bus = bus->parent)
		if (set_value(&sets->buses, bus_key(bus)) & BUS_HAS_GPU)
			return true;
	return false;
}

static void sets_init(struct scope_sets *sets)
{
	xa_init(&sets->groups);
	xa_init(&sets->slots);
	xa_init(&sets->buses);
	xa_init(&sets->resettable);
}

static void sets_destroy(struct scope_sets *sets)
{
	xa_destroy(&sets->groups);
	xa_destroy(&sets->slots);
	xa_destroy(&sets->buses);
	xa_destroy(&sets->resettable);
}

static void function_judge(struct xarray *functions, struct scope_sets *sets,
			   struct gpushift_function *function,
			   struct gpushift_scope *scope)
{
	struct pci_dev *pdev = function->pdev;

	WRITE_ONCE(function->reset_bus, bus_allows_reset(sets, pdev->bus));
	WRITE_ONCE(function->reset_slot, slot_allows_reset(sets, pdev));
	if (function_in_scope(sets, function)) {
		scope->functions++;
		xa_set_mark(functions, function->index, GPUSHIFT_IN_SCOPE);
	} else {
		xa_clear_mark(functions, function->index, GPUSHIFT_IN_SCOPE);
	}
}

/**
 * gpushift_scope_update() - work out scope and resets of all functions
 * @functions: the array of all functions; no function may come, go or change
 *	its group meanwhile
 * @scope: what was found; not touched on error
 *
 * Return: 0 or a negative error code; then the old scope still stands.
 */
int gpushift_scope_update(struct xarray *functions,
			  struct gpushift_scope *scope)
{
	struct gpushift_function *function;
	struct gpushift_scope found = {};
	struct scope_sets sets;
	unsigned long index;
	int ret;

	sets_init(&sets);
	ret = note_slots(&sets);
	xa_for_each(functions, index, function) {
		if (ret)
			break;
		ret = note_function(&sets, function, &found);
	}
	if (ret)
		goto destroy_sets;

	xa_for_each(functions, index, function)
		function_judge(functions, &sets, function, &found);
	WRITE_ONCE(scope->functions, found.functions);
	WRITE_ONCE(scope->largest_group, found.largest_group);
destroy_sets:
	sets_destroy(&sets);
	return ret;
}
