// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_explain.h"

#include "json.h"
#include "json_build.h"

/* One that can be made now, else any. */
static const char *type_for(const struct gs_parent *parent)
{
	for (size_t i = 0; i < parent->n_types; i++)
		if (parent->types[i].available)
			return parent->types[i].id;
	return parent->types[0].id;
}

char *gs_mode_command(const struct gs_card *card, const struct gs_vgpu_facts *facts,
		      enum gs_mode mode)
{
	const struct gs_function *display = gs_card_display(card);
	const struct gs_parent *types = card->parent;

	if (mode != GS_MODE_VGPU)
		return gs_asprintf("gpushift set %s %s", display->text, gs_mode_name(mode));
	if (!types && card->remembered)
		types = card->remembered->parent;
	if (types && types->n_types)
		return gs_asprintf("gpushift set %s vgpu --profile %s", display->text,
				   type_for(types));
	if (display->sriov_total && !facts->nvidia_host)
		return gs_asprintf("gpushift set %s vgpu --count %u", display->text,
				   display->sriov_total);
	return gs_asprintf("gpushift set %s vgpu --profile TYPE", display->text);
}

static struct json_object *json_cause(const struct gs_cause *cause)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "id", cause->id);
	gs_json_put_string(&json, "message", cause->message);
	gs_json_put_strings(&json, "evidence", cause->evidence);
	gs_json_put_string(&json, "fix", cause->fix);
	return gs_json_end(&json);
}

static struct json_object *json_types(const struct gs_card *card, const struct gs_causes *causes)
{
	struct gs_json json, list;

	gs_json_begin_array(&list);
	for (size_t i = 0; i < causes->count; i++)
		gs_json_add(&list, json_cause(&causes->list[i]));
	gs_json_begin(&json);
	gs_json_put_number(&json, "offered", card->parent ? (int64_t)card->parent->n_types : 0);
	gs_json_put(&json, "causes", gs_json_end(&list));
	return gs_json_end(&json);
}

/* The modes of `list`, each with the command that brings the card there; null where it is, or is refused. */
static struct json_object *json_modes(const struct gs_host *host, const struct gs_card *card,
				      const struct gs_vgpu_facts *facts)
{
	struct json_object *modes = gs_json_modes(host, card);

	for (int mode = 0; modes && mode < GS_MODE_WANTABLE; mode++) {
		struct json_object *object, *available;
		gs_cleanup_free char *command = gs_mode_command(card, facts, mode);
		struct gs_json json = { 0 };

		if (!command ||
		    !json_object_object_get_ex(modes, gs_mode_name(mode), &object) ||
		    !json_object_object_get_ex(object, "available", &available))
			goto fail;
		json.object = object;
		gs_json_put_string(&json, "command",
				   (int)card->mode != mode && json_object_get_boolean(available) ?
					   command :
					   NULL);
		if (json.failed)
			goto fail;
	}
	return modes;

fail:
	json_object_put(modes);
	return NULL;
}

struct json_object *gs_json_explain(const struct gs_host *host, const struct gs_card *card,
				    const struct gs_vgpu_facts *facts,
				    const struct gs_causes *causes)
{
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "card", gs_card_display(card)->text);
	gs_json_put_string(&json, "mode", gs_mode_name(card->mode));
	gs_json_put_string(&json, "reason", card->reason);
	gs_json_put(&json, "modes", json_modes(host, card, facts));
	gs_json_put(&json, "types", json_types(card, causes));
	return gs_json_end(&json);
}
