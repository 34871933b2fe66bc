// SPDX-License-Identifier: GPL-2.0-or-later
/* tree_config.c - configuration space for functions of a generated tree. */
#include "tree_config.h"

#include <stdio.h>
#include <string.h>

void config_put(struct config *config, unsigned int at, unsigned int size, uint32_t value)
{
	for (unsigned int i = 0; i < size; i++)
		config->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

void config_begin(struct config *config, unsigned int vendor, unsigned int device)
{
	memset(config, 0, sizeof(*config));
	config_put(config, PCI_VENDOR_ID, 2, vendor);
	config_put(config, PCI_DEVICE_ID, 2, device);
	config->last = PCI_CAPABILITY_LIST;
	config->free = 0x40;
	config->free_extended = 0x100;
}

void config_multifunction(struct config *config)
{
	config->bytes[PCI_HEADER_TYPE] |= 0x80;
}

unsigned int config_capability(struct config *config, unsigned int id, unsigned int size)
{
	unsigned int at = config->free;

	config_put(config, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	config->bytes[config->last] = (uint8_t)at;
	config->bytes[at] = (uint8_t)id;
	config->last = at + 1;
	config->free = (at + size + 3) & ~3u;
	return at;
}

unsigned int config_extended(struct config *config, unsigned int id, unsigned int size)
{
	unsigned int at = config->free_extended;

	if (config->last_extended)
		config_put(config, config->last_extended + 2, 2, at << 4 | 1);
	config_put(config, at, 4, id | 1 << 16);
	config->last_extended = at;
	config->free_extended = at + size;
	return at;
}

void config_express(struct config *config, unsigned int type, bool flr)
{
	unsigned int at = config_capability(config, PCI_CAP_ID_EXP, 0x3c);

	config_put(config, at + PCI_EXP_FLAGS, 2, type << 4 | 2);
	config_put(config, at + PCI_EXP_DEVCAP, 4, flr ? PCI_EXP_DEVCAP_FLR : 0);
}

void config_pm(struct config *config, bool no_soft_reset)
{
	unsigned int at = config_capability(config, PCI_CAP_ID_PM, 8);

	config_put(config, at + PCI_PM_PMC, 2, 3);
	config_put(config, at + PCI_PM_CTRL, 2, no_soft_reset ? PCI_PM_CTRL_NO_SOFT_RESET : 0);
}

void config_acs(struct config *config, unsigned int offered, unsigned int set)
{
	unsigned int at = config_extended(config, PCI_EXT_CAP_ID_ACS, 8);

	config_put(config, at + PCI_ACS_CAP, 2, offered);
	config_put(config, at + PCI_ACS_CTRL, 2, set);
}

void config_store(const struct config *config, struct tree_function *function, size_t size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/config", tree_path(function));
	tree_write_bytes(tree_of(function), path, (const char *)config->bytes, size);
}

struct tree_function *tree_awake(struct tree_function *function)
{
	return tree_attribute(function, "power_state", "D0\n");
}
