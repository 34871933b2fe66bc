// SPDX-License-Identifier: GPL-2.0-or-later
/* domain_proxmox.c - the configuration of a VM of Proxmox VE: its hostpciN lines. */
#include "domain.h"
#include "proxmox_conf.h"

struct reader {
	struct gs_domain *domain;
	unsigned long vmid;
	const struct gs_proxmox_device *line;
	const char *type; /* of its vGPU, where it is one */
	size_t type_length;
	size_t first; /* of this line, among the devices */
	const char *maps;
	const char *node;
};

/* The UUID that Proxmox gives it; one that is there is used. */
static int fill_vgpu(const struct reader *reader, struct gs_domain_device *device)
{
	device->type = strndup(reader->type, reader->type_length);
	snprintf(device->uuid, sizeof(device->uuid), "%08u-0000-0000-0000-%012lu",
		 reader->line->index, reader->vmid);
	return device->type ? 0 : -ENOMEM;
}

static int take_host(void *data, const struct gs_proxmox_host *host)
{
	struct reader *reader = data;
	struct gs_domain_device *device;
	int r;

	/* Of the lines of a mapping Proxmox takes one: which one is not known yet. */
	if (host->map > 0) {
		for (size_t i = reader->first; i < reader->domain->count; i++)
			reader->domain->devices[i].one_of_many = true;
		return 0;
	}
	/* A vGPU is of one card. */
	if (reader->type && reader->domain->count > reader->first)
		return 0;
	r = gs_domain_add(reader->domain, &device);
	if (r < 0)
		return r;
	device->at = true;
	device->address = host->address;
	device->whole_slot = host->whole_slot;
	return reader->type ? fill_vgpu(reader, device) : 0;
}

static int take_line(void *data, const struct gs_proxmox_device *line)
{
	struct reader *reader = data;

	reader->line = line;
	reader->first = reader->domain->count;
	reader->type = gs_proxmox_option(line->value, "mdev", &reader->type_length);
	return gs_proxmox_hosts(line->value, reader->maps, reader->node, take_host, reader);
}

int gs_domain_proxmox(const char *vmid, const char *text, const char *maps, const char *node,
		      struct gs_domain *ret, char **error)
{
	struct reader reader = { .domain = ret, .maps = maps, .node = node };
	char *end;
	int r;

	*ret = (struct gs_domain){ .asks = true };
	reader.vmid = strtoul(vmid, &end, 10);
	if (!*vmid || *end || strspn(vmid, "0123456789") != strlen(vmid) || strlen(vmid) > 9) {
		*error = gs_asprintf("'%.20s' is not the number of a VM", vmid);
		return *error ? -EINVAL : -ENOMEM;
	}
	r = gs_proxmox_devices(text, take_line, &reader);
	if (r != -E2BIG)
		return r;
	*error = gs_asprintf("more than %d devices", GS_DOMAIN_MAX_DEVICES);
	return *error ? -EINVAL : -ENOMEM;
}
