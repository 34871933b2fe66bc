// SPDX-License-Identifier: GPL-2.0-or-later
/* foreign.c - reads what libvirt, driverctl, mdevctl, Proxmox and KubeVirt left on disk. */
#include "foreign.h"

#include "remembered.h"
#include "tree.h"

#define KUBELET "var/lib/kubelet/device-plugins"

static void clear_owner(struct gs_owner *owner)
{
	free(owner->evidence);
	free(owner->fix);
}

void gs_owners_clear(struct gs_owners *owners)
{
	for (size_t i = 0; i < owners->count; i++)
		clear_owner(&owners->list[i]);
	free(owners->list);
	*owners = (struct gs_owners){ 0 };
}

int gs_owners_add(struct gs_owners *owners, struct gs_owner from)
{
	if (!from.evidence || !from.fix ||
	    gs_grow(&owners->list, owners->count, sizeof(*owners->list)) < 0) {
		clear_owner(&from);
		return -ENOMEM;
	}
	owners->list[owners->count++] = from;
	return 0;
}

bool gs_owner_of(const struct gs_owner *owner, const struct gs_function *function)
{
	if (owner->group >= 0)
		return function->iommu_group == owner->group;
	return owner->whole_slot ? gs_address_same_slot(&owner->address, &function->address)
				 : gs_address_equal(&owner->address, &function->address);
}

/* One file of a folder: its name there, and its text. */
typedef int (*take_file)(struct gs_engine *engine, struct gs_owners *owners, const char *name,
			 const char *text);

static int each_file(struct gs_engine *engine, const char *folder, const char *ending,
		     struct gs_owners *owners, take_file take)
{
	char path[GS_PATH_MAX], **names = NULL;
	int r;

	r = gs_tree_list(engine, folder, &names);
	for (char **name = names; r == 0 && name && *name; name++) {
		gs_cleanup_free char *text = NULL;
		size_t length = strlen(*name), end = strlen(ending);

		if (length <= end || strcmp(*name + length - end, ending) != 0 ||
		    gs_path(path, "%s/%s", folder, *name) < 0)
			continue;
		r = gs_tree_read(engine, path, &text);
		if (r == 0)
			r = take(engine, owners, *name, text);
		r = r == -ENOMEM ? r : 0;
	}
	gs_strv_free(names);
	/* What cannot be read (for a plain user) is not known of. */
	return r == -ENOMEM ? r : 0;
}

static int take_libvirt(struct gs_engine *engine, struct gs_owners *owners, const char *name,
			const char *text)
{
	(void)engine;
	return gs_owners_libvirt(owners, name, text);
}

static int take_driverctl(struct gs_engine *engine, struct gs_owners *owners, const char *name,
			  const char *text)
{
	(void)engine;
	return gs_owners_driverctl(owners, name, text);
}

/* What we defined ourselves goes with our own switches. */
static bool is_ours(struct gs_engine *engine, const struct gs_host *host, const char *uuid)
{
	for (size_t i = 0; i < host->n_definitions; i++)
		if (host->definitions[i].ours && gs_streq(host->definitions[i].uuid, uuid))
			return true;
	return gs_vgpu_owned(engine, uuid);
}

static int read_mdevctl(struct gs_engine *engine, const struct gs_host *host,
			struct gs_owners *owners)
{
	char path[GS_PATH_MAX], **parents = NULL;
	int r;

	r = gs_tree_list(engine, "etc/mdevctl.d", &parents);
	for (char **parent = parents; r == 0 && parent && *parent; parent++) {
		char **uuids = NULL;

		if (gs_path(path, "etc/mdevctl.d/%s", *parent) == 0)
			r = gs_tree_list(engine, path, &uuids);
		for (char **uuid = uuids; r == 0 && uuid && *uuid; uuid++) {
			gs_cleanup_free char *text = NULL;

			if (is_ours(engine, host, *uuid) ||
			    gs_path(path, "etc/mdevctl.d/%s/%s", *parent, *uuid) < 0 ||
			    gs_tree_read(engine, path, &text) < 0)
				continue;
			r = gs_owners_mdevctl(owners, *parent, *uuid, text);
		}
		gs_strv_free(uuids);
		r = r == -ENOMEM ? r : 0;
	}
	gs_strv_free(parents);
	return r == -ENOMEM ? r : 0;
}

int gs_proxmox_files(struct gs_engine *engine, char **ret_maps, char **ret_node)
{
	gs_cleanup_free char *maps = NULL;
	gs_cleanup_free char *node = NULL;

	if (gs_tree_read(engine, "etc/pve/mapping/pci.cfg", &maps) < 0)
		maps = strdup("");
	if (gs_tree_read(engine, "proc/sys/kernel/hostname", &node) < 0)
		node = strdup("");
	if (!maps || !node)
		return -ENOMEM;
	node[strcspn(node, ".\n")] = '\0';
	*ret_maps = gs_steal(maps);
	*ret_node = gs_steal(node);
	return 0;
}

/* "100.conf" */
static int take_proxmox(struct gs_engine *engine, struct gs_owners *owners, const char *name,
			const char *text)
{
	gs_cleanup_free char *maps = NULL;
	gs_cleanup_free char *node = NULL;
	char vmid[16];
	int r;

	if (sscanf(name, "%15[0-9].conf", vmid) != 1)
		return 0;
	r = gs_proxmox_files(engine, &maps, &node);
	return r < 0 ? r : gs_owners_proxmox(owners, vmid, text, maps, node);
}

static int read_kubevirt(struct gs_engine *engine, struct gs_owners *owners)
{
	gs_cleanup_free char *text = NULL;
	char **sockets = NULL;
	int r;

	r = gs_tree_read(engine, KUBELET "/kubelet_internal_checkpoint", &text);
	if (r == 0)
		r = gs_tree_list(engine, KUBELET, &sockets);
	if (r == 0)
		r = gs_owners_kubevirt(owners, text, sockets);
	gs_strv_free(sockets);
	return r == -ENOMEM ? r : 0;
}

int gs_owners_of_host(struct gs_engine *engine, struct gs_host *host)
{
	struct gs_owners owners = { 0 };
	int r;

	r = each_file(engine, "etc/libvirt/qemu", ".xml", &owners, take_libvirt);
	if (r == 0)
		r = each_file(engine, "run/libvirt/qemu", ".xml", &owners, take_libvirt);
	if (r == 0)
		r = each_file(engine, "etc/driverctl.d", "", &owners, take_driverctl);
	if (r == 0)
		r = read_mdevctl(engine, host, &owners);
	if (r == 0)
		r = each_file(engine, "etc/pve/qemu-server", ".conf", &owners, take_proxmox);
	if (r == 0)
		r = read_kubevirt(engine, &owners);
	if (r < 0) {
		gs_owners_clear(&owners);
		return r;
	}
	host->owners = owners.list;
	host->n_owners = owners.count;
	return 0;
}
