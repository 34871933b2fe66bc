// SPDX-License-Identifier: GPL-2.0
/*
 * Follows what happens to the PCI functions of the host: keeps the array of them
 * and their drivers' names, and numbers the events.
 */
#include <linux/device.h>
#include <linux/string.h>

#include "events.h"
#include "function.h"
#include "netlink.h"
#include "registry.h"

/* Adds nothing when there is no memory: the function is then not reported. */
static void functions_add(struct pci_dev *pdev)
{
	struct gpushift_function *function;

	lockdep_assert_held(&gpushift_events_mutex);
	if (xa_load(&gpushift_functions, gpushift_function_index(pdev)))
		return;
	function = gpushift_function_create(pdev);
	if (!function)
		return;
	if (xa_insert(&gpushift_functions, function->index, function, GFP_KERNEL))
		gpushift_function_put(function);
}

/* Only for holders of the mutex, under which no function leaves the array. */
static struct gpushift_function *functions_lookup(struct pci_dev *pdev)
{
	struct gpushift_function *function;

	lockdep_assert_held(&gpushift_events_mutex);
	function = xa_load(&gpushift_functions, gpushift_function_index(pdev));
	return function && function->pdev == pdev ? function : NULL;
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

	xa_lock(&gpushift_functions);
	if (function && event == GPUSHIFT_EVENT_REMOVED)
		__xa_erase(&gpushift_functions, function->index);
	if (function && event == GPUSHIFT_EVENT_BOUND)
		strscpy(function->driver, driver, sizeof(function->driver));
	if (function && event == GPUSHIFT_EVENT_UNBOUND) {
		strscpy(driver, function->driver, GPUSHIFT_DRIVER_SIZE);
		function->driver[0] = '\0';
	}
	number = gpushift_functions_count_event();
	xa_unlock(&gpushift_functions);
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

	mutex_lock(&gpushift_events_mutex);
	if (event == GPUSHIFT_EVENT_ADDED)
		functions_add(pdev);
	function = functions_lookup(pdev);
	/* Without an IOMMU VFIO makes groups of its own as it binds. */
	if (function && event != GPUSHIFT_EVENT_REMOVED)
		gpushift_function_update_group(function);
	number = functions_apply(function, event, driver);
	gpushift_netlink_event(pdev, event, number, driver);
	if (function && event == GPUSHIFT_EVENT_REMOVED)
		gpushift_function_put(function);
	mutex_unlock(&gpushift_events_mutex);
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
	mutex_lock(&gpushift_events_mutex);
	for_each_pci_dev(pdev)
		functions_add(pdev);
	mutex_unlock(&gpushift_events_mutex);
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

	xa_lock(&gpushift_functions);
	function = xa_load(&gpushift_functions, gpushift_function_index(pdev));
	if (function && function->pdev == pdev)
		strscpy(function->driver, driver->name,
			sizeof(function->driver));
	xa_unlock(&gpushift_functions);
	return 0;
}

static int name_devices_of(struct device_driver *driver, void *data)
{
	return driver_for_each_device(driver, NULL, driver, name_driver);
}

static void functions_free(void)
{
	struct gpushift_function *function;
	unsigned long index;

	xa_for_each(&gpushift_functions, index, function)
		gpushift_function_put(function);
	xa_destroy(&gpushift_functions);
}

/**
 * gpushift_events_init() - find all functions and follow what happens to them
 *
 * Return: 0 or a negative error code.
 */
int gpushift_events_init(void)
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
 * gpushift_events_exit() - forget all functions
 */
void gpushift_events_exit(void)
{
	bus_unregister_notifier(&pci_bus_type, &functions_notifier);
	functions_free();
}
