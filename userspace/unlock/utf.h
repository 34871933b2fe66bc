/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf.h - between UTF-8, as files have it, code points and UTF-16, as one field of a vGPU type has it. */
#ifndef UNLOCK_UTF_H
#define UNLOCK_UTF_H

#include <stddef.h>
#include <stdint.h>

/* utf8_take - the code point at @text, of @left bytes; returns its bytes, 0: it is not valid UTF-8 */
size_t utf8_take(const char *text, size_t left, uint32_t *ret);

/* utf8_put - returns how many bytes were written, 4 at most */
size_t utf8_put(char *text, uint32_t code);

/*
 * utf16_from_utf8 - valid UTF-8 as UTF-16
 * @room: units that there is room for in @units, which need not be aligned
 * Returns how many it takes, also where that is more than there is room for.
 */
size_t utf16_from_utf8(const char *text, size_t length, unsigned char *units, size_t room);

#endif
