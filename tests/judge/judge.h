/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge.h - what the module says of each function, and what others say of it.
 *
 * Every fact is a text in the words of /proc/gpushift. NULL is an absent one.
 * Nothing here is shared with the engine, nor with the module but for the
 * protocol's numbers: two programs that agree because they share their mistakes
 * would prove nothing.
 */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_FUNCTIONS 1024
#define CONFIG_SIZE 4096
#define RESET_METHODS 8
#define BARS 6

/* The bits that the kernel wants of a port before it trusts it. */
#define ACS_WANTED 0x1d

enum fact {
	FACT_VENDOR_ID,
	FACT_DEVICE_ID,
	FACT_SUBSYSTEM_VENDOR_ID,
	FACT_SUBSYSTEM_DEVICE_ID,
	FACT_CLASS,
	FACT_REVISION,
	FACT_DRIVER,
	FACT_DRIVER_OVERRIDE,
	FACT_IOMMU_GROUP,
	FACT_IOMMU_GROUP_MEMBER,
	FACT_IOMMU_DOMAIN_TYPE,
	FACT_IOMMU_DEFAULT_DOMAIN_TYPE,
	FACT_DMA_OWNER,
	FACT_RESET_METHOD,
	FACT_RESET_BUS,
	FACT_RESET_SLOT,
	FACT_UPSTREAM_BRIDGE,
	FACT_BOOT_VGA,
	FACT_SRIOV_TOTAL,
	FACT_SRIOV_ENABLED,
	FACT_PHYSFN,
	FACT_MDEV_PARENT,
	FACT_MDEV_TYPES,
	FACT_NUMA_NODE,
	FACT_RESET, /* one for each method, in the order of the protocol */
	FACT_RESET_BUS_REASON = FACT_RESET + RESET_METHODS,
	FACT_RESET_BUS_DETAIL,
	FACT_RESET_SCOPE,
	FACT_RESET_OUTSIDE_GROUP,
	FACT_ISOLATED,
	FACT_ISOLATION, /* cause and bridge, which only together are true or false */
	FACT_ACS_MISSING,
	FACT_POWER_STATE,
	FACT_D3COLD_ALLOWED,
	FACT_RUNTIME_CONTROL,
	FACT_RUNTIME_STATUS,
	FACT_NO_SOFT_RESET,
	FACT_BAR, /* one for each */
	FACT_BAR_DETAIL = FACT_BAR + BARS,
	FACT_ROM_SIZE = FACT_BAR_DETAIL + BARS,
	FACT_LINK_SPEED,
	FACT_LINK_SPEED_MAX,
	FACT_LINK_WIDTH,
	FACT_LINK_WIDTH_MAX,
	FACT_CONFIG_ANSWERS,
	FACT_FUNCTION_RESET, /* follows: whether any method of its own works */
	FACT_IN_SCOPE,	     /* follows: whether a dump without ALL shows it */
	FACTS
};

extern const char *const fact_names[FACTS];
extern const char *const method_names[RESET_METHODS];

struct function {
	char address[20];
	unsigned int domain, bus, device, number;
	/* What the module says, and what its text file says. */
	char *ours[FACTS];
	char *text[FACTS];
	bool in_text, in_scope;
	/* What its configuration space is made of, as read from sysfs. */
	uint8_t config[CONFIG_SIZE];
	unsigned int config_size;
	unsigned int pcie, pm, af, acs; /* where capabilities are, 0: none */
	unsigned int port_type;
	bool is_bridge, is_vf, multifunction, awake;
	bool dead; /* it reads as all ones */
	unsigned int secondary;
	struct function *bridge;
	/* From sysfs. */
	int group; /* -1: none */
	bool slot, slot_resets;
	char driver[64];
	char methods[128];
	unsigned long long resource[7][3];
	/* ACS control as lspci tells it; -1: it tells none. */
	int lspci_acs;
};

struct host {
	struct function functions[MAX_FUNCTIONS];
	unsigned int count;
	uint32_t generation;
	bool tells_override; /* this kernel lets the module know overrides */
	bool has_cxl_bus;
};

/* host.c */
struct function *host_find(struct host *host, const char *address);
struct function *host_add(struct host *host, const char *address);
void put(char **fact, const char *format, ...) __attribute__((format(printf, 2, 3)));
void put_item(char **fact, const char *item, char separator);
void sort_items(char **fact);
bool is_below(const struct function *function, const struct function *bridge);

/*
 * verdict.c: what others say. A value is one of several that are right, parted
 * by |; "-" is an absent one, and what ends in * has to begin so.
 */
void expect(struct function *function, unsigned int fact, const char *source, const char *format,
	    ...) __attribute__((format(printf, 4, 5)));
unsigned int compare(struct host *host, bool verbose);
unsigned int self_check(struct host *host);

/* module.c, sysfs.c, config.c, topology.c, isolation.c, lspci.c, vfio.c */
void module_dump(struct host *host);
unsigned int module_ask(void);
void module_text(struct host *host);
void sysfs_list(struct host *host);
void sysfs_expect(struct host *host);
bool sysfs_read(const struct function *function, const char *file, char *value, size_t size);
void config_read(struct host *host);
void config_expect(struct host *host);
unsigned int config_word(const struct function *function, unsigned int at);
unsigned int config_long(const struct function *function, unsigned int at);
unsigned int config_extended(const struct function *function, unsigned int id);
void topology_expect(struct host *host);
void isolation_expect(struct host *host);
void lspci_expect(struct host *host, const char *file);
void vfio_expect(struct host *host);
void methods_expect(struct host *host);

#endif
