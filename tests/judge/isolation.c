// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * isolation.c - what merges each IOMMU group, worked out from configuration
 * space. Several things can each be true of one function; the module names one.
 */
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

/* What a port would have to have set: a bit that it does not offer is wired as if it were set. */
static unsigned int missing_bits(const struct function *function)
{
	if (!function->acs)
		return ACS_WANTED;
	return ACS_WANTED & config_word(function, function->acs + PCI_ACS_CAP) &
	       ~config_word(function, function->acs + PCI_ACS_CTRL);
}

static bool is_intel_integrated(const struct function *function)
{
	return function->pcie && function->port_type == PCI_EXP_TYPE_RC_END &&
	       config_word(function, 0) == 0x8086;
}

static bool is_port(const struct function *function)
{
	return function->pcie && (function->port_type == PCI_EXP_TYPE_ROOT_PORT ||
				  function->port_type == PCI_EXP_TYPE_DOWNSTREAM);
}

/* Whether DMA from the other functions of its device has to pass a check. */
static bool keeps_apart(const struct function *function)
{
	/* Intel promises it for what sits in the root complex. */
	if (is_intel_integrated(function))
		return true;
	if (!function->pcie)
		return false;
	if (is_port(function))
		return !missing_bits(function);
	if (function->port_type == PCI_EXP_TYPE_PCI_BRIDGE ||
	    function->port_type == PCI_EXP_TYPE_PCIE_BRIDGE ||
	    function->port_type == PCI_EXP_TYPE_RC_EC)
		return false;
	return !function->multifunction || !missing_bits(function);
}

static bool leads_to_conventional_bus(const struct function *bridge)
{
	return bridge->is_bridge && (!bridge->pcie || bridge->port_type == PCI_EXP_TYPE_PCI_BRIDGE);
}

struct claims {
	char text[2048]; /* causes, each with its bridge, parted by | */
};

static void claim(struct claims *claims, const char *cause, const struct function *bridge)
{
	size_t used = strlen(claims->text);

	snprintf(claims->text + used, sizeof(claims->text) - used, "%s%s %s", used ? "|" : "",
		 cause, bridge->address);
}

static bool is_at_or_below(const struct function *function, const struct function *bridge)
{
	return function == bridge || is_below(function, bridge);
}

/* Whether @bridge brings @function together with another of its group. */
static bool merges(const struct host *host, const struct function *bridge,
		   const struct function *function)
{
	if (!is_at_or_below(function, bridge))
		return false;
	for (unsigned int i = 0; i < host->count; i++) {
		const struct function *other = &host->functions[i];

		if (other != function && other->group == function->group &&
		    is_at_or_below(other, bridge))
			return true;
	}
	return false;
}

static void claim_bridges(const struct host *host, const struct function *function,
			  struct claims *claims)
{
	for (unsigned int i = 0; i < host->count; i++) {
		const struct function *bridge = &host->functions[i];

		if (!bridge->is_bridge || !merges(host, bridge, function))
			continue;
		if (leads_to_conventional_bus(bridge))
			claim(claims, "conventional-bridge", bridge);
		else if (is_port(bridge) && bridge->group == function->group &&
			 !keeps_apart(bridge))
			claim(claims, "port-acs", bridge);
	}
}

static bool same_device(const struct function *a, const struct function *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->device == b->device && !a->is_vf &&
	       !b->is_vf;
}

/* For @function, and for what sits below such a device and is merged upwards into its group. */
static void claim_functions(const struct host *host, const struct function *function,
			    struct claims *claims)
{
	const struct function *first = NULL;
	unsigned int count = 0;

	for (unsigned int i = 0; i < host->count; i++) {
		const struct function *other = &host->functions[i];

		if (other->group != function->group || !same_device(other, function) ||
		    keeps_apart(other))
			continue;
		if (!first || strcmp(other->address, first->address) < 0)
			first = other;
		count++;
	}
	if (!first || count < 2 || keeps_apart(function))
		return;
	claim(claims, "multifunction", first);
	/* With ACS it would be out of it by itself. */
	if (is_port(function))
		claim(claims, "port-acs", function);
}

static void claim_devices(const struct host *host, const struct function *function,
			  struct claims *claims)
{
	for (const struct function *at = function; at; at = at->bridge)
		if (at->group == function->group)
			claim_functions(host, at, claims);
}

static unsigned int members(const struct host *host, int group)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < host->count; i++)
		count += host->functions[i].group == group;
	return count;
}

/* The bits have to be those of the bridge that is named, as config space and as lspci tell them. */
static void expect_bits(struct host *host, struct function *function)
{
	const char *claimed = function->ours[FACT_ISOLATION],
		   *address = claimed ? strrchr(claimed, ' ') : NULL;
	const struct function *bridge = address ? host_find(host, address + 1) : NULL;

	if (!bridge || !strncmp(claimed, "conventional", 12)) {
		expect(function, FACT_ACS_MISSING, "config", "-");
		return;
	}
	/* Neither port nor function of PCI Express: there is no such capability to miss. */
	if (!bridge->pcie) {
		expect(function, FACT_ACS_MISSING, "config", "-|%04x", ACS_WANTED);
		return;
	}
	expect(function, FACT_ACS_MISSING, "config of the bridge", "%04x", missing_bits(bridge));
	if (bridge->lspci_acs < 0)
		expect(function, FACT_ACS_MISSING, "lspci tells of no ACS", "%04x", ACS_WANTED);
	else
		expect(function, FACT_ACS_MISSING, "lspci's ACSCtl", "%04x",
		       ACS_WANTED & config_word(bridge, bridge->acs + PCI_ACS_CAP) &
			       ~(unsigned int)bridge->lspci_acs);
}

void isolation_expect(struct host *host)
{
	for (unsigned int i = 0; i < host->count; i++) {
		struct function *function = &host->functions[i];
		struct claims claims = {.text = ""};

		if (function->group < 0 || function->dead)
			continue;
		if (members(host, function->group) > 1) {
			claim_bridges(host, function, &claims);
			claim_devices(host, function, &claims);
		}
		expect(function, FACT_ISOLATION, "topology and config", "%s",
		       *claims.text ? claims.text : "-");
		expect_bits(host, function);
	}
}
