// SPDX-License-Identifier: GPL-2.0-or-later
#include "domain.h"

int gs_domain_add(struct gs_domain *domain, struct gs_domain_device **ret)
{
	if (domain->count == GS_DOMAIN_MAX_DEVICES)
		return -E2BIG;
	if (gs_grow(&domain->devices, domain->count, sizeof(*domain->devices)) < 0)
		return -ENOMEM;
	*ret = &domain->devices[domain->count++];
	return 0;
}

void gs_domain_clear(struct gs_domain *domain)
{
	for (size_t i = 0; i < domain->count; i++) {
		free(domain->devices[i].type);
		gs_strv_free(domain->devices[i].on);
	}
	free(domain->devices);
	free(domain->with);
	*domain = (struct gs_domain){ 0 };
}
