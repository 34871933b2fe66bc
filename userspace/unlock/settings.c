// SPDX-License-Identifier: GPL-2.0-or-later
#include "settings.h"

#include <errno.h>
#include <string.h>

#include "counting.h"
#include "toml.h"

const struct unlock_settings unlock_default_settings = { .unlock = true };

struct reader {
	struct unlock_settings *settings;
	const struct unlock_report *report;
	bool unknown; /* in a table that is not ours, which was said */
};

static const struct toggle {
	const char *name;
	size_t offset;
} toggles[] = {
	{ "unlock", offsetof(struct unlock_settings, unlock) },
	{ "unlock_migration", offsetof(struct unlock_settings, unlock_migration) },
};

#define TOGGLES (sizeof(toggles) / sizeof(toggles[0]))

/* Both are needed. */
static const char *const id_names[] = { "device_id", "sub_system_id" };

#define IDS (sizeof(id_names) / sizeof(id_names[0]))
#define ALL_IDS ((1u << IDS) - 1)

/* As in overrides.c. */
static uint32_t max_mappings(const char *text, size_t length)
{
	uint32_t max = 0;

	for (size_t i = 0; i < length; i++)
		max += text[i] == '[' || text[i] == '{' || text[i] == '.';
	return max;
}

size_t unlock_settings_room(const char *text, size_t length)
{
	return sizeof(struct unlock_settings) +
	       max_mappings(text, length) * sizeof(struct unlock_mapping);
}

/* Decimal, 0x or 0b, in the name of a table. */
static bool parse_device(const struct toml_name *name, uint32_t *ret)
{
	struct toml_value value;

	if (toml_number(name->text, name->length, &value) < 0 || value.negative ||
	    value.number > UINT32_MAX)
		return false;
	*ret = (uint32_t)value.number;
	return true;
}

static int unknown_table(struct reader *reader, const struct toml_name *name, int line)
{
	if (reader->unknown)
		return 0;
	reader->unknown = true;
	return unlock_say(reader->report, UNLOCK_WARNING, line,
			  "unknown table '%.*s'; there is: pci_info_map", TOML_NAME(*name));
}

/* The entry of the second name of @path, made if it is new; *@ret NULL where it means none, which is said. */
static int find_mapping(struct reader *reader, const struct toml_path *path, int line,
			struct unlock_mapping **ret)
{
	struct unlock_settings *settings = reader->settings;
	uint32_t device;

	*ret = NULL;
	if (!toml_name_is(&path->names[0], "pci_info_map"))
		return unknown_table(reader, &path->names[0], line);
	if (!parse_device(&path->names[1], &device))
		return unlock_say(reader->report, UNLOCK_ERROR, line,
				  "'%.*s' is no device id, like [pci_info_map.0x1e84]",
				  TOML_NAME(path->names[1]));
	for (uint32_t i = 0; i < settings->count; i++)
		if (settings->mappings[i].device == device)
			*ret = &settings->mappings[i];
	if (*ret)
		return 0;
	if (settings->count == settings->max)
		return -EINVAL;
	*ret = &settings->mappings[settings->count++];
	(*ret)->device = device;
	(*ret)->line = line;
	return 0;
}

static int on_table(void *data, const struct toml_path *path, int line)
{
	struct reader *reader = data;
	struct unlock_mapping *mapping;

	reader->unknown = false;
	if (path->count == 1 && toml_name_is(&path->names[0], "pci_info_map"))
		return 0;
	if (path->count == 1)
		return unknown_table(reader, &path->names[0], line);
	if (find_mapping(reader, path, line, &mapping) < 0)
		return -EINVAL;
	if (mapping && path->count > 2)
		return unknown_table(reader, &path->names[2], line);
	if (mapping && mapping->line != line)
		return unlock_say(reader->report, UNLOCK_ERROR, line,
				  "this table is there twice, first on line %d", mapping->line);
	return 0;
}

static int set_toggle(struct reader *reader, const struct toml_name *name,
		      const struct toml_value *value, int line)
{
	unsigned int i = 0;

	while (i < TOGGLES && !toml_name_is(name, toggles[i].name))
		i++;
	if (i == TOGGLES)
		return unlock_say(reader->report, UNLOCK_WARNING, line, "unknown key '%.*s'",
				  TOML_NAME(*name));
	if (reader->settings->set & 1u << i)
		return unlock_say(reader->report, UNLOCK_ERROR, line,
				  "'%s' is given twice, first on line %d", toggles[i].name,
				  reader->settings->lines[i]);
	if (value->type != TOML_BOOLEAN)
		return unlock_say(reader->report, UNLOCK_ERROR, line,
				  "'%s' takes true or false, not '%.*s'", toggles[i].name,
				  (int)value->length, value->text);
	reader->settings->set |= 1u << i;
	reader->settings->lines[i] = line;
	*(bool *)((char *)reader->settings + toggles[i].offset) = value->number != 0;
	return 0;
}

static int set_id(struct reader *reader, struct unlock_mapping *mapping,
		  const struct toml_name *name, const struct toml_value *value, int line)
{
	unsigned int i = 0;

	while (i < IDS && !toml_name_is(name, id_names[i]))
		i++;
	if (i == IDS)
		return unlock_say(reader->report, UNLOCK_WARNING, line, "unknown key '%.*s'",
				  TOML_NAME(*name));
	if (mapping->set & 1u << i)
		return unlock_say(reader->report, UNLOCK_ERROR, line, "'%s' is given twice",
				  id_names[i]);
	if (value->type != TOML_INTEGER || value->negative || value->number > UINT16_MAX)
		return unlock_say(reader->report, UNLOCK_ERROR, line,
				  "'%s' takes a number from 0 to 0xffff, not '%.*s'", id_names[i],
				  (int)value->length, value->text);
	mapping->set |= 1u << i;
	if (i == 0)
		mapping->ids.device = (uint16_t)value->number;
	else
		mapping->ids.subsystem = (uint16_t)value->number;
	return 0;
}

static int on_value(void *data, const struct toml_path *path, const struct toml_value *value,
		    int line)
{
	struct reader *reader = data;
	struct unlock_mapping *mapping;

	if (path->count == 1)
		return set_toggle(reader, &path->names[0], value, line);
	if (find_mapping(reader, path, line, &mapping) < 0)
		return -EINVAL;
	if (!mapping)
		return 0;
	if (path->count == 2)
		return unlock_say(reader->report, UNLOCK_ERROR, line,
				  "'%.*s' is a table with device_id and sub_system_id",
				  TOML_NAME(path->names[1]));
	if (path->count > 3)
		return unknown_table(reader, &path->names[2], line);
	return set_id(reader, mapping, &path->names[2], value, line);
}

/* What can only be judged at the end. */
static void check_mappings(const struct unlock_settings *settings,
			   const struct unlock_report *report)
{
	for (uint32_t i = 0; i < settings->count; i++) {
		const struct unlock_mapping *mapping = &settings->mappings[i];

		for (unsigned int id = 0; id < IDS; id++)
			if (!(mapping->set & 1u << id) &&
			    unlock_say(report, UNLOCK_ERROR, mapping->line, "'%s' is missing here",
				       id_names[id]) < 0)
				return;
	}
}

int unlock_settings_parse(void *memory, char *text, size_t length,
			  const struct unlock_report *report)
{
	struct unlock_settings *settings = memory;
	struct unlock_counting counting;
	struct reader reader = { settings, &counting.report, false };
	struct toml_reader toml = { on_table, on_value, &reader, &counting.report };
	int r;

	*settings = unlock_default_settings;
	settings->max = max_mappings(text, length);
	settings->mappings = (void *)(settings + 1);
	unlock_counting_begin(&counting, report);
	r = toml_parse(text, length, &toml);
	if (r == 0)
		check_mappings(settings, &counting.report);
	return r < 0 || counting.error ? -EINVAL : 0;
}

bool unlock_settings_ids(const struct unlock_settings *settings, uint16_t device,
			 struct unlock_ids *ret)
{
	for (uint32_t i = 0; i < settings->count; i++) {
		if (settings->mappings[i].device != device)
			continue;
		*ret = settings->mappings[i].ids;
		return true;
	}
	return unlock_ids_find(device, ret);
}
