// SPDX-License-Identifier: GPL-2.0-or-later
#include "proof.h"

#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

#include "assignable.h"
#include "tree.h"

static bool has_direct_region(struct gs_engine *engine, const char *group)
{
	char **regions = NULL;
	bool has = gs_direct_regions_read(engine, group, &regions) == 0 && regions;

	gs_strv_free(regions);
	return has;
}

static int check_viable(int group)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };

	if (ioctl(group, VFIO_GROUP_GET_STATUS, &status) < 0)
		return -errno;
	return status.flags & VFIO_GROUP_FLAGS_VIABLE ? 0 : -EPERM;
}

/*
 * The kernel takes no group with a region that is mapped one to one out of the
 * host's hands: EINVAL since 6.6, which has no other cause for a group that is in
 * no container, and before that EPERM of Intel's driver, although it is viable.
 */
static int set_container(int container, int group)
{
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &container) == 0)
		return 0;
	if (errno != EINVAL && errno != EPERM)
		return -errno;
	return errno == EPERM && check_viable(group) < 0 ? -EPERM : -ERANGE;
}

/* Source: Documentation/driver-api/vfio.rst, "VFIO Usage Example". */
static int set_iommu(struct gs_engine *engine, const char *name, int container)
{
	if (ioctl(container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) <= 0)
		return -ENOTSUP;
	if (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) == 0)
		return 0;
	if (errno != EPERM)
		return -errno;
	/* Not the group, which was viable: without such a region it wants interrupt remapping. */
	return has_direct_region(engine, name) || gs_unsafe_interrupts(engine) ? -ERANGE : -EXDEV;
}

int gs_prove_group(struct gs_engine *engine, const char *group)
{
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
	r = check_viable(fd);
	if (r == 0)
		r = set_container(container, fd);
	return r < 0 ? r : set_iommu(engine, group, container);
}
