// SPDX-License-Identifier: GPL-2.0
/*
 * One vGPU: a VFIO PCI device with a configuration space and one memory BAR,
 * both emulated.  It has no interrupts and does no DMA.
 */
#include <linux/mdev.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "vgpu.h"

#define CONFIG_SIZE PCI_CFG_SPACE_SIZE
#define BAR_SIZE SZ_64K

/* A region lies at its number, shifted; as vfio-pci does, so that users share. */
#define REGION_SHIFT 40
#define REGION_MASK (BIT_ULL(REGION_SHIFT) - 1)

/**
 * struct vgpu_device - state of one vGPU
 * @vdev: for VFIO
 * @lock: guards @config and @bar
 * @config: configuration space
 * @writable: the bits of @config that the guest may change
 * @bar: contents of BAR 0
 * @params: of its folder "nvidia"
 * @has_params: there is one
 */
struct vgpu_device {
	struct vfio_device vdev;
	struct mutex lock; /* see above */
	u8 config[CONFIG_SIZE];
	u8 writable[CONFIG_SIZE];
	u8 *bar;
	struct vgpu_params params;
	bool has_params;
};

static struct vgpu_device *to_vgpu_device(struct vfio_device *vdev)
{
	return container_of(vdev, struct vgpu_device, vdev);
}

static void set16(u8 *bytes, unsigned int offset, u16 value)
{
	bytes[offset] = value;
	bytes[offset + 1] = value >> 8;
}

static void set32(u8 *bytes, unsigned int offset, u32 value)
{
	set16(bytes, offset, value);
	set16(bytes, offset + 2, value >> 16);
}

static void device_reset(struct vgpu_device *device)
{
	u8 *config = device->config;

	memset(config, 0, CONFIG_SIZE);
	set16(config, PCI_VENDOR_ID, PCI_VENDOR_ID_NVIDIA);
	set16(config, PCI_DEVICE_ID, 0x1b38);
	set32(config, PCI_CLASS_REVISION, PCI_CLASS_DISPLAY_VGA << 16 | 0xa1);
	set16(config, PCI_SUBSYSTEM_VENDOR_ID, PCI_VENDOR_ID_NVIDIA);
	set16(config, PCI_SUBSYSTEM_ID, 0x11e8);
}

static int device_init(struct vfio_device *vdev)
{
	struct vgpu_device *device = to_vgpu_device(vdev);

	device->bar = kvzalloc(BAR_SIZE, GFP_KERNEL);
	if (!device->bar)
		return -ENOMEM;
	mutex_init(&device->lock);
	device_reset(device);
	set16(device->writable, PCI_COMMAND,
	      PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
	      PCI_COMMAND_INTX_DISABLE);
	set32(device->writable, PCI_BASE_ADDRESS_0, ~(BAR_SIZE - 1));
	device->writable[PCI_INTERRUPT_LINE] = 0xff;
	return 0;
}

static void device_release(struct vfio_device *vdev)
{
	struct vgpu_device *device = to_vgpu_device(vdev);

	kvfree(device->bar);
#ifdef HAVE_VFIO_FREE_DEVICE
	vfio_free_device(vdev);
#endif
}

static size_t region_size(unsigned int region)
{
	switch (region) {
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return CONFIG_SIZE;
	case VFIO_PCI_BAR0_REGION_INDEX:
		return BAR_SIZE;
	default:
		return 0;
	}
}

/* Cuts @count at the end of the region.  Return: the byte at @pos, or NULL. */
static u8 *region_at(struct vgpu_device *device, loff_t pos, size_t *count)
{
	unsigned int region = pos >> REGION_SHIFT;
	u64 offset = pos & REGION_MASK;
	size_t size = region_size(region);

	if (pos < 0 || offset >= size)
		return NULL;
	*count = min_t(u64, *count, size - offset);
	return (region == VFIO_PCI_CONFIG_REGION_INDEX ? device->config :
							 device->bar) + offset;
}

static ssize_t device_read(struct vfio_device *vdev, char __user *buf,
			   size_t count, loff_t *pos)
{
	struct vgpu_device *device = to_vgpu_device(vdev);
	const u8 *from = region_at(device, *pos, &count);
	unsigned long left;

	if (!from)
		return -EINVAL;
	mutex_lock(&device->lock);
	left = copy_to_user(buf, from, count);
	mutex_unlock(&device->lock);
	if (left)
		return -EFAULT;
	*pos += count;
	return count;
}

static void config_write(struct vgpu_device *device, size_t offset,
			 const u8 *bytes, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		u8 mask = device->writable[offset + i];
		u8 *byte = &device->config[offset + i];

		*byte = (*byte & ~mask) | (bytes[i] & mask);
	}
}

static ssize_t device_write(struct vfio_device *vdev, const char __user *buf,
			    size_t count, loff_t *pos)
{
	struct vgpu_device *device = to_vgpu_device(vdev);
	u8 *to = region_at(device, *pos, &count);
	u8 bytes[CONFIG_SIZE];

	if (!to)
		return -EINVAL;
	count = min(count, sizeof(bytes));
	if (copy_from_user(bytes, buf, count))
		return -EFAULT;
	mutex_lock(&device->lock);
	if (*pos >> REGION_SHIFT == VFIO_PCI_CONFIG_REGION_INDEX)
		config_write(device, *pos & REGION_MASK, bytes, count);
	else
		memcpy(to, bytes, count);
	mutex_unlock(&device->lock);
	*pos += count;
	return count;
}

static long get_info(void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_device_info, num_irqs);
	struct vfio_device_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int fill_region_info(struct vfio_region_info *info)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;
	info->size = region_size(info->index);
	info->offset = (u64)info->index << REGION_SHIFT;
	info->flags = info->size ? VFIO_REGION_INFO_FLAG_READ |
				   VFIO_REGION_INFO_FLAG_WRITE : 0;
	info->cap_offset = 0;
	return 0;
}

#ifdef HAVE_VFIO_REGION_INFO_OP
/* What the user gave and gets, VFIO copies. */
static int device_region_info(struct vfio_device *vdev,
			      struct vfio_region_info *info,
			      struct vfio_info_cap *caps)
{
	return fill_region_info(info);
}
#else
static long get_region_info(void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || fill_region_info(&info) < 0)
		return -EINVAL;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}
#endif

static long get_irq_info(void __user *arg)
{
	size_t minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	info.flags = 0;
	info.count = 0;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static long reset(struct vgpu_device *device)
{
	mutex_lock(&device->lock);
	device_reset(device);
	memset(device->bar, 0, BAR_SIZE);
	mutex_unlock(&device->lock);
	return 0;
}

static long device_ioctl(struct vfio_device *vdev, unsigned int cmd,
			 unsigned long arg)
{
	void __user *argument = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return get_info(argument);
#ifndef HAVE_VFIO_REGION_INFO_OP
	case VFIO_DEVICE_GET_REGION_INFO:
		return get_region_info(argument);
#endif
	case VFIO_DEVICE_GET_IRQ_INFO:
		return get_irq_info(argument);
	case VFIO_DEVICE_SET_IRQS:
		return -EINVAL;
	case VFIO_DEVICE_RESET:
		return reset(to_vgpu_device(vdev));
	default:
		return -ENOTTY;
	}
}

static const struct vfio_device_ops device_ops = {
	.name = "gpushift-test-vgpu",
	.init = device_init,
	.release = device_release,
	.read = device_read,
	.write = device_write,
	.ioctl = device_ioctl,
#ifdef HAVE_VFIO_REGION_INFO_OP
	.get_region_info_caps = device_region_info,
#endif
#ifdef HAVE_VFIO_IOMMUFD
	.bind_iommufd = vfio_iommufd_emulated_bind,
	.unbind_iommufd = vfio_iommufd_emulated_unbind,
	.attach_ioas = vfio_iommufd_emulated_attach_ioas,
	.detach_ioas = vfio_iommufd_emulated_detach_ioas,
#endif
};

static ssize_t vgpu_params_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct vgpu_device *device = dev_get_drvdata(dev);

	return vgpu_params_get(&device->params, buf);
}

static ssize_t vgpu_params_store(struct device *dev,
				 struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct vgpu_device *device = dev_get_drvdata(dev);

	return vgpu_params_set(&device->params, buf, count);
}
static DEVICE_ATTR_RW(vgpu_params);

static struct attribute *params_attributes[] = {
	&dev_attr_vgpu_params.attr,
	NULL
};

static umode_t params_visible(struct kobject *kobj, struct attribute *attr,
			      int index)
{
	struct vgpu_device *device = dev_get_drvdata(kobj_to_dev(kobj));

	return device->has_params ? attr->mode : 0;
}

static const struct attribute_group params_group = {
	.name = "nvidia",
	.attrs = params_attributes,
	.is_visible = params_visible,
};

static const struct attribute_group *device_groups[] = {
	&params_group,
	NULL
};

static int device_probe(struct mdev_device *mdev)
{
	struct vgpu_type *type = to_vgpu_type(mdev->type);
	struct vgpu_device *device;
	int ret;

	ret = vgpu_create_errno();
	if (ret)
		return ret;
	ret = vgpu_card_take(type);
	if (ret)
		return ret;
	device = vfio_alloc_device(vgpu_device, vdev, &mdev->dev, &device_ops);
	if (IS_ERR(device)) {
		ret = PTR_ERR(device);
		goto give_room;
	}
	vgpu_params_init(&device->params);
	device->has_params = vgpu_card_has_params(type);
	ret = vfio_register_emulated_iommu_dev(&device->vdev);
	if (ret)
		goto put_device;
	dev_set_drvdata(&mdev->dev, device);
	return 0;

put_device:
	vfio_put_device(&device->vdev);
give_room:
	vgpu_card_give(type);
	return ret;
}

static void device_remove(struct mdev_device *mdev)
{
	struct vgpu_device *device = dev_get_drvdata(&mdev->dev);

	/* Waits until it is closed. */
	vfio_unregister_group_dev(&device->vdev);
	vfio_put_device(&device->vdev);
	vgpu_card_give(to_vgpu_type(mdev->type));
}

struct mdev_driver vgpu_device_driver = {
	.device_api = VFIO_DEVICE_API_PCI_STRING,
	.driver = {
		.name = "gpushift-test-vgpu",
		.owner = THIS_MODULE,
		.mod_name = KBUILD_MODNAME,
		.dev_groups = device_groups,
	},
	.probe = device_probe,
	.remove = device_remove,
	.get_available = vgpu_type_available,
	.show_description = vgpu_type_description,
};

/**
 * vgpu_device_register_driver() - make the driver of the vGPUs known
 *
 * Return: 0 or a negative error code.
 */
int vgpu_device_register_driver(void)
{
	return mdev_register_driver(&vgpu_device_driver);
}

/**
 * vgpu_device_unregister_driver() - remove the driver of the vGPUs
 */
void vgpu_device_unregister_driver(void)
{
	mdev_unregister_driver(&vgpu_device_driver);
}
