// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is an mdev parent: a whole card, or a VF, which holds one vGPU
 * at a time.
 */
#include <linux/slab.h>

#include "vgpu.h"

/**
 * struct vgpu_card - one mdev parent
 * @parent: for the mdev core
 * @pool: the memory, of the card that it is or belongs to
 * @most: how many vGPUs it can hold
 * @made: how many it does
 * @types: the sizes on offer
 * @list: @types as the mdev core wants them
 */
struct vgpu_card {
	struct mdev_parent parent;
	struct vgpu_pool *pool;
	unsigned int most;
	atomic_t made;
	struct vgpu_type types[VGPU_KINDS_MAX];
	struct mdev_type *list[VGPU_KINDS_MAX];
};

/**
 * vgpu_type_available() - for the available_instances file
 * @mtype: the type
 *
 * Return: how many more of this size fit.
 */
unsigned int vgpu_type_available(struct mdev_type *mtype)
{
	struct vgpu_type *type = to_vgpu_type(mtype);
	struct vgpu_card *card = type->card;

	return min(vgpu_pool_room(card->pool, type->kind),
		   card->most - atomic_read(&card->made));
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
	struct vgpu_type *type = to_vgpu_type(mtype);
	const struct vgpu_board *board = type->card->pool->board;
	const struct vgpu_kind *kind = type->kind;
	ssize_t length;

	if (board->mixed) {
		length = sysfs_emit(buf, "low_gm_size: %uMB\nhigh_gm_size: %uMB\n",
				    kind->framebuffer, 4 * kind->framebuffer);
		length += sysfs_emit_at(buf, length,
					"fence: 4\nresolution: %s\nweight: %u\n",
					kind->resolution, kind->framebuffer / 32);
		return length;
	}
	return sysfs_emit(buf,
			  "num_heads=4, frl_config=60, framebuffer=%uM, max_resolution=%s, max_instance=%u\n",
			  kind->framebuffer, kind->resolution,
			  board->memory / kind->framebuffer);
}

/**
 * vgpu_card_has_params() - do its vGPUs have parameters?
 * @type: the type of one
 *
 * Return: true for what stands in for NVIDIA's cards.
 */
bool vgpu_card_has_params(const struct vgpu_type *type)
{
	return !type->card->pool->board->mixed && vgpu_params_exist();
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
	int ret;

	if (!atomic_add_unless(&card->made, 1, card->most))
		return -ENOSPC;
	ret = vgpu_pool_take(card->pool, type->kind);
	if (ret)
		atomic_dec(&card->made);
	return ret;
}

/**
 * vgpu_card_give() - give the room of one vGPU back
 * @type: its type
 */
void vgpu_card_give(struct vgpu_type *type)
{
	vgpu_pool_give(type->card->pool, type->kind);
	atomic_dec(&type->card->made);
}

/**
 * vgpu_card_create() - make a device an mdev parent
 * @dev: the device, bound to its driver
 * @pool: the memory, which outlives it
 * @most: how many vGPUs it can hold
 *
 * Return: the card or an error pointer.
 */
struct vgpu_card *vgpu_card_create(struct device *dev, struct vgpu_pool *pool,
				   unsigned int most)
{
	const struct vgpu_board *board = pool->board;
	struct vgpu_card *card;
	unsigned int i;
	int ret;

	card = kzalloc(sizeof(*card), GFP_KERNEL);
	if (!card)
		return ERR_PTR(-ENOMEM);
	card->pool = pool;
	card->most = most;
	for (i = 0; i < board->nr_kinds; i++) {
		card->types[i].kind = &board->kinds[i];
		card->types[i].card = card;
		card->types[i].type.sysfs_name = board->kinds[i].id;
		card->types[i].type.pretty_name = board->kinds[i].name;
		card->list[i] = &card->types[i].type;
	}
	ret = mdev_register_parent(&card->parent, dev, &vgpu_device_driver,
				   card->list, board->nr_kinds);
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
