// SPDX-License-Identifier: GPL-2.0
/*
 * What each VF of a card gets of its scheduler, as Intel's xe has it in sysfs since
 * 6.19: sriov_admin/vfN/profile/, there before the VFs are.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "vgpu.h"

static int profile_errno;
module_param(profile_errno, int, 0644);
MODULE_PARM_DESC(profile_errno, "Refuse what a VF is to get with this error number (0: do not)");

static bool profile_never;
module_param(profile_never, bool, 0644);
MODULE_PARM_DESC(profile_never, "Take what a VF is to get, and do nothing");

static const char *const priorities[] = { "low", "normal", "high" };

/**
 * struct vf_profile - of one VF
 * @kobj: its folder
 * @quantum_ms: of its execution
 * @priority: an index of priorities
 */
struct vf_profile {
	struct kobject kobj;
	u32 quantum_ms;
	unsigned int priority;
};

/**
 * struct vgpu_profiles - of all VFs of a card
 * @admin: the folder above them
 * @count: how many there are
 * @vfs: each of them
 */
struct vgpu_profiles {
	struct kobject *admin;
	unsigned int count;
	struct vf_profile *vfs[];
};

#define to_vf_profile(k) container_of(k, struct vf_profile, kobj)

/* What a test asks for: 0 to go on, @count to say yes, or an error. */
static ssize_t refuse(size_t count)
{
	int error = READ_ONCE(profile_errno);

	if (error)
		return -abs(error);
	return READ_ONCE(profile_never) ? count : 0;
}

static ssize_t quantum_show(struct kobject *kobj, struct kobj_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_vf_profile(kobj)->quantum_ms));
}

static ssize_t quantum_store(struct kobject *kobj, struct kobj_attribute *attr,
			     const char *buf, size_t count)
{
	ssize_t ret = refuse(count);
	u32 value;

	if (ret)
		return ret;
	ret = kstrtou32(buf, 0, &value);
	if (ret)
		return ret;
	WRITE_ONCE(to_vf_profile(kobj)->quantum_ms, value);
	return count;
}

static struct kobj_attribute quantum_attr =
	__ATTR(exec_quantum_ms, 0644, quantum_show, quantum_store);

static ssize_t priority_show(struct kobject *kobj, struct kobj_attribute *attr,
			     char *buf)
{
	unsigned int now = READ_ONCE(to_vf_profile(kobj)->priority);
	ssize_t length = 0;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(priorities); i++)
		length += sysfs_emit_at(buf, length, i == now ? "%s[%s]" : "%s%s",
					i ? " " : "", priorities[i]);
	return length + sysfs_emit_at(buf, length, "\n");
}

static ssize_t priority_store(struct kobject *kobj, struct kobj_attribute *attr,
			      const char *buf, size_t count)
{
	ssize_t ret = refuse(count);

	if (ret)
		return ret;
	ret = sysfs_match_string(priorities, buf);
	if (ret < 0)
		return ret;
	WRITE_ONCE(to_vf_profile(kobj)->priority, ret);
	return count;
}

static struct kobj_attribute priority_attr =
	__ATTR(sched_priority, 0644, priority_show, priority_store);

static struct attribute *profile_attrs[] = {
	&quantum_attr.attr,
	&priority_attr.attr,
	NULL
};

static const struct attribute_group profile_group = {
	.name = "profile",
	.attrs = profile_attrs,
};

static void release_profile(struct kobject *kobj)
{
	kfree(to_vf_profile(kobj));
}

static const struct kobj_type profile_type = {
	.release = release_profile,
	.sysfs_ops = &kobj_sysfs_ops,
};

static struct vf_profile *add_profile(struct kobject *admin, unsigned int vf)
{
	struct vf_profile *profile = kzalloc(sizeof(*profile), GFP_KERNEL);
	int ret;

	if (!profile)
		return ERR_PTR(-ENOMEM);
	profile->priority = 1;
	ret = kobject_init_and_add(&profile->kobj, &profile_type, admin, "vf%u",
				   vf);
	if (!ret)
		ret = sysfs_create_group(&profile->kobj, &profile_group);
	if (!ret)
		return profile;
	kobject_put(&profile->kobj);
	return ERR_PTR(ret);
}

/**
 * vgpu_profiles_create() - show what VFs are to get
 * @pdev: their card
 *
 * Return: to be given to vgpu_profiles_destroy(), or an error pointer.
 */
struct vgpu_profiles *vgpu_profiles_create(struct pci_dev *pdev)
{
	int total = pci_sriov_get_totalvfs(pdev);
	struct vgpu_profiles *profiles;
	struct vf_profile *profile;

	profiles = kzalloc(struct_size(profiles, vfs, total), GFP_KERNEL);
	if (!profiles)
		return ERR_PTR(-ENOMEM);
	profiles->admin = kobject_create_and_add("sriov_admin",
						 &pdev->dev.kobj);
	if (!profiles->admin) {
		kfree(profiles);
		return ERR_PTR(-ENOMEM);
	}
	while (profiles->count < total) {
		profile = add_profile(profiles->admin, profiles->count + 1);
		if (IS_ERR(profile)) {
			vgpu_profiles_destroy(profiles);
			return ERR_CAST(profile);
		}
		profiles->vfs[profiles->count++] = profile;
	}
	return profiles;
}

/**
 * vgpu_profiles_destroy() - show none any more
 * @profiles: as they were created, or NULL
 */
void vgpu_profiles_destroy(struct vgpu_profiles *profiles)
{
	if (!profiles)
		return;
	while (profiles->count)
		kobject_put(&profiles->vfs[--profiles->count]->kobj);
	kobject_put(profiles->admin);
	kfree(profiles);
}
