// SPDX-License-Identifier: GPL-2.0
/*
 * A card of 24 GiB that is cut into vGPUs of one size at a time.
 */
#include <linux/slab.h>

#include "vgpu.h"

static const struct vgpu_kind kinds[] = {
	{ "46", "GRID P40-1Q", 1024, "5120x2880", 24 },
	{ "47", "GRID P40-2Q", 2048, "7680x4320", 12 },
	{ "48", "GRID P40-3Q", 3072, "7680x4320", 8 },
	{ "49", "GRID P40-4Q", 4096, "7680x4320", 6 },
	{ "50", "GRID P40-6Q", 6144, "7680x4320", 4 },
	{ "51", "GRID P40-8Q", 8192, "7680x4320", 3 },
	{ "52", "GRID P40-12Q", 12288, "7680x4320", 2 },
	{ "53", "GRID P40-24Q", 24576, "7680x4320", 1 },
};

/**
 * struct vgpu_card - one bound device
 * @parent: for the mdev core
 * @lock: guards @kind and @used
 * @kind: size of the vGPUs on the card; NULL when @used is 0
 * @used: number of vGPUs on the card
 * @types: the sizes on offer
 * @list: @types as the mdev core wants them
 */
struct vgpu_card {
	struct mdev_parent parent;
	struct mutex lock; /* see above */
	const struct vgpu_kind *kind;
	unsigned int used;
	struct vgpu_type types[ARRAY_SIZE(kinds)];
	struct mdev_type *list[ARRAY_SIZE(kinds)];
};

static unsigned int type_room(const struct vgpu_type *type)
{
	const struct vgpu_card *card = type->card;

	lockdep_assert_held(&card->lock);
	if (card->kind && card->kind != type->kind)
		return 0;
	return type->kind->instances - card->used;
}

/**
 * vgpu_type_available() - for the available_instances file
 * @mtype: the type
 *
 * Return: how many more of this size fit; none beside another size.
 */
unsigned int vgpu_type_available(struct mdev_type *mtype)
{
	struct vgpu_type *type = to_vgpu_type(mtype);
	unsigned int room;

	mutex_lock(&type->card->lock);
	room = type_room(type);
	mutex_unlock(&type->card->lock);
	return room;
}

/**
 * vgpu_type_description() - for the description file
 * @mtype: the type
 * @buf: a page
 *
 * Return: the length.
 */
ssize_t vgpu_type_description(struct mdev_type *mtype, char *buf)
{
	const struct vgpu_kind *kind = to_vgpu_type(mtype)->kind;

	return sysfs_emit(buf,
			  "num_heads=4, frl_config=60, framebuffer=%uM, max_resolution=%s, max_instance=%u\n",
			  kind->framebuffer, kind->resolution, kind->instances);
}

/**
 * vgpu_card_take() - take the room of one vGPU
 * @type: its type
 *
 * Pairs with vgpu_card_give().
 *
 * Return: 0, or -ENOSPC when there is no room.
 */
int vgpu_card_take(struct vgpu_type *type)
{
	struct vgpu_card *card = type->card;
	int ret = 0;

	mutex_lock(&card->lock);
	if (type_room(type)) {
		card->kind = type->kind;
		card->used++;
	} else {
		ret = -ENOSPC;
	}
	mutex_unlock(&card->lock);
	return ret;
}

/**
 * vgpu_card_give() - give the room of one vGPU back
 * @type: its type
 */
void vgpu_card_give(struct vgpu_type *type)
{
	struct vgpu_card *card = type->card;

	mutex_lock(&card->lock);
	if (!--card->used)
		card->kind = NULL;
	mutex_unlock(&card->lock);
}

/**
 * vgpu_card_create() - make a device an mdev parent
 * @dev: the device, bound to its driver
 *
 * Return: the card or an error pointer.
 */
struct vgpu_card *vgpu_card_create(struct device *dev)
{
	struct vgpu_card *card;
	unsigned int i;
	int ret;

	card = kzalloc(sizeof(*card), GFP_KERNEL);
	if (!card)
		return ERR_PTR(-ENOMEM);
	mutex_init(&card->lock);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		card->types[i].kind = &kinds[i];
		card->types[i].card = card;
		card->types[i].type.sysfs_name = kinds[i].id;
		card->types[i].type.pretty_name = kinds[i].name;
		card->list[i] = &card->types[i].type;
	}
	ret = mdev_register_parent(&card->parent, dev, &vgpu_device_driver,
				   card->list, ARRAY_SIZE(card->list));
	if (ret)
		goto free_card;
	return card;

free_card:
	kfree(card);
	return ERR_PTR(ret);
}

/**
 * vgpu_card_destroy() - remove all vGPUs of a card and the card
 * @card: from vgpu_card_create()
 *
 * Waits while a vGPU is open.
 */
void vgpu_card_destroy(struct vgpu_card *card)
{
	mdev_unregister_parent(&card->parent);
	kfree(card);
}
