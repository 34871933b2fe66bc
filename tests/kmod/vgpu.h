/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_TEST_VGPU_H
#define _GPUSHIFT_TEST_VGPU_H

#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/types.h>

/**
 * struct vgpu_kind - a size of vGPU
 * @id: number of the type, as NVIDIA numbers it
 * @name: name of the type, as NVIDIA names it
 * @framebuffer: MiB
 * @resolution: largest screen
 * @instances: most of them on one card
 */
struct vgpu_kind {
	const char *id;
	const char *name;
	unsigned int framebuffer;
	const char *resolution;
	unsigned int instances;
};

struct vgpu_card;

/**
 * struct vgpu_type - a size of vGPU as one card offers it
 * @type: for the mdev core; never used for a second registration
 * @kind: the size
 * @card: the card
 */
struct vgpu_type {
	struct mdev_type type;
	const struct vgpu_kind *kind;
	struct vgpu_card *card;
};

struct vgpu_card *vgpu_card_create(struct device *dev);
void vgpu_card_destroy(struct vgpu_card *card);

int vgpu_card_take(struct vgpu_type *type);
void vgpu_card_give(struct vgpu_type *type);

int vgpu_device_register_driver(void);
void vgpu_device_unregister_driver(void);
extern struct mdev_driver vgpu_device_driver;

unsigned int vgpu_type_available(struct mdev_type *mtype);
ssize_t vgpu_type_description(struct mdev_type *mtype, char *buf);

int vgpu_create_errno(void);

int vgpu_sriov_configure(struct pci_dev *pdev, int count);
void vgpu_sriov_end(struct pci_dev *pdev);

static inline struct vgpu_type *to_vgpu_type(struct mdev_type *mtype)
{
	return container_of(mtype, struct vgpu_type, type);
}

#endif /* _GPUSHIFT_TEST_VGPU_H */
