// SPDX-License-Identifier: GPL-2.0-or-later
/* host.c - the functions of the host, and texts. */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

const char *const method_names[RESET_METHODS] = {
	"device_specific", "acpi", "flr", "af_flr", "pm", "bus", "cxl_bus", "slot",
};

const char *const fact_names[FACTS] = {
	[FACT_VENDOR_ID] = "vendor-id",
	[FACT_DEVICE_ID] = "device-id",
	[FACT_SUBSYSTEM_VENDOR_ID] = "subsystem-vendor-id",
	[FACT_SUBSYSTEM_DEVICE_ID] = "subsystem-device-id",
	[FACT_CLASS] = "class",
	[FACT_REVISION] = "revision",
	[FACT_DRIVER] = "driver",
	[FACT_DRIVER_OVERRIDE] = "driver-override",
	[FACT_IOMMU_GROUP] = "iommu-group",
	[FACT_IOMMU_GROUP_MEMBER] = "iommu-group-member",
	[FACT_IOMMU_DOMAIN_TYPE] = "iommu-domain-type",
	[FACT_IOMMU_DEFAULT_DOMAIN_TYPE] = "iommu-default-domain-type",
	[FACT_DMA_OWNER] = "dma-owner",
	[FACT_RESET_METHOD] = "reset-method",
	[FACT_RESET_BUS] = "reset-bus",
	[FACT_RESET_SLOT] = "reset-slot",
	[FACT_UPSTREAM_BRIDGE] = "upstream-bridge",
	[FACT_BOOT_VGA] = "boot-vga",
	[FACT_SRIOV_TOTAL] = "sriov-total",
	[FACT_SRIOV_ENABLED] = "sriov-enabled",
	[FACT_PHYSFN] = "physfn",
	[FACT_MDEV_PARENT] = "mdev-parent",
	[FACT_MDEV_TYPES] = "mdev-types",
	[FACT_NUMA_NODE] = "numa-node",
	[FACT_RESET] = "reset device_specific",
	[FACT_RESET + 1] = "reset acpi",
	[FACT_RESET + 2] = "reset flr",
	[FACT_RESET + 3] = "reset af_flr",
	[FACT_RESET + 4] = "reset pm",
	[FACT_RESET + 5] = "reset bus",
	[FACT_RESET + 6] = "reset cxl_bus",
	[FACT_RESET + 7] = "reset slot",
	[FACT_RESET_BUS_REASON] = "reset-bus-reason",
	[FACT_RESET_BUS_DETAIL] = "reset-bus-detail",
	[FACT_RESET_SCOPE] = "reset-scope",
	[FACT_RESET_OUTSIDE_GROUP] = "reset-outside-group",
	[FACT_ISOLATED] = "isolated",
	[FACT_ISOLATION] = "isolation-cause and -bridge",
	[FACT_ACS_MISSING] = "acs-missing",
	[FACT_POWER_STATE] = "power-state",
	[FACT_D3COLD_ALLOWED] = "d3cold-allowed",
	[FACT_RUNTIME_CONTROL] = "runtime-control",
	[FACT_RUNTIME_STATUS] = "runtime-status",
	[FACT_NO_SOFT_RESET] = "no-soft-reset",
	[FACT_BAR] = "bar 0",
	[FACT_BAR + 1] = "bar 1",
	[FACT_BAR + 2] = "bar 2",
	[FACT_BAR + 3] = "bar 3",
	[FACT_BAR + 4] = "bar 4",
	[FACT_BAR + 5] = "bar 5",
	[FACT_BAR_DETAIL] = "bar-detail 0",
	[FACT_BAR_DETAIL + 1] = "bar-detail 1",
	[FACT_BAR_DETAIL + 2] = "bar-detail 2",
	[FACT_BAR_DETAIL + 3] = "bar-detail 3",
	[FACT_BAR_DETAIL + 4] = "bar-detail 4",
	[FACT_BAR_DETAIL + 5] = "bar-detail 5",
	[FACT_ROM_SIZE] = "rom-size",
	[FACT_LINK_SPEED] = "link-speed",
	[FACT_LINK_SPEED_MAX] = "link-speed-max",
	[FACT_LINK_WIDTH] = "link-width",
	[FACT_LINK_WIDTH_MAX] = "link-width-max",
	[FACT_CONFIG_ANSWERS] = "config-answers",
	[FACT_FUNCTION_RESET] = "a reset that works",
	[FACT_IN_SCOPE] = "in scope",
};

struct function *host_find(struct host *host, const char *address)
{
	for (unsigned int i = 0; i < host->count; i++)
		if (!strcmp(host->functions[i].address, address))
			return &host->functions[i];
	return NULL;
}

struct function *host_add(struct host *host, const char *address)
{
	struct function *function = &host->functions[host->count];

	if (host->count == MAX_FUNCTIONS)
		errx(2, "more than %d functions", MAX_FUNCTIONS);
	if (strlen(address) >= sizeof(function->address) ||
	    sscanf(address, "%x:%x:%x.%x", &function->domain, &function->bus, &function->device,
		   &function->number) != 4)
		errx(2, "%s is no address", address);
	strcpy(function->address, address);
	function->group = -1;
	function->lspci_acs = -1;
	host->count++;
	return function;
}

void put(char **fact, const char *format, ...)
{
	va_list args;

	free(*fact);
	va_start(args, format);
	if (vasprintf(fact, format, args) < 0)
		errx(2, "out of memory");
	va_end(args);
}

void put_item(char **fact, const char *item, char separator)
{
	char *old = *fact;

	*fact = NULL;
	if (old)
		put(fact, "%s%c%s", old, separator, item);
	else
		put(fact, "%s", item);
	free(old);
}

static int compare_items(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void sort_items(char **fact)
{
	char *items[MAX_FUNCTIONS], *copy = *fact, *sorted = NULL, *rest = NULL, *item;
	unsigned int count = 0;

	if (!copy)
		return;
	for (item = strtok_r(copy, " ", &rest); item && count < MAX_FUNCTIONS;
	     item = strtok_r(NULL, " ", &rest))
		items[count++] = item;
	qsort(items, count, sizeof(items[0]), compare_items);
	for (unsigned int i = 0; i < count; i++)
		put_item(&sorted, items[i], ' ');
	free(copy);
	*fact = sorted;
}

bool is_below(const struct function *function, const struct function *bridge)
{
	for (const struct function *above = function->bridge; above; above = above->bridge)
		if (above == bridge)
			return true;
	return false;
}
