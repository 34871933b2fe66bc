// SPDX-License-Identifier: GPL-2.0-or-later
/* facts.c - facts as comparable text. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "facts.h"

static const char *const names[FACTS] = {
	[FACT_VENDOR] = "vendor",
	[FACT_DEVICE] = "device",
	[FACT_SUBSYSTEM_VENDOR] = "subsystem vendor",
	[FACT_SUBSYSTEM_DEVICE] = "subsystem device",
	[FACT_CLASS] = "class",
	[FACT_REVISION] = "revision",
	[FACT_DRIVER] = "driver",
	[FACT_DRIVER_OVERRIDE] = "override",
	[FACT_GROUP] = "group",
	[FACT_RESET_METHODS] = "reset methods",
	[FACT_BRIDGE] = "bridge",
	[FACT_BOOT_VGA] = "boot VGA",
	[FACT_PHYSFN] = "PF",
	[FACT_SRIOV_TOTAL] = "most VFs",
	[FACT_SRIOV_ENABLED] = "VFs",
	[FACT_MDEV_PARENT] = "mdev parent",
	[FACT_NUMA_NODE] = "NUMA node",
	[FACT_POWER_STATE] = "power state",
	[FACT_D3COLD_ALLOWED] = "D3cold allowed",
	[FACT_RUNTIME_CONTROL] = "runtime power management",
	[FACT_RUNTIME_STATUS] = "runtime status",
	[FACT_LINK_SPEED] = "link speed",
	[FACT_LINK_WIDTH] = "link width",
	[FACT_LINK_SPEED_MAX] = "most link speed",
	[FACT_LINK_WIDTH_MAX] = "most link width",
	[FACT_ROM_SIZE] = "ROM size",
	[FACT_MDEV_TYPES] = "mdev types",
};

struct function *host_add(struct host *host)
{
	struct function *function;

	if (host->n_functions == FUNCTIONS_MAX)
		errx(1, "more than %d functions", FUNCTIONS_MAX);
	function = &host->functions[host->n_functions++];
	memset(function, 0, sizeof(*function));
	return function;
}

void host_add_bar(struct function *function, unsigned int index, unsigned int type,
		  const unsigned long long *start, unsigned long long size)
{
	size_t used = strlen(function->resources);
	char *end = function->resources + used;

	if (RESOURCES_SIZE - used < VALUE_SIZE)
		errx(1, "%s: no room for a BAR", function->address);
	if (start)
		snprintf(end, VALUE_SIZE, "%u %u %#llx %#llx\n", index, type, *start, size);
	else
		snprintf(end, VALUE_SIZE, "%u %u - %#llx\n", index, type, size);
}

struct group *host_group(struct host *host, const struct function *function)
{
	unsigned long id;

	if (!function->value[FACT_GROUP][0])
		return NULL;
	id = strtoul(function->value[FACT_GROUP], NULL, 10);
	if (id >= GROUPS_MAX)
		errx(1, "%s: group %lu is more than this program has room for",
		     function->address, id);
	return &host->groups[id];
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int compare_functions(const void *a, const void *b)
{
	return strcmp(((const struct function *)a)->address, ((const struct function *)b)->address);
}

static void print_members(const struct function *function)
{
	char text[MEMBERS_SIZE], *word[MEMBERS_SIZE / 2] = { NULL }, *rest = NULL;
	size_t count = 0;

	strcpy(text, function->group->members);
	for (char *at = strtok_r(text, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		word[count++] = at;
	qsort(word, count, sizeof(*word), compare_words);
	for (size_t i = 0; i < count; i++)
		printf("%s member %s\n", function->address, word[i]);
}

static void print_bars(const struct function *function)
{
	const char *line = function->resources;

	for (; *line; line += strcspn(line, "\n") + 1)
		printf("%s BAR %.*s\n", function->address, (int)strcspn(line, "\n"), line);
}

static void print_function(const struct function *function)
{
	for (int i = 0; i < FACTS; i++)
		if (function->value[i][0])
			printf("%s %s %s\n", function->address, names[i], function->value[i]);
	print_bars(function);
	if (!function->group)
		return;
	printf("%s domain %s\n", function->address, function->group->type);
	print_members(function);
}

void host_print(struct host *host)
{
	qsort(host->functions, host->n_functions, sizeof(*host->functions), compare_functions);
	for (size_t i = 0; i < host->n_functions; i++)
		print_function(&host->functions[i]);
}
