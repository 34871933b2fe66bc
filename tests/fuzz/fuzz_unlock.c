// SPDX-License-Identifier: GPL-2.0-or-later
/* The files of vgpu_unlock: one text, read as either, with and without going on after an error. */
#include "fuzz.h"
#include "overrides.h"
#include "settings.h"

struct said {
	int lines; /* of the text */
	int last;
	unsigned int errors;
	bool go_on;
};

static bool say(void *data, enum unlock_severity severity, int line, const char *message)
{
	struct said *said = data;

	/* Whatever is wrong is said with its line, a sentence, and nothing after the end was asked for. */
	if (line < 1 || line > said->lines || !message[0] || (said->errors && !said->go_on))
		abort();
	said->errors += severity == UNLOCK_ERROR;
	return severity != UNLOCK_ERROR || said->go_on;
}

static void use_overrides(const void *memory, const char *text, size_t size)
{
	const struct unlock_overrides *overrides = memory;

	if (overrides->count > overrides->max)
		abort();
	for (uint32_t i = 0; i < overrides->count; i++) {
		const struct unlock_override *entry = &overrides->entries[i];

		if (unlock_overrides_find(overrides, &entry->id) != entry)
			abort();
		for (int key = 0; key < UNLOCK_KEYS; key++) {
			const union unlock_word *value = &entry->values[key];

			if (!(entry->set & 1u << key) || unlock_keys[key].type != UNLOCK_TEXT)
				continue;
			if (value->text < text || value->text + value->length > text + size ||
			    strlen(value->text) != value->length)
				abort();
		}
	}
}

static void use_settings(const void *memory, const char *text, size_t size)
{
	const struct unlock_settings *settings = memory;
	struct unlock_ids ids;

	(void)text;
	(void)size;
	if (settings->count > settings->max)
		abort();
	for (uint32_t i = 0; i < settings->count; i++)
		if (settings->mappings[i].device <= 0xffff &&
		    !unlock_settings_ids(settings, (uint16_t)settings->mappings[i].device, &ids))
			abort();
}

static const struct kind {
	size_t (*room)(const char *text, size_t length);
	int (*parse)(void *memory, char *text, size_t length, const struct unlock_report *report);
	void (*use)(const void *memory, const char *text, size_t size);
} kinds[] = {
	{ unlock_overrides_room, unlock_overrides_parse, use_overrides },
	{ unlock_settings_room, unlock_settings_parse, use_settings },
};

static void parse(const struct kind *kind, const uint8_t *data, size_t size, bool go_on)
{
	char *text = fuzz_text(data, size);
	void *memory = text ? calloc(1, kind->room(text, size)) : NULL;
	struct said said = { .lines = 1, .go_on = go_on };
	struct unlock_report report = { say, &said };
	int r;

	for (size_t i = 0; i < size; i++)
		said.lines += data[i] == '\n';
	if (memory) {
		r = kind->parse(memory, text, size, &report);
		if ((r < 0) != (said.errors > 0))
			abort();
		if (r == 0)
			kind->use(memory, text, size);
	}
	free(memory);
	free(text);
}

/* Larger ones are more of the same, and take long. */
#define LARGEST 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > LARGEST)
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		parse(&kinds[i], data, size, false);
		parse(&kinds[i], data, size, true);
	}
	return 0;
}
