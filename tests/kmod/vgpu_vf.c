// SPDX-License-Identifier: GPL-2.0
/*
 * A VF that becomes a vGPU by itself, told by the files of its folder "nvidia" as
 * NVIDIA's driver has it where the kernel has no mediated devices.  It is no VFIO
 * device here: nothing is behind it.
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "vgpu.h"

static bool create_never;
module_param(create_never, bool, 0644);
MODULE_PARM_DESC(create_never, "Take the type of a VF, and do nothing");

/**
 * struct vgpu_vf - a VF
 * @pool: the memory, of its card
 * @lock: guards @kind
 * @kind: what it is; NULL: no vGPU
 * @params: of the vGPU that it is, or will be
 */
struct vgpu_vf {
	struct vgpu_pool *pool;
	struct mutex lock; /* see above */
	const struct vgpu_kind *kind;
	struct vgpu_params params;
};

static ssize_t creatable_vgpu_types_show(struct device *dev,
					 struct device_attribute *attr,
					 char *buf)
{
	struct vgpu_vf *vf = vgpu_vf_of(dev);
	const struct vgpu_board *board = vf->pool->board;
	ssize_t length;
	unsigned int i;

	length = sysfs_emit(buf, "ID    : vGPU Name\n");
	mutex_lock(&vf->lock);
	for (i = 0; !vf->kind && i < board->nr_kinds; i++)
		if (vgpu_pool_room(vf->pool, &board->kinds[i]))
			length += sysfs_emit_at(buf, length, "%-5s : %s\n",
						board->kinds[i].id,
						board->kinds[i].name);
	mutex_unlock(&vf->lock);
	return length;
}
static DEVICE_ATTR_RO(creatable_vgpu_types);

static ssize_t current_vgpu_type_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	struct vgpu_vf *vf = vgpu_vf_of(dev);
	ssize_t length;

	mutex_lock(&vf->lock);
	length = sysfs_emit(buf, "%s\n", vf->kind ? vf->kind->id : "0");
	mutex_unlock(&vf->lock);
	return length;
}

static void forget(struct vgpu_vf *vf)
{
	if (vf->kind)
		vgpu_pool_give(vf->pool, vf->kind);
	vf->kind = NULL;
}

/* All that is wrong is one error, whose reason is in the log. */
static int become(struct vgpu_vf *vf, const char *id)
{
	const struct vgpu_board *board = vf->pool->board;
	unsigned int i;

	for (i = 0; i < board->nr_kinds; i++)
		if (sysfs_streq(id, board->kinds[i].id))
			break;
	if (vf->kind || i == board->nr_kinds ||
	    vgpu_pool_take(vf->pool, &board->kinds[i]))
		return -EIO;
	vf->kind = &board->kinds[i];
	return 0;
}

static ssize_t current_vgpu_type_store(struct device *dev,
				       struct device_attribute *attr,
				       const char *buf, size_t count)
{
	struct vgpu_vf *vf = vgpu_vf_of(dev);
	int ret = 0;

	mutex_lock(&vf->lock);
	if (sysfs_streq(buf, "0"))
		forget(vf);
	else
		ret = vgpu_create_errno();
	if (!ret && !sysfs_streq(buf, "0") && !READ_ONCE(create_never))
		ret = become(vf, buf);
	mutex_unlock(&vf->lock);
	return ret ? ret : count;
}
static DEVICE_ATTR_RW(current_vgpu_type);

static ssize_t vgpu_params_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return vgpu_params_get(&vgpu_vf_of(dev)->params, buf);
}

static ssize_t vgpu_params_store(struct device *dev,
				 struct device_attribute *attr,
				 const char *buf, size_t count)
{
	return vgpu_params_set(&vgpu_vf_of(dev)->params, buf, count);
}
static DEVICE_ATTR_RW(vgpu_params);

/* Of vGPUs in an instance of MIG, which there is none of. */
static ssize_t gpu_instance_id_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	return -ENXIO;
}
static DEVICE_ATTR_RO(gpu_instance_id);

static struct attribute *attributes[] = {
	&dev_attr_creatable_vgpu_types.attr,
	&dev_attr_current_vgpu_type.attr,
	&dev_attr_vgpu_params.attr,
	&dev_attr_gpu_instance_id.attr,
	NULL
};

static umode_t is_visible(struct kobject *kobj, struct attribute *attr,
			  int index)
{
	return attr == &dev_attr_vgpu_params.attr && !vgpu_params_exist() ?
		       0 : attr->mode;
}

static const struct attribute_group group = {
	.name = "nvidia",
	.attrs = attributes,
	.is_visible = is_visible,
};

/**
 * vgpu_vf_create() - the state of a VF, without its files
 * @pool: the memory, which outlives it
 *
 * Return: the VF or an error pointer.
 */
struct vgpu_vf *vgpu_vf_create(struct vgpu_pool *pool)
{
	struct vgpu_vf *vf = kzalloc(sizeof(*vf), GFP_KERNEL);

	if (!vf)
		return ERR_PTR(-ENOMEM);
	mutex_init(&vf->lock);
	vgpu_params_init(&vf->params);
	vf->pool = pool;
	return vf;
}

/**
 * vgpu_vf_show() - the files of a VF
 * @dev: the VF, whose vgpu_vf_of() is set
 *
 * Return: 0 or a negative error code.
 */
int vgpu_vf_show(struct device *dev)
{
	return sysfs_create_group(&dev->kobj, &group);
}

/**
 * vgpu_vf_destroy() - no files, and no vGPU
 * @dev: the VF
 */
void vgpu_vf_destroy(struct device *dev)
{
	struct vgpu_vf *vf = vgpu_vf_of(dev);

	sysfs_remove_group(&dev->kobj, &group);
	forget(vf);
	kfree(vf);
}
