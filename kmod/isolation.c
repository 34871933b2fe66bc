// SPDX-License-Identifier: GPL-2.0
/*
 * What put a function into one IOMMU group with others.
 *
 * The IOMMU core walks up from a function until ACS keeps it apart, and joins the
 * group of each bridge that does not.  So the bridge to blame is the nearest
 * one that is itself in the group and does not keep things apart; and when no
 * bridge is in the group, it is the functions of one device that are joined.
 */
#include <linux/pci.h>

#include "function.h"
#include "isolation.h"
#include "pack.h"

/**
 * struct culprit - what merges a group
 * @function: to blame, or NULL when not known
 * @cause: one of enum gpushift_isolation_cause
 */
struct culprit {
	const struct gpushift_function *function;
	enum gpushift_isolation_cause cause;
};

static const struct gpushift_function *find(struct xarray *functions,
					    struct pci_dev *pdev)
{
	const struct gpushift_function *function =
		xa_load(functions, gpushift_function_index(pdev));

	return function && function->pdev == pdev ? function : NULL;
}

static bool is_port(struct pci_dev *pdev)
{
	return pci_is_pcie(pdev) &&
	       (pci_pcie_type(pdev) == PCI_EXP_TYPE_ROOT_PORT ||
		pci_pcie_type(pdev) == PCI_EXP_TYPE_DOWNSTREAM);
}

/* Of a bridge that is in the group: whether it merges what is below it. */
static enum gpushift_isolation_cause
bridge_cause(const struct gpushift_function *bridge)
{
	if (gpushift_is_conventional_bridge(bridge->pdev))
		return GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE;
	if (is_port(bridge->pdev) && bridge->config.acs_missing)
		return GPUSHIFT_ISOLATION_CAUSE_PORT_ACS;
	return GPUSHIFT_ISOLATION_CAUSE_UNSPEC;
}

/* The function itself, when it is a bridge, or the nearest one above it. */
static struct culprit find_bridge(struct xarray *functions,
				  const struct gpushift_function *function)
{
	struct culprit found = { .function = function };
	struct pci_bus *bus = function->pdev->bus;

	found.cause = bridge_cause(function);
	for (; bus && !found.cause; bus = bus->parent) {
		found.function = bus->self ? find(functions, bus->self) : NULL;
		if (found.function && found.function->group == function->group)
			found.cause = bridge_cause(found.function);
	}
	return found;
}

static struct culprit find_slot(struct xarray *functions,
				const struct gpushift_function *function)
{
	unsigned long index = function->index & ~7UL;
	struct culprit found = {};

	if (!function->config.acs_missing)
		return found;
	for (; index <= (function->index | 7); index++) {
		const struct gpushift_function *mate =
			xa_load(functions, index);

		if (!mate || mate->group != function->group)
			continue;
		if (!found.function)
			found.function = mate;
		if (mate != found.function)
			found.cause = GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION;
	}
	return found;
}

static struct culprit find_culprit(struct xarray *functions,
				   const struct gpushift_function *function)
{
	struct culprit found = find_bridge(functions, function);

	if (!found.cause)
		found = find_slot(functions, function);
	if (!found.cause && READ_ONCE(function->pdev->dma_alias_mask)) {
		found.cause = GPUSHIFT_ISOLATION_CAUSE_DMA_ALIAS;
		found.function = function;
	}
	return found;
}

/**
 * gpushift_isolation_pack() - pack how a function stands to its IOMMU group
 * @functions: the array of all functions, none of which may come, go or change
 *	its group meanwhile
 * @function: the function, which must have a group
 * @members: number of members of the group
 * @pack: where what everyone may know goes
 * @privileged: where the rest goes
 */
void gpushift_isolation_pack(struct xarray *functions,
			     const struct gpushift_function *function,
			     unsigned int members, struct gpushift_pack *pack,
			     struct gpushift_pack *privileged)
{
	struct culprit culprit;

	gpushift_pack_u8(pack, GPUSHIFT_A_ISOLATED, members == 1);
	if (members == 1)
		return;
	culprit = find_culprit(functions, function);
	if (!culprit.cause)
		return;
	gpushift_pack_u8(pack, GPUSHIFT_A_ISOLATION_CAUSE, culprit.cause);
	gpushift_pack_string(pack, GPUSHIFT_A_ISOLATION_BRIDGE,
			     culprit.function->address);
	if (culprit.cause == GPUSHIFT_ISOLATION_CAUSE_PORT_ACS ||
	    culprit.cause == GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION)
		gpushift_pack_u16(privileged, GPUSHIFT_A_ACS_MISSING,
				  culprit.function->config.acs_missing);
}
