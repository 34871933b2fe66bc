// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * topology.c - which resets there are and what they hit, worked out from the
 * capabilities in configuration space, from where each function sits, and from
 * what sysfs says is enabled.
 */
#include <linux/gpushift.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

enum method { DEVICE_SPECIFIC, ACPI, FLR, AF_FLR, PM, BUS, CXL_BUS, SLOT };

/* Why a method is not possible: all that is true, each with its detail, parted by |; empty when it
 * is possible. */
struct reasons {
	char text[1024];
};

static void add_reason(struct reasons *reasons, const char *state, const char *reason,
		       const char *detail)
{
	size_t used = strlen(reasons->text);

	snprintf(reasons->text + used, sizeof(reasons->text) - used, "%s%s,%s%s%s", used ? "|" : "",
		 state, reason, detail ? "," : "", detail ? detail : "");
}

static bool is_root_bus(const struct host *host, const struct function *function)
{
	/* A bus that only VFs are on has no bridge either, and is not a root bus. */
	for (unsigned int i = 0; i < host->count && function->is_vf; i++)
		if (host->functions[i].bus == function->bus &&
		    host->functions[i].domain == function->domain && !host->functions[i].is_vf)
			return !function->bridge;
	return !function->bridge && !function->is_vf;
}

static const struct function *first_sibling(const struct host *host,
					    const struct function *function)
{
	for (unsigned int i = 0; i < host->count; i++) {
		const struct function *other = &host->functions[i];

		if (other != function && other->bus == function->bus &&
		    other->domain == function->domain)
			return other;
	}
	return NULL;
}

static bool is_enabled(const struct function *function, const char *method)
{
	size_t length = strlen(method);

	for (const char *at = function->methods; *at; at += strcspn(at, " "), at += *at == ' ')
		if (strcspn(at, " ") == length && !memcmp(at, method, length))
			return true;
	return false;
}

/* Through the slot, when that holds this function alone. */
static bool slot_serves_one(const struct function *function)
{
	return function->slot_resets && !function->is_bridge && !function->multifunction;
}

static void bus_reasons(const struct host *host, const struct function *function, const char *state,
			struct reasons *reasons)
{
	const struct function *sibling = first_sibling(host, function);

	if (slot_serves_one(function))
		return;
	if (is_root_bus(host, function))
		add_reason(reasons, state, "root-bus", NULL);
	else if (!function->bridge)
		add_reason(reasons, state, "no-bridge", NULL);
	if (function->is_bridge)
		add_reason(reasons, state, "is-bridge", NULL);
	if (sibling && function->bridge)
		add_reason(reasons, state, "siblings", sibling->address);
}

static bool is_cxl_port(const struct function *bridge)
{
	unsigned int at = 0x100;

	/* A DVSEC of the CXL consortium, for ports. */
	while (at >= 0x100 && at < bridge->config_size) {
		if (!config_long(bridge, at))
			return false;
		if ((config_long(bridge, at) & 0xffff) == 0x23 &&
		    config_word(bridge, at + 4) == 0x1e98 && config_word(bridge, at + 8) == 3)
			return true;
		at = config_long(bridge, at) >> 20;
	}
	return false;
}

static void cxl_reasons(const struct host *host, const struct function *function, const char *state,
			struct reasons *reasons)
{
	if (!function->bridge) {
		add_reason(reasons, state, is_root_bus(host, function) ? "root-bus" : "no-bridge",
			   NULL);
		add_reason(reasons, state, "not-cxl", NULL);
	} else if (!is_cxl_port(function->bridge)) {
		add_reason(reasons, state, "not-cxl", NULL);
	}
}

static void pm_reasons(const struct function *function, const char *state, struct reasons *reasons)
{
	if (!function->pm)
		add_reason(reasons, state, "no-capability", NULL);
	else if (config_word(function, function->pm + PCI_PM_CTRL) & PCI_PM_CTRL_NO_SOFT_RESET)
		add_reason(reasons, state, "no-soft-reset", NULL);
}

static void slot_reasons(const struct host *host, const struct function *function,
			 const char *state, struct reasons *reasons)
{
	if (function->slot_resets)
		return;
	add_reason(reasons, state, function->slot ? "slot-without-reset" : "no-slot", NULL);
	if (is_root_bus(host, function))
		add_reason(reasons, state, "root-bus", NULL);
	else if (!function->bridge)
		add_reason(reasons, state, "no-bridge", NULL);
}

static void why_not(const struct host *host, const struct function *function, enum method method,
		    const char *state, struct reasons *reasons)
{
	*reasons->text = '\0';
	switch (method) {
	case DEVICE_SPECIFIC:
	case ACPI:
		/* Only the kernel knows of these: its list is the only other source. */
		if (!is_enabled(function, method_names[method]))
			add_reason(reasons, state, "no-method", NULL);
		break;
	case FLR:
		if (!function->pcie ||
		    !(config_long(function, function->pcie + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR))
			add_reason(reasons, state, "no-capability", NULL);
		break;
	case AF_FLR:
		if (!function->af || (function->config[function->af + PCI_AF_CAP] & 3) != 3)
			add_reason(reasons, state, "no-capability", NULL);
		break;
	case PM:
		pm_reasons(function, state, reasons);
		break;
	case BUS:
		bus_reasons(host, function, state, reasons);
		break;
	case CXL_BUS:
		cxl_reasons(host, function, state, reasons);
		break;
	case SLOT:
		slot_reasons(host, function, state, reasons);
		break;
	}
}

static void expect_method(const struct host *host, struct function *function, enum method method)
{
	bool enabled =
		method == SLOT ? function->slot_resets : is_enabled(function, method_names[method]);
	struct reasons reasons;

	why_not(host, function, method, enabled ? "stale" : "impossible", &reasons);
	/*
	 * A rescan of the bus makes the kernel count the first virtual function as one of several
	 * in the slot, which is then not reset for it alone. Only methods.c sees that.
	 */
	if (method == BUS && function->is_vf && slot_serves_one(function)) {
		expect(function, FACT_RESET + method, "config and reset_method", "%s",
		       enabled ? "enabled|stale,siblings,*" : "disabled|impossible,siblings,*");
		return;
	}
	if (method == CXL_BUS && !host->has_cxl_bus)
		expect(function, FACT_RESET + method, "this kernel", "-");
	else if (*reasons.text)
		expect(function, FACT_RESET + method, "config and topology", "%s", reasons.text);
	else
		expect(function, FACT_RESET + method, "config and reset_method", "%s",
		       enabled ? "enabled" : "disabled");
}

/* --- bus and slot --- */

static void expect_bus(const struct host *host, struct function *function)
{
	expect(function, FACT_RESET_BUS, "topology", "%d", !!function->bridge);
	expect(function, FACT_RESET_SLOT, "slots and pciehp", "%d", function->slot_resets);
	expect(function, FACT_RESET_BUS_REASON, "topology", "%s",
	       function->bridge		     ? "-"
	       : is_root_bus(host, function) ? "root-bus"
					     : "no-bridge");
	expect(function, FACT_RESET_BUS_DETAIL, "topology", "-");
}

/* Whether a reset of the slot, else of the bus, of @function hits @other. */
static bool hits(const struct function *function, const struct function *other)
{
	for (; other; other = other->bridge)
		if (other->bus == function->bus && other->domain == function->domain)
			return !function->slot_resets || other->slot_resets;
	return false;
}

static void expect_scope(struct host *host, struct function *function)
{
	unsigned int hit = 0;
	char *scope = NULL;
	bool outside = false;

	for (unsigned int i = 0; i < host->count && function->bridge; i++) {
		if (!hits(function, &host->functions[i]))
			continue;
		put_item(&scope, host->functions[i].address, ' ');
		outside |= host->functions[i].group != function->group;
		hit++;
	}
	if (function->is_vf && hit > GPUSHIFT_VF_SCOPE_MAX) {
		free(scope);
		scope = NULL;
	}
	sort_items(&scope);
	expect(function, FACT_RESET_SCOPE, "topology", "%s", scope ? scope : "-");
	if (!scope || function->group < 0)
		expect(function, FACT_RESET_OUTSIDE_GROUP, "topology", "-");
	else
		expect(function, FACT_RESET_OUTSIDE_GROUP, "topology and iommu_group", "%d",
		       outside);
	free(scope);
}

/* --- what a dump shows without being asked for all --- */

static bool is_gpu(const struct function *function)
{
	return function->ours[FACT_CLASS] && (!strncmp(function->ours[FACT_CLASS], "03", 2) ||
					      !strncmp(function->ours[FACT_CLASS], "12", 2));
}

static bool shares(const struct function *function, const struct function *gpu)
{
	bool same_bus = function->bus == gpu->bus && function->domain == gpu->domain;

	if (same_bus && function->device == gpu->device && !function->is_vf && !gpu->is_vf)
		return true;
	if (function->group >= 0 && function->group == gpu->group)
		return true;
	for (; function && gpu->bridge; function = function->bridge)
		if (function->bus == gpu->bus && function->domain == gpu->domain)
			return true;
	return false;
}

static void expect_in_scope(struct host *host, struct function *function)
{
	bool in = is_gpu(function);

	for (unsigned int i = 0; i < host->count && !in; i++)
		in = is_gpu(&host->functions[i]) && shares(function, &host->functions[i]);
	expect(function, FACT_IN_SCOPE, "topology", "%d", in);
}

void topology_expect(struct host *host)
{
	for (unsigned int i = 0; i < host->count; i++) {
		struct function *function = &host->functions[i];

		/* What it can do is not to be seen any more. */
		for (unsigned int method = 0; method < RESET_METHODS && !function->dead; method++)
			expect_method(host, function, method);
		expect_bus(host, function);
		expect_scope(host, function);
		expect_in_scope(host, function);
	}
}
