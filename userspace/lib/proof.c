// SPDX-License-Identifier: GPL-2.0-or-later
#include "proof.h"

#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "tree.h"

/* Source: Documentation/driver-api/vfio.rst, "VFIO Usage Example". */
static int set_iommu(int container, int group)
{
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) < 0)
		return -errno;
	if (ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) <= 0)
		return -ENOTSUP;
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) == 0)
		return 0;
	/* Not the group, which was viable: the type 1 IOMMU wants interrupt remapping. */
	return errno == EPERM ? -EXDEV : -errno;
}

int gs_prove_group(struct gs_engine *engine, const char *group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	gs_cleanup_close int container = -1;
	gs_cleanup_close int fd = -1;
	char path[GS_PATH_MAX];
	int r;

	container = gs_tree_open(engine, "dev/vfio/vfio", O_RDWR);
	if (container < 0)
		return container;
	r = gs_path(path, "dev/vfio/%s", group);
	if (r < 0)
		return r;
	fd = gs_tree_open(engine, path, O_RDWR);
	if (fd < 0)
		return fd == -ENOENT ? -ENODEV : fd;
	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status) < 0)
		return -errno;
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		return -EPERM;
	return set_iommu(container, fd);
}
