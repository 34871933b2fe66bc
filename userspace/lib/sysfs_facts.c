// SPDX-License-Identifier: GPL-2.0-or-later
/* sysfs_facts.c - power, BARs, link and isolation from sysfs. */
#include "sysfs_facts.h"

/* Flags of a resource, which sysfs shows as they are: linux/ioport.h of the kernel. */
#define RESOURCE_IO 0x00000100
#define RESOURCE_MEM 0x00000200
#define RESOURCE_PREFETCH 0x00002000
#define RESOURCE_MEM_64 0x00100000
#define RESOURCE_UNSET 0x20000000

/* The line of the expansion ROM, after the BARs. */
#define ROM_LINE GS_BARS

static enum gs_known read_flag(const struct gs_dir *dir, const char *name)
{
	uint64_t value;

	if (gs_dir_read_u64(dir, name, &value) < 0)
		return GS_UNKNOWN;
	return value ? GS_YES : GS_NO;
}

static void read_power(const struct gs_dir *dir, const struct gs_scope_entry *entry,
		       struct gs_power *power)
{
	char text[GS_ATTRIBUTE_MAX];

	power->state = entry->power_state;
	power->d3cold_allowed = read_flag(dir, "d3cold_allowed");
	if (gs_dir_read(dir, "power/control", text) >= 0)
		power->runtime_control = strcmp(text, "auto") == 0 ? GS_YES : GS_NO;
	if (gs_dir_read(dir, "power/runtime_status", text) >= 0)
		power->runtime_status = gs_runtime_status_find(text);
	if (entry->config.known && entry->config.has_pm)
		power->no_soft_reset = entry->config.no_soft_reset ? GS_YES : GS_NO;
}

static enum gpushift_bar_type bar_type(uint64_t flags)
{
	bool wide = flags & RESOURCE_MEM_64, prefetch = flags & RESOURCE_PREFETCH;

	if (flags & RESOURCE_IO)
		return GPUSHIFT_BAR_TYPE_IO;
	if (wide)
		return prefetch ? GPUSHIFT_BAR_TYPE_MEM64_PREF : GPUSHIFT_BAR_TYPE_MEM64;
	return prefetch ? GPUSHIFT_BAR_TYPE_MEM32_PREF : GPUSHIFT_BAR_TYPE_MEM32;
}

/* "0x00000000fd000000 0x00000000fdffffff 0x0000000000042208" */
static bool parse_resource(char *line, uint64_t numbers[3])
{
	char *rest = NULL;
	char *word = strtok_r(line, " ", &rest);

	for (int i = 0; i < 3; i++, word = strtok_r(NULL, " ", &rest))
		if (!word || gs_number_parse(word, &numbers[i]) < 0)
			return false;
	return true;
}

static void take_resource(struct gs_facts *facts, unsigned int line, const uint64_t numbers[3])
{
	uint64_t start = numbers[0], end = numbers[1], flags = numbers[2];
	struct gs_bar *bar;

	if (!(flags & (RESOURCE_IO | RESOURCE_MEM)) || end < start || end - start == UINT64_MAX)
		return;
	if (line == ROM_LINE) {
		facts->rom_size = end - start + 1;
		return;
	}
	bar = gs_facts_bar(facts, line);
	bar->type = bar_type(flags);
	bar->has_start = start && !(flags & RESOURCE_UNSET);
	bar->start = bar->has_start ? start : 0;
	bar->size = end - start + 1;
}

static void read_bars(const struct gs_dir *dir, const struct gs_scope_entry *entry,
		      struct gs_facts *facts)
{
	char text[GS_ATTRIBUTE_MAX], *rest = NULL, *line;
	uint64_t numbers[3];

	if (gs_dir_read(dir, "resource", text) < 0)
		return;
	line = strtok_r(text, "\n", &rest);
	for (unsigned int i = 0; line && i <= ROM_LINE; i++, line = strtok_r(NULL, "\n", &rest)) {
		if (!parse_resource(line, numbers))
			return;
		take_resource(facts, i, numbers);
	}
	facts->bars_known = true;
	for (size_t i = 0; i < facts->n_bars && entry->config.known; i++)
		facts->bars[i].resizable = entry->config.resizable[facts->bars[i].index];
}

/* "2.5 GT/s PCIe", "16.0 GT/s PCIe", "Unknown" */
static uint32_t read_speed(const struct gs_dir *dir, const char *name)
{
	char text[GS_ATTRIBUTE_MAX], *end;
	unsigned long whole, tenths = 0;

	if (gs_dir_read(dir, name, text) < 0 || text[0] < '0' || text[0] > '9')
		return 0;
	whole = strtoul(text, &end, 10);
	if (end[0] == '.' && end[1] >= '0' && end[1] <= '9')
		tenths = (unsigned long)(end[1] - '0');
	return strstr(end, " GT/s") && whole < 10000 ? (uint32_t)(whole * 1000 + tenths * 100) : 0;
}

/* The kernel writes 255 for what it does not know; a link without lanes is none. */
static unsigned int read_width(const struct gs_dir *dir, const char *name)
{
	uint64_t lanes;

	return gs_dir_read_u64(dir, name, &lanes) < 0 || lanes > 32 ? 0 : (unsigned int)lanes;
}

/* These files read configuration space, too. */
static void read_link(const struct gs_dir *dir, struct gs_link *link)
{
	link->speed = read_speed(dir, "current_link_speed");
	link->speed_max = read_speed(dir, "max_link_speed");
	link->width = read_width(dir, "current_link_width");
	link->width_max = read_width(dir, "max_link_width");
}

/* A VF answers when its PF does. */
static enum gs_known answers(const struct gs_scope *scope, const struct gs_scope_entry *entry)
{
	const struct gs_scope_entry *asked = entry;

	if (entry->is_vf)
		asked = gs_scope_find(scope, &entry->physfn);
	if (!asked || !entry->awake)
		return GS_UNKNOWN;
	/* Where the kernel has not looked, it may be asleep after all. */
	if (asked->config.answers == GS_NO && asked->power_state != GPUSHIFT_POWER_STATE_D0)
		return GS_UNKNOWN;
	return asked->config.answers;
}

void gs_sysfs_facts(const struct gs_dir *dir, const struct gs_scope *scope,
		    const struct gs_scope_entry *entry, struct gs_function *function)
{
	struct gs_facts *facts = &function->facts;

	read_power(dir, entry, &facts->power);
	read_bars(dir, entry, facts);
	facts->config_answers = answers(scope, entry);
	facts->for_root = entry->config.known ? GS_YES : GS_NO;
	if (entry->awake && facts->config_answers != GS_NO)
		read_link(dir, &facts->link);
}

/* Of a bridge that is in the group: whether it merges what is below it. */
static enum gpushift_isolation_cause bridge_cause(const struct gs_scope_entry *bridge)
{
	if (!bridge->config.known)
		return GPUSHIFT_ISOLATION_CAUSE_UNSPEC;
	if (gs_scope_is_bridge(bridge) && gs_config_is_conventional(&bridge->config))
		return GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE;
	if (gs_config_is_port(&bridge->config) && gs_config_acs_missing(&bridge->config))
		return GPUSHIFT_ISOLATION_CAUSE_PORT_ACS;
	return GPUSHIFT_ISOLATION_CAUSE_UNSPEC;
}

static bool same_group(const struct gs_scope_entry *a, const struct gs_scope_entry *b)
{
	return a->iommu_group >= 0 && a->iommu_group == b->iommu_group;
}

static void blame(const struct gs_scope_entry *entry, enum gpushift_isolation_cause cause,
		  struct gs_isolation *ret)
{
	*ret = (struct gs_isolation){ .cause = cause, .bridge = entry->address };
	if (cause != GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE)
		ret->missing = gs_config_acs_missing(&entry->config);
	ret->missing_known = true;
}

/*
 * The function itself, when it is a bridge, or the nearest one above it; but
 * not past one that is of the group and cannot be asked: it may be that one.
 */
static bool find_bridge(const struct gs_scope_entry *entry, struct gs_isolation *ret)
{
	const struct gs_scope_entry *at = entry;
	enum gpushift_isolation_cause cause;

	for (; at; at = at->above) {
		if (!same_group(at, entry))
			continue;
		cause = bridge_cause(at);
		if (cause)
			blame(at, cause, ret);
		if (cause || (gs_scope_is_bridge(at) && !at->config.known))
			return true;
	}
	return false;
}

/* The first function of the slot that is of the group, when another one is, too. */
static void find_slot(const struct gs_scope *scope, const struct gs_scope_entry *entry,
		      struct gs_isolation *ret)
{
	const struct gs_scope_entry *first = NULL;
	struct gs_address at = entry->address;
	const struct gs_scope_entry *mate;

	if (!entry->config.known || !gs_config_acs_missing(&entry->config))
		return;
	for (at.function = 0; at.function < 8; at.function++) {
		mate = gs_scope_find(scope, &at);
		if (!mate || !same_group(mate, entry))
			continue;
		if (first) {
			blame(first, GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION, ret);
			ret->missing_known = first->config.known;
			return;
		}
		first = mate;
	}
}

void gs_sysfs_isolation(const struct gs_scope *scope, const struct gs_scope_entry *entry,
			struct gs_isolation *ret)
{
	if (entry->iommu_group >= 0 && !find_bridge(entry, ret))
		find_slot(scope, entry, ret);
}
