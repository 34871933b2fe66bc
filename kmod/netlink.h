/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_NETLINK_H
#define _GPUSHIFT_NETLINK_H

#include <linux/pci.h>
#include <linux/types.h>

#include <linux/gpushift.h>

int gpushift_netlink_init(void);
void gpushift_netlink_exit(void);
void gpushift_netlink_event(struct pci_dev *pdev, enum gpushift_event event,
			    u32 generation, const char *driver);

#endif /* _GPUSHIFT_NETLINK_H */
