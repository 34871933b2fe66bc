// SPDX-License-Identifier: GPL-2.0-or-later
/* json_vgpu.c - vGPUs and their types as JSON */
#include "json.h"

#include "json_build.h"

struct json_object *gs_json_vgpu(const struct gs_vgpu *vgpu)
{
	struct gs_json json;

	gs_json_begin(&json);
	if (vgpu->uuid)
		gs_json_put_string(&json, "uuid", vgpu->uuid);
	else
		gs_json_put_string(&json, "address", vgpu->address);
	gs_json_put_string(&json, "parent", vgpu->parent);
	gs_json_put_string(&json, "type", vgpu->type);
	gs_json_put_string(&json, "params", vgpu->params);
	gs_json_put_string(&json, "backend", vgpu->backend);
	gs_json_put_string(&json, "owner", vgpu->owner);
	gs_json_put_known(&json, "in_use", vgpu->in_use);
	gs_json_put_string(&json, "start", vgpu->start);
	return gs_json_end(&json);
}

static struct json_object *json_profile(const struct gs_parent *parent,
					const struct gs_vgpu_type *type,
					enum gs_types_source source)
{
	gs_cleanup_free char *reason = NULL;
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "id", type->id);
	gs_json_put_string(&json, "name", type->name);
	if (type->framebuffer_bytes)
		gs_json_put_number(&json, "framebuffer_bytes", (int64_t)type->framebuffer_bytes);
	else
		gs_json_put_null(&json, "framebuffer_bytes");
	if (source != GS_TYPES_NOW) {
		gs_json_put_null(&json, "made");
		gs_json_put_null(&json, "available");
	} else {
		gs_json_put_number(&json, "made", type->made);
		gs_json_put_number(&json, "available", type->available);
	}
	if (gs_why_no_more(parent, type, source, &reason) < 0)
		json.failed = true;
	gs_json_put_string(&json, "reason", reason);
	return gs_json_end(&json);
}

struct json_object *gs_json_profiles(const char *card, const struct gs_parent *parent,
				     enum gs_types_source source)
{
	struct gs_json json, profiles;

	gs_json_begin_array(&profiles);
	for (size_t i = 0; parent && i < parent->n_types; i++)
		gs_json_add(&profiles, json_profile(parent, &parent->types[i], source));

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "card", card);
	gs_json_put(&json, "profiles", gs_json_end(&profiles));
	return gs_json_end(&json);
}

static struct json_object *json_definition(const struct gs_host *host,
					   const struct gs_definition *definition)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "uuid", definition->uuid);
	gs_json_put_string(&json, "parent", definition->parent);
	gs_json_put_string(&json, "type", definition->type);
	gs_json_put_string(&json, "start", definition->automatic ? "auto" : "manual");
	gs_json_put_string(&json, "owner", definition->ours ? "gpushift" : "other");
	gs_json_put_bool(&json, "active", gs_host_vgpu(host, definition->uuid) != NULL);
	return gs_json_end(&json);
}

static struct json_object *json_definitions(const struct gs_host *host)
{
	struct gs_json definitions;

	gs_json_begin_array(&definitions);
	for (size_t i = 0; i < host->n_definitions; i++)
		gs_json_add(&definitions, json_definition(host, &host->definitions[i]));
	return gs_json_end(&definitions);
}

struct json_object *gs_json_vgpus(const struct gs_host *host)
{
	return gs_json_vgpus_of(host, NULL);
}

struct json_object *gs_json_vgpus_of(const struct gs_host *host, const char *parent)
{
	struct gs_json json, vgpus;

	gs_json_begin_array(&vgpus);
	for (size_t i = 0; i < host->n_vgpus; i++)
		if (!parent || gs_streq(host->vgpus[i].parent, parent))
			gs_json_add(&vgpus, gs_json_vgpu(&host->vgpus[i]));

	gs_json_begin_document(&json);
	gs_json_put(&json, "vgpus", gs_json_end(&vgpus));
	gs_json_put(&json, "definitions", json_definitions(host));
	return gs_json_end(&json);
}

struct json_object *gs_json_one_vgpu(const struct gs_vgpu *vgpu)
{
	struct gs_json json, vgpus;

	gs_json_begin_array(&vgpus);
	gs_json_add(&vgpus, gs_json_vgpu(vgpu));

	gs_json_begin_document(&json);
	gs_json_put(&json, "vgpus", gs_json_end(&vgpus));
	return gs_json_end(&json);
}
