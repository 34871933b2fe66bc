// SPDX-License-Identifier: GPL-2.0
/*
 * VFs, enabled by the driver of their PF as vendors' drivers do it, and as badly
 * as they do it: fewer than asked for, later than the write that asked returns,
 * or not at all while that write succeeds.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/workqueue.h>

#include "vgpu.h"

static int vfs_errno;
module_param(vfs_errno, int, 0644);
MODULE_PARM_DESC(vfs_errno, "Fail the next time to enable VFs, with this error number (0: do not)");

static int vfs_fewer;
module_param(vfs_fewer, int, 0644);
MODULE_PARM_DESC(vfs_fewer, "Enable so many VFs fewer than asked for");

static bool vfs_never;
module_param(vfs_never, bool, 0644);
MODULE_PARM_DESC(vfs_never, "Say that VFs were enabled, and enable none");

static int vfs_late;
module_param(vfs_late, int, 0644);
MODULE_PARM_DESC(vfs_late, "Enable VFs so many milliseconds after they were asked for");

static void enable_late(struct work_struct *work);

/* One at a time will do for tests. */
static struct {
	struct delayed_work work;
	struct pci_dev *pdev;
	int count;
} late = {
	.work = __DELAYED_WORK_INITIALIZER(late.work, enable_late, 0),
};

static void enable_late(struct work_struct *work)
{
	if (pci_enable_sriov(late.pdev, late.count))
		pci_warn(late.pdev, "the late VFs could not be enabled\n");
}

static int enable(struct pci_dev *pdev, int count)
{
	int ret = -abs(xchg(&vfs_errno, 0));

	if (ret || READ_ONCE(vfs_never))
		return ret ? ret : count;
	count = max(count - READ_ONCE(vfs_fewer), 1);
	if (READ_ONCE(vfs_late)) {
		late.pdev = pdev;
		late.count = count;
		schedule_delayed_work(&late.work, msecs_to_jiffies(vfs_late));
		return count;
	}
	ret = pci_enable_sriov(pdev, count);
	return ret ? ret : count;
}

/**
 * vgpu_sriov_configure() - for the sriov_numvfs file
 * @pdev: the PF
 * @count: how many VFs there shall be
 *
 * Return: how many there are, or so it says; or a negative error code.
 */
int vgpu_sriov_configure(struct pci_dev *pdev, int count)
{
	if (count)
		return enable(pdev, count);
	vgpu_sriov_end(pdev);
	return 0;
}

/**
 * vgpu_sriov_end() - no VFs any more, and none that come late
 * @pdev: the PF
 */
void vgpu_sriov_end(struct pci_dev *pdev)
{
	if (late.pdev == pdev)
		cancel_delayed_work_sync(&late.work);
	pci_disable_sriov(pdev);
}
