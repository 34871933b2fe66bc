/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * toml.h - reads the part of TOML that the files of vgpu_unlock use, strictly.
 *
 * Tables, inline tables, bare, quoted and dotted keys; whole numbers, booleans
 * and strings on one line. Arrays, floats, dates and strings of several lines
 * mean nothing in these files, and are errors that say so. Nothing is
 * allocated: strings are unescaped where they stand, and what the reader gets
 * points into the text.
 */
#ifndef UNLOCK_TOML_H
#define UNLOCK_TOML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report.h"

#define TOML_DEPTH 8

struct toml_name {
	const char *text; /* not terminated */
	size_t length;
};

/* For printf("%.*s") */
#define TOML_NAME(name) (int)(name).length, (name).text

struct toml_path {
	struct toml_name names[TOML_DEPTH];
	int count;
};

enum toml_type { TOML_INTEGER, TOML_BOOLEAN, TOML_STRING };

struct toml_value {
	enum toml_type type;
	bool negative;
	uint64_t number; /* of a number, without its sign; of a boolean */
	const char *text; /* of a string: terminated, and may hold no NUL; of others: as written */
	size_t length;
};

/* Both return 0, or -EINVAL when reading is to end. */
struct toml_reader {
	/* A table begins, by its header or as an inline table. */
	int (*table)(void *data, const struct toml_path *path, int line);
	/* The path holds the tables and the key. */
	int (*value)(void *data, const struct toml_path *path, const struct toml_value *value,
		     int line);
	void *data;
	const struct unlock_report *report;
};

/*
 * toml_parse - read @length bytes; @text[length] is there, and is written to
 * Returns 0, or -EINVAL when anything was wrong. Whether the rest is read after
 * an error, line by line, is what the report answers.
 */
int toml_parse(char *text, size_t length, const struct toml_reader *reader);

/* toml_number - a whole number as TOML writes it; 0 or -EINVAL */
int toml_number(const char *text, size_t length, struct toml_value *ret);

/* toml_name_is - is @name exactly @text? */
bool toml_name_is(const struct toml_name *name, const char *text);

#endif
