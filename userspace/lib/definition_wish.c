// SPDX-License-Identifier: GPL-2.0-or-later
/* definition_wish.c - definitions as wishes want them, and what others made of them meanwhile. */
#include "definition.h"
#include "tree.h"
#include "vgpu_params.h"
#include "wish.h"

void gs_wished_vgpus_free(struct gs_wished_vgpu *vgpus, size_t count)
{
	for (size_t i = 0; i < count; i++)
		gs_wished_vgpu_clear(&vgpus[i]);
	free(vgpus);
}

/* A list of changes in the making. Strings belong to the wish, the host or the ledger. */
struct changes {
	struct gs_definition_change *list;
	size_t count;
};

static int add(struct changes *changes, struct gs_definition_change change)
{
	if (gs_grow(&changes->list, changes->count, sizeof(*changes->list)) < 0)
		return -ENOMEM;
	changes->list[changes->count++] = change;
	return 0;
}

static const struct gs_wished_vgpu *find_wished(const struct gs_wish *wish, const char *uuid)
{
	for (size_t i = 0; i < wish->n_vgpus; i++)
		if (gs_streq(wish->vgpus[i].uuid, uuid))
			return &wish->vgpus[i];
	return NULL;
}

/* What it hangs on now; a card that is not split right now is the parent of all. */
static const char *parent_of(const struct gs_host *host, const char *card, const char *uuid)
{
	const struct gs_vgpu *vgpu = gs_host_vgpu(host, uuid);

	return vgpu ? vgpu->parent : card;
}

static int add_wished(struct changes *changes, const char *parent, const char *card,
		      const struct gs_wished_vgpu *vgpu, bool absent)
{
	struct gs_address address;

	/* A VF that is a vGPU itself is nothing that mdevctl could make. */
	if (gs_address_parse(vgpu->uuid, &address) == 0)
		return 0;
	return add(changes, (struct gs_definition_change){
				    .uuid = vgpu->uuid,
				    .parent = parent,
				    .card = card,
				    .type = vgpu->type,
				    .params = vgpu->params,
				    .automatic = true,
				    .wanted = true,
				    .absent = absent,
			    });
}

/* The files of one parent, listed once for all that are wished for on it. */
struct listed {
	const char *parent;
	char **names;
};

static void clear_listed(struct listed *listed)
{
	gs_strv_free(listed->names);
}
#define cleanup_listed __attribute__((cleanup(clear_listed)))

/* Surely none? What cannot be listed is looked for by its name. */
static bool is_absent(struct gs_engine *engine, struct listed *listed, const char *parent,
		      const char *uuid)
{
	char path[GS_PATH_MAX];

	if (!gs_streq(listed->parent, parent)) {
		gs_strv_free(listed->names);
		*listed = (struct listed){ 0 };
		if (gs_path(path, GS_DEFINITIONS "/%s", parent) < 0 ||
		    gs_tree_list(engine, path, &listed->names) < 0)
			return false;
		listed->parent = parent;
	}
	return !gs_strv_has(listed->names, uuid);
}

/* The files of others stay as they are, whatever is wished for. @ret_absent: there is no file */
static bool is_of_others(struct gs_engine *engine, const struct gs_ledger *ledger,
			 const struct gs_host *host, struct listed *listed, const char *parent,
			 const char *uuid, bool *ret_absent)
{
	gs_cleanup_definition struct gs_definition_file file = { 0 };
	int r;

	*ret_absent = false;
	if (gs_ledger_find(ledger, uuid))
		return false;
	if (gs_definition_foreign(host, uuid))
		return true;
	*ret_absent = is_absent(engine, listed, parent, uuid);
	if (*ret_absent)
		return false;
	r = gs_definition_read(engine, parent, uuid, &file);
	return r != -ENOENT && r != -EBADMSG;
}

static int add_removal(struct changes *changes, const struct gs_ledger_entry *entry)
{
	return add(changes, (struct gs_definition_change){ .uuid = entry->uuid,
							   .parent = entry->parent,
							   .card = entry->card,
							   .type = entry->type,
							   .remove = true });
}

static bool is_defined(struct gs_engine *engine, const struct gs_ledger_entry *entry)
{
	gs_cleanup_definition struct gs_definition_file file = { 0 };

	return gs_definition_read(engine, entry->parent, entry->uuid, &file) != -ENOENT;
}

/* In another mode they are kept, for the day that the card is split again; none starts by itself. */
static int add_manual(struct gs_engine *engine, struct changes *changes,
		      const struct gs_ledger_entry *entry)
{
	if (!is_defined(engine, entry))
		return add_removal(changes, entry);
	return add(changes, (struct gs_definition_change){ .uuid = entry->uuid,
							   .parent = entry->parent,
							   .card = entry->card });
}

/* Of this card and not wished for, or wished for at another place. */
static bool is_in_the_way(const struct gs_ledger_entry *entry, const struct gs_host *host,
			  const char *card, const struct gs_wish *wish)
{
	if (!find_wished(wish, entry->uuid))
		return gs_streq(entry->card, card);
	return !gs_streq(entry->parent, parent_of(host, card, entry->uuid)) ||
	       !gs_streq(entry->card, card);
}

/* Power was lost after the wish was written without it. What is only kept is not meant to start. */
static bool is_left_over(const struct gs_ledger_entry *entry, const struct gs_host *host,
			 const char *card, const struct gs_wish *wish)
{
	(void)host;
	return entry->wanted && gs_streq(entry->card, card) && !find_wished(wish, entry->uuid);
}

static int clear_away(struct gs_engine *engine, const struct gs_host *host, const char *card,
		      const struct gs_wish *wish,
		      bool (*is_meant)(const struct gs_ledger_entry *, const struct gs_host *,
				       const char *card, const struct gs_wish *))
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	struct changes changes = { 0 };
	int r = gs_ledger_read(engine, &ledger);

	for (size_t i = 0; r == 0 && i < ledger.count; i++)
		if (is_meant(&ledger.entries[i], host, card, wish))
			r = add_removal(&changes, &ledger.entries[i]);
	if (r == 0)
		r = gs_definitions_change(engine, changes.list, changes.count);
	free(changes.list);
	return r;
}

/* @uuid: the only one to write; NULL: all */
static int follow_split(struct gs_engine *engine, const struct gs_host *host, const char *card,
			const struct gs_wish *wish, const char *uuid)
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	cleanup_listed struct listed listed = { 0 };
	struct changes changes = { 0 };
	int r = clear_away(engine, host, card, wish, is_in_the_way);

	if (r == 0)
		r = gs_ledger_read(engine, &ledger);
	for (size_t i = 0; r == 0 && i < wish->n_vgpus; i++) {
		const struct gs_wished_vgpu *vgpu = &wish->vgpus[i];
		const char *parent;
		bool absent;

		if (uuid && !gs_streq(vgpu->uuid, uuid))
			continue;
		parent = parent_of(host, card, vgpu->uuid);
		if (!is_of_others(engine, &ledger, host, &listed, parent, vgpu->uuid, &absent))
			r = add_wished(&changes, parent, card, vgpu, absent);
	}
	if (r == 0)
		r = gs_definitions_change(engine, changes.list, changes.count);
	free(changes.list);
	return r;
}

static int follow_whole(struct gs_engine *engine, const char *card)
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	struct changes changes = { 0 };
	int r = gs_ledger_read(engine, &ledger);

	for (size_t i = 0; r == 0 && i < ledger.count; i++)
		if (gs_streq(ledger.entries[i].card, card))
			r = add_manual(engine, &changes, &ledger.entries[i]);
	if (r == 0)
		r = gs_definitions_change(engine, changes.list, changes.count);
	free(changes.list);
	return r;
}

int gs_definitions_follow(struct gs_engine *engine, const struct gs_host *host, const char *card,
			  const struct gs_wish *wish)
{
	return wish->mode == GS_MODE_VGPU ? follow_split(engine, host, card, wish, NULL)
					  : follow_whole(engine, card);
}

int gs_definitions_follow_one(struct gs_engine *engine, const struct gs_host *host,
			      const char *card, const struct gs_wish *wish, const char *uuid)
{
	return wish->mode == GS_MODE_VGPU ? follow_split(engine, host, card, wish, uuid)
					  : follow_whole(engine, card);
}

int gs_definitions_forget(struct gs_engine *engine, const char *uuid)
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	const struct gs_ledger_entry *entry;
	struct changes changes = { 0 };
	int r = gs_ledger_read(engine, &ledger);

	entry = r == 0 ? gs_ledger_find(&ledger, uuid) : NULL;
	if (entry)
		r = add_removal(&changes, entry);
	if (r == 0)
		r = gs_definitions_change(engine, changes.list, changes.count);
	free(changes.list);
	return r;
}

/*
 * Without its folder nobody has undefined it: mdevctl leaves the folder. It was lost, as with all of
 * /etc/mdevctl.d, which the daemon's unit makes anew; and is not wished away.
 */
static bool is_lost(struct gs_engine *engine, const struct gs_ledger_entry *entry)
{
	char path[GS_PATH_MAX];

	return gs_path(path, GS_DEFINITIONS "/%s", entry->parent) == 0 &&
	       !gs_tree_exists(engine, path);
}

/* Cut off before it was written, or of a card that has moved. */
static bool needs_repair(struct gs_engine *engine, const struct gs_ledger *ledger,
			 const struct gs_host *host, const char *card, const struct gs_wished_vgpu *vgpu)
{
	const struct gs_ledger_entry *entry = gs_ledger_find(ledger, vgpu->uuid);

	return !entry || entry->pending || is_lost(engine, entry) || !gs_streq(entry->card, card) ||
	       !gs_streq(entry->parent, parent_of(host, card, vgpu->uuid));
}

int gs_definitions_repair(struct gs_engine *engine, const struct gs_host *host, const char *card,
			  const struct gs_wish *wish)
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	struct changes changes = { 0 }, removals = { 0 };
	cleanup_listed struct listed listed = { 0 };
	int r;

	if (wish->mode != GS_MODE_VGPU)
		return 0;
	r = clear_away(engine, host, card, wish, is_left_over);
	if (r == 0)
		r = gs_ledger_read(engine, &ledger);
	for (size_t i = 0; r == 0 && i < wish->n_vgpus; i++) {
		const struct gs_wished_vgpu *vgpu = &wish->vgpus[i];
		const struct gs_ledger_entry *entry = gs_ledger_find(&ledger, vgpu->uuid);
		const char *parent = parent_of(host, card, vgpu->uuid);
		bool absent;

		if (!needs_repair(engine, &ledger, host, card, vgpu) ||
		    is_of_others(engine, &ledger, host, &listed, parent, vgpu->uuid, &absent))
			continue;
		if (entry && !entry->pending && !is_defined(engine, entry) && !is_lost(engine, entry))
			continue;
		if (entry && (!gs_streq(entry->parent, parent) || !gs_streq(entry->card, card)))
			r = add_removal(&removals, entry);
		if (r == 0)
			r = add_wished(&changes, parent, card, vgpu, absent);
	}
	if (r == 0)
		r = gs_definitions_change(engine, removals.list, removals.count);
	if (r == 0)
		r = gs_definitions_change(engine, changes.list, changes.count);
	free(changes.list);
	free(removals.list);
	return r;
}

/*
 * What is to be made of a wished vGPU; NULL: nothing. Somebody may have undefined it, or
 * told mdevctl not to start it, or that it is of another type.
 */
static const char *type_now(const struct gs_ledger_entry *entry, int r,
			    const struct gs_definition_file *file, const char *type)
{
	if (!entry || entry->pending)
		return type;
	if (r == -ENOENT || (r == 0 && entry->automatic && !file->automatic))
		return NULL;
	return r == 0 && !gs_streq(file->type, entry->type) ? file->type : type;
}

/* As it is defined: somebody may have told mdevctl of others. */
static const char *params_now(const struct gs_ledger_entry *entry, int r,
			      const struct gs_definition_file *file, const char *params)
{
	const char *defined;

	if (!entry || entry->pending || r < 0)
		return params;
	defined = gs_definition_params(file);
	return defined && gs_params_are(defined) ? defined : NULL;
}

static int copy_wished(struct gs_wished_vgpu *to, const char *uuid, const char *type,
		       const char *params)
{
	to->uuid = strdup(uuid);
	to->type = strdup(type);
	to->params = params ? strdup(params) : NULL;
	return to->uuid && to->type && (to->params || !params) ? 0 : -ENOMEM;
}

int gs_definitions_wished(struct gs_engine *engine, const struct gs_wish *wish,
			  struct gs_wished_vgpu **ret, size_t *ret_count)
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	struct gs_wished_vgpu *list = calloc(wish->n_vgpus + 1, sizeof(*list));
	size_t count = 0;

	/* A ledger that cannot be read says nothing against what is wished for. */
	if (!list || gs_ledger_read(engine, &ledger) == -ENOMEM) {
		free(list);
		return -ENOMEM;
	}
	for (size_t i = 0; i < wish->n_vgpus; i++) {
		const struct gs_wished_vgpu *vgpu = &wish->vgpus[i];
		const struct gs_ledger_entry *entry = gs_ledger_find(&ledger, vgpu->uuid);
		gs_cleanup_definition struct gs_definition_file file = { 0 };
		const char *type, *params;
		int r = entry ? gs_definition_read(engine, entry->parent, vgpu->uuid, &file) : 0;

		if (r == -ENOENT && is_lost(engine, entry))
			entry = NULL;
		type = type_now(entry, r, &file, vgpu->type);
		if (!type)
			continue;
		params = params_now(entry, r, &file, vgpu->params);
		if (copy_wished(&list[count++], vgpu->uuid, type, params) < 0) {
			gs_wished_vgpus_free(list, count);
			return -ENOMEM;
		}
	}
	*ret = list;
	*ret_count = count;
	return 0;
}

int gs_definitions_prune(struct gs_engine *engine, struct gs_wish *wish)
{
	gs_cleanup_ledger struct gs_ledger ledger = { 0 };
	size_t kept = 0;

	if (gs_ledger_read(engine, &ledger) == -ENOMEM)
		return -ENOMEM;
	for (size_t i = 0; i < wish->n_vgpus; i++) {
		const struct gs_ledger_entry *entry = gs_ledger_find(&ledger, wish->vgpus[i].uuid);

		if (entry && !entry->pending && !is_lost(engine, entry) && !is_defined(engine, entry)) {
			gs_wished_vgpu_clear(&wish->vgpus[i]);
			continue;
		}
		wish->vgpus[kept++] = wish->vgpus[i];
	}
	wish->n_vgpus = kept;
	return 0;
}
