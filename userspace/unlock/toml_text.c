// SPDX-License-Identifier: GPL-2.0-or-later
#include "toml_text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "utf.h"

int toml_wrong(struct toml_parser *parser, const char *format, ...)
{
	char message[200];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	if (unlock_say(parser->reader->report, UNLOCK_ERROR, parser->line, "%s", message) < 0)
		parser->stopped = true;
	return -EINVAL;
}

int toml_stop(struct toml_parser *parser)
{
	parser->stopped = true;
	return -EINVAL;
}

char *toml_line_end(const struct toml_parser *parser)
{
	char *newline = memchr(parser->at, '\n', (size_t)(parser->end - parser->at));

	return newline ? newline : parser->end;
}

int toml_check_line(struct toml_parser *parser)
{
	const char *end = toml_line_end(parser);
	uint32_t code = 0;
	size_t n;

	if (end < parser->end && end > parser->at && end[-1] == '\r')
		end--;
	for (const char *at = parser->at; at < end; at += n) {
		n = utf8_take(at, (size_t)(end - at), &code);
		if (!n)
			return toml_wrong(parser, "this is not UTF-8");
		if ((code < ' ' && code != '\t') || code == 0x7f)
			return toml_wrong(parser, "a control character (0x%02x)", (unsigned int)code);
	}
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The digits of \u and \U. */
static int take_code(struct toml_parser *parser, int digits, uint32_t *ret)
{
	uint32_t code = 0;

	while (digits--) {
		int digit = parser->at < parser->end ? hex_digit(*parser->at) : -1;

		if (digit < 0)
			return toml_wrong(parser, "\\u takes four hexadecimal digits, \\U eight");
		code = code << 4 | (uint32_t)digit;
		parser->at++;
	}
	if (!code || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return toml_wrong(parser, "this escape is no character that a string can hold");
	*ret = code;
	return 0;
}

/* What follows a backslash, written to @to, which it is never longer than. */
static int take_escape(struct toml_parser *parser, char **to)
{
	static const char letters[] = "btnfr\"\\", means[] = "\b\t\n\f\r\"\\";
	char c = parser->at < parser->end ? *parser->at : '\0';
	const char *letter = c ? strchr(letters, c) : NULL;
	uint32_t code = 0;

	if (letter) {
		*(*to)++ = means[letter - letters];
		parser->at++;
		return 0;
	}
	if (c != 'u' && c != 'U')
		return toml_wrong(parser, "an unknown escape after the backslash");
	parser->at++;
	if (take_code(parser, c == 'u' ? 4 : 8, &code) < 0)
		return -EINVAL;
	*to += utf8_put(*to, code);
	return 0;
}

static bool begins_long_string(const struct toml_parser *parser)
{
	return parser->end - parser->at >= 3 && parser->at[1] == parser->at[0] &&
	       parser->at[2] == parser->at[0];
}

int toml_take_string(struct toml_parser *parser, struct toml_value *ret)
{
	char quote = *parser->at;
	char *start = parser->at + 1, *to = start;

	if (begins_long_string(parser))
		return toml_wrong(parser, "strings of several lines are not used in these files");
	parser->at++;
	while (parser->at < parser->end && *parser->at != quote) {
		char c = *parser->at++;

		if (c == '\n')
			break;
		if (c == '\\' && quote == '"') {
			if (take_escape(parser, &to) < 0)
				return -EINVAL;
			continue;
		}
		*to++ = c;
	}
	if (parser->at == parser->end || *parser->at != quote || parser->at[-1] == '\n')
		return toml_wrong(parser, "a string without its closing %c", quote);
	parser->at++;
	*to = '\0';
	*ret = (struct toml_value){
		.type = TOML_STRING,
		.text = start,
		.length = (size_t)(to - start),
	};
	return 0;
}

static unsigned int take_base(const char **text, size_t *length)
{
	static const char letters[] = "xob";
	static const unsigned int bases[] = { 16, 8, 2 };
	const char *letter;

	if (*length < 2 || (*text)[0] != '0' || !(*text)[1])
		return 10;
	letter = strchr(letters, (*text)[1]);
	if (!letter)
		return 10;
	*text += 2;
	*length -= 2;
	return bases[letter - letters];
}

static int add_digit(uint64_t *number, unsigned int base, char c)
{
	int digit = hex_digit(c);

	if (digit < 0 || (unsigned int)digit >= base)
		return -EINVAL;
	if (__builtin_mul_overflow(*number, base, number) ||
	    __builtin_add_overflow(*number, (uint64_t)digit, number))
		return -ERANGE;
	return 0;
}

/* Digits, with a _ between two of them at will. */
static int take_digits(const char *text, size_t length, unsigned int base, uint64_t *ret)
{
	uint64_t number = 0;
	int r;

	if (!length || text[0] == '_' || text[length - 1] == '_')
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '_') {
			if (text[i - 1] == '_')
				return -EINVAL;
			continue;
		}
		r = add_digit(&number, base, text[i]);
		if (r < 0)
			return r;
	}
	*ret = number;
	return 0;
}

int toml_number(const char *text, size_t length, struct toml_value *ret)
{
	const char *digits = text;
	size_t left = length;
	bool sign = length && (text[0] == '+' || text[0] == '-');
	unsigned int base;
	uint64_t number;
	int r;

	digits += sign;
	left -= sign;
	base = take_base(&digits, &left);
	/* A sign is for decimal numbers only, and these begin with no 0. */
	if ((base != 10 && sign) || (base == 10 && left > 1 && digits[0] == '0'))
		return -EINVAL;
	r = take_digits(digits, left, base, &number);
	if (r < 0)
		return r;
	if (number > (uint64_t)INT64_MAX + (sign && text[0] == '-'))
		return -ERANGE;
	*ret = (struct toml_value){
		.type = TOML_INTEGER,
		.negative = sign && text[0] == '-' && number,
		.number = number,
		.text = text,
		.length = length,
	};
	return 0;
}

static size_t word_length(const struct toml_parser *parser)
{
	const char *at = parser->at;

	while (at < parser->end && !memchr(" \t\r\n,#}", *at, 7))
		at++;
	return (size_t)(at - parser->at);
}

int toml_take_word(struct toml_parser *parser, struct toml_value *ret)
{
	struct toml_name word = { parser->at, word_length(parser) };
	bool yes = toml_name_is(&word, "true");
	int r;

	if (!word.length)
		return toml_wrong(parser, "there is no value");
	if (word.text[0] == '[')
		return toml_wrong(parser, "arrays are not used in these files");
	if (yes || toml_name_is(&word, "false")) {
		*ret = (struct toml_value){ .type = TOML_BOOLEAN, .number = yes };
		ret->text = word.text;
		ret->length = word.length;
		r = 0;
	} else {
		r = toml_number(word.text, word.length, ret);
	}
	if (r == -ERANGE)
		return toml_wrong(parser, "'%.*s' is too large", TOML_NAME(word));
	if (r < 0)
		return toml_wrong(parser, "'%.*s' is no whole number, no boolean and no quoted string",
				  TOML_NAME(word));
	parser->at += word.length;
	return 0;
}
