/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * foreign.h - who else means to move a card: libvirt, driverctl, mdevctl, Proxmox, KubeVirt.
 *
 * They are known by the files that they leave on disk; none of them is asked.
 * The parsers take texts that others wrote: what they do not understand is not
 * an owner, never an error.
 */
#ifndef GS_FOREIGN_H
#define GS_FOREIGN_H

#include "engine.h"
#include "model.h"

struct gs_owners {
	struct gs_owner *list;
	size_t count;
};

void gs_owners_clear(struct gs_owners *owners);

/* gs_owners_add - @from without its place in the list; takes over its texts, also on -ENOMEM */
int gs_owners_add(struct gs_owners *owners, struct gs_owner from) gs_must_check;

/*
 * gs_owners_libvirt - a domain's XML, or the state of a running one: hostdevs with managed='yes'
 * @file: what the evidence names
 */
int gs_owners_libvirt(struct gs_owners *owners, const char *file, const char *text) gs_must_check;

/* gs_owners_mdevctl - a definition that starts by itself; @parent and @uuid are folder and file */
int gs_owners_mdevctl(struct gs_owners *owners, const char *parent, const char *uuid,
		      const char *text) gs_must_check;

/* gs_owners_driverctl - @file is its name: pci-0000:01:00.0 */
int gs_owners_driverctl(struct gs_owners *owners, const char *file, const char *text) gs_must_check;

/* gs_proxmox_files - the mappings of devices (empty where there are none), and the name of this node */
int gs_proxmox_files(struct gs_engine *engine, char **ret_maps, char **ret_node) gs_must_check;

/*
 * gs_owners_proxmox - the configuration of a VM; one with gpushift's hookscript is at odds with nothing
 * @maps: text of mapping/pci.cfg; @node: the name of this host, of which maps are looked for
 */
int gs_owners_proxmox(struct gs_owners *owners, const char *vmid, const char *text,
		      const char *maps, const char *node) gs_must_check;

/*
 * gs_owners_kubevirt - kubelet's checkpoint of device plugins
 * @sockets: files of the folder of device plugins; those called kubevirt-RESOURCE.sock count
 */
int gs_owners_kubevirt(struct gs_owners *owners, const char *text,
		       char *const *sockets) gs_must_check;

/* gs_owners_of_host - read all of them into @host */
int gs_owners_of_host(struct gs_engine *engine, struct gs_host *host) gs_must_check;

/* gs_owner_of - does it mean this function? */
bool gs_owner_of(const struct gs_owner *owner, const struct gs_function *function);

#endif
