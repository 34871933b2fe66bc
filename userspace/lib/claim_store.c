// SPDX-License-Identifier: GPL-2.0-or-later
/* claim_store.c - claims as files */
#include "claim.h"
#include "definition.h"
#include "identity.h"
#include "remembered.h"
#include "state_file.h"
#include "tree.h"
#include "vgpu_backend.h"

void gs_claim_clear(struct gs_claim *claim)
{
	free(claim->card);
	free(claim->uuid);
	free(claim->address);
	free(claim->type);
	free(claim->vm);
	*claim = (struct gs_claim){ 0 };
}

void gs_claims_clear(struct gs_claims *claims)
{
	for (size_t i = 0; i < claims->count; i++)
		gs_claim_clear(&claims->list[i]);
	free(claims->list);
	*claims = (struct gs_claims){ 0 };
}

static int get_text(struct json_object *json, const char *key, char **ret)
{
	const char *text = gs_state_string(json, key);

	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static bool get_flag(struct json_object *json, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(json, key, &value) && json_object_get_boolean(value);
}

static uint64_t get_number(struct json_object *json, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(json, key, &value) ? json_object_get_uint64(value) : 0;
}

static const char *get_manager(struct json_object *json)
{
	static const char *const managers[] = { "libvirt", "proxmox" };

	for (size_t i = 0; i < GS_ARRAY_SIZE(managers); i++)
		if (gs_streq(managers[i], gs_state_string(json, "manager")))
			return managers[i];
	return NULL;
}

/* What a VF became has the UUID in its record only: there it has no name but its address. */
int gs_claim_locate(struct gs_engine *engine, struct gs_claim *claim)
{
	gs_cleanup_free char *device = NULL;
	struct gs_address address;

	if (!claim->uuid || claim->address ||
	    gs_vgpu_recorded(engine, claim->uuid, &device) < 0 ||
	    gs_address_parse(device, &address) < 0 || !gs_backend_nvidia.offers(engine, device))
		return 0;
	claim->address = gs_steal(device);
	return 0;
}

static int from_json(struct gs_engine *engine, struct json_object *json, struct gs_claim *ret)
{
	const char *identity = gs_state_string(json, "identity");
	const char *from = gs_state_string(json, "from");
	struct gs_address address;
	int r;

	r = get_text(json, "card", &ret->card);
	if (r == 0)
		r = get_text(json, "uuid", &ret->uuid);
	if (r == 0)
		r = get_text(json, "address", &ret->address);
	if (r == 0)
		r = get_text(json, "type", &ret->type);
	if (r == 0)
		r = get_text(json, "vm", &ret->vm);
	if (r < 0)
		return r;
	if (!ret->card || gs_address_parse(ret->card, &address) < 0 || !from ||
	    gs_mode_parse(from, &ret->from) < 0 || (ret->uuid && !gs_is_uuid(ret->uuid)) || !identity ||
	    gs_identity_parse(identity, &ret->identity) < 0 ||
	    (ret->address && gs_address_parse(ret->address, &address) < 0))
		return -EBADMSG;
	ret->whole = !ret->uuid && !get_flag(json, "vf");
	ret->manager = get_manager(json);
	ret->pending = get_flag(json, "pending");
	ret->hook = get_flag(json, "hook");
	ret->bound = get_flag(json, "bound");
	ret->vm_seen = get_flag(json, "vm_seen");
	ret->user.pid = (int)get_number(json, "user_pid");
	ret->user.start = get_number(json, "user_start");
	ret->same_boot = gs_same_boot(engine, json);
	return gs_claim_locate(engine, ret);
}

/* "ID.json" */
static int take(struct gs_engine *engine, const char *name, struct gs_claims *claims)
{
	gs_cleanup_json struct json_object *json = NULL;
	struct gs_claim claim = { 0 };
	char path[GS_PATH_MAX];
	int r;

	snprintf(claim.id, sizeof(claim.id), "%.36s", name);
	if (!gs_is_uuid(claim.id) || !gs_streq(name + 36, ".json"))
		return 0;
	r = gs_path(path, GS_CLAIMS "/%s", name);
	if (r == 0)
		r = gs_state_read(engine, path, &json);
	if (r == 0)
		r = from_json(engine, json, &claim);
	if (r == 0)
		r = gs_grow(&claims->list, claims->count, sizeof(*claims->list));
	if (r < 0) {
		gs_claim_clear(&claim);
		return r == -ENOMEM ? r : 0;
	}
	claims->list[claims->count++] = claim;
	return 0;
}

int gs_claims_read(struct gs_engine *engine, struct gs_claims *ret)
{
	char **names = NULL;
	int r;

	*ret = (struct gs_claims){ 0 };
	r = gs_tree_list(engine, GS_CLAIMS, &names);
	for (char **name = names; r == 0 && name && *name; name++)
		r = take(engine, *name, ret);
	gs_strv_free(names);
	if (r < 0)
		gs_claims_clear(ret);
	return r;
}

bool gs_claims_have(const struct gs_claims *claims, const char *uuid)
{
	for (size_t i = 0; i < claims->count; i++)
		if (claims->list[i].same_boot && gs_streq(claims->list[i].uuid, uuid))
			return true;
	return false;
}

static int add_flag(struct json_object *json, const char *key, bool value)
{
	return value ? gs_state_add(json, key, json_object_new_boolean(true)) : 0;
}

static int fill_flags(struct json_object *json, const struct gs_claim *claim)
{
	int r = add_flag(json, "vm_seen", claim->vm_seen);

	if (r == 0)
		r = add_flag(json, "hook", claim->hook);
	if (r == 0)
		r = add_flag(json, "vf", !claim->whole && !claim->uuid);
	if (r == 0)
		r = add_flag(json, "bound", claim->bound);
	return r == 0 ? add_flag(json, "pending", claim->pending) : r;
}

static int fill_user(struct json_object *json, const struct gs_claim *claim)
{
	int r = 0;

	if (claim->user.pid) {
		r = gs_state_add(json, "user_pid", json_object_new_int(claim->user.pid));
		if (r == 0)
			r = gs_state_add(json, "user_start",
					 json_object_new_uint64(claim->user.start));
	}
	return r == 0 ? fill_flags(json, claim) : r;
}

static int fill(struct json_object *json, const struct gs_claim *claim)
{
	char identity[GS_IDENTITY_LEN];
	int r;

	gs_identity_format(&claim->identity, identity);
	r = gs_state_set(json, "card", claim->card);
	if (r == 0)
		r = gs_state_set(json, "identity", identity);
	if (r == 0)
		r = gs_state_set(json, "uuid", claim->uuid);
	/* One with a UUID is noted by it. */
	if (r == 0)
		r = gs_state_set(json, "address", claim->uuid ? NULL : claim->address);
	if (r == 0)
		r = gs_state_set(json, "type", claim->type);
	if (r == 0)
		r = gs_state_set(json, "vm", claim->vm);
	if (r == 0)
		r = gs_state_set(json, "manager", claim->manager);
	if (r == 0)
		r = gs_state_set(json, "from", gs_mode_name(claim->from));
	return r == 0 ? fill_user(json, claim) : r;
}

int gs_claim_write(struct gs_engine *engine, const struct gs_claim *claim)
{
	gs_cleanup_json struct json_object *json = gs_state_new();
	int r = json ? gs_add_boot_id(engine, json) : -ENOMEM;

	if (r == 0)
		r = fill(json, claim);
	return r == 0 ? gs_record_write(engine, GS_CLAIMS, claim->id, json) : r;
}

int gs_claim_forget(struct gs_engine *engine, const char *id)
{
	return gs_record_remove(engine, GS_CLAIMS, id);
}
