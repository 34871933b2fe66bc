/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json.h - the model, plans and events as the JSON of the contract.
 *
 * The same functions serve the CLI and the daemon. Each returns a new
 * object, or NULL when out of memory. Unknown is null, never a missing key.
 * Objects with their own "schema" key are whole documents.
 */
#ifndef GS_JSON_H
#define GS_JSON_H

#include <json-c/json.h>

#include "capacity.h"
#include "events.h"
#include "model.h"
#include "plan.h"

#define GS_SCHEMA 1

/* The model (json.c) */

/* gs_json_list - @all: with the additional key "functions", every function of the host */
struct json_object *gs_json_list(const struct gs_host *host, bool all) gs_must_check;
struct json_object *gs_json_card(const struct gs_host *host,
				 const struct gs_card *card) gs_must_check;
/* gs_json_show - a card with the additional keys of `show` */
struct json_object *gs_json_show(const struct gs_host *host,
				 const struct gs_card *card) gs_must_check;
struct json_object *gs_json_groups(const struct gs_host *host) gs_must_check;
/* gs_json_modes - the modes that a card can be brought to, and what is in the way of each */
struct json_object *gs_json_modes(const struct gs_host *host,
				  const struct gs_card *card) gs_must_check;

/* vGPUs and their types (json_vgpu.c) */

/* gs_json_profiles - unless they are of now, what is made and available is not known */
struct json_object *gs_json_profiles(const char *card, const struct gs_parent *parent,
				     enum gs_types_source source) gs_must_check;
struct json_object *gs_json_vgpu(const struct gs_vgpu *vgpu) gs_must_check;
struct json_object *gs_json_vgpus(const struct gs_host *host) gs_must_check;
/* gs_json_one_vgpu - the document of gs_json_vgpus() with only @vgpu */
/* gs_json_vgpus_of - those with this parent */
struct json_object *gs_json_vgpus_of(const struct gs_host *host, const char *parent);
struct json_object *gs_json_one_vgpu(const struct gs_vgpu *vgpu) gs_must_check;

/* Plans, events and errors (json_plan.c) */

struct json_object *gs_json_blockers(const struct gs_blocker *blockers, size_t count) gs_must_check;
struct json_object *gs_json_plan(const struct gs_plan *plan) gs_must_check;
/* gs_json_plan_results - a plan with the result of each step, and the mode the card is in now */
struct json_object *gs_json_plan_results(const struct gs_plan *plan,
					 const char *mode) gs_must_check;
struct json_object *gs_json_event(const struct gs_event *event) gs_must_check;
/* gs_json_event_mode - the mode of a card has changed */
struct json_object *gs_json_event_mode(const char *card, const char *from,
				       const char *to) gs_must_check;
/* gs_json_event_ready - the first event, and the first one after a loss */
struct json_object *gs_json_event_ready(bool generation_known, uint32_t generation) gs_must_check;
struct json_object *gs_json_error(const char *code, const char *message,
				  const char *fix) gs_must_check;

#endif
