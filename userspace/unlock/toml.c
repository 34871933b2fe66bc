// SPDX-License-Identifier: GPL-2.0-or-later
#include "toml.h"

#include <errno.h>
#include <string.h>

#include "toml_text.h"

static int parse_value(struct toml_parser *parser, struct toml_path *path);

static bool at_line_end(const struct toml_parser *parser)
{
	return parser->at == parser->end || *parser->at == '\n' ||
	       (*parser->at == '\r' && parser->at + 1 < parser->end && parser->at[1] == '\n');
}

static void skip_blanks(struct toml_parser *parser)
{
	while (parser->at < parser->end && (*parser->at == ' ' || *parser->at == '\t'))
		parser->at++;
}

static bool take_char(struct toml_parser *parser, char c)
{
	if (parser->at == parser->end || *parser->at != c)
		return false;
	parser->at++;
	return true;
}

static bool is_bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

static int take_name(struct toml_parser *parser, struct toml_name *ret)
{
	struct toml_value string;
	const char *start = parser->at;

	if (parser->at < parser->end && (*parser->at == '"' || *parser->at == '\'')) {
		if (toml_take_string(parser, &string) < 0)
			return -EINVAL;
		*ret = (struct toml_name){ string.text, string.length };
		return 0;
	}
	while (parser->at < parser->end && is_bare(*parser->at))
		parser->at++;
	if (parser->at == start)
		return toml_wrong(parser, "a name is expected here");
	*ret = (struct toml_name){ start, (size_t)(parser->at - start) };
	return 0;
}

/* name.name.name, added to @path */
static int take_names(struct toml_parser *parser, struct toml_path *path)
{
	do {
		skip_blanks(parser);
		if (path->count == TOML_DEPTH)
			return toml_wrong(parser, "tables within tables, deeper than these files go");
		if (take_name(parser, &path->names[path->count]) < 0)
			return -EINVAL;
		path->count++;
		skip_blanks(parser);
	} while (take_char(parser, '.'));
	return 0;
}

static int tell_table(struct toml_parser *parser, const struct toml_path *path)
{
	const struct toml_reader *reader = parser->reader;

	return reader->table(reader->data, path, parser->line) < 0 ? toml_stop(parser) : 0;
}

static int parse_pair(struct toml_parser *parser, const struct toml_path *table)
{
	struct toml_path path = *table;

	if (take_names(parser, &path) < 0)
		return -EINVAL;
	if (!take_char(parser, '='))
		return toml_wrong(parser, "neither a [table] nor KEY = VALUE");
	skip_blanks(parser);
	return parse_value(parser, &path);
}

/* As deep as a path can be, since each level adds a name to it. */
static int parse_inline_table(struct toml_parser *parser, const struct toml_path *path)
{
	if (tell_table(parser, path) < 0)
		return -EINVAL;
	skip_blanks(parser);
	if (take_char(parser, '}'))
		return 0;
	do {
		if (parse_pair(parser, path) < 0)
			return -EINVAL;
		skip_blanks(parser);
	} while (take_char(parser, ','));
	if (!take_char(parser, '}'))
		return toml_wrong(parser, "an inline table ends in }, on the same line");
	return 0;
}

static int parse_value(struct toml_parser *parser, struct toml_path *path)
{
	const struct toml_reader *reader = parser->reader;
	struct toml_value value;
	int r;

	if (take_char(parser, '{'))
		return parse_inline_table(parser, path);
	if (parser->at < parser->end && (*parser->at == '"' || *parser->at == '\''))
		r = toml_take_string(parser, &value);
	else
		r = toml_take_word(parser, &value);
	if (r < 0)
		return r;
	return reader->value(reader->data, path, &value, parser->line) < 0 ? toml_stop(parser) : 0;
}

static int parse_header(struct toml_parser *parser)
{
	struct toml_path path = { .count = 0 };

	if (take_char(parser, '['))
		return toml_wrong(parser, "arrays of tables are not used in these files");
	parser->lost = true;
	if (take_names(parser, &path) < 0)
		return -EINVAL;
	if (!take_char(parser, ']'))
		return toml_wrong(parser, "a table's name ends in ]");
	parser->table = path;
	parser->lost = false;
	return tell_table(parser, &path);
}

static int parse_statement(struct toml_parser *parser)
{
	if (take_char(parser, '['))
		return parse_header(parser);
	if (parser->lost) {
		parser->at = toml_line_end(parser);
		return 0;
	}
	return parse_pair(parser, &parser->table);
}

static int parse_line(struct toml_parser *parser)
{
	if (toml_check_line(parser) < 0)
		return -EINVAL;
	skip_blanks(parser);
	if (!at_line_end(parser) && *parser->at != '#' && parse_statement(parser) < 0)
		return -EINVAL;
	skip_blanks(parser);
	if (take_char(parser, '#'))
		parser->at = toml_line_end(parser);
	return at_line_end(parser) ? 0 : toml_wrong(parser, "text after the value");
}

/* What editors of another system begin a file with, to say that it is UTF-8; it says nothing else. */
static size_t mark_length(const char *text, size_t length)
{
	static const char mark[] = { '\xef', '\xbb', '\xbf' };

	return length >= sizeof(mark) && memcmp(text, mark, sizeof(mark)) == 0 ? sizeof(mark) : 0;
}

int toml_parse(char *text, size_t length, const struct toml_reader *reader)
{
	struct toml_parser parser = {
		.at = text + mark_length(text, length),
		.end = text + length,
		.line = 1,
		.reader = reader,
	};

	for (; !parser.stopped; parser.line++) {
		char *next = toml_line_end(&parser);

		if (parse_line(&parser) < 0)
			parser.failed = true;
		if (next == parser.end)
			break;
		parser.at = next + 1;
	}
	return parser.failed ? -EINVAL : 0;
}

bool toml_name_is(const struct toml_name *name, const char *text)
{
	return strlen(text) == name->length && memcmp(name->text, text, name->length) == 0;
}
