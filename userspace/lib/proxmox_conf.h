/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proxmox_conf.h - what Proxmox VE says of a VM's cards: hostpciN lines, and the mappings they name.
 *
 *	hostpci0: 0000:01:00.0;0000:01:00.1,pcie=1
 *	hostpci1: mapping=gpu1,mdev=nvidia-46
 *
 * Parsers of texts that others wrote: what they do not understand is left out.
 */
#ifndef GS_PROXMOX_CONF_H
#define GS_PROXMOX_CONF_H

#include "address.h"

/* What stands in a VM's own part; sections of snapshots tell how it was. */
struct gs_proxmox_device {
	const char *key; /* "hostpci0" */
	unsigned int index;
	const char *value; /* all of it */
};

/* One function, or with @whole_slot all of a slot; @map: which of a mapping's lines, from 0. */
struct gs_proxmox_host {
	struct gs_address address;
	bool whole_slot;
	size_t map;
};

/*
 * gs_proxmox_devices - each hostpciN line; stops where @take fails
 * gs_proxmox_hosts - each address of a value, or of the lines of its mapping for this node
 * Both return 0, -ENOMEM, or what @take returned.
 */
int gs_proxmox_devices(const char *text,
		       int (*take)(void *data, const struct gs_proxmox_device *device),
		       void *data) gs_must_check;
int gs_proxmox_hosts(const char *value, const char *maps, const char *node,
		     int (*take)(void *data, const struct gs_proxmox_host *host),
		     void *data) gs_must_check;

/* gs_proxmox_option - the value of "NAME=" among words parted by commas; NULL: none */
const char *gs_proxmox_option(const char *value, const char *name, size_t *ret_length);

/* gs_proxmox_has_hook - has the VM gpushift's hookscript? */
bool gs_proxmox_has_hook(const char *text);

#endif
