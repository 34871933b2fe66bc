// SPDX-License-Identifier: GPL-2.0-or-later
/* inventory.c - reads a host into the model, part by part. */
#include "inventory.h"

#include "assignable.h"
#include "claim.h"
#include "definition.h"
#include "execute.h"
#include "foreign.h"

/* The module if it answers, else sysfs: nobody shall need the module. */
static int read_functions(struct gs_engine *engine, unsigned int flags, struct gs_host *host)
{
	int r = gs_source_kmod_read(engine, flags, host);

	if (r == 0 || r == -ENOMEM)
		return r;
	return gs_source_sysfs_read(engine, flags, host);
}

static int read_parts(struct gs_engine *engine, unsigned int flags, struct gs_host *host)
{
	int r;

	r = read_functions(engine, flags, host);
	if (r == 0)
		r = gs_groups_read(engine, flags, host);
	if (r == 0 && (flags & GS_READ_NAMES))
		r = gs_names_read(engine, host);
	if (r == 0)
		r = gs_vgpus_read(engine, flags, host);
	if (r == 0)
		r = gs_definitions_of_host(engine, host);
	if (r == 0)
		r = gs_cards_build(engine, host);
	if (r == 0)
		r = gs_claims_of_host(engine, host);
	if (r == 0)
		r = gs_overrides_read(engine, host);
	if (r == 0 && (flags & GS_READ_DRIVERS))
		r = gs_drivers_read(engine, host);
	if (r == 0 && (flags & GS_READ_DRIVERS))
		r = gs_assignable_read(engine, host);
	if (r == 0 && (flags & GS_READ_DRIVERS))
		r = gs_owners_of_host(engine, host);
	if (r == 0 && (flags & GS_READ_HOLDERS))
		r = gs_displays_read(engine, host);
	if (r == 0 && (flags & GS_READ_HOLDERS))
		r = gs_holders_read_all(engine, host);
	if (r == 0)
		r = gs_interrupted_read(engine, &host->interrupted);
	return r;
}

int gs_inventory_read(struct gs_engine *engine, unsigned int flags, struct gs_host **ret)
{
	gs_cleanup_host struct gs_host *host = calloc(1, sizeof(*host));
	int r;

	if (!host)
		return -ENOMEM;
	host->vfio_loadable = GS_UNKNOWN;
	r = read_parts(engine, flags, host);
	if (r < 0)
		return r;
	*ret = gs_steal(host);
	return 0;
}
