// SPDX-License-Identifier: GPL-2.0-or-later
#include "keys.h"

#include <errno.h>
#include <string.h>

const struct unlock_key_info unlock_keys[UNLOCK_KEYS] = {
	[UNLOCK_GPU_TYPE] = { "gpu_type", UNLOCK_U32 },
	[UNLOCK_CARD_NAME] = { "card_name", UNLOCK_TEXT },
	[UNLOCK_VGPU_TYPE] = { "vgpu_type", UNLOCK_TEXT },
	[UNLOCK_MAX_INSTANCES] = { "max_instances", UNLOCK_U32 },
	[UNLOCK_NUM_DISPLAYS] = { "num_displays", UNLOCK_U32 },
	[UNLOCK_DISPLAY_WIDTH] = { "display_width", UNLOCK_U32 },
	[UNLOCK_DISPLAY_HEIGHT] = { "display_height", UNLOCK_U32 },
	[UNLOCK_MAX_PIXELS] = { "max_pixels", UNLOCK_U32 },
	[UNLOCK_FRL_CONFIG] = { "frl_config", UNLOCK_U32 },
	[UNLOCK_CUDA_ENABLED] = { "cuda_enabled", UNLOCK_BOOL },
	[UNLOCK_ECC_SUPPORTED] = { "ecc_supported", UNLOCK_BOOL },
	[UNLOCK_MIG_INSTANCE_SIZE] = { "mig_instance_size", UNLOCK_U32 },
	[UNLOCK_MULTI_VGPU_SUPPORTED] = { "multi_vgpu_supported", UNLOCK_BOOL },
	[UNLOCK_PCI_ID] = { "pci_id", UNLOCK_U64 },
	[UNLOCK_PCI_DEVICE_ID] = { "pci_device_id", UNLOCK_U64 },
	[UNLOCK_FRAMEBUFFER] = { "framebuffer", UNLOCK_SIZE },
	[UNLOCK_MAPPABLE_VIDEO_SIZE] = { "mappable_video_size", UNLOCK_SIZE },
	[UNLOCK_FRAMEBUFFER_RESERVATION] = { "framebuffer_reservation", UNLOCK_SIZE },
	[UNLOCK_ENCODER_CAPACITY] = { "encoder_capacity", UNLOCK_U32 },
	[UNLOCK_BAR1_LENGTH] = { "bar1_length", UNLOCK_U64 },
	[UNLOCK_FRL_ENABLED] = { "frl_enabled", UNLOCK_BOOL },
	[UNLOCK_ADAPTER_NAME] = { "adapter_name", UNLOCK_TEXT },
	[UNLOCK_SHORT_GPU_NAME] = { "short_gpu_name", UNLOCK_TEXT },
};

enum unlock_key unlock_key_find(const struct toml_name *name)
{
	enum unlock_key key = 0;

	while (key < UNLOCK_KEYS && !toml_name_is(name, unlock_keys[key].name))
		key++;
	return key;
}

bool unlock_key_is_licence(const struct toml_name *name)
{
	return toml_name_is(name, "license_type") || toml_name_is(name, "features");
}

static const struct unit {
	const char *name;
	uint64_t bytes;
} units[] = {
	{ "kB", 1000 },
	{ "KB", 1000 },
	{ "MB", 1000 * 1000 },
	{ "GB", 1000 * 1000 * 1000 },
	{ "TB", 1000ull * 1000 * 1000 * 1000 },
	{ "KiB", 1ull << 10 },
	{ "MiB", 1ull << 20 },
	{ "GiB", 1ull << 30 },
	{ "TiB", 1ull << 40 },
};

static uint64_t unit_bytes(const struct toml_name *name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (toml_name_is(name, units[i].name))
			return units[i].bytes;
	return 0;
}

static struct toml_name trim(const char *text, size_t length)
{
	while (length && (*text == ' ' || *text == '\t')) {
		text++;
		length--;
	}
	while (length && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	return (struct toml_name){ text, length };
}

/* Digits at the front of @name, which are taken off it; more than @max do not count. */
static size_t take_digits(struct toml_name *name, uint64_t *number, size_t max)
{
	size_t n = 0;

	*number = 0;
	for (; name->length && *name->text >= '0' && *name->text <= '9'; n++) {
		if (n < max)
			*number = *number * 10 + (uint64_t)(*name->text - '0');
		name->text++;
		name->length--;
	}
	return n;
}

/* Nine digits after the point are more than a byte of a TiB. */
#define FRACTION_DIGITS 12

/* @part / 10^@digits of @unit, rounded to whole bytes. */
static uint64_t fraction_bytes(uint64_t part, size_t digits, uint64_t unit)
{
	unsigned __int128 scale = 1;

	for (size_t i = 0; i < digits && i < FRACTION_DIGITS; i++)
		scale *= 10;
	return (uint64_t)(((unsigned __int128)part * unit + scale / 2) / scale);
}

int unlock_size_parse(const char *text, size_t length, uint64_t *ret)
{
	struct toml_name rest = trim(text, length);
	uint64_t whole, part = 0, unit, bytes;
	size_t digits, point_digits = 0;
	bool point;

	digits = take_digits(&rest, &whole, 19);
	point = rest.length && *rest.text == '.';
	if (point) {
		rest.text++;
		rest.length--;
		point_digits = take_digits(&rest, &part, FRACTION_DIGITS);
	}
	if (digits > 19 || (!digits && !point_digits))
		return -EINVAL;
	rest = trim(rest.text, rest.length);
	unit = rest.length || point ? unit_bytes(&rest) : 1;
	if (!unit || __builtin_mul_overflow(whole, unit, &bytes) ||
	    __builtin_add_overflow(bytes, fraction_bytes(part, point_digits, unit), &bytes))
		return -EINVAL;
	*ret = bytes;
	return 0;
}

static bool is_number(const struct toml_value *value, uint64_t max)
{
	return value->type == TOML_INTEGER && !value->negative && value->number <= max;
}

static const char *read_size(const struct toml_value *value, uint64_t *ret)
{
	*ret = value->number;
	if (is_number(value, UINT64_MAX) ||
	    (value->type == TOML_STRING && unlock_size_parse(value->text, value->length, ret) == 0))
		return NULL;
	return "a number of bytes, or a string like \"1.5 GiB\"";
}

const char *unlock_key_read(enum unlock_key key, const struct toml_value *value,
			    union unlock_word *ret)
{
	switch (unlock_keys[key].type) {
	case UNLOCK_U32:
		ret->number = value->number;
		return is_number(value, UINT32_MAX) ? NULL : "a number from 0 to 4294967295";
	case UNLOCK_BOOL:
		ret->number = value->number != 0;
		return is_number(value, UINT32_MAX) ? NULL : "0 or 1";
	case UNLOCK_U64:
		ret->number = value->number;
		return is_number(value, UINT64_MAX) ? NULL : "a number that is not negative";
	case UNLOCK_SIZE:
		return read_size(value, &ret->number);
	case UNLOCK_TEXT:
		ret->text = value->text;
		ret->length = value->length;
		return value->type == TOML_STRING ? NULL : "a string in quotes";
	}
	return "something else";
}
