// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sysfs.c - the least work by which sysfs tells the facts: one open, read and
 * close or one readlink a fact, relative to the function's open folder, what a
 * group's functions share once a group, and nothing that another fact rules out.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <linux/gpushift.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"

#define DEVICES "/sys/bus/pci/devices"
#define LINK_SIZE 512

static const char *const files[FACTS] = {
	[FACT_VENDOR] = "vendor",
	[FACT_DEVICE] = "device",
	[FACT_SUBSYSTEM_VENDOR] = "subsystem_vendor",
	[FACT_SUBSYSTEM_DEVICE] = "subsystem_device",
	[FACT_CLASS] = "class",
	[FACT_REVISION] = "revision",
	[FACT_RESET_METHODS] = "reset_method",
	[FACT_NUMA_NODE] = "numa_node",
	[FACT_POWER_STATE] = "power_state",
	[FACT_D3COLD_ALLOWED] = "d3cold_allowed",
	[FACT_RUNTIME_CONTROL] = "power/control",
	[FACT_RUNTIME_STATUS] = "power/runtime_status",
};

/* Only functions of PCI Express have any of these, the first of them tells. */
static const struct {
	enum fact fact;
	const char *file;
} links[] = {
	{ FACT_LINK_SPEED, "current_link_speed" },
	{ FACT_LINK_WIDTH, "current_link_width" },
	{ FACT_LINK_SPEED_MAX, "max_link_speed" },
	{ FACT_LINK_WIDTH_MAX, "max_link_width" },
};

static unsigned int asked;

static void read_text(int dir, const char *name, char *value, size_t size)
{
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n;

	asked++;
	if (fd < 0)
		return;
	n = read(fd, value, size - 1);
	close(fd);
	value[n > 0 ? n : 0] = '\0';
}

static void read_file(int dir, const char *name, char value[VALUE_SIZE])
{
	read_text(dir, name, value, VALUE_SIZE);
}

/* The last part of where a link leads, or the one before it. */
static void read_link(int dir, const char *name, bool parent, char value[VALUE_SIZE])
{
	char target[LINK_SIZE], *last;
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

	asked++;
	if (n < 0)
		return;
	target[n] = '\0';
	last = strrchr(target, '/');
	if (last && parent) {
		*last = '\0';
		last = strrchr(target, '/');
	}
	if (last && strlen(last + 1) < VALUE_SIZE)
		strcpy(value, last + 1);
}

static void read_members(int dir, struct group *group)
{
	int fd = openat(dir, "iommu_group/devices", O_RDONLY | O_DIRECTORY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	char *end = group->members;

	asked++;
	if (!folder)
		err(1, "iommu_group/devices");
	while ((entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		if (end - group->members + strlen(entry->d_name) + 2 > MEMBERS_SIZE)
			errx(1, "a group has more members than this program has room for");
		end = stpcpy(stpcpy(end, entry->d_name), " ");
	}
	closedir(folder);
}

static void read_group(int dir, struct host *host, struct function *function)
{
	read_link(dir, "iommu_group", false, function->value[FACT_GROUP]);
	function->group = host_group(host, function);
	if (!function->group || function->group->known)
		return;
	function->group->known = true;
	read_file(dir, "iommu_group/type", function->group->type);
	read_members(dir, function->group);
}

static void read_sriov(int dir, struct function *function)
{
	read_link(dir, "physfn", false, function->value[FACT_PHYSFN]);
	if (function->value[FACT_PHYSFN][0])
		return;
	read_file(dir, "sriov_totalvfs", function->value[FACT_SRIOV_TOTAL]);
	if (function->value[FACT_SRIOV_TOTAL][0])
		read_file(dir, "sriov_numvfs", function->value[FACT_SRIOV_ENABLED]);
}

static void read_links(int dir, struct function *function)
{
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		read_file(dir, links[i].file, function->value[links[i].fact]);
		if (!function->value[links[i].fact][0])
			return;
	}
}

/* Only a driver makes a parent. The folder of types also tells how many they are. */
static void read_mdev(int dir, struct function *function)
{
	int fd = openat(dir, "mdev_supported_types", O_RDONLY | O_DIRECTORY);
	DIR *folder = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	unsigned int types = 0;

	asked++;
	if (!folder)
		return;
	while ((entry = readdir(folder)))
		types += entry->d_name[0] != '.';
	closedir(folder);
	strcpy(function->value[FACT_MDEV_PARENT], "yes");
	snprintf(function->value[FACT_MDEV_TYPES], VALUE_SIZE, "%u", types);
}

static void read_function(int devices, const char *name, struct host *host)
{
	struct function *function = host_add(host);
	int dir = openat(devices, name, O_RDONLY | O_DIRECTORY);

	if (dir < 0)
		err(1, DEVICES "/%s", name);
	strcpy(function->address, name);
	/* The folder's own place tells the bridge above it. */
	read_link(devices, name, true, function->value[FACT_BRIDGE]);
	for (int i = 0; i < FACTS; i++)
		if (files[i])
			read_file(dir, files[i], function->value[i]);
	read_link(dir, "driver", false, function->value[FACT_DRIVER]);
	if (host->tells_override)
		read_file(dir, "driver_override", function->value[FACT_DRIVER_OVERRIDE]);
	read_group(dir, host, function);
	if (strncmp(function->value[FACT_CLASS], "0x0300", 6) == 0)
		read_file(dir, "boot_vga", function->value[FACT_BOOT_VGA]);
	read_sriov(dir, function);
	read_links(dir, function);
	/* The BARs, and the size of the ROM. */
	read_text(dir, "resource", function->resources, RESOURCES_SIZE);
	if (function->value[FACT_DRIVER][0])
		read_mdev(dir, function);
	close(dir);
}

unsigned int sysfs_read(struct host *host)
{
	DIR *devices = opendir(DEVICES);
	const struct dirent *entry;

	if (!devices)
		err(1, DEVICES);
	asked = 1;
	host->n_functions = 0;
	for (int i = 0; i < GROUPS_MAX; i++) {
		host->groups[i].known = false;
		host->groups[i].type[0] = '\0';
	}
	while ((entry = readdir(devices)))
		if (entry->d_name[0] != '.' && strlen(entry->d_name) < VALUE_SIZE)
			read_function(dirfd(devices), entry->d_name, host);
	closedir(devices);
	return asked;
}

static void tidy(char *value)
{
	value[strcspn(value, "\n")] = '\0';
	if (strcmp(value, "(null)") == 0)
		*value = '\0';
}

/* The flags of linux/ioport.h. */
#define FLAG_IO 0x100
#define FLAG_MEM 0x200
#define FLAG_PREFETCH 0x2000
#define FLAG_64 0x100000
#define FLAG_UNSET 0x20000000

static unsigned int bar_type(unsigned long long flags)
{
	if (flags & FLAG_IO)
		return GPUSHIFT_BAR_TYPE_IO;
	return GPUSHIFT_BAR_TYPE_MEM32 + !!(flags & FLAG_PREFETCH) + (flags & FLAG_64 ? 2 : 0);
}

/* A line each: start, end, flags of BARs 0 to 5 and of the ROM. */
static void tidy_resources(struct function *function)
{
	unsigned long long start, end, flags, size;
	char text[RESOURCES_SIZE], *line = text;

	strcpy(text, function->resources);
	function->resources[0] = '\0';
	for (unsigned int i = 0; i < 7; i++, line += strcspn(line, "\n") + 1) {
		if (sscanf(line, "%llx %llx %llx", &start, &end, &flags) != 3)
			errx(1, "%s: resource is not understood", function->address);
		size = end ? end - start + 1 : 0;
		if (!size || !(flags & (FLAG_IO | FLAG_MEM)))
			continue;
		if (i < 6)
			host_add_bar(function, i, bar_type(flags), flags & FLAG_UNSET ? NULL : &start, size);
		else
			snprintf(function->value[FACT_ROM_SIZE], VALUE_SIZE, "%llu", size);
	}
}

/* What has no link has no speed. */
static void tidy_links(struct function *function)
{
	if (strcmp(function->value[FACT_LINK_SPEED], "Unknown") == 0 ||
	    strcmp(function->value[FACT_LINK_WIDTH], "0") == 0)
		function->value[FACT_LINK_SPEED][0] = function->value[FACT_LINK_WIDTH][0] = '\0';
	if (strcmp(function->value[FACT_LINK_SPEED_MAX], "Unknown") == 0)
		function->value[FACT_LINK_SPEED_MAX][0] = '\0';
	if (strcmp(function->value[FACT_LINK_WIDTH_MAX], "0") == 0 ||
	    strcmp(function->value[FACT_LINK_WIDTH_MAX], "255") == 0)
		function->value[FACT_LINK_WIDTH_MAX][0] = '\0';
}

void sysfs_tidy(struct host *host)
{
	for (size_t i = 0; i < host->n_functions; i++) {
		struct function *function = &host->functions[i];

		for (int fact = 0; fact < FACTS; fact++)
			tidy(function->value[fact]);
		tidy_resources(function);
		tidy_links(function);
		if (function->group)
			tidy(function->group->type);
		/* On a root bus there is no bridge, but "pci0000:00". */
		if (strncmp(function->value[FACT_BRIDGE], "pci", 3) == 0)
			function->value[FACT_BRIDGE][0] = '\0';
		if (strcmp(function->value[FACT_NUMA_NODE], "-1") == 0)
			function->value[FACT_NUMA_NODE][0] = '\0';
	}
}
