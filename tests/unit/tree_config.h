/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree_config.h - configuration space for functions of a generated tree.
 *
 *	struct config config;
 *
 *	config_begin(&config, 0x10de, 0x1b38);
 *	config_express(&config, PCI_EXP_TYPE_ENDPOINT, true);
 *	config_store(&config, gpu, sizeof(config.bytes));
 */
#ifndef TREE_CONFIG_H
#define TREE_CONFIG_H

#include <linux/pci_regs.h>
#include <stdint.h>

#include "tree_builder.h"

struct config {
	uint8_t bytes[4096];
	unsigned int last;	    /* where the pointer to the next capability goes */
	unsigned int free;	    /* where the next capability goes */
	unsigned int last_extended; /* 0: there is none yet */
	unsigned int free_extended;
};

void config_put(struct config *config, unsigned int at, unsigned int size, uint32_t value);
void config_begin(struct config *config, unsigned int vendor, unsigned int device);
void config_multifunction(struct config *config);
/* Each adds a capability and returns where it is. */
unsigned int config_capability(struct config *config, unsigned int id, unsigned int size);
unsigned int config_extended(struct config *config, unsigned int id, unsigned int size);
void config_express(struct config *config, unsigned int type, bool flr);
void config_pm(struct config *config, bool no_soft_reset);
void config_acs(struct config *config, unsigned int offered, unsigned int set);

/* config_store - as the file "config" of a function, cut off as a plain user sees it */
void config_store(const struct config *config, struct tree_function *function, size_t size);

/* tree_awake - what never slept */
struct tree_function *tree_awake(struct tree_function *function);

#endif
