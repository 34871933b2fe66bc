/* SPDX-License-Identifier: GPL-2.0-or-later */
/* toml_text.h - inside of toml.c: lines, strings, numbers. */
#ifndef UNLOCK_TOML_TEXT_H
#define UNLOCK_TOML_TEXT_H

#include "toml.h"

struct toml_parser {
	char *at, *end;
	int line;
	const struct toml_reader *reader;
	struct toml_path table; /* the one whose header was read last */
	bool lost; /* ... was wrong: what follows belongs to nothing */
	bool failed, stopped;
};

/* toml_wrong - say what is wrong on this line; always -EINVAL */
int toml_wrong(struct toml_parser *parser, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* toml_stop - the reader wants no more; always -EINVAL */
int toml_stop(struct toml_parser *parser);

/* toml_line_end - where the newline of this line is, or the end of the text */
char *toml_line_end(const struct toml_parser *parser);

/* toml_check_line - is it text: UTF-8 without control characters? */
int toml_check_line(struct toml_parser *parser);

int toml_take_string(struct toml_parser *parser, struct toml_value *ret);
int toml_take_word(struct toml_parser *parser, struct toml_value *ret);

#endif
