// SPDX-License-Identifier: GPL-2.0-or-later
#include "utf.h"

#include <string.h>

/* The first byte of a sequence says how many follow, and what the smallest code point of that length is. */
static const struct sequence {
	unsigned char mask, lead;
	unsigned char length;
	uint32_t smallest;
} sequences[] = {
	{ 0x80, 0x00, 1, 0 },
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

static const struct sequence *sequence_of(unsigned char lead)
{
	for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++)
		if ((lead & sequences[i].mask) == sequences[i].lead)
			return &sequences[i];
	return NULL;
}

size_t utf8_take(const char *text, size_t left, uint32_t *ret)
{
	const unsigned char *bytes = (const unsigned char *)text;
	const struct sequence *sequence = left ? sequence_of(bytes[0]) : NULL;
	uint32_t code;

	if (!sequence || sequence->length > left)
		return 0;
	code = bytes[0] & (unsigned char)~sequence->mask;
	for (size_t i = 1; i < sequence->length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (bytes[i] & 0x3f);
	}
	if (code < sequence->smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return sequence->length;
}

size_t utf8_put(char *text, uint32_t code)
{
	size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;

	for (size_t i = length; i-- > 1; code >>= 6)
		text[i] = (char)(0x80 | (code & 0x3f));
	text[0] = (char)(sequences[length - 1].lead | code);
	return length;
}

static void put_unit(unsigned char *units, size_t room, size_t at, uint32_t unit)
{
	uint16_t value = (uint16_t)unit;

	if (at < room)
		memcpy(units + 2 * at, &value, sizeof(value));
}

size_t utf16_from_utf8(const char *text, size_t length, unsigned char *units, size_t room)
{
	size_t count = 0;
	uint32_t code;
	size_t n;

	for (; length; text += n, length -= n) {
		code = (unsigned char)*text;
		n = code < 0x80 ? 1 : utf8_take(text, length, &code);
		if (!n)
			break;
		if (code < 0x10000) {
			put_unit(units, room, count++, code);
			continue;
		}
		code -= 0x10000;
		put_unit(units, room, count++, 0xd800 | code >> 10);
		put_unit(units, room, count++, 0xdc00 | (code & 0x3ff));
	}
	return count;
}
