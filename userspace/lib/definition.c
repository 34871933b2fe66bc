// SPDX-License-Identifier: GPL-2.0-or-later
/* definition.c - what is defined on a host, and what became of our definitions. */
#include "definition.h"

#include "state_file.h"
#include "tree.h"

bool gs_definition_foreign(const struct gs_host *host, const char *uuid)
{
	bool foreign = false;

	for (size_t i = 0; i < host->n_definitions; i++) {
		if (!gs_streq(host->definitions[i].uuid, uuid))
			continue;
		if (host->definitions[i].ours)
			return false;
		foreign = true;
	}
	return foreign;
}

static bool is_as_written(const struct gs_ledger_entry *entry, const struct gs_definition_file *file)
{
	return entry->pending ||
	       (entry->automatic == file->automatic && gs_streq(entry->type, file->type));
}

static int add(struct gs_host *host, const struct gs_ledger *ledger, const char *parent,
	       const char *uuid, const struct gs_definition_file *file)
{
	const struct gs_ledger_entry *entry = gs_ledger_find(ledger, uuid);
	struct gs_definition *definition;

	if (gs_grow(&host->definitions, host->n_definitions, sizeof(*host->definitions)) < 0)
		return -ENOMEM;
	definition = &host->definitions[host->n_definitions++];
	definition->uuid = strdup(uuid);
	definition->parent = strdup(parent);
	definition->type = strdup(file->type);
	definition->automatic = file->automatic;
	/* The same UUID on another parent is somebody else's idea. */
	definition->ours = entry && gs_streq(entry->parent, parent);
	if (definition->ours)
		definition->card = strdup(entry->card);
	definition->wanted = definition->ours && entry->wanted;
	definition->changed = definition->ours && !is_as_written(entry, file);
	if (definition->ours && !definition->card)
		return -ENOMEM;
	return definition->uuid && definition->parent && definition->type ? 0 : -ENOMEM;
}

static int read_parent(struct gs_engine *engine, struct gs_host *host,
		       const struct gs_ledger *ledger, const char *parent)
{
	char path[GS_PATH_MAX], **uuids = NULL;
	int r;

	r = gs_path(path, GS_DEFINITIONS "/%s", parent);
	if (r == 0)
		r = gs_tree_list(engine, path, &uuids);
	for (char **uuid = uuids; r == 0 && uuid && *uuid; uuid++) {
		gs_cleanup_definition struct gs_definition_file file = { 0 };

		r = gs_definition_read(engine, parent, *uuid, &file);
		if (r == 0)
			r = add(host, ledger, parent, *uuid, &file);
		/* What mdevctl would not take either defines nothing. */
		r = r == -ENOMEM ? r : 0;
	}
	gs_strv_free(uuids);
	return r == -ENOMEM ? r : 0;
}

static void tell_vgpus(struct gs_host *host)
{
	for (size_t i = 0; i < host->n_definitions; i++) {
		const struct gs_definition *definition = &host->definitions[i];
		struct gs_vgpu *vgpu = gs_host_vgpu(host, definition->uuid);

		if (!vgpu || !gs_streq(vgpu->parent, definition->parent))
			continue;
		vgpu->start = definition->automatic ? "auto" : "manual";
		/* Whoever has started it: mdevctl does so at boot, on our behalf. */
		if (definition->ours)
			vgpu->owner = "gpushift";
	}
}

int gs_definitions_of_host(struct gs_engine *engine, struct gs_host *host)
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	char **parents = NULL;
	int r;

	/* Without it nothing is known to be ours; whoever writes it will say what is wrong. */
	if (gs_ledger_read(engine, &ledger) == -ENOMEM)
		return -ENOMEM;
	r = gs_tree_list(engine, GS_DEFINITIONS, &parents);
	for (char **parent = parents; r == 0 && parent && *parent; parent++)
		r = read_parent(engine, host, &ledger, *parent);
	gs_strv_free(parents);
	tell_vgpus(host);
	return r == -ENOMEM ? r : 0;
}

/* Ours of a card whose file says @automatic, or is to say so, and is to say something else. */
static bool to_turn(struct gs_engine *engine, const struct gs_ledger_entry *entry,
		    const char *card, bool automatic)
{
	gs_cleanup_definition struct gs_definition_file file = { 0 };

	if (!gs_streq(entry->card, card) || entry->removing ||
	    gs_definition_read(engine, entry->parent, entry->uuid, &file) < 0)
		return false;
	/* Cut off while it was turned: the file may be the old one, but the ledger means the new one. */
	if (file.automatic != automatic && !(entry->pending && entry->automatic == automatic))
		return false;
	/* Held: all that starts by itself. Released: what we hold, and is meant to start. */
	return automatic || (entry->wanted && is_as_written(entry, &file));
}

static int turn(struct gs_engine *engine, const char *card, bool automatic)
{
	gs_cleanup_free struct gs_definition_change *changes = NULL;
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	size_t count = 0;
	int r;

	r = gs_ledger_read(engine, &ledger);
	if (r < 0)
		return r;
	changes = calloc(ledger.count + 1, sizeof(*changes));
	if (!changes)
		return -ENOMEM;
	for (size_t i = 0; i < ledger.count; i++) {
		const struct gs_ledger_entry *entry = &ledger.entries[i];

		if (!to_turn(engine, entry, card, !automatic))
			continue;
		changes[count++] = (struct gs_definition_change){
			.uuid = entry->uuid,
			.parent = entry->parent,
			.card = entry->card,
			.automatic = automatic,
			/* Whoever told mdevctl to start one of ours wants that. */
			.wanted = true,
		};
	}
	return gs_definitions_change(engine, changes, count);
}

int gs_definitions_hold(struct gs_engine *engine, const char *card)
{
	return turn(engine, card, false);
}

int gs_definitions_release(struct gs_engine *engine, const char *card)
{
	return turn(engine, card, true);
}

static bool none_to_turn(struct gs_engine *engine, const char *card, bool automatic)
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };

	if (gs_ledger_read(engine, &ledger) < 0)
		return false;
	for (size_t i = 0; i < ledger.count; i++)
		if (to_turn(engine, &ledger.entries[i], card, !automatic))
			return false;
	return true;
}

bool gs_definitions_held(struct gs_engine *engine, const char *card)
{
	return none_to_turn(engine, card, false);
}

bool gs_definitions_released(struct gs_engine *engine, const char *card)
{
	return none_to_turn(engine, card, true);
}

static struct gs_profile_want *profile_of(struct gs_want *want, const char *type)
{
	struct gs_profile_want *profile;

	for (size_t i = 0; i < want->n_profiles; i++)
		if (gs_streq(want->profiles[i].type, type))
			return &want->profiles[i];
	if (gs_grow(&want->profiles, want->n_profiles, sizeof(*want->profiles)) < 0)
		return NULL;
	profile = &want->profiles[want->n_profiles];
	profile->type = strdup(type);
	if (!profile->type)
		return NULL;
	want->n_profiles++;
	return profile;
}

static bool is_of(const struct gs_definition *definition, const char *card)
{
	return gs_streq(definition->parent, card) || gs_streq(definition->card, card);
}

/* UUIDs in the order in which a plan takes them: type by type. */
static int add_uuids(const struct gs_host *host, const char *card, struct gs_want *want,
		     const char *type)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < host->n_definitions; i++) {
		const struct gs_definition *definition = &host->definitions[i];

		if (!is_of(definition, card) || !gs_streq(definition->type, type))
			continue;
		if (gs_host_vgpu(host, definition->uuid)) {
			r = gs_strv_add(&want->keep, definition->uuid);
			continue;
		}
		r = gs_strv_add(&want->uuids, definition->uuid);
		want->n_uuids += r == 0;
	}
	return r;
}

int gs_definitions_want(const struct gs_host *host, const char *card, struct gs_want *want)
{
	int r = 0;

	for (size_t i = 0; i < host->n_definitions; i++) {
		struct gs_profile_want *profile;

		if (!is_of(&host->definitions[i], card))
			continue;
		profile = profile_of(want, host->definitions[i].type);
		if (!profile)
			return -ENOMEM;
		profile->count++;
	}
	for (size_t i = 0; r == 0 && i < want->n_profiles; i++)
		r = add_uuids(host, card, want, want->profiles[i].type);
	return r;
}
