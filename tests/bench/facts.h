/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts.h - what the module and sysfs both tell of a PCI function.
 *
 * Values are kept as the text that sysfs has, so that reading sysfs costs no
 * more than the reading. A fact that is not there is an empty string.
 */
#ifndef BENCH_FACTS_H
#define BENCH_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#define FUNCTIONS_MAX 1024
#define GROUPS_MAX 1024
#define VALUE_SIZE 64
#define MEMBERS_SIZE 2048
#define RESOURCES_SIZE 1280

enum fact {
	FACT_VENDOR,
	FACT_DEVICE,
	FACT_SUBSYSTEM_VENDOR,
	FACT_SUBSYSTEM_DEVICE,
	FACT_CLASS,
	FACT_REVISION,
	FACT_DRIVER,
	FACT_DRIVER_OVERRIDE,
	FACT_GROUP,
	FACT_RESET_METHODS,
	FACT_BRIDGE,
	FACT_BOOT_VGA,
	FACT_PHYSFN,
	FACT_SRIOV_TOTAL,
	FACT_SRIOV_ENABLED,
	FACT_MDEV_PARENT,
	FACT_NUMA_NODE,
	FACT_POWER_STATE,
	FACT_D3COLD_ALLOWED,
	FACT_RUNTIME_CONTROL,
	FACT_RUNTIME_STATUS,
	FACT_LINK_SPEED,
	FACT_LINK_WIDTH,
	FACT_LINK_SPEED_MAX,
	FACT_LINK_WIDTH_MAX,
	FACT_ROM_SIZE,
	FACT_MDEV_TYPES,
	FACTS,
};

/**
 * struct group - what functions of one IOMMU group have in common
 * @known: filled in
 * @type: type of its default domain
 * @members: names with a space after each
 */
struct group {
	bool known;
	char type[VALUE_SIZE];
	char members[MEMBERS_SIZE];
};

/**
 * struct function - one PCI function
 * @address: its address
 * @value: its facts
 * @resources: its BARs: from the module as lines, see host_add_bar(); from sysfs
 *	as the text of its file, until sysfs_tidy()
 * @group: its IOMMU group, or NULL
 */
struct function {
	char address[VALUE_SIZE];
	char value[FACTS][VALUE_SIZE];
	char resources[RESOURCES_SIZE];
	struct group *group;
};

/**
 * struct host - all functions
 * @tells_override: the kernel tells overrides without the device lock, so that
 *	the module does too
 */
struct host {
	struct function functions[FUNCTIONS_MAX];
	size_t n_functions;
	struct group groups[GROUPS_MAX];
	bool tells_override;
};

/* Exits when there is no room for it. */
struct function *host_add(struct host *host);

/* One more line of its resources; @type as the module has it, @start NULL when there is none. */
void host_add_bar(struct function *function, unsigned int index, unsigned int type,
		  const unsigned long long *start, unsigned long long size);

/* The group that FACT_GROUP of @function names, or NULL. */
struct group *host_group(struct host *host, const struct function *function);

/* One line a fact, in an order that does not depend on where the facts are from. */
void host_print(struct host *host);

#endif
