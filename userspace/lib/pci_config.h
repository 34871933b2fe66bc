/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pci_config.h - what the capabilities in a function's configuration space say. */
#ifndef GS_PCI_CONFIG_H
#define GS_PCI_CONFIG_H

#include "facts.h"

struct gs_config {
	enum gs_known answers; /* no: it reads as all ones */
	bool known;	       /* the rest could be read: sysfs shows it only to root */
	bool multifunction;
	bool express;
	unsigned int port_type; /* PCI_EXP_TYPE_ of linux/pci_regs.h; only when express */
	bool flr;
	bool af_flr;
	bool has_pm;
	bool no_soft_reset;
	bool has_acs;
	uint16_t acs_offered;
	uint16_t acs_set;
	uint64_t resizable[GS_BARS]; /* bit N: BAR can be resized to 2^N MiB */
};

/*
 * gs_config_read_t - read four aligned bytes
 * Returns 0, -ENODATA beyond what can be read, or another -errno.
 */
typedef int (*gs_config_read_t)(void *data, unsigned int offset, uint32_t *ret);

/*
 * gs_config_parse - read what is of interest, and no more
 * @is_vf: it has no ids of its own; whether it answers is not judged
 */
void gs_config_parse(gs_config_read_t read, void *data, bool is_vf, struct gs_config *ret);

/* gs_config_acs_missing - the bits without which it, or what is below it, is merged with others */
uint16_t gs_config_acs_missing(const struct gs_config *config);

/* gs_config_is_port - a root or downstream port of PCI Express */
bool gs_config_is_port(const struct gs_config *config);

/* gs_config_is_conventional - of a bridge: a conventional PCI bus is on one of its sides */
bool gs_config_is_conventional(const struct gs_config *config);

#endif
