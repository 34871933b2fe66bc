// SPDX-License-Identifier: GPL-2.0-or-later
/* sysfs.c - what sysfs shows of each function. */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "judge.h"

#define DEVICES "/sys/bus/pci/devices"
#define MEMORY 0x200
#define IO 0x100
#define PREFETCHABLE 0x2000
#define WIDE 0x100000
#define UNSET 0x20000000

static void path_of(const struct function *function, const char *file, char *path, size_t size)
{
	snprintf(path, size, DEVICES "/%s/%s", function->address, file);
}

static bool read_line(const char *path, char *value, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return false;
	length = read(fd, value, size - 1);
	close(fd);
	if (length < 0)
		return false;
	value[length] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return true;
}

bool sysfs_read(const struct function *function, const char *file, char *value, size_t size)
{
	char path[512];

	path_of(function, file, path, sizeof(path));
	return read_line(path, value, size);
}

/* The last part of what a link points at; false where there is none. */
static bool read_link(const struct function *function, const char *file, char *value, size_t size)
{
	char path[512], target[1024];
	const char *last;
	ssize_t length;

	path_of(function, file, path, sizeof(path));
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		return false;
	target[length] = '\0';
	last = strrchr(target, '/');
	last = last ? last + 1 : target;
	if (strlen(last) >= size)
		errx(2, "%s: too long", path);
	strcpy(value, last);
	return true;
}

/* Names in a folder, sorted and parted by spaces; NULL when it is not there. */
static char *names_in(const char *folder, unsigned int *count)
{
	struct dirent **entries;
	char *names = NULL;
	int found;

	*count = 0;
	found = scandir(folder, &entries, NULL, alphasort);
	for (int i = 0; i < found; i++) {
		if (entries[i]->d_name[0] != '.') {
			put_item(&names, entries[i]->d_name, ' ');
			++*count;
		}
		free(entries[i]);
	}
	if (found >= 0)
		free(entries);
	return names;
}

/* --- what the others need too --- */

/* The attribute of a slot is "dddd:bb:dd"; slots of the ACPI driver look the same, but cannot be
 * reset. */
static void read_slots(struct host *host)
{
	unsigned int count;
	char *names = names_in("/sys/bus/pci/slots", &count), *rest = NULL, path[512], address[64],
	     resets[512];

	for (char *name = names ? strtok_r(names, " ", &rest) : NULL; name;
	     name = strtok_r(NULL, " ", &rest)) {
		snprintf(path, sizeof(path), "/sys/bus/pci/slots/%s/address", name);
		if (!read_line(path, address, sizeof(address)))
			continue;
		for (unsigned int i = 0; i < host->count; i++) {
			struct function *function = &host->functions[i];

			if (!strncmp(function->address, address, strlen(address)) &&
			    strlen(address) > 8)
				function->slot = true;
		}
	}
	free(names);
	/* Of the hotplug drivers for this machine only that of PCI Express ports can reset a slot.
	 */
	for (unsigned int i = 0; i < host->count; i++) {
		struct function *bridge = host->functions[i].bridge;

		if (!bridge || !host->functions[i].slot)
			continue;
		snprintf(resets, sizeof(resets), "/sys/bus/pci_express/drivers/pciehp/%s:pcie%u04",
			 bridge->address, bridge->port_type - PCI_EXP_TYPE_ROOT_PORT);
		host->functions[i].slot_resets = access(resets, F_OK) == 0;
	}
}

void sysfs_list(struct host *host)
{
	struct utsname kernel;
	unsigned int count, major, minor;
	char *names = names_in(DEVICES, &count), *rest = NULL, text[256];

	for (char *name = names ? strtok_r(names, " ", &rest) : NULL; name;
	     name = strtok_r(NULL, " ", &rest)) {
		struct function *function = host_add(host, name);

		if (read_link(function, "iommu_group", text, sizeof(text)))
			function->group = atoi(text);
		read_link(function, "driver", function->driver, sizeof(function->driver));
		function->is_vf = read_link(function, "physfn", text, sizeof(text));
		if (!sysfs_read(function, "power_state", text, sizeof(text)))
			continue;
		function->awake = !strcmp(text, "D0") || !strcmp(text, "unknown");
		expect(function, FACT_POWER_STATE, "power_state before the dump", "%s", text);
	}
	free(names);
	if (uname(&kernel) || sscanf(kernel.release, "%u.%u", &major, &minor) != 2)
		errx(2, "uname");
	host->has_cxl_bus = major > 6 || (major == 6 && minor >= 10);
}

/* --- one file, one fact --- */

static const struct plain {
	unsigned int fact;
	const char *file;
} plain[] = {
	{FACT_VENDOR_ID, "vendor"},
	{FACT_DEVICE_ID, "device"},
	{FACT_SUBSYSTEM_VENDOR_ID, "subsystem_vendor"},
	{FACT_SUBSYSTEM_DEVICE_ID, "subsystem_device"},
	{FACT_CLASS, "class"},
	{FACT_REVISION, "revision"},
	{FACT_BOOT_VGA, "boot_vga"},
	{FACT_SRIOV_TOTAL, "sriov_totalvfs"},
	{FACT_SRIOV_ENABLED, "sriov_numvfs"},
	{FACT_POWER_STATE, "power_state"},
	{FACT_D3COLD_ALLOWED, "d3cold_allowed"},
	{FACT_RUNTIME_STATUS, "power/runtime_status"},
};

static void expect_plain(struct function *function)
{
	char value[256];

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (!sysfs_read(function, plain[i].file, value, sizeof(value)))
			strcpy(value, "-");
		expect(function, plain[i].fact, plain[i].file, "%s",
		       strncmp(value, "0x", 2) ? value : value + 2);
	}
	if (sysfs_read(function, "numa_node", value, sizeof(value)))
		expect(function, FACT_NUMA_NODE, "numa_node", "%s",
		       strcmp(value, "-1") ? value : "-");
	if (sysfs_read(function, "power/control", value, sizeof(value)))
		expect(function, FACT_RUNTIME_CONTROL, "power/control", "%d",
		       !strcmp(value, "auto"));
	expect(function, FACT_PHYSFN, "physfn", "%s",
	       read_link(function, "physfn", value, sizeof(value)) ? value : "-");
	expect(function, FACT_DRIVER, "driver", "%s", *function->driver ? function->driver : "-");
}

static void expect_override(struct host *host, struct function *function)
{
	char value[512];

	if (!host->tells_override || !sysfs_read(function, "driver_override", value, sizeof(value)))
		return;
	if (!strcmp(value, "(null)"))
		*value = '\0';
	expect(function, FACT_DRIVER_OVERRIDE, "driver_override", "%s",
	       strlen(value) > 127 ? "-" : value);
}

static void expect_methods(struct function *function)
{
	if (!sysfs_read(function, "reset_method", function->methods, sizeof(function->methods)))
		*function->methods = '\0';
	expect(function, FACT_RESET_METHOD, "reset_method", "%s",
	       *function->methods ? function->methods : "-");
}

static void expect_mdev(struct function *function)
{
	unsigned int count = 0;
	char path[512], *types;

	path_of(function, "mdev_supported_types", path, sizeof(path));
	types = names_in(path, &count);
	expect(function, FACT_MDEV_PARENT, "mdev_supported_types", "%d", access(path, F_OK) == 0);
	if (access(path, F_OK) == 0)
		expect(function, FACT_MDEV_TYPES, "mdev_supported_types", "%u", count);
	else
		expect(function, FACT_MDEV_TYPES, "mdev_supported_types", "-");
	free(types);
}

/* --- BARs --- */

static const char *bar_type(unsigned long long flags)
{
	if (flags & IO)
		return "io";
	if (flags & WIDE)
		return flags & PREFETCHABLE ? "mem64-pref" : "mem64";
	return flags & PREFETCHABLE ? "mem32-pref" : "mem32";
}

static void expect_resizable(struct function *function, unsigned int index)
{
	char file[32], value[64];

	snprintf(file, sizeof(file), "resource%u_resize", index);
	if (!sysfs_read(function, file, value, sizeof(value))) {
		/* Without it only a claimant can be told, and that by a display alone. */
		if (*function->driver || strncmp(function->ours[FACT_CLASS], "03", 2))
			expect(function, FACT_BAR_DETAIL + index, file, "-");
		return;
	}
	expect(function, FACT_BAR_DETAIL + index, file, "%llx", strtoull(value, NULL, 16));
}

static void expect_bar(struct function *function, unsigned int index)
{
	unsigned long long *line = function->resource[index], size = line[1] - line[0] + 1;

	/* A bridge's first two are BARs; what follows in the file is its windows, under other
	 * numbers. */
	if (!(line[2] & (IO | MEMORY)) || (!line[0] && !line[1]))
		expect(function, FACT_BAR + index, "resource", "-");
	else if (line[2] & UNSET || !line[0])
		expect(function, FACT_BAR + index, "resource", "%s,%llx", bar_type(line[2]), size);
	else
		expect(function, FACT_BAR + index, "resource", "%s,%llx,%llx", bar_type(line[2]),
		       line[0], size);
	expect_resizable(function, index);
}

static void expect_resources(struct function *function)
{
	unsigned long long *rom = function->resource[6];
	char path[512];
	FILE *file;

	path_of(function, "resource", path, sizeof(path));
	file = fopen(path, "re");
	if (!file)
		err(2, "%s", path);
	for (unsigned int i = 0; i < 7; i++)
		if (fscanf(file, "%llx %llx %llx", &function->resource[i][0],
			   &function->resource[i][1], &function->resource[i][2]) != 3)
			errx(2, "%s", path);
	fclose(file);
	for (unsigned int i = 0; i < BARS; i++)
		expect_bar(function, i);
	if (rom[1] > rom[0])
		expect(function, FACT_ROM_SIZE, "resource", "%llu", rom[1] - rom[0] + 1);
	else
		expect(function, FACT_ROM_SIZE, "resource", "-");
}

/* --- groups --- */

/* Whether a process has the group open by VFIO. */
static bool group_is_held(int group)
{
	char wanted[64], command[256], path[600], target[256];
	unsigned int count;
	char *processes = names_in("/proc", &count), *rest = NULL;
	bool held = false;

	snprintf(wanted, sizeof(wanted), "/dev/vfio/%d", group);
	for (char *pid = processes ? strtok_r(processes, " ", &rest) : NULL; pid && !held;
	     pid = strtok_r(NULL, " ", &rest)) {
		char *files, *others = NULL;

		if (*pid < '0' || *pid > '9')
			continue;
		snprintf(command, sizeof(command), "/proc/%s/fd", pid);
		files = names_in(command, &count);
		for (char *fd = files ? strtok_r(files, " ", &others) : NULL; fd;
		     fd = strtok_r(NULL, " ", &others)) {
			ssize_t length;

			snprintf(path, sizeof(path), "%s/%s", command, fd);
			length = readlink(path, target, sizeof(target) - 1);
			target[length < 0 ? 0 : length] = '\0';
			held |= !strcmp(target, wanted);
		}
		free(files);
	}
	free(processes);
	return held;
}

static bool does_dma(const struct function *function)
{
	static const char *const harmless[] = {"vfio-pci", "pci-stub", "pcieport"};

	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		if (!strcmp(function->driver, harmless[i]))
			return false;
	return *function->driver != '\0';
}

static bool group_has_driver(const struct host *host, int group)
{
	for (unsigned int i = 0; i < host->count; i++)
		if (host->functions[i].group == group && does_dma(&host->functions[i]))
			return true;
	return false;
}

static void expect_no_group(struct function *function)
{
	static const unsigned int none[] = {
		FACT_IOMMU_GROUP,	  FACT_IOMMU_GROUP_MEMBER,
		FACT_IOMMU_DOMAIN_TYPE,	  FACT_IOMMU_DEFAULT_DOMAIN_TYPE,
		FACT_RESET_OUTSIDE_GROUP, FACT_ISOLATED,
		FACT_ISOLATION,		  FACT_ACS_MISSING,
	};

	for (size_t i = 0; i < ARRAY_SIZE(none); i++)
		expect(function, none[i], "iommu_group", "-");
	expect(function, FACT_DMA_OWNER, "iommu_group", "unknown");
}

static void expect_group(struct host *host, struct function *function)
{
	char path[512], type[64] = "-", *members;
	unsigned int count;
	bool held;

	if (function->group < 0) {
		expect_no_group(function);
		return;
	}
	path_of(function, "iommu_group/devices", path, sizeof(path));
	members = names_in(path, &count);
	expect(function, FACT_IOMMU_GROUP, "iommu_group", "%d", function->group);
	expect(function, FACT_IOMMU_GROUP_MEMBER, "iommu_group/devices", "%s",
	       members ? members : "-");
	expect(function, FACT_ISOLATED, "iommu_group/devices", "%d", count == 1);
	if (!sysfs_read(function, "iommu_group/type", type, sizeof(type)) ||
	    !strcmp(type, "unknown"))
		strcpy(type, "-");
	expect(function, FACT_IOMMU_DEFAULT_DOMAIN_TYPE, "iommu_group/type", "%s", type);
	held = group_is_held(function->group);
	expect(function, FACT_IOMMU_DOMAIN_TYPE, held ? "VFIO holds the group" : "iommu_group/type",
	       "%s", held ? "unmanaged" : type);
	expect(function, FACT_DMA_OWNER, "open files and drivers", "%s",
	       held					 ? "user"
	       : group_has_driver(host, function->group) ? "kernel"
							 : "none");
	free(members);
}

/* --- links: sysfs makes its words from config space, which config.c reads by itself --- */

static void expect_link(struct function *function, unsigned int speed, unsigned int width,
			const char *file, const char *width_file, bool told)
{
	char value[64];
	double rate;
	int lanes;

	if (!sysfs_read(function, file, value, sizeof(value)) ||
	    sscanf(value, "%lf GT/s", &rate) != 1 || !told)
		expect(function, speed, file, "-");
	else
		expect(function, speed, file, "%d", (int)(rate * 1000));
	if (!sysfs_read(function, width_file, value, sizeof(value)) ||
	    sscanf(value, "%d", &lanes) != 1 || !told || lanes < 1 || lanes > 32)
		expect(function, width, width_file, "-");
	else
		expect(function, width, width_file, "%d", lanes);
}

static bool path_is_awake(const struct function *function)
{
	for (; function; function = function->bridge)
		if (!function->awake)
			return false;
	return true;
}

void sysfs_expect(struct host *host)
{
	read_slots(host);
	for (unsigned int i = 0; i < host->count; i++) {
		struct function *function = &host->functions[i];

		expect_plain(function);
		expect_override(host, function);
		expect_methods(function);
		expect_mdev(function);
		expect_resources(function);
		expect_group(host, function);
		/* sysfs makes its words of links from registers that read as ones. */
		if (function->dead)
			continue;
		expect_link(function, FACT_LINK_SPEED_MAX, FACT_LINK_WIDTH_MAX, "max_link_speed",
			    "max_link_width", true);
		expect_link(function, FACT_LINK_SPEED, FACT_LINK_WIDTH, "current_link_speed",
			    "current_link_width", path_is_awake(function));
	}
}
