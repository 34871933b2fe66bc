// SPDX-License-Identifier: GPL-2.0-or-later
/* What a VM's description asks of the host's cards: a domain's XML, or lines of Proxmox VE with their mappings. */
#include "domain.h"
#include "fuzz.h"

static void use(const struct gs_domain *domain)
{
	for (size_t i = 0; i < domain->count; i++) {
		const struct gs_domain_device *device = &domain->devices[i];

		if (device->uuid[0] && strlen(device->uuid) != 36)
			abort();
		if (device->type)
			fuzz_use(device->type, strlen(device->type));
		for (char **on = device->on; on && *on; on++)
			fuzz_use(*on, strlen(*on));
	}
}

static void check(struct gs_domain *domain, int r, char *error)
{
	if (domain->count > GS_DOMAIN_MAX_DEVICES || (r == -EINVAL) != (error != NULL))
		abort();
	use(domain);
	gs_domain_clear(domain);
	free(error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gs_domain domain;
	char *error = NULL, *text = fuzz_text(data, size);
	int r;

	if (!text)
		return 0;
	r = gs_domain_libvirt(text, size, &domain, &error);
	check(&domain, r, error);
	error = NULL;
	r = gs_domain_proxmox("100", text, text, "pve1", &domain, &error);
	check(&domain, r, error);
	free(text);
	return 0;
}
