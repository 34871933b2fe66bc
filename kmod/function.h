/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_FUNCTION_H
#define _GPUSHIFT_FUNCTION_H

#include <linux/iommu.h>
#include <linux/kernfs.h>
#include <linux/kref.h>
#include <linux/pci.h>
#include <linux/xarray.h>

#include <linux/gpushift.h>

#include "facts.h"

/* Marks the functions in scope in the array of all functions. */
#define GPUSHIFT_IN_SCOPE XA_MARK_0

/**
 * struct gpushift_function - a PCI function that the host has now
 * @ref: the array's reference, and one for each view
 * @index: place in the array, from the address, see gpushift_parse_address()
 * @pdev: the function; a reference is held
 * @dir: its sysfs folder; a reference is held
 * @group: its IOMMU group or NULL; a reference is held, guarded by the array's
 *	lock
 * @driver: name of the bound driver or "", guarded by the array's lock
 * @address: "dddd:bb:dd.f"
 * @bridge: address of the bridge above, or ""
 * @physfn: address of the PF of a VF, or ""
 * @facts: facts that never change, copied into each view
 * @identity: the same as netlink attributes, see gpushift_netlink_pack()
 * @identity_size: bytes used of @identity
 * @reset_bus: a bus reset is possible; written by gpushift_scope_update()
 * @reset_slot: a slot reset is possible; written by gpushift_scope_update()
 */
struct gpushift_function {
	struct kref ref;
	unsigned long index;
	struct pci_dev *pdev;
	struct kernfs_node *dir;
	struct iommu_group *group;
	char driver[GPUSHIFT_DRIVER_SIZE];
	char address[GPUSHIFT_ADDRESS_MAX + 1];
	char bridge[GPUSHIFT_ADDRESS_MAX + 1];
	char physfn[GPUSHIFT_ADDRESS_MAX + 1];
	struct gpushift_facts facts;
	u8 identity[GPUSHIFT_IDENTITY_SIZE];
	unsigned int identity_size;
	bool reset_bus;
	bool reset_slot;
};

int gpushift_functions_init(void);
void gpushift_functions_exit(void);

int gpushift_functions_refresh(void);
unsigned int gpushift_functions_in_scope(void);
unsigned int gpushift_functions_largest_group(void);
u32 gpushift_functions_generation(void);

bool gpushift_parse_address(const char *address, unsigned long *index);
bool gpushift_view_get(struct gpushift_view *view, unsigned long index);
bool gpushift_view_find(struct gpushift_view *view, unsigned long *index,
			bool all);
void gpushift_view_put(struct gpushift_view *view);

#endif /* _GPUSHIFT_FUNCTION_H */
