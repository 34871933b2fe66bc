/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_TEST_VGPU_H
#define _GPUSHIFT_TEST_VGPU_H

#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/types.h>

#define VGPU_KINDS_MAX 64

/**
 * struct vgpu_kind - a size of vGPU
 * @id: number or name of the type, as its vendor has it
 * @name: name of the type, as its vendor has it
 * @framebuffer: MiB
 * @resolution: largest screen
 */
struct vgpu_kind {
	const char *id;
	const char *name;
	unsigned int framebuffer;
	const char *resolution;
};

/**
 * struct vgpu_board - a card, as far as it can be split
 * @name: what tests call it
 * @kinds: the sizes
 * @nr_kinds: number of @kinds, at most VGPU_KINDS_MAX
 * @memory: MiB
 * @mixed: different sizes live beside each other
 */
struct vgpu_board {
	const char *name;
	const struct vgpu_kind *kinds;
	unsigned int nr_kinds;
	unsigned int memory;
	bool mixed;
};

/**
 * struct vgpu_pool - the memory of one card
 * @board: what card it is
 * @lock: guards @kind and @used
 * @kind: size of a vGPU that is there; NULL when @used is 0
 * @used: MiB that vGPUs have
 */
struct vgpu_pool {
	const struct vgpu_board *board;
	struct mutex lock; /* see above */
	const struct vgpu_kind *kind;
	unsigned int used;
};

const struct vgpu_board *vgpu_board_find(const char *name);
void vgpu_pool_init(struct vgpu_pool *pool, const struct vgpu_board *board);
unsigned int vgpu_pool_room(struct vgpu_pool *pool, const struct vgpu_kind *kind);
int vgpu_pool_take(struct vgpu_pool *pool, const struct vgpu_kind *kind);
void vgpu_pool_give(struct vgpu_pool *pool, const struct vgpu_kind *kind);

/**
 * struct vgpu_params - the parameters of one vGPU
 * @lock: guards @text
 * @text: what its file shows
 */
struct vgpu_params {
	struct mutex lock; /* see above */
	char text[128];
};

bool vgpu_params_exist(void);
void vgpu_params_init(struct vgpu_params *params);
ssize_t vgpu_params_get(struct vgpu_params *params, char *buf);
ssize_t vgpu_params_set(struct vgpu_params *params, const char *buf,
			size_t count);

struct vgpu_card;
struct vgpu_vf;

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

struct vgpu_card *vgpu_card_create(struct device *dev, struct vgpu_pool *pool,
				   unsigned int most);
void vgpu_card_destroy(struct vgpu_card *card);

struct vgpu_vf *vgpu_vf_create(struct vgpu_pool *pool);
struct vgpu_vf *vgpu_vf_of(struct device *dev);
int vgpu_vf_show(struct device *dev);
void vgpu_vf_destroy(struct device *dev);

bool vgpu_card_has_params(const struct vgpu_type *type);
int vgpu_card_take(struct vgpu_type *type);
void vgpu_card_give(struct vgpu_type *type);

int vgpu_device_register_driver(void);
void vgpu_device_unregister_driver(void);
extern struct mdev_driver vgpu_device_driver;

unsigned int vgpu_type_available(struct mdev_type *mtype);
ssize_t vgpu_type_description(struct mdev_type *mtype, char *buf);

int vgpu_create_errno(void);

struct vgpu_profiles;
struct vgpu_profiles *vgpu_profiles_create(struct pci_dev *pdev);
void vgpu_profiles_destroy(struct vgpu_profiles *profiles);

int vgpu_sriov_configure(struct pci_dev *pdev, int count);
void vgpu_sriov_end(struct pci_dev *pdev);

static inline struct vgpu_type *to_vgpu_type(struct mdev_type *mtype)
{
	return container_of(mtype, struct vgpu_type, type);
}

#endif /* _GPUSHIFT_TEST_VGPU_H */
