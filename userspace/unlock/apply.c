// SPDX-License-Identifier: GPL-2.0-or-later
#include "apply.h"

#include <string.h>

#include "utf.h"

static size_t room_of(const struct unlock_layout *layout, enum unlock_key key)
{
	return key == UNLOCK_CARD_NAME || key == UNLOCK_VGPU_TYPE ? layout->offsets->name_room :
								    UNLOCK_ADAPTER_ROOM;
}

bool unlock_text_fits(const struct unlock_layout *layout, enum unlock_key key,
		      const union unlock_word *value)
{
	/* A final NUL needs room too. As UTF-16 no text is longer than as UTF-8. */
	return value->length < room_of(layout, key);
}

static bool put_text(const struct unlock_layout *layout, unsigned char *info, enum unlock_key key,
		     const union unlock_word *value)
{
	unsigned char *unicode = info + layout->offsets->unicode;
	unsigned char *field = info + layout->offsets->at[key];

	if (!unlock_text_fits(layout, key, value))
		return false;
	memset(field, 0, room_of(layout, key));
	memcpy(field, value->text, value->length);
	if (key == UNLOCK_ADAPTER_NAME) {
		memset(unicode, 0, 2 * UNLOCK_ADAPTER_ROOM);
		utf16_from_utf8(value->text, value->length, unicode, UNLOCK_ADAPTER_ROOM - 1);
	}
	return true;
}

/* Members need not be aligned. */
static bool put(const struct unlock_layout *layout, unsigned char *info, enum unlock_key key,
		const union unlock_word *value)
{
	unsigned char *field = info + layout->offsets->at[key];
	uint32_t number = (uint32_t)value->number;

	switch (unlock_keys[key].type) {
	case UNLOCK_U32:
	case UNLOCK_BOOL:
		memcpy(field, &number, sizeof(number));
		return true;
	case UNLOCK_U64:
	case UNLOCK_SIZE:
		memcpy(field, &value->number, sizeof(value->number));
		return true;
	case UNLOCK_TEXT:
		return put_text(layout, info, key, value);
	}
	return true;
}

uint32_t unlock_apply(const struct unlock_layout *layout, unsigned char *info,
		      const struct unlock_override *override)
{
	uint32_t too_long = 0;

	for (uint32_t left = override->set; left; left &= left - 1) {
		enum unlock_key key = (enum unlock_key)__builtin_ctz(left);

		if (layout->offsets->at[key] != UNLOCK_NOWHERE &&
		    !put(layout, info, key, &override->values[key]))
			too_long |= 1u << key;
	}
	return too_long;
}
