// SPDX-License-Identifier: GPL-2.0
/*
 * The PCI functions of the host, their drivers' names, and the numbering of
 * what happens to them.
 *
 * Two locks, both ours alone, so that no reader can disturb a driver:
 *
 * - The mutex puts the events in order: state, number and message of one are
 *   complete before the next.  The scope is worked out under it.
 * - The lock of the array guards the array, the generation, and the driver and
 *   group of each function.  A reader takes it for one look-up.
 */
#include <linux/device.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "facts.h"
#include "function.h"
#include "netlink.h"
#include "scope.h"

static DEFINE_XARRAY(functions);
static DEFINE_MUTEX(events_mutex);
static u32 generation = 1;
static bool scope_is_old = true;
static struct gpushift_scope scope;

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

static void function_put(struct gpushift_function *function)
{
	kref_put(&function->ref, function_release);
}

/*
 * The IOMMU core clears a device's group pointer without a lock when the device
 * goes.  So the group is only looked up where the device cannot go: in the bus
 * notifier, and under the rescan lock while the module loads.  Readers use the
 * reference kept here.
 */
static void function_update_group(struct gpushift_function *function)
{
	struct iommu_group *group = iommu_group_get(&function->pdev->dev);

	xa_lock(&functions);
	swap(group, function->group);
	xa_unlock(&functions);
	if (group)
		iommu_group_put(group);
	gpushift_facts_note_domain(function);
}

static struct gpushift_function *function_create(struct pci_dev *pdev)
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
	function_update_group(function);
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
	lockdep_assert_held(&events_mutex);
	xa_lock(&functions);
	swap(cached, function->cached);
	xa_unlock(&functions);
	gpushift_cached_put(cached);
}

/* Adds nothing when there is no memory: the function is then not reported. */
static void functions_add(struct pci_dev *pdev)
{
	struct gpushift_function *function;

	lockdep_assert_held(&events_mutex);
	if (xa_load(&functions, gpushift_function_index(pdev)))
		return;
	function = function_create(pdev);
	if (!function)
		return;
	if (xa_insert(&functions, function->index, function, GFP_KERNEL))
		function_put(function);
}

/* Only for holders of the mutex, under which no function leaves the array. */
static struct gpushift_function *functions_lookup(struct pci_dev *pdev)
{
	struct gpushift_function *function;

	lockdep_assert_held(&events_mutex);
	function = xa_load(&functions, gpushift_function_index(pdev));
	return function && function->pdev == pdev ? function : NULL;
}

static u32 next_generation(void)
{
	lockdep_assert_held(&functions.xa_lock);
	if (!++generation)
		generation = 1;
	return generation;
}

/*
 * Makes the state after the event and its number visible in one step: a reader
 * sees both or neither.  @driver holds the name of the driver that the event is
 * about; what has been unbound leaves its name there.
 */
static u32 functions_apply(struct gpushift_function *function,
			   enum gpushift_event event, char *driver)
{
	u32 number;

	xa_lock(&functions);
	if (function && event == GPUSHIFT_EVENT_REMOVED)
		__xa_erase(&functions, function->index);
	if (function && event == GPUSHIFT_EVENT_BOUND)
		strscpy(function->driver, driver, sizeof(function->driver));
	if (function && event == GPUSHIFT_EVENT_UNBOUND) {
		strscpy(driver, function->driver, GPUSHIFT_DRIVER_SIZE);
		function->driver[0] = '\0';
	}
	number = next_generation();
	xa_unlock(&functions);
	return number;
}

static void functions_event(struct pci_dev *pdev, enum gpushift_event event)
{
	char driver[GPUSHIFT_DRIVER_SIZE] = "";
	struct gpushift_function *function;
	u32 number;

	/* The notifier runs where dev->driver cannot change. */
	if (pdev->dev.driver && event != GPUSHIFT_EVENT_ADDED &&
	    event != GPUSHIFT_EVENT_REMOVED)
		strscpy(driver, pdev->dev.driver->name, sizeof(driver));

	mutex_lock(&events_mutex);
	if (event == GPUSHIFT_EVENT_ADDED)
		functions_add(pdev);
	function = functions_lookup(pdev);
	/* Without an IOMMU VFIO makes groups of its own as it binds. */
	if (function && event != GPUSHIFT_EVENT_REMOVED)
		function_update_group(function);
	number = functions_apply(function, event, driver);
	WRITE_ONCE(scope_is_old, true);
	gpushift_netlink_event(pdev, event, number, driver);
	if (function && event == GPUSHIFT_EVENT_REMOVED)
		function_put(function);
	mutex_unlock(&events_mutex);
}

/* The numbers of the kernel's actions differ between kernels, ours do not. */
static enum gpushift_event event_of_action(unsigned long action)
{
	switch (action) {
	case BUS_NOTIFY_ADD_DEVICE:
		return GPUSHIFT_EVENT_ADDED;
	case BUS_NOTIFY_REMOVED_DEVICE:
		return GPUSHIFT_EVENT_REMOVED;
	case BUS_NOTIFY_BIND_DRIVER:
		return GPUSHIFT_EVENT_BIND;
	case BUS_NOTIFY_BOUND_DRIVER:
		return GPUSHIFT_EVENT_BOUND;
	case BUS_NOTIFY_UNBIND_DRIVER:
		return GPUSHIFT_EVENT_UNBIND;
	case BUS_NOTIFY_UNBOUND_DRIVER:
		return GPUSHIFT_EVENT_UNBOUND;
	case BUS_NOTIFY_DRIVER_NOT_BOUND:
		return GPUSHIFT_EVENT_NOT_BOUND;
	default:
		return GPUSHIFT_EVENT_UNSPEC;
	}
}

static int functions_notify(struct notifier_block *block, unsigned long action,
			    void *data)
{
	enum gpushift_event event = event_of_action(action);

	if (event != GPUSHIFT_EVENT_UNSPEC)
		functions_event(to_pci_dev(data), event);
	return NOTIFY_DONE;
}

static struct notifier_block functions_notifier = {
	.notifier_call = functions_notify,
};

/*
 * Nothing comes or goes under the rescan lock, which only loading takes: a
 * reader would wait behind a removal that is stuck.
 */
static void functions_discover(void)
{
	struct pci_dev *pdev = NULL;

	pci_lock_rescan_remove();
	mutex_lock(&events_mutex);
	for_each_pci_dev(pdev)
		functions_add(pdev);
	mutex_unlock(&events_mutex);
	pci_unlock_rescan_remove();
}

/*
 * Names of the drivers that were bound before the notifier was registered.  The
 * driver's list holds the device: its unbinding waits for this iteration before
 * it is announced, so a name stored here is never newer than its removal.
 */
static int name_driver(struct device *dev, void *data)
{
	const struct device_driver *driver = data;
	struct pci_dev *pdev = to_pci_dev(dev);
	struct gpushift_function *function;

	xa_lock(&functions);
	function = xa_load(&functions, gpushift_function_index(pdev));
	if (function && function->pdev == pdev)
		strscpy(function->driver, driver->name,
			sizeof(function->driver));
	xa_unlock(&functions);
	return 0;
}

static int name_devices_of(struct device_driver *driver, void *data)
{
	return driver_for_each_device(driver, NULL, driver, name_driver);
}

/**
 * gpushift_functions_refresh() - bring scope and cached facts up to date
 *
 * Return: 0 or a negative error code.
 */
int gpushift_functions_refresh(void)
{
	int ret = 0;

	if (!READ_ONCE(scope_is_old))
		return 0;
	mutex_lock(&events_mutex);
	if (scope_is_old) {
		ret = gpushift_scope_update(&functions, &scope);
		WRITE_ONCE(scope_is_old, ret != 0);
	}
	mutex_unlock(&events_mutex);
	return ret;
}

/**
 * gpushift_functions_in_scope() - number of functions in scope
 *
 * Return: the number at the time of the latest refresh.
 */
unsigned int gpushift_functions_in_scope(void)
{
	return READ_ONCE(scope.functions);
}

/**
 * gpushift_functions_largest() - size of the largest cached facts
 *
 * Return: bytes of them at the time of the latest refresh.
 */
unsigned int gpushift_functions_largest(void)
{
	return READ_ONCE(scope.largest);
}

/**
 * gpushift_functions_bytes() - what a dump takes
 * @all: whether of all functions, or of those in scope
 * @each: bytes of what comes to the cached facts of each function
 *
 * Return: bytes, at the time of the latest refresh.
 */
unsigned int gpushift_functions_bytes(bool all, unsigned int each)
{
	if (all)
		return READ_ONCE(scope.bytes_all) +
		       READ_ONCE(scope.all) * each;
	return READ_ONCE(scope.bytes) + READ_ONCE(scope.functions) * each;
}

/**
 * gpushift_functions_generation() - number of the latest event
 *
 * Return: the number, never 0.
 */
u32 gpushift_functions_generation(void)
{
	return READ_ONCE(generation);
}

/* What has no cached facts yet came after the refresh: its event tells of it. */
static bool view_fill(struct gpushift_view *view,
		      struct gpushift_function *function)
{
	lockdep_assert_held(&functions.xa_lock);
	if (!function || !function->cached)
		return false;
	kref_get(&function->ref);
	refcount_inc(&function->cached->ref);
	view->function = function;
	view->cached = function->cached;
	view->generation = generation;
	view->group = function->group ? iommu_group_ref_get(function->group) :
					NULL;
	strscpy(view->driver, function->driver, sizeof(view->driver));
	return true;
}

/**
 * gpushift_view_get() - look at the function at one address
 * @view: the view, to be read with gpushift_facts_pack()
 * @index: the address, see gpushift_parse_address()
 *
 * Pairs with gpushift_view_put() when true.
 *
 * Return: whether there is such a function.
 */
bool gpushift_view_get(struct gpushift_view *view, unsigned long index)
{
	bool found;

	xa_lock(&functions);
	found = view_fill(view, xa_load(&functions, index));
	xa_unlock(&functions);
	return found;
}

/**
 * gpushift_view_find() - look at the first function at or after an address
 * @view: the view, to be read with gpushift_facts_pack()
 * @index: the address, set to that of the function
 * @all: whether to find functions out of scope too
 *
 * Pairs with gpushift_view_put() when true.
 *
 * Return: whether there is one.
 */
bool gpushift_view_find(struct gpushift_view *view, unsigned long *index,
			bool all)
{
	xa_mark_t filter = all ? XA_PRESENT : GPUSHIFT_IN_SCOPE;
	struct gpushift_function *function;

	xa_lock(&functions);
	function = xa_find(&functions, index, ULONG_MAX, filter);
	while (function && !view_fill(view, function))
		function = xa_find_after(&functions, index, ULONG_MAX, filter);
	xa_unlock(&functions);
	return function;
}

/**
 * gpushift_view_put() - end a view
 * @view: from gpushift_view_get() or gpushift_view_find()
 */
void gpushift_view_put(struct gpushift_view *view)
{
	if (view->group)
		iommu_group_put(view->group);
	gpushift_cached_put(view->cached);
	function_put(view->function);
}

static void functions_free(void)
{
	struct gpushift_function *function;
	unsigned long index;

	xa_for_each(&functions, index, function)
		function_put(function);
	xa_destroy(&functions);
}

/**
 * gpushift_functions_init() - find all functions and follow what happens to them
 *
 * Return: 0 or a negative error code.
 */
int gpushift_functions_init(void)
{
	int ret;

	ret = bus_register_notifier(&pci_bus_type, &functions_notifier);
	if (ret)
		return ret;

	functions_discover();
	ret = bus_for_each_drv(&pci_bus_type, NULL, NULL, name_devices_of);
	if (ret)
		goto unregister_notifier;
	return 0;

unregister_notifier:
	bus_unregister_notifier(&pci_bus_type, &functions_notifier);
	functions_free();
	return ret;
}

/**
 * gpushift_functions_exit() - forget all functions
 */
void gpushift_functions_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &functions_notifier);
	functions_free();
}
