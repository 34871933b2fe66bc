// SPDX-License-Identifier: GPL-2.0
/*
 * Which functions are in scope, and what functions have in common: group, bus,
 * slot.
 *
 * This is worked out for all functions at once, in two passes over our own
 * array, after something has changed.  So the work grows with the number of
 * functions, a dump does none of it, and no lock of the PCI core is taken.
 *
 * Nothing here may follow pci_dev.subordinate or pci_dev.slot, which the PCI
 * core clears and frees without a lock that we can take.  pci_dev.bus, pci_bus.self
 * and pci_bus.parent live as long as a function below them.
 */
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cached.h"
#include "function.h"
#include "gpushift-compat.h"
#include "registry.h"
#include "scope.h"

#define BASE_CLASS_DISPLAY 0x03
#define BASE_CLASS_ACCELERATOR 0x12

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
	u32 base = function->pdev->class >> 16;

	return base == BASE_CLASS_DISPLAY || base == BASE_CLASS_ACCELERATOR;
}

/* Return: the entry of @key, made of @size zeros when missing, or NULL. */
static void *set_entry(struct xarray *set, unsigned long key, size_t size)
{
	void *entry = xa_load(set, key);

	if (entry)
		return entry;
	entry = kzalloc(size, GFP_KERNEL);
	if (entry && xa_err(xa_store(set, key, entry, GFP_KERNEL))) {
		kfree(entry);
		entry = NULL;
	}
	return entry;
}

static int set_mark(struct xarray *set, unsigned long key)
{
	return xa_err(xa_store(set, key, xa_mk_value(1), GFP_KERNEL));
}

static int add_member(struct device *dev, void *data)
{
	struct gpushift_group *group = data;

	group->members++;
	gpushift_pack_string(&group->list, GPUSHIFT_A_IOMMU_GROUP_MEMBER,
			     dev_name(dev));
	return group->list.error;
}

static int note_group(struct gpushift_sets *sets,
		      const struct gpushift_function *function)
{
	struct gpushift_group *group;
	int ret = 0;

	if (!function->group)
		return 0;
	group = set_entry(&sets->groups, iommu_group_id(function->group),
			  sizeof(*group));
	if (!group)
		return -ENOMEM;
	if (!group->members) {
		group->list.grows = true;
		ret = iommu_group_for_each_dev(function->group, group,
					       add_member);
	}
	group->has_gpu |= is_gpu(function);
	return ret;
}

static int note_reach(struct gpushift_reach *reach,
		      const struct gpushift_function *function)
{
	reach->text.grows = true;
	if (reach->functions)
		gpushift_pack_copy(&reach->text, " ", 1);
	gpushift_pack_copy(&reach->text, function->address,
			   strlen(function->address));
	if (reach->functions && reach->group != function->group)
		reach->mixed = true;
	reach->group = function->group;
	reach->functions++;
	return reach->text.error;
}

static int note_below(struct gpushift_bus *bus,
		      const struct gpushift_function *function)
{
	if (!bus->no_reset &&
	    function->pdev->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET)
		bus->no_reset = function;
	return note_reach(&bus->reach, function);
}

static void note_on(struct gpushift_bus *bus,
		    const struct gpushift_function *function)
{
	if (!bus->first)
		bus->first = function;
	else if (!bus->second)
		bus->second = function;
	bus->has_gpu |= is_gpu(function);
}

static int note_buses(struct gpushift_sets *sets,
		      const struct gpushift_function *function)
{
	struct pci_bus *pci_bus = function->pdev->bus;
	int ret = 0;

	for (; !ret && pci_bus && !pci_is_root_bus(pci_bus);
	     pci_bus = pci_bus->parent) {
		struct gpushift_bus *bus = set_entry(&sets->buses,
						     bus_key(pci_bus),
						     sizeof(*bus));

		if (!bus)
			return -ENOMEM;
		ret = note_below(bus, function);
		if (pci_bus == function->pdev->bus)
			note_on(bus, function);
	}
	return ret;
}

/* What sits in a slot, or behind a bridge that does. */
static int note_in_slots(struct gpushift_sets *sets,
			 const struct gpushift_function *function)
{
	struct pci_dev *pdev;
	int ret = 0;

	for (pdev = function->pdev; pdev && !ret; pdev = pdev->bus->self) {
		unsigned long slot = (unsigned long)READ_ONCE(pdev->slot);
		struct gpushift_reach *reach =
			slot ? xa_load(&sets->resettable, slot) : NULL;

		if (reach)
			ret = note_reach(reach, function);
	}
	return ret;
}

static int note_function(struct gpushift_sets *sets,
			 const struct gpushift_function *function)
{
	int ret;

	ret = note_group(sets, function);
	/* VFs have addresses that look like slots, but sit in none. */
	if (!ret && is_gpu(function) && !function->pdev->is_virtfn)
		ret = set_mark(&sets->slots, slot_key(function));
	if (!ret)
		ret = note_buses(sets, function);
	return ret ? ret : note_in_slots(sets, function);
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

static int note_slots(struct gpushift_sets *sets)
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
		if (!set_entry(&sets->resettable, (unsigned long)slots[i],
			       sizeof(struct gpushift_reach)))
			ret = -ENOMEM;
	kfree(slots);
	return ret;
}

static struct gpushift_bus *bus_of(struct gpushift_sets *sets,
				   struct pci_bus *bus)
{
	return pci_is_root_bus(bus) ? NULL : xa_load(&sets->buses, bus_key(bus));
}

static struct gpushift_group *
group_of(struct gpushift_sets *sets, const struct gpushift_function *function)
{
	return function->group ? xa_load(&sets->groups,
					 iommu_group_id(function->group)) :
				 NULL;
}

static bool function_in_scope(struct gpushift_sets *sets,
			      const struct gpushift_function *function)
{
	const struct gpushift_group *group = group_of(sets, function);
	struct pci_bus *bus;

	if (is_gpu(function) || (group && group->has_gpu))
		return true;
	if (!function->pdev->is_virtfn &&
	    xa_load(&sets->slots, slot_key(function)))
		return true;
	for (bus = function->pdev->bus; bus; bus = bus->parent) {
		const struct gpushift_bus *found = bus_of(sets, bus);

		if (found && found->has_gpu)
			return true;
	}
	return false;
}

static void sets_init(struct gpushift_sets *sets)
{
	xa_init(&sets->groups);
	xa_init(&sets->slots);
	xa_init(&sets->buses);
	xa_init(&sets->resettable);
}

static void sets_destroy(struct gpushift_sets *sets)
{
	struct gpushift_group *group;
	struct gpushift_reach *slot;
	struct gpushift_bus *bus;
	unsigned long key;

	xa_for_each(&sets->groups, key, group) {
		gpushift_pack_free(&group->list);
		kfree(group);
	}
	xa_for_each(&sets->buses, key, bus) {
		gpushift_pack_free(&bus->reach.text);
		kfree(bus);
	}
	xa_for_each(&sets->resettable, key, slot) {
		gpushift_pack_free(&slot->text);
		kfree(slot);
	}
	xa_destroy(&sets->groups);
	xa_destroy(&sets->slots);
	xa_destroy(&sets->buses);
	xa_destroy(&sets->resettable);
}

static void scope_mark(struct xarray *functions,
		       const struct gpushift_function *function, bool inside,
		       struct gpushift_scope *scope)
{
	unsigned int size = function->cached->size;

	if (inside) {
		xa_set_mark(functions, function->index, GPUSHIFT_IN_SCOPE);
		scope->functions++;
		scope->bytes += size;
	} else {
		xa_clear_mark(functions, function->index, GPUSHIFT_IN_SCOPE);
	}
	scope->all++;
	scope->bytes_all += size;
	scope->largest = max(scope->largest, size);
}

static int judge_function(struct xarray *functions, struct gpushift_sets *sets,
			  struct gpushift_function *function,
			  struct gpushift_cached_scratch *scratch,
			  struct gpushift_scope *scope)
{
	unsigned long slot = (unsigned long)READ_ONCE(function->pdev->slot);
	const struct gpushift_bus *bus = bus_of(sets, function->pdev->bus);
	const struct gpushift_reach *in_slot =
		slot ? xa_load(&sets->resettable, slot) : NULL;
	const struct gpushift_surroundings around = {
		.functions = functions,
		.group = group_of(sets, function),
		.bus = bus,
		.scope = in_slot || !bus ? in_slot : &bus->reach,
		.slot_has_reset = in_slot,
	};
	int ret;

	ret = gpushift_cached_update(function, &around, scratch);
	if (!ret)
		scope_mark(functions, function,
			   function_in_scope(sets, function), scope);
	return ret;
}

/**
 * gpushift_scope_update() - work out scope and cached facts of all functions
 * @functions: the array of all functions; no function may come, go or change
 *	its group meanwhile
 * @scope: what was found; not touched on error
 *
 * Return: 0 or a negative error code; then part of what was known is old.
 */
int gpushift_scope_update(struct xarray *functions,
			  struct gpushift_scope *scope)
{
	struct gpushift_cached_scratch scratch = GPUSHIFT_CACHED_SCRATCH;
	struct gpushift_function *function;
	struct gpushift_scope found = {};
	struct gpushift_sets sets;
	unsigned long index;
	int ret;

	sets_init(&sets);
	ret = note_slots(&sets);
	xa_for_each(functions, index, function) {
		if (ret)
			break;
		gpushift_config_read(function->pdev, &function->config);
		ret = note_function(&sets, function);
	}
	xa_for_each(functions, index, function) {
		if (ret)
			break;
		ret = judge_function(functions, &sets, function, &scratch,
				     &found);
	}
	if (!ret)
		*scope = found;
	gpushift_cached_scratch_free(&scratch);
	sets_destroy(&sets);
	return ret;
}
