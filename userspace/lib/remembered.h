/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remembered.h - what gpushift keeps about cards and vGPUs between runs.
 *
 * var/lib/gpushift/cards/ADDRESS.json: host driver, functions that went along,
 * state before the switch, vGPU types. Bound to the card's identity (vendor,
 * device, subsystem): another card at the address has no memory. State of
 * before the switch is valid only in the boot that wrote it.
 *
 * var/lib/gpushift/vgpus/UUID.json: a vGPU that gpushift made, this boot.
 *
 * var/lib/gpushift/quarantine/ADDRESS.json: why the card is quarantined. Belongs
 * to the boot that wrote it; readable by all, as the lock's folder in /run is not.
 *
 * Files carry "version": 1; a newer one is ignored when reading, and renamed
 * to ADDRESS.json.newer before another is written.
 */
#ifndef GS_REMEMBERED_H
#define GS_REMEMBERED_H

#include <json-c/json.h>

#include "engine.h"
#include "lock.h"
#include "model.h"

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
int gs_vgpu_disown(struct gs_engine *engine, const char *uuid) gs_must_check;

/* gs_quarantine_read - the reason, or NULL in @ret when the card is not quarantined */
int gs_quarantine_read(struct gs_engine *engine, const char *address, char **ret) gs_must_check;

/* gs_quarantine_stuck - does the process that hung in the kernel still do so? */
bool gs_quarantine_stuck(struct gs_engine *engine, const char *address, struct gs_process *ret);

/* gs_quarantine_store - @stuck: the process that hangs in the kernel; NULL: none */
int gs_quarantine_store(struct gs_engine *engine, const char *address, const char *reason,
			const struct gs_process *stuck) gs_must_check;
int gs_quarantine_lift(struct gs_engine *engine, const char *address) gs_must_check;

/* gs_boot_id - of the running kernel; 36 characters and NUL */
int gs_boot_id(struct gs_engine *engine, char ret[37]) gs_must_check;

#endif
