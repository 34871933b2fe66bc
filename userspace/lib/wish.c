// SPDX-License-Identifier: GPL-2.0-or-later
/* wish.c - the folder of wishes: reading, matching with cards, setting aside. */
#include "wish.h"

#include "claim.h"
#include "definition.h"
#include "state_file.h"
#include "tree.h"
#include "vgpu_params.h"

void gs_wishes_free(struct gs_wishes *wishes)
{
	if (!wishes)
		return;
	for (size_t i = 0; i < wishes->n_wishes; i++)
		gs_wish_clear(&wishes->wishes[i]);
	for (size_t i = 0; i < wishes->n_odd; i++)
		free(wishes->odd[i].file);
	free(wishes->wishes);
	free(wishes->odd);
	free(wishes);
}

void gs_wish_free(struct gs_wish *wish)
{
	if (!wish)
		return;
	gs_wish_clear(wish);
	free(wish);
}

static int add_odd(struct gs_wishes *wishes, const char *file, int error)
{
	struct gs_odd_wish *odd;

	if (gs_grow(&wishes->odd, wishes->n_odd, sizeof(*wishes->odd)) < 0)
		return -ENOMEM;
	odd = &wishes->odd[wishes->n_odd];
	odd->file = strdup(file);
	odd->error = error;
	if (!odd->file)
		return -ENOMEM;
	wishes->n_odd++;
	return 0;
}

static int read_wish(struct gs_engine *engine, const char *file, struct gs_wish *ret)
{
	gs_cleanup_json struct json_object *json = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, GS_WISHES "/%s", file);
	if (r == 0)
		r = gs_state_read(engine, path, &json);
	if (r == 0)
		r = gs_wish_from_json(json, ret);
	if (r == 0) {
		ret->file = strdup(file);
		r = ret->file ? 0 : -ENOMEM;
	}
	if (r < 0)
		gs_wish_clear(ret);
	return r;
}

static bool is_wish(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && gs_streq(name + length - 5, ".json");
}

static int add_file(struct gs_engine *engine, struct gs_wishes *wishes, const char *file)
{
	struct gs_wish wish = { 0 };
	int r = read_wish(engine, file, &wish);

	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return add_odd(wishes, file, r);
	if (gs_grow(&wishes->wishes, wishes->n_wishes, sizeof(*wishes->wishes)) < 0) {
		gs_wish_clear(&wish);
		return -ENOMEM;
	}
	wishes->wishes[wishes->n_wishes++] = wish;
	return 0;
}

/*
 * Cards of the host first, so that no program of the host waits for one; then
 * the ones that others split, then what goes away.
 */
static int compare_wishes(const void *a, const void *b)
{
	static const int order[GS_MODE_WANTABLE] = {
		[GS_MODE_HOST] = 0, [GS_MODE_VGPU] = 1, [GS_MODE_PASSTHROUGH] = 2
	};
	const struct gs_wish *left = a, *right = b;

	if (left->mode != right->mode)
		return order[left->mode] - order[right->mode];
	return strcmp(left->place.address, right->place.address);
}

int gs_wishes_read(struct gs_engine *engine, struct gs_wishes **ret)
{
	gs_cleanup_wishes struct gs_wishes *wishes = calloc(1, sizeof(*wishes));
	char **names = NULL;
	int r;

	if (!wishes)
		return -ENOMEM;
	r = gs_tree_list(engine, GS_WISHES, &names);
	for (char **name = names; r == 0 && name && *name; name++)
		if (is_wish(*name))
			r = add_file(engine, wishes, *name);
	gs_strv_free(names);
	if (r < 0)
		return r;
	if (wishes->n_wishes)
		qsort(wishes->wishes, wishes->n_wishes, sizeof(*wishes->wishes), compare_wishes);
	*ret = gs_steal(wishes);
	return 0;
}

/* Another device than a card may have the address now. */
static bool is_at_address(struct gs_engine *engine, const char *address)
{
	char path[GS_PATH_MAX];

	return gs_path(path, "sys/bus/pci/devices/%s", address) == 0 &&
	       gs_tree_exists(engine, path);
}

static void match(struct gs_engine *engine, struct gs_wish *wish, const struct gs_sought *sought,
		  const struct gs_place *now, size_t count)
{
	size_t index;

	wish->now[0] = '\0';
	wish->found = gs_place_find(sought, now, count, &index);
	if (wish->found == GS_FOUND_IT)
		memcpy(wish->now, now[index].address, sizeof(wish->now));
	else if (wish->found == GS_FOUND_NOTHING && is_at_address(engine, wish->place.address))
		wish->found = GS_FOUND_OTHER;
}

/* Two wishes for one card would undo each other at each boot. */
static void refuse_twins(struct gs_wishes *wishes)
{
	for (size_t i = 0; i < wishes->n_wishes; i++) {
		for (size_t j = 0; j < i; j++) {
			struct gs_wish *a = &wishes->wishes[i], *b = &wishes->wishes[j];

			if (a->found == GS_FOUND_IT && gs_streq(a->now, b->now))
				a->found = b->found = GS_FOUND_AMBIGUOUS;
		}
	}
	for (size_t i = 0; i < wishes->n_wishes; i++)
		if (wishes->wishes[i].found != GS_FOUND_IT)
			wishes->wishes[i].now[0] = '\0';
}

int gs_wishes_match(struct gs_engine *engine, const struct gs_host *host, struct gs_wishes *wishes)
{
	gs_cleanup_free const struct gs_place **peers =
		calloc(wishes->n_wishes + 1, sizeof(*peers));
	struct gs_place *now;
	int r;

	if (!peers)
		return -ENOMEM;
	r = gs_places_of_cards(engine, host, &now);
	if (r < 0)
		return r;
	for (size_t i = 0; i < wishes->n_wishes; i++) {
		struct gs_sought sought = { .place = &wishes->wishes[i].place,
					    .others = wishes->wishes[i].others,
					    .peers = peers };

		for (size_t j = 0; j < wishes->n_wishes; j++)
			if (j != i)
				peers[sought.n_peers++] = &wishes->wishes[j].place;
		match(engine, &wishes->wishes[i], &sought, now, host->n_cards);
	}
	refuse_twins(wishes);
	gs_places_free(now, host->n_cards);
	return 0;
}

int gs_wish_for(struct gs_engine *engine, const struct gs_host *host, const struct gs_card *card,
		struct gs_wish **ret)
{
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	int r;

	*ret = NULL;
	r = gs_wishes_read(engine, &wishes);
	if (r == 0)
		r = gs_wishes_match(engine, host, wishes);
	for (size_t i = 0; r == 0 && i < wishes->n_wishes; i++) {
		if (!gs_streq(wishes->wishes[i].now, gs_card_display(card)->text))
			continue;
		*ret = calloc(1, sizeof(**ret));
		if (!*ret)
			return -ENOMEM;
		**ret = wishes->wishes[i];
		wishes->wishes[i] = (struct gs_wish){ 0 };
		break;
	}
	return r;
}

int gs_wishes_set_aside(struct gs_engine *engine, const struct gs_wishes *wishes)
{
	int result = 0;

	for (size_t i = 0; i < wishes->n_odd; i++) {
		char path[GS_PATH_MAX], aside[GS_PATH_MAX];
		int r;

		if (wishes->odd[i].error != -EBADMSG)
			continue;
		r = gs_path(path, GS_WISHES "/%s", wishes->odd[i].file);
		if (r == 0)
			r = gs_path(aside, "%s.damaged", wishes->odd[i].file);
		if (r == 0)
			r = gs_state_rename(engine, path, aside);
		if (r < 0 && result == 0)
			result = r;
	}
	return result;
}

static int copy_uuids(const struct gs_host *host, const struct gs_wish *wish,
		      struct gs_want *want, const char *profile)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < wish->n_vgpus; i++) {
		const struct gs_wished_vgpu *vgpu = &wish->vgpus[i];
		gs_cleanup_free char *own = gs_profile_join(vgpu->type, vgpu->params);

		if (!own)
			return -ENOMEM;
		if (!gs_streq(own, profile))
			continue;
		if (gs_host_vgpu(host, vgpu->uuid)) {
			r = gs_strv_add(&want->keep, vgpu->uuid);
			continue;
		}
		r = gs_strv_add(&want->uuids, vgpu->uuid);
		want->n_uuids += r == 0;
	}
	return r;
}

static struct gs_profile_want *find_profile(struct gs_want *want, const char *type)
{
	for (size_t i = 0; i < want->n_profiles; i++)
		if (gs_streq(want->profiles[i].type, type))
			return &want->profiles[i];
	return NULL;
}

static int one_more(struct gs_want *want, const char *type, const char *params)
{
	gs_cleanup_free char *text = gs_profile_join(type, params);
	struct gs_profile_want *profile = text ? find_profile(want, text) : NULL;

	if (!text)
		return -ENOMEM;

	if (!profile) {
		if (gs_grow(&want->profiles, want->n_profiles, sizeof(*profile)) < 0)
			return -ENOMEM;
		profile = &want->profiles[want->n_profiles];
		profile->type = gs_steal(text);
		want->n_profiles++;
	}
	profile->count++;
	return 0;
}

/* As many of each type as are wished; UUIDs in the order in which the plan takes them. */
static int add_profiles(const struct gs_host *host, const struct gs_wish *wish,
			struct gs_want *want)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < wish->n_vgpus; i++)
		r = one_more(want, wish->vgpus[i].type, wish->vgpus[i].params);
	for (size_t i = 0; r == 0 && i < want->n_profiles; i++)
		r = copy_uuids(host, wish, want, want->profiles[i].type);
	return r;
}

static int add_with(struct gs_engine *engine, const struct gs_card *card,
		    const struct gs_wish *wish, struct gs_want *want)
{
	struct gs_place *now;
	int r;

	if (!wish->n_with)
		return 0;
	r = gs_places_read(engine, card->outside, card->n_outside, &now);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < wish->n_with; i++) {
		struct gs_sought sought = { .place = &wish->with[i] };
		size_t index;

		if (gs_place_find(&sought, now, card->n_outside, &index) != GS_FOUND_IT)
			continue;
		r = gs_grow(&want->with, want->n_with, sizeof(*want->with));
		if (r == 0)
			want->with[want->n_with++] = card->outside[index]->address;
	}
	gs_places_free(now, card->n_outside);
	return r;
}

/* Those of them that nobody has undefined by mdevctl, or told it not to start. */
static int add_defined(struct gs_engine *engine, const struct gs_host *host,
		       const struct gs_wish *wish, struct gs_want *want)
{
	struct gs_wish defined = *wish;
	int r;

	if (!wish->n_vgpus)
		return 0;
	r = gs_definitions_wished(engine, wish, &defined.vgpus, &defined.n_vgpus);
	if (r < 0)
		return r;
	r = add_profiles(host, &defined, want);
	gs_wished_vgpus_free(defined.vgpus, defined.n_vgpus);
	return r;
}

/* Beside what is wished for stays what mdevctl was told to start, and what a VM has claimed. */
static int add_beside(struct gs_engine *engine, const struct gs_host *host,
		      const struct gs_card *card, struct gs_want *want)
{
	gs_cleanup_claims struct gs_claims claims = { 0 };
	int r = gs_claims_read(engine, &claims);

	for (size_t i = 0; r == 0 && i < card->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = card->vgpus[i];

		if (!vgpu->uuid || !vgpu->type || gs_strv_has(want->keep, vgpu->uuid) ||
		    (!gs_definition_foreign(host, vgpu->uuid) &&
		     !gs_claims_have(&claims, vgpu->uuid)))
			continue;
		r = one_more(want, vgpu->type, NULL);
		if (r == 0)
			r = gs_strv_add(&want->keep, vgpu->uuid);
	}
	return r;
}

int gs_wish_want(struct gs_engine *engine, const struct gs_host *host, const struct gs_card *card,
		 const struct gs_wish *wish, struct gs_want *ret)
{
	int r = 0;

	*ret = (struct gs_want){ .mode = wish->mode, .force = wish->force, .vfs = wish->vfs };
	if (wish->driver) {
		ret->driver = strdup(wish->driver);
		r = ret->driver ? 0 : -ENOMEM;
	}
	if (r == 0 && wish->vf_params) {
		ret->vf_params = strdup(wish->vf_params);
		r = ret->vf_params ? 0 : -ENOMEM;
	}
	if (r == 0)
		r = add_with(engine, card, wish, ret);
	if (r == 0)
		r = add_defined(engine, host, wish, ret);
	if (r == 0 && ret->n_profiles)
		r = add_beside(engine, host, card, ret);
	/* What is split into nothing is on its driver, where others may split it. */
	if (r == 0 && wish->mode == GS_MODE_VGPU && !ret->n_profiles && !wish->vfs &&
	    card->mode != GS_MODE_VGPU)
		ret->mode = GS_MODE_HOST;
	if (r < 0)
		gs_wish_want_clear(ret);
	return r;
}

void gs_wish_want_clear(struct gs_want *want)
{
	free(want->driver);
	free(want->vf_params);
	free(want->with);
	for (size_t i = 0; i < want->n_profiles; i++)
		free(want->profiles[i].type);
	free(want->profiles);
	gs_strv_free(want->uuids);
	gs_strv_free(want->keep);
	gs_holders_free(want->with_holders, want->n_with_holders);
	*want = (struct gs_want){ 0 };
}
