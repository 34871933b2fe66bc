/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_CONFIG_H
#define _GPUSHIFT_CONFIG_H

#include <linux/pci.h>
#include <linux/types.h>

/**
 * struct gpushift_config - what configuration space and firmware say for good
 * @known: the rest has been read
 * @af_flr: the Advanced Features capability offers a function level reset
 * @no_soft_reset: the NoSoftRst bit is set
 * @acpi_reset: the firmware has a _RST for it
 * @cxl_port: it is a CXL port
 * @link_width_max: lanes, or 0
 * @acs_missing: ACS bits that would have to be set to keep it, or what is below
 *	it, from its neighbours; 0 when it does, or when it is a kind of device
 *	that needs none
 * @link_speed_max: megatransfers a second, or 0
 * @resizable: bit N of element B is set when BAR B can be resized to 2^N MiB
 */
struct gpushift_config {
	bool known;
	bool af_flr;
	bool no_soft_reset;
	bool acpi_reset;
	bool cxl_port;
	u8 link_width_max;
	u16 acs_missing;
	u32 link_speed_max;
	u64 resizable[PCI_STD_NUM_BARS];
};

/**
 * struct gpushift_link - the state of a link
 * @speed: megatransfers a second, or 0
 * @width: lanes, or 0
 */
struct gpushift_link {
	u32 speed;
	u8 width;
};

bool gpushift_config_readable(struct pci_dev *pdev);
void gpushift_config_read(struct pci_dev *pdev, struct gpushift_config *config);
int gpushift_config_answers(struct pci_dev *pdev);
struct gpushift_link gpushift_config_link(struct pci_dev *pdev);
bool gpushift_is_conventional_bridge(struct pci_dev *pdev);

#endif /* _GPUSHIFT_CONFIG_H */
