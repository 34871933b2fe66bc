// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vfio.c - what VFIO says of the functions that are bound to vfio-pci: whether
 * they can be reset alone, and what a hot reset would hit. Each group is opened
 * as a guest would open it, and given back.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "judge.h"

static void expect_hot_reset(struct function *function, int device)
{
	size_t size = sizeof(struct vfio_pci_hot_reset_info) +
		      MAX_FUNCTIONS * sizeof(struct vfio_pci_dependent_device);
	struct vfio_pci_hot_reset_info *info = calloc(1, size);
	char *scope = NULL, address[32];

	if (!info)
		errx(2, "out of memory");
	info->argsz = (uint32_t)size;
	if (ioctl(device, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info)) {
		if (errno != ENODEV)
			err(2, "%s: hot reset info", function->address);
		expect(function, FACT_RESET_SCOPE, "VFIO's hot reset: ENODEV", "-");
		expect(function, FACT_RESET_BUS, "VFIO's hot reset: ENODEV", "0");
		expect(function, FACT_RESET_SLOT, "VFIO's hot reset: ENODEV", "0");
	} else {
		for (uint32_t i = 0; i < info->count; i++) {
			const struct vfio_pci_dependent_device *hit = &info->devices[i];

			snprintf(address, sizeof(address), "%04x:%02x:%02x.%x", hit->segment,
				 hit->bus, hit->devfn >> 3, hit->devfn & 7);
			put_item(&scope, address, ' ');
		}
		sort_items(&scope);
		expect(function, FACT_RESET_SCOPE, "VFIO's hot reset", "%s", scope);
	}
	free(scope);
	free(info);
}

static void ask_device(struct function *function, int group)
{
	struct vfio_device_info info = {.argsz = sizeof(info)};
	int device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, function->address), reset;

	if (device < 0)
		err(2, "%s: VFIO_GROUP_GET_DEVICE_FD", function->address);
	if (ioctl(device, VFIO_DEVICE_GET_INFO, &info))
		err(2, "%s: VFIO_DEVICE_GET_INFO", function->address);
	expect(function, FACT_FUNCTION_RESET, "VFIO_DEVICE_FLAGS_RESET", "%d",
	       !!(info.flags & VFIO_DEVICE_FLAGS_RESET));
	reset = ioctl(device, VFIO_DEVICE_RESET);
	expect(function, FACT_FUNCTION_RESET, "VFIO_DEVICE_RESET", "%d", reset == 0);
	expect_hot_reset(function, device);
	close(device);
}

/* Return: whether the group could be taken; one with another driver in it cannot. */
static bool take_group(int container, int group, const struct function *function)
{
	struct vfio_group_status status = {.argsz = sizeof(status)};

	if (ioctl(group, VFIO_GROUP_GET_STATUS, &status))
		err(2, "%s: VFIO_GROUP_GET_STATUS", function->address);
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		printf("note %s: its group is not viable, VFIO is not asked\n", function->address);
		return false;
	}
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) ||
	    ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		err(2, "%s: its group", function->address);
	return true;
}

static void ask(struct function *function)
{
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC), group;
	char path[64];

	if (container < 0)
		err(2, "/dev/vfio/vfio");
	snprintf(path, sizeof(path), "/dev/vfio/%d", function->group);
	group = open(path, O_RDWR | O_CLOEXEC);
	if (group < 0 && errno == EBUSY)
		printf("note %s: its group is in use, VFIO is not asked\n", function->address);
	else if (group < 0)
		err(2, "%s", path);
	if (group >= 0 && take_group(container, group, function))
		ask_device(function, group);
	if (group >= 0)
		close(group);
	close(container);
}

void vfio_expect(struct host *host)
{
	for (unsigned int i = 0; i < host->count; i++)
		if (!strcmp(host->functions[i].driver, "vfio-pci") && host->functions[i].group >= 0)
			ask(&host->functions[i]);
}
