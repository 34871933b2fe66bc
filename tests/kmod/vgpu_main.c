// SPDX-License-Identifier: GPL-2.0
/*
 * A stand-in for a vendor's vGPU host driver, for tests only.
 *
 * It takes any PCI device that is given to it, by driver_override or new_id, and
 * none by itself, and makes it an mdev parent.  The kernel names mdev types
 * after the driver of their parent.  So that they read "nvidia-46" as on a real
 * host, the driver is called "nvidia" unless the parameter "name" says
 * otherwise.
 *
 * How it splits a device is told by the parameter "split": into mediated devices,
 * or into VFs, which PFs of gpushift_test_bus can have; those are all, or mdev
 * parents of one device each, or become vGPUs themselves.
 *
 * On demand it fails or hangs, as real drivers do.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "vgpu.h"

static char *name = "nvidia";
module_param(name, charp, 0444);
MODULE_PARM_DESC(name, "Name of the PCI driver, and first part of its mdev types' names");

static char *split = "mdev";
module_param(split, charp, 0444);
MODULE_PARM_DESC(split, "What a device is split into: mdev, vf, vf-mdev or vf-vfio");

static char *board = "p40";
module_param(board, charp, 0444);
MODULE_PARM_DESC(board, "What it is and which types it has: p40, a40, b96 or gvt");

static bool profiles;
module_param(profiles, bool, 0444);
MODULE_PARM_DESC(profiles, "Have the folder sriov_admin on cards that are split into plain VFs");

static int fail_probe;
module_param(fail_probe, int, 0644);
MODULE_PARM_DESC(fail_probe, "Fail each probe with this error number (0: do not)");

static int create_errno;
module_param(create_errno, int, 0644);
MODULE_PARM_DESC(create_errno, "Fail each creation of a vGPU with this error number (0: do not)");

static DECLARE_WAIT_QUEUE_HEAD(let_go);
static atomic_t held = ATOMIC_INIT(0);

static int set_hold(const char *value, const struct kernel_param *param)
{
	int ret = param_set_bool(value, param);

	wake_up_all(&let_go);
	return ret;
}

static const struct kernel_param_ops hold_ops = {
	.flags = KERNEL_PARAM_OPS_FL_NOARG,
	.set = set_hold,
	.get = param_get_bool,
};

static bool hold_probe;
module_param_cb(hold_probe, &hold_ops, &hold_probe, 0644);
MODULE_PARM_DESC(hold_probe, "Keep each probe waiting, in state D, until this is 0 again");

static bool hold_remove;
module_param_cb(hold_remove, &hold_ops, &hold_remove, 0644);
MODULE_PARM_DESC(hold_remove, "Keep each removal waiting, in state D, until this is 0 again");

static int get_held(char *buf, const struct kernel_param *param)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&held));
}

static const struct kernel_param_ops held_ops = {
	.get = get_held,
};

module_param_cb(held, &held_ops, NULL, 0444);
MODULE_PARM_DESC(held, "How many probes and removals are being kept waiting (read only)");

static void hold_while(const bool *hold)
{
	if (!READ_ONCE(*hold))
		return;
	atomic_inc(&held);
	wait_event(let_go, !READ_ONCE(*hold));
	atomic_dec(&held);
}

/* Tests may write the number with or without its sign. */
static int as_error(int number)
{
	return number > 0 ? -number : number;
}

/**
 * vgpu_create_errno() - how the creation of a vGPU is to end
 *
 * Return: 0, or the negative error code to fail with.
 */
int vgpu_create_errno(void)
{
	return as_error(READ_ONCE(create_errno));
}

/**
 * struct binding - a device that is bound
 * @pool: its memory, unless it is a VF
 * @card: as an mdev parent; NULL: is none
 * @vf: as a VF that becomes a vGPU; NULL: is none
 * @profiles: what its VFs are to get; NULL: nothing can be said of that
 */
struct binding {
	struct vgpu_pool pool;
	struct vgpu_card *card;
	struct vgpu_vf *vf;
	struct vgpu_profiles *profiles;
};

/**
 * vgpu_vf_of() - what a device is as a VF
 * @dev: the device
 *
 * Return: the VF.
 */
struct vgpu_vf *vgpu_vf_of(struct device *dev)
{
	struct binding *binding = dev_get_drvdata(dev);

	return binding->vf;
}

static struct pci_driver vgpu_driver;

/* A VF has the memory of its card, which is bound for as long as it is. */
static struct vgpu_pool *pool_of(struct pci_dev *pdev)
{
	struct pci_dev *card = pci_physfn(pdev);
	struct binding *binding = pci_get_drvdata(card);

	return card->driver == &vgpu_driver && binding ? &binding->pool : NULL;
}

static int offer_mdevs(struct pci_dev *pdev, struct binding *binding,
		       unsigned int most)
{
	binding->card = vgpu_card_create(&pdev->dev, pool_of(pdev), most);
	return PTR_ERR_OR_ZERO(binding->card);
}

static int offer_vf(struct pci_dev *pdev, struct binding *binding)
{
	int ret;

	binding->vf = vgpu_vf_create(pool_of(pdev));
	if (IS_ERR(binding->vf))
		return PTR_ERR(binding->vf);
	ret = vgpu_vf_show(&pdev->dev);
	if (ret)
		kfree(binding->vf);
	return ret;
}

static int offer_profiles(struct pci_dev *pdev, struct binding *binding)
{
	binding->profiles = vgpu_profiles_create(pdev);
	return PTR_ERR_OR_ZERO(binding->profiles);
}

static int offer(struct pci_dev *pdev, struct binding *binding)
{
	if (!strcmp(split, "mdev") && !pdev->is_virtfn)
		return offer_mdevs(pdev, binding, UINT_MAX);
	if (!strcmp(split, "vf-mdev") && pdev->is_virtfn && pool_of(pdev))
		return offer_mdevs(pdev, binding, 1);
	if (!strcmp(split, "vf-vfio") && pdev->is_virtfn && pool_of(pdev))
		return offer_vf(pdev, binding);
	if (profiles && !strcmp(split, "vf") && pdev->is_physfn)
		return offer_profiles(pdev, binding);
	return 0;
}

static int bind(struct pci_dev *pdev)
{
	struct binding *binding = kzalloc(sizeof(*binding), GFP_KERNEL);
	int ret;

	if (!binding)
		return -ENOMEM;
	vgpu_pool_init(&binding->pool, vgpu_board_find(board));
	pci_set_drvdata(pdev, binding);
	ret = offer(pdev, binding);
	if (ret) {
		pci_set_drvdata(pdev, NULL);
		kfree(binding);
	}
	return ret;
}

static int vgpu_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret;

	hold_while(&hold_probe);
	ret = as_error(READ_ONCE(fail_probe));
	if (ret)
		return ret;
	ret = pci_enable_device(pdev);
	if (ret)
		return ret;
	ret = bind(pdev);
	if (ret)
		pci_disable_device(pdev);
	return ret;
}

static void vgpu_remove(struct pci_dev *pdev)
{
	struct binding *binding = pci_get_drvdata(pdev);

	hold_while(&hold_remove);
	if (pdev->is_physfn)
		vgpu_sriov_end(pdev);
	if (binding->card)
		vgpu_card_destroy(binding->card);
	if (binding->vf)
		vgpu_vf_destroy(&pdev->dev);
	vgpu_profiles_destroy(binding->profiles);
	kfree(binding);
	pci_disable_device(pdev);
}

/* Without ids, not even an empty list: new_id would take none then. */
static struct pci_driver vgpu_driver = {
	.probe = vgpu_probe,
	.remove = vgpu_remove,
	.sriov_configure = vgpu_sriov_configure,
};

static int __init vgpu_init(void)
{
	int ret;

	if (!vgpu_board_find(board))
		return -EINVAL;
	vgpu_driver.name = name;
	ret = vgpu_device_register_driver();
	if (ret)
		return ret;
	ret = pci_register_driver(&vgpu_driver);
	if (ret)
		goto unregister_device_driver;
	return 0;

unregister_device_driver:
	vgpu_device_unregister_driver();
	return ret;
}

static void __exit vgpu_exit(void)
{
	pci_unregister_driver(&vgpu_driver);
	vgpu_device_unregister_driver();
}

module_init(vgpu_init);
module_exit(vgpu_exit);

MODULE_DESCRIPTION("Stand-in for a vGPU host driver, for the tests of gpushift");
MODULE_AUTHOR("The gpushift developers");
MODULE_LICENSE("GPL");
