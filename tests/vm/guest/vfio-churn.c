/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfio-churn TIMES DEVICE: opens and closes a VFIO device again and again, as
 * one virtual machine after the other would: container, group, IOMMU, device.
 * Prints opens=N and ends with 0; or what failed, and after how many.
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

static char group_path[64];

static void find_group(const char *device)
{
	char path[256], target[512];
	const char *name;
	ssize_t length;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", device);
	length = readlink(path, target, sizeof(target) - 1);
	if (length < 0)
		err(1, "%s", path);
	target[length] = '\0';
	name = strrchr(target, '/');
	snprintf(group_path, sizeof(group_path), "/dev/vfio/%.32s", name ? name + 1 : target);
}

/* Return: NULL, or what failed. */
static const char *open_device(int container, int group, const char *device)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	const char *failed = NULL;
	int fd;

	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container))
		return "set-container";
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		return "set-iommu";
	fd = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, device);
	if (fd < 0)
		return "get-device";
	if (ioctl(fd, VFIO_DEVICE_GET_INFO, &info))
		failed = "device-info";
	close(fd);
	return failed;
}

static const char *once(const char *device)
{
	int container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	int group = open(group_path, O_RDWR | O_CLOEXEC);
	const char *failed = "open";
	int kept;

	if (container >= 0 && group >= 0)
		failed = open_device(container, group, device);
	kept = errno;
	close(group);
	close(container);
	errno = kept;
	return failed;
}

int main(int argc, char **argv)
{
	unsigned long times;
	const char *failed;

	if (argc != 3)
		errx(2, "usage: vfio-churn TIMES DEVICE");
	find_group(argv[2]);
	times = strtoul(argv[1], NULL, 10);
	for (unsigned long i = 0; i < times; i++) {
		failed = once(argv[2]);
		if (failed)
			errx(1, "%s: %s after %lu opens: %s", argv[2], failed, i, strerrorname_np(errno));
	}
	printf("opens=%lu\n", times);
	return 0;
}
