/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_CHANGEABLE_H
#define _GPUSHIFT_CHANGEABLE_H

#include <linux/pci.h>
#include <linux/types.h>

struct gpushift_barrier;
struct gpushift_pack;

/* The BARs, and the ROM after them. */
#define GPUSHIFT_CHANGEABLE_RANGES (PCI_ROM_RESOURCE + 1)

/**
 * struct gpushift_range - what a BAR decodes
 * @start: first address
 * @end: last address
 * @flags: IORESOURCE_ bits
 */
struct gpushift_range {
	resource_size_t start;
	resource_size_t end;
	unsigned long flags;
};

/**
 * struct gpushift_changeable - what changes without an event, but rarely
 * @methods: the kernel's list of enabled reset methods
 * @ranges: the BARs and the ROM
 */
struct gpushift_changeable {
	u8 methods[PCI_NUM_RESET_METHODS];
	struct gpushift_range ranges[GPUSHIFT_CHANGEABLE_RANGES];
};

void gpushift_changeable_take(struct pci_dev *pdev,
			      struct gpushift_changeable *changeable);
void gpushift_changeable_pack(const struct gpushift_changeable *changeable,
			      const struct gpushift_barrier *barriers,
			      struct gpushift_pack *pack);

#endif /* _GPUSHIFT_CHANGEABLE_H */
