/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfio-probe [--group] [--reset] [--hold] DEVICE...
 *
 * Takes VFIO devices the way a virtual machine monitor does, and prints what it
 * finds as key=value lines. DEVICE is a PCI address or the UUID of an mdev.
 *
 *   --group   stop at the group: container and IOMMU are set, no device is opened
 *   --reset   reset each device; where it has no reset of its own, by the PCI hot reset
 *   --hold    print "holding" and keep everything open until standard input ends
 *
 * The first failure prints error=WHAT errno=NAME and exits 1.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_GROUPS 64

struct group {
	int id;
	int fd;
};

static struct group groups[MAX_GROUPS];
static unsigned int group_count;
static int container = -1;

static int fail(const char *what)
{
	printf("error=%s errno=%s\n", what, strerrorname_np(errno));
	return -1;
}

static int group_of(const char *device)
{
	static const char *const buses[] = { "pci", "mdev" };
	const char *id;
	char path[512], target[512];
	ssize_t length;

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/iommu_group", buses[i], device);
		length = readlink(path, target, sizeof(target) - 1);
		if (length < 0)
			continue;
		target[length] = '\0';
		id = strrchr(target, '/');
		return id ? atoi(id + 1) : -1;
	}
	return fail("iommu_group");
}

/* Opens a group without adding it to the container: enough to prove ownership for a hot reset. */
static struct group *open_group(int id)
{
	char path[64];
	int fd;

	for (unsigned int i = 0; i < group_count; i++)
		if (groups[i].id == id)
			return &groups[i];
	if (group_count == MAX_GROUPS)
		return NULL;
	snprintf(path, sizeof(path), "/dev/vfio/%d", id);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		fail(path);
		return NULL;
	}
	groups[group_count] = (struct group){ .id = id, .fd = fd };
	return &groups[group_count++];
}

static int join_container(const struct group *group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status))
		return fail("group-status");
	printf("group=%d viable=%d\n", group->id, !!(status.flags & VFIO_GROUP_FLAGS_VIABLE));
	if (status.flags & VFIO_GROUP_FLAGS_CONTAINER_SET)
		return 0;
	if (ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &container))
		return fail("set-container");
	/* The second group of a container finds the IOMMU set. */
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) && errno != EINVAL)
		return fail("set-iommu");
	return 0;
}

static int print_ids(int fd)
{
	struct vfio_region_info region = {
		.argsz = sizeof(region),
		.index = VFIO_PCI_CONFIG_REGION_INDEX,
	};
	uint16_t ids[2];

	if (ioctl(fd, VFIO_DEVICE_GET_REGION_INFO, &region))
		return fail("region-info");
	if (pread(fd, ids, sizeof(ids), (off_t)region.offset) != (ssize_t)sizeof(ids))
		return fail("read-config");
	printf("vendor=%04x\ndevice=%04x\n", ids[0], ids[1]);
	return 0;
}

static int hot_reset(int fd)
{
	size_t size = sizeof(struct vfio_pci_hot_reset_info) + 256 * sizeof(struct vfio_pci_dependent_device);
	struct vfio_pci_hot_reset_info *info = calloc(1, size);
	struct vfio_pci_hot_reset *reset = calloc(1, sizeof(*reset) + MAX_GROUPS * sizeof(int32_t));
	int ret = -1;

	if (!info || !reset)
		goto out;
	info->argsz = size;
	if (ioctl(fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, info)) {
		fail("hot-reset-info");
		goto out;
	}
	for (uint32_t i = 0; i < info->count; i++) {
		const struct vfio_pci_dependent_device *hit = &info->devices[i];

		printf("hot_reset_scope=%04x:%02x:%02x.%x\n", hit->segment, hit->bus, hit->devfn >> 3, hit->devfn & 7);
		if (!open_group((int)hit->group_id))
			goto out;
	}
	reset->argsz = sizeof(*reset) + group_count * sizeof(int32_t);
	reset->count = group_count;
	for (unsigned int i = 0; i < group_count; i++)
		reset->group_fds[i] = groups[i].fd;
	if (ioctl(fd, VFIO_DEVICE_PCI_HOT_RESET, reset)) {
		fail("hot-reset");
		goto out;
	}
	printf("reset=hot\n");
	ret = 0;
out:
	free(info);
	free(reset);
	return ret;
}

static int reset_device(int fd, bool is_pci)
{
	if (ioctl(fd, VFIO_DEVICE_RESET) == 0) {
		printf("reset=function\n");
		return 0;
	}
	printf("function_reset=%s\n", strerrorname_np(errno));
	return is_pci ? hot_reset(fd) : -1;
}

static int probe(const char *name, bool group_only, bool reset)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	const struct group *group;
	int id, fd;

	id = group_of(name);
	group = id < 0 ? NULL : open_group(id);
	if (!group || join_container(group))
		return -1;
	if (group_only)
		return 0;
	fd = ioctl(group->fd, VFIO_GROUP_GET_DEVICE_FD, name);
	if (fd < 0)
		return fail("get-device");
	if (ioctl(fd, VFIO_DEVICE_GET_INFO, &info))
		return fail("device-info");
	printf("name=%s\npci=%d\nresettable=%d\n", name, !!(info.flags & VFIO_DEVICE_FLAGS_PCI),
	       !!(info.flags & VFIO_DEVICE_FLAGS_RESET));
	if (print_ids(fd))
		return -1;
	/* The device's descriptor stays open until the program ends. */
	return reset ? reset_device(fd, !!strchr(name, '.')) : 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "group", no_argument, NULL, 'g' },
		{ "reset", no_argument, NULL, 'r' },
		{ "hold", no_argument, NULL, 'h' },
		{ 0 },
	};
	bool group_only = false, reset = false, hold = false;
	char ignored[256];
	int option;

	setvbuf(stdout, NULL, _IOLBF, 0);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		group_only |= option == 'g';
		reset |= option == 'r';
		hold |= option == 'h';
		if (option == '?')
			return 2;
	}
	container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (container < 0)
		return fail("/dev/vfio/vfio"), 1;
	for (; optind < argc; optind++)
		if (probe(argv[optind], group_only, reset))
			return 1;
	if (hold) {
		puts("holding");
		while (read(STDIN_FILENO, ignored, sizeof(ignored)) > 0)
			;
	}
	return 0;
}
