/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci_ids.h - looks names up in the text of pci.ids.
 *
 * Not by libpci: it reads the whole file into tables for the few names that
 * are wanted, and ends the process when the file is damaged.
 */
#ifndef GS_PCI_IDS_H
#define GS_PCI_IDS_H

#include "base.h"

struct gs_pci_ids {
	const char *text; /* not NUL-terminated */
	size_t length;
};

/*
 * gs_pci_ids_name - "Vendor Device" as lspci says it, "Vendor Device 1b38"
 * for an unknown device, "Device 10de:1b38" for an unknown vendor. NULL: no memory.
 */
char *gs_pci_ids_name(const struct gs_pci_ids *ids, uint16_t vendor, uint16_t device) gs_must_check;

#endif
