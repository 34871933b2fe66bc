// SPDX-License-Identifier: GPL-2.0-or-later
/* config_parse.c - the sections and keys of the configuration, from text. */
#include <ctype.h>

#include "config.h"
#include "strict_ini.h"

#define ALIAS_MAX 32
#define MAX_TIMEOUT_S 86400

/* The file that is being read. */
struct parser {
	struct gs_configuration *configuration;
	const char *file;
	bool in_global;
	int card; /* index of the section's card; -1: it is not one of a card */
	unsigned int seen; /* keys of this section, as bits of their place in the table */
	size_t *sections; /* cards that this file has spoken of */
	size_t n_sections;
	bool global_seen;
};

static bool is_made_of(const char *text, const char *others)
{
	for (const char *p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr(others, *p))
			return false;
	return *text;
}

bool gs_config_is_driver(const char *text)
{
	return is_made_of(text, "_-") && strlen(text) < 64;
}

bool gs_config_is_unit(const char *text)
{
	static const char *const types[] = { ".service", ".socket", ".target", ".timer", ".path" };
	const char *type = strrchr(text, '.');

	if (!type || type == text || text[0] == '-' || strlen(text) > 255 ||
	    !is_made_of(text, ":-_.\\@"))
		return false;
	for (size_t i = 0; i < GS_ARRAY_SIZE(types); i++)
		if (gs_streq(type, types[i]))
			return true;
	return false;
}

/* What every <card> of the command line may be, and what it may not be mistaken for. */
static bool is_alias(const char *text)
{
	struct gs_address address;

	return isalpha((unsigned char)text[0]) && strlen(text) <= ALIAS_MAX &&
	       is_made_of(text, "-_.") && gs_address_parse(text, &address) < 0;
}

static struct gs_card_config *card_of(struct parser *parser)
{
	return &parser->configuration->cards[parser->card];
}

static int set_timeout(struct parser *parser, const char *value, char **error)
{
	unsigned int seconds;

	if (gs_ini_number(value, 1, MAX_TIMEOUT_S, &seconds) < 0)
		return gs_ini_fail(error,
				   gs_asprintf("timeout is a number of seconds from 1 to %d, not '%s'",
					       MAX_TIMEOUT_S, value));
	parser->configuration->timeout_ms = seconds * 1000;
	return 0;
}

static int set_address(struct parser *parser, const char *value, char **error)
{
	struct gs_card_config *card = card_of(parser);

	if (gs_address_parse(value, &card->address) < 0)
		return gs_ini_fail(error,
				   gs_asprintf("address is a PCI address like 0000:01:00.0, not '%s'",
					       value));
	card->addressed = true;
	return 0;
}

static int set_driver(struct parser *parser, const char *value, char **error)
{
	struct gs_card_config *card = card_of(parser);

	if (!gs_config_is_driver(value))
		return gs_ini_fail(error, gs_asprintf("'%s' is not the name of a driver", value));
	if (gs_driver_is_vfio(value))
		return gs_ini_fail(error,
				   gs_asprintf("driver is what the host uses the card with, and %s "
					       "gives it away",
					       value));
	free(card->driver);
	card->driver = strdup(value);
	return card->driver ? 0 : -ENOMEM;
}

/* A drop-in can say that the list of another file does not hold. */
static int set_units(char ***list, const char *value, char **error)
{
	gs_cleanup_free char *bad = NULL;
	int r;

	if (!*value) {
		gs_strv_free(*list);
		*list = NULL;
		return 0;
	}
	r = gs_ini_words(value, gs_config_is_unit, list, &bad);
	if (r == -EINVAL)
		return gs_ini_fail(error,
				   gs_asprintf("'%s' is not the name of a unit like "
					       "nvidia-persistenced.service",
					       bad));
	return r;
}

static int set_quiesce(struct parser *parser, const char *value, char **error)
{
	return set_units(parser->in_global ? &parser->configuration->quiesce
					   : &card_of(parser)->quiesce,
			 value, error);
}

static const struct key {
	const char *name;
	bool global;
	bool list; /* may be given again */
	int (*set)(struct parser *parser, const char *value, char **error);
} keys[] = {
	{ "timeout", true, false, set_timeout },
	{ "quiesce", true, true, set_quiesce },
	{ "address", false, false, set_address },
	{ "driver", false, false, set_driver },
	{ "quiesce", false, true, set_quiesce },
};

static int unknown_key(const struct parser *parser, const char *name, char **error)
{
	gs_cleanup_free char *known = NULL;

	for (size_t i = 0; i < GS_ARRAY_SIZE(keys); i++) {
		char *longer;

		if (keys[i].global != parser->in_global)
			continue;
		longer = gs_asprintf("%s%s%s", known ? known : "", known ? ", " : "", keys[i].name);
		free(known);
		known = longer;
		if (!known)
			return -ENOMEM;
	}
	return gs_ini_fail(error, gs_asprintf("unknown key '%s'; there are: %s", name, known));
}

static int take_key(void *data, const char *name, const char *value, char **error)
{
	struct parser *parser = data;

	if (!parser->in_global && parser->card < 0)
		return gs_ini_fail(error, gs_asprintf("'%s' stands before any section", name));
	for (size_t i = 0; i < GS_ARRAY_SIZE(keys); i++) {
		if (keys[i].global != parser->in_global || !gs_streq(keys[i].name, name))
			continue;
		if (!keys[i].list && parser->seen & 1u << i)
			return gs_ini_fail(error, gs_asprintf("'%s' is given twice", name));
		parser->seen |= 1u << i;
		return keys[i].set(parser, value, error);
	}
	return unknown_key(parser, name, error);
}

static int find_card(struct parser *parser, const char *name, int line)
{
	struct gs_configuration *configuration = parser->configuration;
	struct gs_card_config *card;

	for (size_t i = 0; i < configuration->n_cards; i++)
		if (gs_streq(configuration->cards[i].name, name))
			return (int)i;
	if (gs_grow(&configuration->cards, configuration->n_cards, sizeof(*card)) < 0)
		return -ENOMEM;
	card = &configuration->cards[configuration->n_cards];
	configuration->n_cards++;
	card->name = strdup(name);
	card->where = gs_asprintf("%s:%d", parser->file, line);
	return card->name && card->where ? (int)configuration->n_cards - 1 : -ENOMEM;
}

static int take_card(struct parser *parser, const char *name, int line, char **error)
{
	int index;

	if (!is_alias(name))
		return gs_ini_fail(error,
				   gs_asprintf("'%s' cannot name a card: a letter, then letters, "
					       "digits, '-', '_' and '.', at most %d",
					       name, ALIAS_MAX));
	index = find_card(parser, name, line);
	if (index < 0)
		return index;
	for (size_t i = 0; i < parser->n_sections; i++)
		if (parser->sections[i] == (size_t)index)
			return gs_ini_fail(error, gs_asprintf("[card %s] is there twice", name));
	if (gs_grow(&parser->sections, parser->n_sections, sizeof(*parser->sections)) < 0)
		return -ENOMEM;
	parser->sections[parser->n_sections++] = (size_t)index;
	parser->card = index;
	return 0;
}

static int take_section(void *data, const char *section, int line, char **error)
{
	struct parser *parser = data;
	const char *name = gs_ini_name(section, "card");

	parser->seen = 0;
	parser->card = -1;
	parser->in_global = gs_streq(section, "gpushift");
	if (name)
		return take_card(parser, name, line, error);
	if (!parser->in_global)
		return gs_ini_fail(error, gs_asprintf("unknown section [%s]; there are [gpushift] and "
						      "[card NAME]",
						      section));
	if (parser->global_seen)
		return gs_ini_fail(error, strdup("[gpushift] is there twice"));
	parser->global_seen = true;
	return 0;
}

int gs_configuration_parse(struct gs_configuration *configuration, const char *file,
			   const char *text, size_t length, struct gs_config_error *error)
{
	static const struct gs_ini_reader reader = { take_section, take_key };
	struct parser parser = { .configuration = configuration, .file = file, .card = -1 };
	gs_cleanup_free char *sentence = NULL;
	int line = 0;
	int r;

	r = gs_ini_parse(text, length, &reader, &parser, &line, &sentence);
	free(parser.sections);
	if (r != -EINVAL)
		return r;
	error->message = gs_asprintf("%s:%d: %s", file, line, sentence);
	return error->message ? -EINVAL : -ENOMEM;
}

static int wrong(struct gs_config_error *error, char *message)
{
	error->message = message;
	return message ? -EINVAL : -ENOMEM;
}

int gs_configuration_check(const struct gs_configuration *configuration,
			   struct gs_config_error *error)
{
	for (size_t i = 0; i < configuration->n_cards; i++) {
		const struct gs_card_config *card = &configuration->cards[i];

		if (!card->addressed)
			return wrong(error, gs_asprintf("%s: [card %s] has no address", card->where,
							card->name));
		for (size_t j = 0; j < i; j++)
			if (gs_address_equal(&card->address, &configuration->cards[j].address))
				return wrong(error,
					     gs_asprintf("%s: [card %s] has the address of [card %s]",
							 card->where, card->name,
							 configuration->cards[j].name));
	}
	return 0;
}
