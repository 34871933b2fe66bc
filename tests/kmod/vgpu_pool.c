// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of a card, which its vGPUs share whether they are on the card or on
 * its VFs, and the sizes that it can be cut into.
 */
#include "vgpu.h"

static const struct vgpu_kind p40[] = {
	{ "46", "GRID P40-1Q", 1024, "5120x2880" },
	{ "47", "GRID P40-2Q", 2048, "7680x4320" },
	{ "48", "GRID P40-3Q", 3072, "7680x4320" },
	{ "49", "GRID P40-4Q", 4096, "7680x4320" },
	{ "50", "GRID P40-6Q", 6144, "7680x4320" },
	{ "51", "GRID P40-8Q", 8192, "7680x4320" },
	{ "52", "GRID P40-12Q", 12288, "7680x4320" },
	{ "53", "GRID P40-24Q", 24576, "7680x4320" },
};

static const struct vgpu_kind a40[] = {
	{ "557", "NVIDIA A40-1Q", 1024, "5120x2880" },
	{ "558", "NVIDIA A40-2Q", 2048, "7680x4320" },
	{ "560", "NVIDIA A40-4Q", 4096, "7680x4320" },
	{ "562", "NVIDIA A40-8Q", 8192, "7680x4320" },
	{ "564", "NVIDIA A40-16Q", 16384, "7680x4320" },
	{ "565", "NVIDIA A40-24Q", 24576, "7680x4320" },
	{ "566", "NVIDIA A40-48Q", 49152, "7680x4320" },
};

/* One series of the card below. */
#define B96(prefix, series)                                          \
	{ prefix "01", "NVIDIA B96-1" series, 1024, "5120x2880" },   \
	{ prefix "02", "NVIDIA B96-2" series, 2048, "7680x4320" },   \
	{ prefix "03", "NVIDIA B96-3" series, 3072, "7680x4320" },   \
	{ prefix "04", "NVIDIA B96-4" series, 4096, "7680x4320" },   \
	{ prefix "06", "NVIDIA B96-6" series, 6144, "7680x4320" },   \
	{ prefix "08", "NVIDIA B96-8" series, 8192, "7680x4320" },   \
	{ prefix "12", "NVIDIA B96-12" series, 12288, "7680x4320" }, \
	{ prefix "16", "NVIDIA B96-16" series, 16384, "7680x4320" }, \
	{ prefix "24", "NVIDIA B96-24" series, 24576, "7680x4320" }, \
	{ prefix "32", "NVIDIA B96-32" series, 32768, "7680x4320" }, \
	{ prefix "48", "NVIDIA B96-48" series, 49152, "7680x4320" }, \
	{ prefix "96", "NVIDIA B96-96" series, 98304, "7680x4320" }

/* No card is like it: as many types as the largest have, and room for 96. */
static const struct vgpu_kind b96[] = {
	B96("90", "Q"), B96("91", "A"), B96("92", "B"), B96("93", "C"),
	B96("94", "CME"),
};

/* The memory is the low part of the graphics address space. */
static const struct vgpu_kind gvt[] = {
	{ "GVTg_V5_1", "GVTg_V5_1", 512, "1920x1200" },
	{ "GVTg_V5_2", "GVTg_V5_2", 256, "1920x1200" },
	{ "GVTg_V5_4", "GVTg_V5_4", 128, "1920x1200" },
	{ "GVTg_V5_8", "GVTg_V5_8", 64, "1024x768" },
};

static const struct vgpu_board boards[] = {
	{ "p40", p40, ARRAY_SIZE(p40), 24576, false },
	{ "a40", a40, ARRAY_SIZE(a40), 49152, false },
	{ "b96", b96, ARRAY_SIZE(b96), 98304, false },
	{ "gvt", gvt, ARRAY_SIZE(gvt), 512, true },
};

/**
 * vgpu_board_find() - a board by its name
 * @name: the name
 *
 * Return: the board, or NULL.
 */
const struct vgpu_board *vgpu_board_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(boards); i++)
		if (!strcmp(boards[i].name, name))
			return &boards[i];
	return NULL;
}

/**
 * vgpu_pool_init() - all of a board's memory, unused
 * @pool: the pool
 * @board: the board
 */
void vgpu_pool_init(struct vgpu_pool *pool, const struct vgpu_board *board)
{
	mutex_init(&pool->lock);
	pool->board = board;
}

static unsigned int room(const struct vgpu_pool *pool,
			 const struct vgpu_kind *kind)
{
	lockdep_assert_held(&pool->lock);
	if (!pool->board->mixed && pool->kind && pool->kind != kind)
		return 0;
	return (pool->board->memory - pool->used) / kind->framebuffer;
}

/**
 * vgpu_pool_room() - how many more of a size fit
 * @pool: the pool
 * @kind: the size
 *
 * Return: the number; none beside another size, unless the board mixes them.
 */
unsigned int vgpu_pool_room(struct vgpu_pool *pool, const struct vgpu_kind *kind)
{
	unsigned int ret;

	mutex_lock(&pool->lock);
	ret = room(pool, kind);
	mutex_unlock(&pool->lock);
	return ret;
}

/**
 * vgpu_pool_take() - take the memory of one vGPU
 * @pool: the pool
 * @kind: its size
 *
 * Pairs with vgpu_pool_give().
 *
 * Return: 0, or -ENOSPC when there is no room.
 */
int vgpu_pool_take(struct vgpu_pool *pool, const struct vgpu_kind *kind)
{
	int ret = 0;

	mutex_lock(&pool->lock);
	if (room(pool, kind)) {
		pool->kind = kind;
		pool->used += kind->framebuffer;
	} else {
		ret = -ENOSPC;
	}
	mutex_unlock(&pool->lock);
	return ret;
}

/**
 * vgpu_pool_give() - give the memory of one vGPU back
 * @pool: the pool
 * @kind: its size
 */
void vgpu_pool_give(struct vgpu_pool *pool, const struct vgpu_kind *kind)
{
	mutex_lock(&pool->lock);
	pool->used -= kind->framebuffer;
	if (!pool->used)
		pool->kind = NULL;
	mutex_unlock(&pool->lock);
}
