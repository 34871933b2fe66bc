// SPDX-License-Identifier: GPL-2.0-or-later
/* wish_store.c - writing wishes down. */
#include "claim.h"
#include "definition.h"
#include "inventory.h"
#include "state_file.h"
#include "tree.h"
#include "vgpu_params.h"
#include "wish.h"

static int add_other(struct gs_wish *wish, const char *path)
{
	return gs_strv_has(wish->others, path) ? 0 : gs_strv_add(&wish->others, path);
}

/*
 * The place of a card, and those of the others like it. Others that are known
 * stay: one that is away now may come back, and is still not it.
 */
static int place_card(struct gs_engine *engine, const struct gs_host *host, const char *address,
		      struct gs_wish *wish)
{
	struct gs_place *now, *own = NULL;
	int r;

	r = gs_places_of_cards(engine, host, &now);
	if (r < 0)
		return r;
	for (size_t i = 0; i < host->n_cards; i++)
		if (gs_streq(now[i].address, address))
			own = &now[i];
	r = own ? 0 : -ENODEV;
	for (size_t i = 0; r == 0 && i < host->n_cards; i++)
		if (&now[i] != own && now[i].path &&
		    gs_identity_equal(&now[i].identity, &own->identity))
			r = add_other(wish, now[i].path);
	if (own) {
		gs_place_clear(&wish->place);
		wish->place = *own;
		*own = (struct gs_place){ 0 };
	}
	gs_places_free(now, host->n_cards);
	return r;
}

/* "10de-1b38-10de-11d9@pci0000:00-01.0-00.0.json", or with a number when that is taken */
static char *file_name(const struct gs_wish *wish, unsigned int number)
{
	const char *place = wish->place.path ? wish->place.path : wish->place.address;
	char identity[GS_IDENTITY_LEN], suffix[16] = "";
	char *name;

	gs_identity_format(&wish->place.identity, identity);
	for (char *p = identity; *p; p++)
		*p = *p == ':' ? '-' : *p;
	if (number > 1)
		snprintf(suffix, sizeof(suffix), "-%u", number);
	name = gs_asprintf("%s@%s%s.json", identity, place, suffix);
	for (char *p = name; p && *p; p++)
		*p = *p == '/' ? '-' : *p;
	return name;
}

/* What cannot be read makes room for what can; another card's wish keeps its name. */
static int make_room(struct gs_engine *engine, const char *name, bool *ret_free)
{
	gs_cleanup_json struct json_object *json = NULL;
	struct gs_wish wish = { 0 };
	char path[GS_PATH_MAX], aside[GS_PATH_MAX];
	int r;

	r = gs_path(path, GS_WISHES "/%s", name);
	if (r < 0)
		return r;
	r = gs_state_read(engine, path, &json);
	if (r == 0)
		r = gs_wish_from_json(json, &wish);
	gs_wish_clear(&wish);
	*ret_free = r < 0;
	if (r == -EBADMSG || r == -EPROTO) {
		r = gs_path(aside, "%s.%s", name, r == -EPROTO ? "newer" : "damaged");
		return r == 0 ? gs_state_rename(engine, path, aside) : r;
	}
	return r == -ENOENT ? 0 : r;
}

static int choose_name(struct gs_engine *engine, struct gs_wish *wish)
{
	bool is_free = false;

	for (unsigned int number = 1; number < 1000; number++) {
		gs_cleanup_free char *name = file_name(wish, number);
		int r = name ? make_room(engine, name, &is_free) : -ENOMEM;

		if (r < 0)
			return r;
		if (is_free) {
			wish->file = gs_steal(name);
			return 0;
		}
	}
	return -EEXIST;
}

static int write_wish(struct gs_engine *engine, struct gs_wish *wish)
{
	gs_cleanup_json struct json_object *json = gs_wish_to_json(wish);
	gs_cleanup_free char *text = NULL;
	char path[GS_PATH_MAX];
	int r;

	if (!json)
		return -ENOMEM;
	text = gs_asprintf("%s\n", json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN));
	if (!text)
		return -ENOMEM;
	r = gs_state_mkdir(engine, GS_WISHES, 0755);
	if (r == 0 && !wish->file)
		r = choose_name(engine, wish);
	if (r == 0)
		r = gs_path(path, GS_WISHES "/%s", wish->file);
	return r == 0 ? gs_state_write(engine, path, text) : r;
}

/* The wish that the card has, or a new one; its place is that of now. */
static int begin_wish(struct gs_engine *engine, const struct gs_host *host,
		      const struct gs_card *card, struct gs_wish **ret)
{
	struct gs_wish *wish;
	int r;

	r = gs_wish_for(engine, host, card, &wish);
	if (r < 0)
		return r;
	if (!wish)
		wish = calloc(1, sizeof(*wish));
	if (!wish)
		return -ENOMEM;
	r = place_card(engine, host, gs_card_display(card)->text, wish);
	if (r < 0)
		gs_wish_free(wish);
	else
		*ret = wish;
	return r;
}

/* All that was said before of what the card shall be; it is @ret's then. */
static void forget(struct gs_wish *wish, struct gs_wish *ret)
{
	*ret = *wish;
	*wish = (struct gs_wish){ .file = ret->file, .place = ret->place, .others = ret->others };
	ret->file = NULL;
	ret->others = NULL;
	ret->place = (struct gs_place){ 0 };
}

static struct gs_wished_vgpu *find_vgpu(const struct gs_wish *wish, const char *uuid)
{
	for (size_t i = 0; i < wish->n_vgpus; i++)
		if (gs_streq(wish->vgpus[i].uuid, uuid))
			return &wish->vgpus[i];
	return NULL;
}

/* That it has none is worth a word where there were some: in its definition there still are. */
static int set_params(struct gs_wished_vgpu *vgpu, const char *now, bool had)
{
	const char *params = now && gs_params_are(now) && (*now || had) ? now : NULL;

	free(vgpu->params);
	vgpu->params = params ? strdup(params) : NULL;
	return vgpu->params || !params ? 0 : -ENOMEM;
}

/* @old: what was wished for before */
static int add_vgpu(struct gs_wish *wish, const struct gs_wish *old, const struct gs_vgpu *now)
{
	const char *name = gs_vgpu_name(now);
	const struct gs_wished_vgpu *before = find_vgpu(old, name);
	bool had = before && before->params;
	struct gs_wished_vgpu *vgpu = find_vgpu(wish, name);

	if (!vgpu) {
		if (gs_grow(&wish->vgpus, wish->n_vgpus, sizeof(*wish->vgpus)) < 0)
			return -ENOMEM;
		vgpu = &wish->vgpus[wish->n_vgpus++];
		vgpu->uuid = strdup(name);
		vgpu->type = strdup(now->type);
		if (!vgpu->uuid || !vgpu->type)
			return -ENOMEM;
	}
	return set_params(vgpu, now->params, had);
}

/* What others define is theirs to start, and what is claimed ends with its VM. */
static int add_vgpus(struct gs_engine *engine, const struct gs_host *host,
		     const struct gs_card *card, const struct gs_wish *old, struct gs_wish *wish)
{
	gs_cleanup_claims struct gs_claims claims = { 0 };
	int r = gs_claims_read(engine, &claims);

	for (size_t i = 0; r == 0 && i < card->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = card->vgpus[i];
		const char *name = gs_vgpu_name(vgpu);

		if (vgpu->type && !gs_definition_foreign(host, name) &&
		    !gs_claims_have(&claims, name))
			r = add_vgpu(wish, old, vgpu);
	}
	return r;
}

static int add_with(struct gs_engine *engine, const struct gs_host *host,
		    const struct gs_want *want, struct gs_wish *wish)
{
	gs_cleanup_free struct gs_function **functions =
		calloc(want->n_with + 1, sizeof(*functions));
	size_t count = 0;
	int r;

	if (!functions)
		return -ENOMEM;
	for (size_t i = 0; i < want->n_with; i++) {
		functions[count] = gs_host_function(host, &want->with[i]);
		count += functions[count] != NULL;
	}
	r = gs_places_read(engine, functions, count, &wish->with);
	if (r == 0)
		wish->n_with = count;
	return r;
}

int gs_wish_store(struct gs_engine *engine, const struct gs_host *host, const struct gs_card *card,
		  const struct gs_want *want)
{
	struct gs_wish old, *wish;
	int r;

	r = begin_wish(engine, host, card, &wish);
	if (r < 0)
		return r;
	forget(wish, &old);
	wish->mode = want->mode;
	wish->force = want->force;
	wish->vfs = want->vfs;
	if (want->vf_params) {
		wish->vf_params = strdup(want->vf_params);
		r = wish->vf_params ? 0 : -ENOMEM;
	}
	if (r == 0 && want->driver) {
		wish->driver = strdup(want->driver);
		r = wish->driver ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = add_with(engine, host, want, wish);
	if (r == 0 && want->mode == GS_MODE_VGPU)
		r = add_vgpus(engine, host, card, &old, wish);
	if (r == 0)
		r = write_wish(engine, wish);
	if (r == 0)
		r = gs_definitions_follow(engine, host, gs_card_display(card)->text, wish);
	gs_wish_clear(&old);
	gs_wish_free(wish);
	return r;
}

int gs_wish_store_vgpu(struct gs_engine *engine, const struct gs_host *host,
		       const struct gs_card *card, const struct gs_vgpu *vgpu)
{
	struct gs_wish old = { 0 }, *wish;
	int r;

	r = begin_wish(engine, host, card, &wish);
	if (r < 0)
		return r;
	if (wish->mode != GS_MODE_VGPU)
		forget(wish, &old);
	gs_wish_clear(&old);
	wish->mode = GS_MODE_VGPU;
	r = gs_definitions_prune(engine, wish);
	if (r == 0)
		r = add_vgpu(wish, wish, vgpu);
	if (r == 0)
		r = write_wish(engine, wish);
	if (r == 0)
		r = gs_definitions_follow_one(engine, host, gs_card_display(card)->text, wish,
					      gs_vgpu_name(vgpu));
	gs_wish_free(wish);
	return r;
}

static bool drop_vgpu(struct gs_wish *wish, const char *uuid)
{
	for (size_t i = 0; i < wish->n_vgpus; i++) {
		if (!gs_streq(wish->vgpus[i].uuid, uuid))
			continue;
		gs_wished_vgpu_clear(&wish->vgpus[i]);
		memmove(&wish->vgpus[i], &wish->vgpus[i + 1],
			(--wish->n_vgpus - i) * sizeof(*wish->vgpus));
		return true;
	}
	return false;
}

int gs_wish_forget_vgpu(struct gs_engine *engine, const char *uuid)
{
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	int r = gs_wishes_read(engine, &wishes);

	for (size_t i = 0; r == 0 && i < wishes->n_wishes; i++)
		if (drop_vgpu(&wishes->wishes[i], uuid))
			r = write_wish(engine, &wishes->wishes[i]);
	return r == 0 ? gs_definitions_forget(engine, uuid) : r;
}

int gs_wish_store_verified(struct gs_engine *engine, const struct gs_host *host,
			   const char *address, const struct gs_want *want)
{
	const struct gs_card *card;
	struct gs_address parsed;

	if (gs_address_parse(address, &parsed) < 0)
		return -EINVAL;
	card = gs_host_card(host, &parsed);
	if (!card)
		return -ENODEV;
	return card->mode == want->mode ? gs_wish_store(engine, host, card, want) : -ESTALE;
}

static bool same_text(struct json_object *a, struct json_object *b)
{
	return a && b && json_object_equal(a, b);
}

int gs_wish_refresh(struct gs_engine *engine, const struct gs_host *host, struct gs_wish *wish)
{
	gs_cleanup_json struct json_object *before = gs_wish_to_json(wish);
	gs_cleanup_json struct json_object *after = NULL;
	int r;

	r = place_card(engine, host, wish->now, wish);
	if (r < 0)
		return r;
	r = gs_definitions_prune(engine, wish);
	if (r < 0)
		return r;
	after = gs_wish_to_json(wish);
	if (!same_text(before, after))
		r = write_wish(engine, wish);
	return r < 0 ? r : gs_definitions_repair(engine, host, wish->now, wish);
}
