/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remembered.h - what gpushift keeps about cards and vGPUs between runs.
 *
 * var/lib/gpushift/cards/ADDRESS.json: host driver, functions that went along,
 * state before the switch, vGPU types. Bound to the card's identity (vendor,
 * device, subsystem): another card at the address has no memory. State of
 * before the switch is valid only in the boot that wrote it.
 *
 * var/lib/gpushift/vgpus/UUID.json: a vGPU that gpushift made, this boot. One
 * that is a VF has two: by the UUID under which it was made, and by its address.
 *
 * Files carry "version": 1; a newer one is ignored when reading, and renamed
 * to ADDRESS.json.newer before another is written.
 */
#ifndef GS_REMEMBERED_H
#define GS_REMEMBERED_H

#include <json-c/json.h>

#include "engine.h"
#include "model.h"

struct gs_dir;

/* gs_remembered_read - NULL in @ret when nothing (usable) is remembered */
int gs_remembered_read(struct gs_engine *engine, const struct gs_function *display,
		       struct gs_remembered **ret) gs_must_check;

/* gs_remembered_store - replaces the file of the card at @address by rename, fsynced */
int gs_remembered_store(struct gs_engine *engine, const char *address,
			const struct gs_identity *identity,
			const struct gs_remembered *remembered) gs_must_check;

/* The same content as JSON, for the journal. NULL when out of memory. */
struct json_object *gs_remembered_to_json(const struct gs_remembered *remembered);
int gs_remembered_from_json(struct json_object *json, struct gs_remembered **ret) gs_must_check;
struct json_object *gs_before_to_json(const struct gs_before *before, size_t count);
int gs_before_from_json(struct json_object *json, struct gs_before **ret,
			size_t *ret_count) gs_must_check;

/* gs_vgpu_owned - did gpushift make this vGPU in this boot? */
bool gs_vgpu_owned(struct gs_engine *engine, const char *uuid);
int gs_vgpu_own(struct gs_engine *engine, const char *uuid, const char *parent,
		const char *type) gs_must_check;
/*
 * gs_vgpu_own_new - the same for one of which there is no record, be it of an earlier boot: else -EEXIST
 * gs_vgpu_ownership - what is recorded then, for as many as are alike; NULL: out of memory
 */
int gs_vgpu_own_new(struct gs_engine *engine, const char *uuid, const char *ownership) gs_must_check;
char *gs_vgpu_ownership(struct gs_engine *engine, const char *parent, const char *type);
/* gs_vgpu_records_open - for asking gs_vgpu_recorded_in() about many; not open: there are none */
void gs_vgpu_records_open(struct gs_engine *engine, struct gs_dir *ret);
bool gs_vgpu_recorded_in(const struct gs_dir *records, const char *uuid);
/* gs_vgpu_recorded - the parent that was noted for it in this boot; -ENOENT: nothing was */
int gs_vgpu_recorded(struct gs_engine *engine, const char *uuid, char **ret_parent) gs_must_check;
int gs_vgpu_disown(struct gs_engine *engine, const char *uuid) gs_must_check;

/* gs_boot_id - of the running kernel; 36 characters and NUL */
int gs_boot_id(struct gs_engine *engine, char ret[37]) gs_must_check;

/* gs_same_boot - was @json written in this boot? A tree without a boot id is of no boot. */
bool gs_same_boot(struct gs_engine *engine, struct json_object *json);
int gs_add_boot_id(struct gs_engine *engine, struct json_object *json) gs_must_check;

/* gs_record_write - replace FOLDER/NAME.json, fsynced; what a newer gpushift wrote is kept beside */
int gs_record_write(struct gs_engine *engine, const char *folder, const char *name,
		    struct json_object *json) gs_must_check;
/* gs_record_rewrite - the same of one that was read, and is of this gpushift or an older one */
int gs_record_rewrite(struct gs_engine *engine, const char *folder, const char *name,
		      struct json_object *json) gs_must_check;
int gs_record_remove(struct gs_engine *engine, const char *folder, const char *name) gs_must_check;

#endif
