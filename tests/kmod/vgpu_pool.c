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

/* No card is like it: as many types as the largest have, and room for 96. */
static const struct vgpu_kind b96[] = {
	{ "9001", "NVIDIA B96-1Q", 1024, "5120x2880" },
	{ "9002", "NVIDIA B96-2Q", 2048, "7680x4320" },
	{ "9003", "NVIDIA B96-3Q", 3072, "7680x4320" },
	{ "9004", "NVIDIA B96-4Q", 4096, "7680x4320" },
	{ "9006", "NVIDIA B96-6Q", 6144, "7680x4320" },
	{ "9008", "NVIDIA B96-8Q", 8192, "7680x4320" },
	{ "9012", "NVIDIA B96-12Q", 12288, "7680x4320" },
	{ "9016", "NVIDIA B96-16Q", 16384, "7680x4320" },
	{ "9024", "NVIDIA B96-24Q", 24576, "7680x4320" },
	{ "9032", "NVIDIA B96-32Q", 32768, "7680x4320" },
	{ "9048", "NVIDIA B96-48Q", 49152, "7680x4320" },
	{ "9096", "NVIDIA B96-96Q", 98304, "7680x4320" },
	{ "9101", "NVIDIA B96-1A", 1024, "5120x2880" },
	{ "9102", "NVIDIA B96-2A", 2048, "7680x4320" },
	{ "9103", "NVIDIA B96-3A", 3072, "7680x4320" },
	{ "9104", "NVIDIA B96-4A", 4096, "7680x4320" },
	{ "9106", "NVIDIA B96-6A", 6144, "7680x4320" },
	{ "9108", "NVIDIA B96-8A", 8192, "7680x4320" },
	{ "9112", "NVIDIA B96-12A", 12288, "7680x4320" },
	{ "9116", "NVIDIA B96-16A", 16384, "7680x4320" },
	{ "9124", "NVIDIA B96-24A", 24576, "7680x4320" },
	{ "9132", "NVIDIA B96-32A", 32768, "7680x4320" },
	{ "9148", "NVIDIA B96-48A", 49152, "7680x4320" },
	{ "9196", "NVIDIA B96-96A", 98304, "7680x4320" },
	{ "9201", "NVIDIA B96-1B", 1024, "5120x2880" },
	{ "9202", "NVIDIA B96-2B", 2048, "7680x4320" },
	{ "9203", "NVIDIA B96-3B", 3072, "7680x4320" },
	{ "9204", "NVIDIA B96-4B", 4096, "7680x4320" },
	{ "9206", "NVIDIA B96-6B", 6144, "7680x4320" },
	{ "9208", "NVIDIA B96-8B", 8192, "7680x4320" },
	{ "9212", "NVIDIA B96-12B", 12288, "7680x4320" },
	{ "9216", "NVIDIA B96-16B", 16384, "7680x4320" },
	{ "9224", "NVIDIA B96-24B", 24576, "7680x4320" },
	{ "9232", "NVIDIA B96-32B", 32768, "7680x4320" },
	{ "9248", "NVIDIA B96-48B", 49152, "7680x4320" },
	{ "9296", "NVIDIA B96-96B", 98304, "7680x4320" },
	{ "9301", "NVIDIA B96-1C", 1024, "5120x2880" },
	{ "9302", "NVIDIA B96-2C", 2048, "7680x4320" },
	{ "9303", "NVIDIA B96-3C", 3072, "7680x4320" },
	{ "9304", "NVIDIA B96-4C", 4096, "7680x4320" },
	{ "9306", "NVIDIA B96-6C", 6144, "7680x4320" },
	{ "9308", "NVIDIA B96-8C", 8192, "7680x4320" },
	{ "9312", "NVIDIA B96-12C", 12288, "7680x4320" },
	{ "9316", "NVIDIA B96-16C", 16384, "7680x4320" },
	{ "9324", "NVIDIA B96-24C", 24576, "7680x4320" },
	{ "9332", "NVIDIA B96-32C", 32768, "7680x4320" },
	{ "9348", "NVIDIA B96-48C", 49152, "7680x4320" },
	{ "9396", "NVIDIA B96-96C", 98304, "7680x4320" },
	{ "9401", "NVIDIA B96-1CME", 1024, "5120x2880" },
	{ "9402", "NVIDIA B96-2CME", 2048, "7680x4320" },
	{ "9403", "NVIDIA B96-3CME", 3072, "7680x4320" },
	{ "9404", "NVIDIA B96-4CME", 4096, "7680x4320" },
	{ "9406", "NVIDIA B96-6CME", 6144, "7680x4320" },
	{ "9408", "NVIDIA B96-8CME", 8192, "7680x4320" },
	{ "9412", "NVIDIA B96-12CME", 12288, "7680x4320" },
	{ "9416", "NVIDIA B96-16CME", 16384, "7680x4320" },
	{ "9424", "NVIDIA B96-24CME", 24576, "7680x4320" },
	{ "9432", "NVIDIA B96-32CME", 32768, "7680x4320" },
	{ "9448", "NVIDIA B96-48CME", 49152, "7680x4320" },
	{ "9496", "NVIDIA B96-96CME", 98304, "7680x4320" },
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
