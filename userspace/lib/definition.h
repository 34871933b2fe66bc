/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * definition.h - vGPUs that outlive a boot, in mdevctl's own format and place.
 *
 * etc/mdevctl.d/PARENT/UUID: {"mdev_type", "start": "auto" or "manual", "attrs"}. mdevctl, its udev
 * rule and libvirt read these files, and may change them. What is ours of it stands elsewhere, in
 * var/lib/gpushift/definitions.json: which ones we wrote, what we wrote into them, and whether they
 * are meant to start by themselves while their card is split.
 *
 * A change is a transaction: the ledger says what is about to be written, the files are written, the
 * ledger says that they are. Whatever is cut off between is done again by the next change.
 */
#ifndef GS_DEFINITION_H
#define GS_DEFINITION_H

#include <json-c/json.h>

#include "engine.h"
#include "execute.h"
#include "model.h"

#define GS_DEFINITIONS "etc/mdevctl.d"

/* gs_definitions_of_host - all of them into @host, and what they say of its vGPUs */
int gs_definitions_of_host(struct gs_engine *engine, struct gs_host *host) gs_must_check;


/* gs_definition_foreign - somebody else's, and no one of ours: it is never written to, nor removed */
bool gs_definition_foreign(const struct gs_host *host, const char *uuid);

/* What shall be of one definition. */
struct gs_definition_change {
	const char *uuid;
	const char *parent;
	const char *card; /* that is split; the parent itself, or what the parent is a VF of */
	const char *type; /* NULL: as it is written now */
	const char *params; /* see vgpu_params.h; NULL: as they are written now */
	bool automatic; /* from now on */
	bool wanted;	/* once the card is split */
	bool remove;
	bool absent; /* it is known that there is no file yet */
};

/*
 * gs_definitions_change - write, rewrite and remove
 * On failure the files are as they were. What others put into a file stays in it.
 */
int gs_definitions_change(struct gs_engine *engine, const struct gs_definition_change *changes,
			  size_t count) gs_must_check;

/*
 * gs_definitions_hold - our definitions of @card that start by themselves no longer do
 * gs_definitions_release - those do again that are meant to
 * Those that somebody else has rewritten stay as they are.
 */
int gs_definitions_hold(struct gs_engine *engine, const char *card) gs_must_check;
int gs_definitions_release(struct gs_engine *engine, const char *card) gs_must_check;
/* gs_definitions_held - none of ours would start by itself; released: all do that are meant to */
bool gs_definitions_held(struct gs_engine *engine, const char *card);
bool gs_definitions_released(struct gs_engine *engine, const char *card);

/*
 * gs_definitions_want - add what is defined for a card to a want that names no profile
 * The profiles and their types are the caller's to free.
 */
int gs_definitions_want(const struct gs_host *host, const char *card,
			struct gs_want *want) gs_must_check;

struct gs_wish;
struct gs_wished_vgpu;

/*
 * gs_definitions_follow - a wish was stored for a card: what it is split into starts by itself,
 *                         whatever else we defined for it is removed; of another mode, none starts
 * gs_definitions_follow_one - the same, where only this one is new in the wish
 * gs_definitions_forget - it is wished for no more, and ours of it goes
 * gs_definitions_repair - a wish was granted: whatever of it is not written yet is
 * gs_definitions_prune - take out of a wish what somebody has undefined
 */
int gs_definitions_prune(struct gs_engine *engine, struct gs_wish *wish) gs_must_check;
int gs_definitions_follow_one(struct gs_engine *engine, const struct gs_host *host,
			      const char *card, const struct gs_wish *wish,
			      const char *uuid) gs_must_check;
int gs_definitions_forget(struct gs_engine *engine, const char *uuid) gs_must_check;
int gs_definitions_follow(struct gs_engine *engine, const struct gs_host *host, const char *card,
			  const struct gs_wish *wish) gs_must_check;
int gs_definitions_repair(struct gs_engine *engine, const struct gs_host *host, const char *card,
			  const struct gs_wish *wish) gs_must_check;

/*
 * gs_definitions_wished - what of a wish is still defined as we wrote it, or as somebody changed it
 * @ret: to be freed by gs_wished_vgpus_free()
 */
int gs_definitions_wished(struct gs_engine *engine, const struct gs_wish *wish,
			  struct gs_wished_vgpu **ret, size_t *ret_count) gs_must_check;
void gs_wished_vgpus_free(struct gs_wished_vgpu *vgpus, size_t count);

/* gs_definition_attributes - the attributes that it has, in order: name, value, name, value, ...; NULL: none */
int gs_definition_attributes(struct gs_engine *engine, const char *parent, const char *uuid,
			     char ***ret) gs_must_check;

/* definition_ledger.c */
struct gs_ledger_entry {
	char uuid[37];
	char *parent;
	char *card;
	char *type;
	bool wanted;
	bool automatic; /* what we wrote */
	bool pending;	/* a change was begun, and the file may be old or new */
	bool removing;
};

struct gs_ledger {
	struct gs_ledger_entry *entries;
	size_t count;
};

/* gs_ledger_read - no ledger is an empty one; -EPROTO: of a newer gpushift, -EBADMSG: damaged */
int gs_ledger_read(struct gs_engine *engine, struct gs_ledger *ret) gs_must_check;
int gs_ledger_write(struct gs_engine *engine, const struct gs_ledger *ledger) gs_must_check;
/* gs_ledger_to_json, gs_ledger_write_json - the same in two steps, for one that is written again */
struct json_object *gs_ledger_to_json(const struct gs_ledger *ledger);
int gs_ledger_write_json(struct gs_engine *engine, struct json_object *json) gs_must_check;
/* gs_ledger_json_done - what was pending of an entry is done: it goes, if it was to */
void gs_ledger_json_done(struct json_object *json, const struct gs_ledger_entry *entry);
struct gs_ledger_entry *gs_ledger_find(const struct gs_ledger *ledger, const char *uuid);
int gs_ledger_add(struct gs_ledger *ledger, const char *uuid, const char *parent, const char *card,
		  const char *type, struct gs_ledger_entry **ret) gs_must_check;
void gs_ledger_drop(struct gs_ledger *ledger, struct gs_ledger_entry *entry);
void gs_ledger_clear(struct gs_ledger *ledger);
#define gs_cleanup_ledger __attribute__((cleanup(gs_ledger_clear)))

/* definition_file.c: mdevctl's file */
struct gs_definition_file {
	char *type;
	bool automatic;
	struct json_object *json; /* all of it */
};

bool gs_is_uuid(const char *text);
/* gs_definition_parse - the text of a file; 0, -EBADMSG (nothing that mdevctl would take) or -ENOMEM */
int gs_definition_parse(const char *text, struct gs_definition_file *ret) gs_must_check;
/* gs_definition_read - 0, -ENOENT, or as gs_definition_parse(), or -errno */
int gs_definition_read(struct gs_engine *engine, const char *parent, const char *uuid,
		       struct gs_definition_file *ret) gs_must_check;
/* gs_definitions_exist - has the parent a folder of definitions, be it empty? */
bool gs_definitions_exist(struct gs_engine *engine, const char *parent);
void gs_definition_file_clear(struct gs_definition_file *file);
#define gs_cleanup_definition __attribute__((cleanup(gs_definition_file_clear)))
/*
 * gs_definition_text - the file's text with these values in it; NULL: no memory
 * @file: NULL: a new one; @params: NULL: those that are in it
 */
char *gs_definition_text(const struct gs_definition_file *file, const char *type, const char *params,
			 bool automatic) gs_must_check;
/* gs_definition_params - the parameters among its attributes; NULL: none */
const char *gs_definition_params(const struct gs_definition_file *file);

#endif
