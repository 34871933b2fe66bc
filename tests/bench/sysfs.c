// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sysfs.c - the least work by which sysfs tells the facts: one open, read and
 * close or one readlink a fact, relative to the function's open folder, what a
 * group's functions share once a group, and nothing that another fact rules out.
 */
#include <dirent.h>
#include <err.h>
#include <fcntl.h>
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
};

static unsigned int asked;

static void read_file(int dir, const char *name, char value[VALUE_SIZE])
{
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n;

	asked++;
	if (fd < 0)
		return;
	n = read(fd, value, VALUE_SIZE - 1);
	close(fd);
	value[n > 0 ? n : 0] = '\0';
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
	/* Only a driver makes a parent. */
	if (function->value[FACT_DRIVER][0]) {
		asked++;
		if (faccessat(dir, "mdev_supported_types", F_OK, 0) == 0)
			strcpy(function->value[FACT_MDEV_PARENT], "yes");
	}
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

void sysfs_tidy(struct host *host)
{
	for (size_t i = 0; i < host->n_functions; i++) {
		struct function *function = &host->functions[i];

		for (int fact = 0; fact < FACTS; fact++)
			tidy(function->value[fact]);
		if (function->group)
			tidy(function->group->type);
		/* On a root bus there is no bridge, but "pci0000:00". */
		if (strncmp(function->value[FACT_BRIDGE], "pci", 3) == 0)
			function->value[FACT_BRIDGE][0] = '\0';
		if (strcmp(function->value[FACT_NUMA_NODE], "-1") == 0)
			function->value[FACT_NUMA_NODE][0] = '\0';
	}
}
