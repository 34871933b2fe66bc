/* SPDX-License-Identifier: GPL-2.0-or-later */
/* keys.h - what can be overridden of a vGPU type, and how files write it. */
#ifndef UNLOCK_KEYS_H
#define UNLOCK_KEYS_H

#include "toml.h"

enum unlock_key {
	UNLOCK_GPU_TYPE,
	UNLOCK_CARD_NAME,
	UNLOCK_VGPU_TYPE,
	UNLOCK_MAX_INSTANCES,
	UNLOCK_NUM_DISPLAYS,
	UNLOCK_DISPLAY_WIDTH,
	UNLOCK_DISPLAY_HEIGHT,
	UNLOCK_MAX_PIXELS,
	UNLOCK_FRL_CONFIG,
	UNLOCK_CUDA_ENABLED,
	UNLOCK_ECC_SUPPORTED,
	UNLOCK_MIG_INSTANCE_SIZE,
	UNLOCK_MULTI_VGPU_SUPPORTED,
	UNLOCK_PCI_ID,
	UNLOCK_PCI_DEVICE_ID,
	UNLOCK_FRAMEBUFFER,
	UNLOCK_MAPPABLE_VIDEO_SIZE,
	UNLOCK_FRAMEBUFFER_RESERVATION,
	UNLOCK_ENCODER_CAPACITY,
	UNLOCK_BAR1_LENGTH,
	UNLOCK_FRL_ENABLED,
	UNLOCK_ADAPTER_NAME,
	UNLOCK_SHORT_GPU_NAME,
	UNLOCK_KEYS,
};

enum unlock_type {
	UNLOCK_U32,
	UNLOCK_BOOL, /* a number: 0 is 0, anything else 1 */
	UNLOCK_U64,
	UNLOCK_SIZE, /* 64 bits: a number of bytes, or a string with a unit */
	UNLOCK_TEXT,
};

struct unlock_key_info {
	const char *name;
	enum unlock_type type;
};

extern const struct unlock_key_info unlock_keys[UNLOCK_KEYS];

/* unlock_key_find - the key called @name, or UNLOCK_KEYS */
enum unlock_key unlock_key_find(const struct toml_name *name);

/* unlock_key_is_licence - is it one of those that are left aside, whatever they say? */
bool unlock_key_is_licence(const struct toml_name *name);

union unlock_word {
	uint64_t number;
	struct {
		const char *text;
		size_t length;
	};
};

/*
 * unlock_key_read - a value as the type of @key wants it
 * Returns NULL, or what it should have been.
 */
const char *unlock_key_read(enum unlock_key key, const struct toml_value *value,
			    union unlock_word *ret);

/* unlock_size_parse - "512 MiB", "1.5GB", "1234"; 0 or -EINVAL */
int unlock_size_parse(const char *text, size_t length, uint64_t *ret);

#endif
