/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * strict_ini.h - strict INI: what inih would swallow silently is an error with its line.
 *
 * A line is a section, KEY = VALUE, a comment (# or ;), or empty. It does not
 * begin with a blank, continues no other, and is at most some 190 bytes long.
 */
#ifndef GS_STRICT_INI_H
#define GS_STRICT_INI_H

#include "base.h"

/*
 * What a file is read into. Each returns 0; -EINVAL with a sentence in *@error
 * (allocated; NULL there counts as no memory); or -ENOMEM.
 */
struct gs_ini_reader {
	int (*section)(void *data, const char *name, int line, char **error);
	int (*key)(void *data, const char *key, const char *value, char **error);
};

/*
 * gs_ini_parse - read a whole text
 * @ret_line: where the error is
 * Returns 0, -EINVAL with *@error, or -ENOMEM.
 */
int gs_ini_parse(const char *text, size_t length, const struct gs_ini_reader *reader, void *data,
		 int *ret_line, char **error) gs_must_check;

/* gs_ini_name - is @text "KIND NAME"? Returns the name within it, or NULL. */
const char *gs_ini_name(const char *text, const char *kind);

/*
 * gs_ini_words - add the words of @value, parted by blanks, to a list
 * @valid: is it a good word? NULL: all are
 * Returns 0, -EINVAL for a word that is not (in *@ret_bad, allocated), or -ENOMEM.
 */
int gs_ini_words(const char *value, bool (*valid)(const char *word), char ***list,
		 char **ret_bad) gs_must_check;

/* gs_ini_number - a whole number from @low to @high in plain digits; 0 or -EINVAL */
int gs_ini_number(const char *text, unsigned long low, unsigned long high,
		  unsigned int *ret) gs_must_check;

/* gs_ini_fail - -EINVAL with the sentence @text, which is taken over */
int gs_ini_fail(char **error, char *text);

#endif
