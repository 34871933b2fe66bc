/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_FUNCTION_H
#define _GPUSHIFT_FUNCTION_H

#include <linux/iommu.h>
#include <linux/kernfs.h>
#include <linux/kref.h>
#include <linux/pci.h>

#include <linux/gpushift.h>

#include "cached.h"
#include "config.h"

/* Longer names of drivers are cut. */
#define GPUSHIFT_DRIVER_SIZE 64

/**
 * struct gpushift_function - a PCI function that the host has now
 * @ref: the array's reference, and one for each view
 * @index: place in the array, from the address, see gpushift_parse_address()
 * @pdev: the function; a reference is held
 * @dir: its sysfs folder; a reference is held
 * @group: its IOMMU group or NULL; a reference is held, guarded by the array's
 *	lock
 * @cached: facts packed after the latest event, NULL before the first time; a
 *	reference is held, guarded by the array's lock
 * @default_domain: name of the type of its group's default domain when last seen
 *	in use, or NULL
 * @methods_seen: bit N is set when the kernel's reset method N has been enabled
 * @config: what configuration space says for good; guarded by the mutex
 * @driver: name of the bound driver or "", guarded by the array's lock
 * @address: "dddd:bb:dd.f"
 */
struct gpushift_function {
	struct kref ref;
	unsigned long index;
	struct pci_dev *pdev;
	struct kernfs_node *dir;
	struct iommu_group *group;
	struct gpushift_cached *cached;
	const char *default_domain;
	unsigned long methods_seen;
	struct gpushift_config config;
	char driver[GPUSHIFT_DRIVER_SIZE];
	char address[GPUSHIFT_ADDRESS_MAX + 1];
};

struct gpushift_function *gpushift_function_create(struct pci_dev *pdev);
void gpushift_function_put(struct gpushift_function *function);
void gpushift_function_update_group(struct gpushift_function *function);
void gpushift_function_note_methods(struct gpushift_function *function);
void gpushift_function_set_cached(struct gpushift_function *function,
				  struct gpushift_cached *cached);
unsigned long gpushift_function_index(struct pci_dev *pdev);
bool gpushift_parse_address(const char *address, unsigned long *index);

#endif /* _GPUSHIFT_FUNCTION_H */
