// SPDX-License-Identifier: GPL-2.0-or-later
/* foreign_proxmox.c - cards that Proxmox VE gives to its VMs, and binds itself. */
#include "foreign.h"
#include "proxmox_conf.h"

#define MODES (1U << GS_MODE_PASSTHROUGH | 1U << GS_MODE_VGPU)

struct vm {
	struct gs_owners *owners;
	const char *id;
	const struct gs_proxmox_device *device;
	const char *maps;
	const char *node;
};

static int add(void *data, const struct gs_proxmox_host *host)
{
	const struct vm *vm = data;

	return gs_owners_add(
		vm->owners,
		(struct gs_owner){
			.who = "proxmox",
			.address = host->address,
			.whole_slot = host->whole_slot,
			.group = -1,
			.modes = MODES,
			.evidence = gs_asprintf("VM %s of Proxmox has %s: %s, and binds it itself",
						vm->id, vm->device->key, vm->device->value),
			.fix = gs_asprintf("qm set %s --%s '%s,driver=keep'", vm->id,
					   vm->device->key, vm->device->value),
		});
}

static int take_device(void *data, const struct gs_proxmox_device *device)
{
	struct vm *vm = data;
	size_t length;
	const char *driver = gs_proxmox_option(device->value, "driver", &length);

	/* Then Proxmox leaves the binding to others. */
	if (driver && length == 4 && strncmp(driver, "keep", length) == 0)
		return 0;
	vm->device = device;
	return gs_proxmox_hosts(device->value, vm->maps, vm->node, add, vm);
}

int gs_owners_proxmox(struct gs_owners *owners, const char *vmid, const char *text,
		      const char *maps, const char *node)
{
	struct vm vm = { .owners = owners, .id = vmid, .maps = maps, .node = node };

	/* It asks for its cards before it binds them, and so they are not at odds. */
	if (gs_proxmox_has_hook(text))
		return 0;
	return gs_proxmox_devices(text, take_device, &vm);
}
