// SPDX-License-Identifier: GPL-2.0-or-later
#include "overrides.h"

#include <errno.h>
#include <string.h>

#include "counting.h"

struct reader {
	struct unlock_overrides *overrides;
	const struct unlock_report *report;
	bool unknown; /* in a table that is not ours, which was said */
};

static const struct scope {
	const char *name;
	const char *example;
} scopes[UNLOCK_SCOPES] = {
	[UNLOCK_OF_PROFILE] = { "profile", "[profile.nvidia-46]" },
	[UNLOCK_OF_MDEV] = { "mdev", "[mdev.00000000-0000-0000-0000-000000000100]" },
	[UNLOCK_OF_VM] = { "vm", "[vm.100]" },
};

/* Each is named by a header, by an inline table or by a dotted key. */
static uint32_t max_entries(const char *text, size_t length)
{
	uint32_t max = 0;

	for (size_t i = 0; i < length; i++)
		max += text[i] == '[' || text[i] == '{' || text[i] == '.';
	return max;
}

static uint32_t slots_for(uint32_t entries)
{
	uint32_t slots = 4;

	while (slots < entries * 2)
		slots *= 2;
	return slots;
}

size_t unlock_overrides_room(const char *text, size_t length)
{
	uint32_t max = max_entries(text, length);

	return sizeof(struct unlock_overrides) + max * sizeof(struct unlock_override) +
	       slots_for(max) * sizeof(uint32_t);
}

static uint32_t hash(const struct unlock_id *id)
{
	uint64_t value = id->number * 0x9e3779b97f4a7c15ull + id->scope;
	uint64_t half;

	for (size_t i = 0; i < sizeof(id->uuid.bytes); i += sizeof(half)) {
		memcpy(&half, id->uuid.bytes + i, sizeof(half));
		value = (value ^ half) * 0x9e3779b97f4a7c15ull;
		value ^= value >> 32;
	}
	return (uint32_t)(value ^ value >> 29);
}

static bool same_id(const struct unlock_id *a, const struct unlock_id *b)
{
	return a->scope == b->scope && a->number == b->number &&
	       memcmp(a->uuid.bytes, b->uuid.bytes, sizeof(a->uuid.bytes)) == 0;
}

/* The slot of @id, or the empty one where it would be: there are always empty ones. */
static uint32_t *find_slot(const struct unlock_overrides *overrides, const struct unlock_id *id)
{
	uint32_t mask = overrides->n_slots - 1;

	for (uint32_t at = hash(id) & mask;; at = (at + 1) & mask) {
		uint32_t *slot = &overrides->slots[at];

		if (!*slot || same_id(&overrides->entries[*slot - 1].id, id))
			return slot;
	}
}

const struct unlock_override *unlock_overrides_find(const struct unlock_overrides *overrides,
						    const struct unlock_id *id)
{
	uint32_t *slot = find_slot(overrides, id);

	return *slot ? &overrides->entries[*slot - 1] : NULL;
}

int unlock_uuid_parse(const char *text, size_t length, struct unlock_uuid *ret)
{
	unsigned int high = 0, n = 0;

	if (length != 36)
		return -EINVAL;
	for (size_t i = 0; i < length; i++) {
		struct toml_value digit;
		char hex[] = { '0', 'x', text[i] };

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i] != '-')
				return -EINVAL;
			continue;
		}
		if (toml_number(hex, sizeof(hex), &digit) < 0)
			return -EINVAL;
		if (n % 2)
			ret->bytes[n / 2] = (unsigned char)(high << 4 | digit.number);
		high = (unsigned int)digit.number;
		n++;
	}
	return 0;
}

bool unlock_uuid_vm(const struct unlock_uuid *uuid, uint64_t *ret)
{
	uint64_t number = 0;

	for (size_t i = 4; i < 10; i++)
		if (uuid->bytes[i])
			return false;
	for (size_t i = 10; i < 16; i++) {
		unsigned int high = uuid->bytes[i] >> 4, low = uuid->bytes[i] & 0xf;

		if (high > 9 || low > 9)
			return false;
		number = number * 100 + high * 10 + low;
	}
	*ret = number;
	return true;
}

/* A decimal number without anything around it. */
static int plain_number(const char *text, size_t length, uint64_t max, uint64_t *ret)
{
	struct toml_value value;

	if (!length || text[0] < '0' || text[0] > '9' || toml_number(text, length, &value) < 0 ||
	    value.number > max || memchr(text, '_', length) ||
	    (length > 1 && text[0] == '0'))
		return -EINVAL;
	*ret = value.number;
	return 0;
}

static int parse_id(enum unlock_scope scope, const struct toml_name *name, struct unlock_id *ret)
{
	static const char prefix[] = "nvidia-";
	const size_t length = sizeof(prefix) - 1;

	*ret = (struct unlock_id){ .scope = scope };
	switch (scope) {
	case UNLOCK_OF_MDEV:
		return unlock_uuid_parse(name->text, name->length, &ret->uuid);
	case UNLOCK_OF_VM:
		return plain_number(name->text, name->length, 999999999999, &ret->number);
	default:
		if (name->length <= length || memcmp(name->text, prefix, length) != 0)
			return -EINVAL;
		return plain_number(name->text + length, name->length - length, UINT32_MAX,
				    &ret->number);
	}
}

static enum unlock_scope find_scope(const struct toml_name *name)
{
	enum unlock_scope scope = 0;

	while (scope < UNLOCK_SCOPES && !toml_name_is(name, scopes[scope].name))
		scope++;
	return scope;
}

static int unknown_table(struct reader *reader, const struct toml_name *name, int line)
{
	return unlock_say(reader->report, UNLOCK_WARNING, line,
			  "unknown table [%.*s]; there are: profile, mdev, vm", TOML_NAME(*name));
}

/*
 * The entry that the first two names of @path mean, made if it is new.
 * *@ret is NULL where they mean none, which is said.
 */
static int find_entry(struct reader *reader, const struct toml_path *path, int line,
		      struct unlock_override **ret)
{
	struct unlock_overrides *overrides = reader->overrides;
	enum unlock_scope scope = find_scope(&path->names[0]);
	struct unlock_id id;
	uint32_t *slot;

	*ret = NULL;
	if (parse_id(scope, &path->names[1], &id) < 0)
		return reader->unknown ? 0 : unlock_say(reader->report, UNLOCK_WARNING, line,
				  "[%s.%.*s] matches nothing; it looks like %s", scopes[scope].name,
				  TOML_NAME(path->names[1]), scopes[scope].example);
	slot = find_slot(overrides, &id);
	if (!*slot) {
		if (overrides->count == overrides->max)
			return -EINVAL;
		*slot = ++overrides->count;
		overrides->entries[*slot - 1].id = id;
		overrides->entries[*slot - 1].line = line;
	}
	*ret = &overrides->entries[*slot - 1];
	return 0;
}

static int on_table(void *data, const struct toml_path *path, int line)
{
	struct reader *reader = data;
	struct unlock_override *entry;

	reader->unknown = find_scope(&path->names[0]) == UNLOCK_SCOPES;
	if (reader->unknown)
		return unknown_table(reader, &path->names[0], line);
	if (path->count == 1)
		return 0;
	if (find_entry(reader, path, line, &entry) < 0)
		return -EINVAL;
	reader->unknown = !entry || path->count > 2;
	if (!entry)
		return 0;
	if (path->count > 2)
		return unlock_say(reader->report, UNLOCK_WARNING, line, "unknown table '%.*s'",
				  TOML_NAME(path->names[2]));
	if (entry->headed)
		return unlock_say(reader->report, UNLOCK_ERROR, line,
				  "this table is there twice, first on line %d", entry->line);
	entry->headed = true;
	return 0;
}

static int set_key(struct reader *reader, struct unlock_override *entry,
		   const struct toml_name *name, const struct toml_value *value, int line)
{
	enum unlock_key key = unlock_key_find(name);
	const char *wanted;

	if (unlock_key_is_licence(name))
		return unlock_say(reader->report, UNLOCK_NOTE, line,
				  "'%.*s' is about licences and left aside", TOML_NAME(*name));
	if (key == UNLOCK_KEYS)
		return unlock_say(reader->report, UNLOCK_WARNING, line, "unknown key '%.*s'",
				  TOML_NAME(*name));
	if (entry->set & 1u << key)
		return unlock_say(reader->report, UNLOCK_ERROR, line,
				  "'%s' is given twice, first on line %d", unlock_keys[key].name,
				  entry->lines[key]);
	wanted = unlock_key_read(key, value, &entry->values[key]);
	if (wanted)
		return unlock_say(reader->report, UNLOCK_ERROR, line, "'%s' takes %s, not '%.*s'",
				  unlock_keys[key].name, wanted, (int)value->length, value->text);
	entry->set |= 1u << key;
	entry->lines[key] = line;
	return 0;
}

static int on_value(void *data, const struct toml_path *path, const struct toml_value *value,
		    int line)
{
	struct reader *reader = data;
	struct unlock_override *entry;

	if (path->count == 1)
		return unlock_say(reader->report, UNLOCK_WARNING, line,
				  "'%.*s' stands before any table like [profile.nvidia-46]",
				  TOML_NAME(path->names[0]));
	if (find_scope(&path->names[0]) == UNLOCK_SCOPES)
		return reader->unknown ? 0 : unknown_table(reader, &path->names[0], line);
	if (path->count == 2)
		return unlock_say(reader->report, UNLOCK_ERROR, line,
				  "'%.*s' of [%.*s] is a table, like %s", TOML_NAME(path->names[1]),
				  TOML_NAME(path->names[0]), scopes[UNLOCK_OF_PROFILE].example);
	if (find_entry(reader, path, line, &entry) < 0)
		return -EINVAL;
	if (!entry)
		return 0;
	if (path->count > 3)
		return reader->unknown ? 0 : unlock_say(reader->report, UNLOCK_WARNING, line, "unknown table '%.*s'",
				  TOML_NAME(path->names[2]));
	return set_key(reader, entry, &path->names[2], value, line);
}

int unlock_overrides_parse(void *memory, char *text, size_t length,
			   const struct unlock_report *report)
{
	struct unlock_overrides *overrides = memory;
	struct unlock_counting counting;
	struct reader reader = { overrides, &counting.report, false };
	struct toml_reader toml = { on_table, on_value, &reader, &counting.report };

	unlock_counting_begin(&counting, report);
	overrides->max = max_entries(text, length);
	overrides->n_slots = slots_for(overrides->max);
	overrides->entries = (void *)(overrides + 1);
	overrides->slots = (void *)(overrides->entries + overrides->max);
	if (toml_parse(text, length, &toml) < 0)
		return -EINVAL;
	return counting.error ? -EINVAL : 0;
}
