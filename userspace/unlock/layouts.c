// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * layouts.c - the sizes are those of RM control calls A081:0103 and A082:0102.
 *
 * A branch that is not listed sends a size that is not listed either, or one
 * whose listed members have not moved. What is behind the adapter's names is
 * never written, so that the branches' different tails do not matter.
 */
#include "layouts.h"

#include "rm.h"

/* From the number of instances to the size of a MIG instance: the same distances in all. */
#define COUNTS(base)                                                                               \
	[UNLOCK_MAX_INSTANCES] = (base), [UNLOCK_NUM_DISPLAYS] = (base) + 0x04,                    \
	[UNLOCK_DISPLAY_WIDTH] = (base) + 0x08, [UNLOCK_DISPLAY_HEIGHT] = (base) + 0x0c,           \
	[UNLOCK_MAX_PIXELS] = (base) + 0x10, [UNLOCK_FRL_CONFIG] = (base) + 0x14,                  \
	[UNLOCK_CUDA_ENABLED] = (base) + 0x18, [UNLOCK_ECC_SUPPORTED] = (base) + 0x1c,             \
	[UNLOCK_MIG_INSTANCE_SIZE] = (base) + 0x20

/* From the ids to the frame rate limiter, as A081 has them: with the profile's and the GSP's sizes in between. */
#define A081_SIZES(base)                                                                           \
	[UNLOCK_PCI_ID] = (base), [UNLOCK_PCI_DEVICE_ID] = (base) + 0x08,                          \
	[UNLOCK_FRAMEBUFFER] = (base) + 0x18, [UNLOCK_FRAMEBUFFER_RESERVATION] = (base) + 0x28,    \
	[UNLOCK_MAPPABLE_VIDEO_SIZE] = (base) + 0x30, [UNLOCK_ENCODER_CAPACITY] = (base) + 0x38,   \
	[UNLOCK_BAR1_LENGTH] = (base) + 0x40, [UNLOCK_FRL_ENABLED] = (base) + 0x48

/* As A082 has them: without these two, and with the last two 64-bit sizes the other way round. */
#define A082_SIZES(base)                                                                           \
	[UNLOCK_PCI_ID] = (base), [UNLOCK_PCI_DEVICE_ID] = (base) + 0x08,                          \
	[UNLOCK_FRAMEBUFFER] = (base) + 0x10, [UNLOCK_MAPPABLE_VIDEO_SIZE] = (base) + 0x18,        \
	[UNLOCK_FRAMEBUFFER_RESERVATION] = (base) + 0x20, [UNLOCK_ENCODER_CAPACITY] = (base) + 0x28, \
	[UNLOCK_BAR1_LENGTH] = (base) + 0x30, [UNLOCK_FRL_ENABLED] = (base) + 0x38

#define NAMES(room, adapter)                                                                       \
	[UNLOCK_GPU_TYPE] = 0, [UNLOCK_CARD_NAME] = 4, [UNLOCK_VGPU_TYPE] = 4 + (room),            \
	[UNLOCK_ADAPTER_NAME] = (adapter), [UNLOCK_SHORT_GPU_NAME] = (adapter) + 0xc0

static const struct unlock_offsets a081_525 = {
	.name_room = 32,
	.unicode = 0x1fc,
	.at = { NAMES(32, 0x1bc), COUNTS(0x144), [UNLOCK_MULTI_VGPU_SUPPORTED] = 0x168,
		A081_SIZES(0x170) },
};

static const struct unlock_offsets a081_580_65 = {
	.name_room = 64,
	.unicode = 0x23c,
	.at = { NAMES(64, 0x1fc), COUNTS(0x184), [UNLOCK_MULTI_VGPU_SUPPORTED] = 0x1a8,
		A081_SIZES(0x1b0) },
};

static const struct unlock_offsets a081_580_94 = {
	.name_room = 64,
	.unicode = 0x23e,
	.at = { NAMES(64, 0x1fe), COUNTS(0x184), [UNLOCK_MULTI_VGPU_SUPPORTED] = 0x1a8,
		A081_SIZES(0x1b0) },
};

static const struct unlock_offsets a081_595 = {
	.name_room = 64,
	.unicode = 0x23e,
	.at = { NAMES(64, 0x1fe), COUNTS(0x184), [UNLOCK_MULTI_VGPU_SUPPORTED] = 0x1ac,
		A081_SIZES(0x1b0) },
};

/* What the two before have in common. */
static const struct unlock_offsets a081_580_94_or_595 = {
	.name_room = 64,
	.unicode = 0x23e,
	.at = { NAMES(64, 0x1fe), COUNTS(0x184), [UNLOCK_MULTI_VGPU_SUPPORTED] = UNLOCK_NOWHERE,
		A081_SIZES(0x1b0) },
};

static const struct unlock_offsets a082_525 = {
	.name_room = 32,
	.unicode = 0x1ec,
	.at = { NAMES(32, 0x1ac), COUNTS(0x144), [UNLOCK_MULTI_VGPU_SUPPORTED] = 0x168,
		A082_SIZES(0x170) },
};

static const struct unlock_offsets a082_580 = {
	.name_room = 64,
	.unicode = 0x22c,
	.at = { NAMES(64, 0x1ec), COUNTS(0x184), [UNLOCK_MULTI_VGPU_SUPPORTED] = 0x1a8,
		A082_SIZES(0x1b0) },
};

#define A081 (uint32_t)RM_A081_GET_VGPU_TYPE_INFO
#define A082 (uint32_t)RM_A082_GET_VGPU_TYPE_INFO
#define ANY 0, 0xffff

const struct unlock_layout unlock_layouts[] = {
	{ A081, 4960, 8, ANY, &a081_525, "525 to 545" },
	{ A081, 5096, 8, ANY, &a081_525, "550 to 565" },
	{ A081, 5232, 8, ANY, &a081_525, "570 and 575" },
	{ A081, 5424, 8, ANY, &a081_580_65, "580.65 to 580.82" },
	{ A081, 5432, 8, 1, 594, &a081_580_94, "580.94 to 590" },
	{ A081, 5432, 8, 595, 0xffff, &a081_595, "595" },
	{ A081, 5432, 8, 0, 0, &a081_580_94_or_595, "580.94 to 595" },
	{ A082, 1840, 0, ANY, &a082_525, "460" },
	{ A082, 1848, 0, ANY, &a082_525, "up to 575" },
	{ A082, 2328, 0, ANY, &a082_580, "580" },
	{ 0 },
};

bool unlock_layout_is_ambiguous(uint32_t cmd, uint32_t size)
{
	for (const struct unlock_layout *layout = unlock_layouts; layout->size; layout++)
		if (layout->cmd == cmd && layout->size == size)
			return layout->to != 0xffff || layout->from;
	return false;
}

const struct unlock_layout *unlock_layout_find(uint32_t cmd, uint32_t size, unsigned int branch)
{
	for (const struct unlock_layout *layout = unlock_layouts; layout->size; layout++)
		if (layout->cmd == cmd && layout->size == size && branch >= layout->from &&
		    branch <= layout->to)
			return layout;
	return NULL;
}
