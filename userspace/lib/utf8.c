// SPDX-License-Identifier: GPL-2.0-or-later
/* utf8.c - validity and repair of UTF-8 */
#include "utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"

static size_t expected_length(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	if (lead >= 0xf0 && lead <= 0xf4)
		return 4;
	return 0;
}

/* The second byte has a narrower range after some lead bytes: no overlong forms, no surrogates. */
static bool second_allowed(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	default:
		return true;
	}
}

size_t gs_utf8_length(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	size_t length;

	if (!bytes[0])
		return 0;
	length = expected_length(bytes[0]);
	for (size_t i = 1; i < length; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		if (i == 1 && !second_allowed(bytes[0], bytes[1]))
			return 0;
	}
	return length;
}

bool gs_utf8_valid(const char *text)
{
	while (*text) {
		size_t length = gs_utf8_length(text);

		if (!length)
			return false;
		text += length;
	}
	return true;
}

char *gs_utf8_repair(const char *text)
{
	/* Each bad byte grows to the three of the replacement. */
	char *copy = malloc(strlen(text) * 3 + 1);
	char *out = copy;

	if (!copy)
		return NULL;
	while (*text) {
		size_t length = gs_utf8_length(text);

		if (length) {
			out = mempcpy(out, text, length);
			text += length;
		} else {
			out = mempcpy(out, REPLACEMENT, strlen(REPLACEMENT));
			text++;
		}
	}
	*out = '\0';
	return copy;
}

bool gs_utf8_is_control(const char *text)
{
	unsigned char lead = (unsigned char)text[0];

	if (lead < 0x20 || lead == 0x7f)
		return true;
	return lead == 0xc2 && (unsigned char)text[1] >= 0x80 && (unsigned char)text[1] <= 0x9f;
}
