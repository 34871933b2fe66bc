/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * utf8.h - text from outside (process names, sysfs) is bytes; what goes out
 * must be text.
 */
#ifndef GS_UTF8_H
#define GS_UTF8_H

#include "base.h"

/* gs_utf8_length - bytes of the character that @text begins with; 0: not valid UTF-8, or its end */
size_t gs_utf8_length(const char *text);

/* gs_utf8_valid - is all of @text valid UTF-8? */
bool gs_utf8_valid(const char *text);

/* gs_utf8_repair - a copy with every byte that is not UTF-8 replaced by U+FFFD; NULL: no memory */
char *gs_utf8_repair(const char *text) gs_must_check;

/* gs_utf8_is_control - does @text begin with a control character (C0, DEL or C1)? */
bool gs_utf8_is_control(const char *text);

#endif
