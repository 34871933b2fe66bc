// SPDX-License-Identifier: GPL-2.0-or-later
/* definition_ledger.c - which definitions are ours, and what we wrote into them. */
#include "definition.h"
#include "remembered.h"
#include "state_file.h"

#define NAME "definitions"
#define ENTRIES "definitions"

static void clear_entry(struct gs_ledger_entry *entry)
{
	free(entry->parent);
	free(entry->card);
	free(entry->type);
}

void gs_ledger_clear(struct gs_ledger *ledger)
{
	for (size_t i = 0; i < ledger->count; i++)
		clear_entry(&ledger->entries[i]);
	free(ledger->entries);
	*ledger = (struct gs_ledger){ 0 };
}

struct gs_ledger_entry *gs_ledger_find(const struct gs_ledger *ledger, const char *uuid)
{
	for (size_t i = 0; i < ledger->count; i++)
		if (gs_streq(ledger->entries[i].uuid, uuid))
			return &ledger->entries[i];
	return NULL;
}

int gs_ledger_add(struct gs_ledger *ledger, const char *uuid, const char *parent, const char *card,
		  const char *type, struct gs_ledger_entry **ret)
{
	struct gs_ledger_entry *entry;

	if (!gs_is_uuid(uuid))
		return -EINVAL;
	if (gs_grow(&ledger->entries, ledger->count, sizeof(*ledger->entries)) < 0)
		return -ENOMEM;
	entry = &ledger->entries[ledger->count];
	snprintf(entry->uuid, sizeof(entry->uuid), "%s", uuid);
	entry->parent = strdup(parent);
	entry->card = strdup(card);
	entry->type = strdup(type);
	if (!entry->parent || !entry->card || !entry->type) {
		clear_entry(entry);
		return -ENOMEM;
	}
	ledger->count++;
	*ret = entry;
	return 0;
}

void gs_ledger_drop(struct gs_ledger *ledger, struct gs_ledger_entry *entry)
{
	size_t at = (size_t)(entry - ledger->entries);

	clear_entry(entry);
	memmove(entry, entry + 1, (ledger->count - at - 1) * sizeof(*entry));
	ledger->count--;
}

static bool get_flag(struct json_object *json, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(json, key, &value) && json_object_get_boolean(value);
}

static int take_entry(struct gs_ledger *ledger, const char *uuid, struct json_object *json)
{
	const char *parent = gs_state_string(json, "parent");
	const char *card = gs_state_string(json, "card");
	const char *type = gs_state_string(json, "type");
	struct gs_ledger_entry *entry;
	int r;

	if (!gs_is_uuid(uuid) || !parent || !card || !type || !gs_state_is_name(parent) ||
	    !gs_state_is_name(type))
		return -EBADMSG;
	r = gs_ledger_add(ledger, uuid, parent, card, type, &entry);
	if (r < 0)
		return r;
	entry->wanted = get_flag(json, "wanted");
	entry->automatic = get_flag(json, "automatic");
	entry->pending = get_flag(json, "pending");
	entry->removing = get_flag(json, "removing");
	return 0;
}

static int take_entries(struct gs_ledger *ledger, struct json_object *json)
{
	struct json_object *entries;
	int r = 0;

	if (!json_object_object_get_ex(json, ENTRIES, &entries) ||
	    !json_object_is_type(entries, json_type_object))
		return -EBADMSG;
	json_object_object_foreach(entries, uuid, entry)
	{
		if (r == 0)
			r = take_entry(ledger, uuid, entry);
	}
	return r;
}

int gs_ledger_read(struct gs_engine *engine, struct gs_ledger *ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	int r;

	*ret = (struct gs_ledger){ 0 };
	r = gs_state_read(engine, GS_STATE_DIR "/" NAME ".json", &json);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r == 0)
		r = take_entries(ret, json);
	if (r < 0)
		gs_ledger_clear(ret);
	return r;
}

static int add_flag(struct json_object *json, const char *key, bool value)
{
	return gs_state_add(json, key, json_object_new_boolean(value));
}

static int fill_entry(struct json_object *json, const struct gs_ledger_entry *entry)
{
	int r;

	r = gs_state_set(json, "parent", entry->parent);
	if (r == 0)
		r = gs_state_set(json, "card", entry->card);
	if (r == 0)
		r = gs_state_set(json, "type", entry->type);
	if (r == 0)
		r = add_flag(json, "wanted", entry->wanted);
	if (r == 0)
		r = add_flag(json, "automatic", entry->automatic);
	if (r == 0 && entry->pending)
		r = add_flag(json, "pending", true);
	if (r == 0 && entry->removing)
		r = add_flag(json, "removing", true);
	return r;
}

struct json_object *gs_ledger_to_json(const struct gs_ledger *ledger)
{
	gs_cleanup_json struct json_object *json = gs_state_new();
	struct json_object *entries = json_object_new_object();

	if (!json || gs_state_add(json, ENTRIES, entries) < 0)
		return NULL;
	for (size_t i = 0; i < ledger->count; i++) {
		struct json_object *entry = json_object_new_object();

		if (gs_state_add(entries, ledger->entries[i].uuid, entry) < 0 ||
		    fill_entry(entry, &ledger->entries[i]) < 0)
			return NULL;
	}
	return gs_steal(json);
}

int gs_ledger_write_json(struct gs_engine *engine, struct json_object *json)
{
	/* Whoever writes it has read it: it is of no newer gpushift. */
	return gs_record_rewrite(engine, GS_STATE_DIR, NAME, json);
}

int gs_ledger_write(struct gs_engine *engine, const struct gs_ledger *ledger)
{
	gs_cleanup_json struct json_object *json = gs_ledger_to_json(ledger);

	return json ? gs_ledger_write_json(engine, json) : -ENOMEM;
}

void gs_ledger_json_done(struct json_object *json, const struct gs_ledger_entry *entry)
{
	struct json_object *entries, *one;

	if (!json_object_object_get_ex(json, ENTRIES, &entries))
		return;
	if (entry->removing)
		json_object_object_del(entries, entry->uuid);
	else if (json_object_object_get_ex(entries, entry->uuid, &one))
		json_object_object_del(one, "pending");
}
