// SPDX-License-Identifier: GPL-2.0-or-later
/* claim_choose.c - which card gives what a VM asks for. Pure. */
#include "claim.h"

#include "capacity.h"
#include "plan.h"
#include "plan_build.h"

static const char *const policy_names[GS_CLAIM_POLICIES] = {
	[GS_CLAIM_PACK] = "pack",
	[GS_CLAIM_SPREAD] = "spread",
};

const char *gs_claim_policy_name(enum gs_claim_policy policy)
{
	return policy_names[policy];
}

int gs_claim_policy_parse(const char *text, enum gs_claim_policy *ret)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(policy_names); i++) {
		if (gs_streq(policy_names[i], text)) {
			*ret = (enum gs_claim_policy)i;
			return 0;
		}
	}
	return -EINVAL;
}

int gs_claim_size_parse(const char *text, uint64_t *ret)
{
	static const char units[] = "KMG";
	size_t digits = strspn(text, "0123456789");
	const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
	const char *rest = text + digits + (unit != NULL);
	uint64_t value;

	errno = 0;
	value = strtoull(text, NULL, 10);
	for (const char *p = units; unit && p <= unit; p++)
		value = value > UINT64_MAX / 1024 ? UINT64_MAX : value * 1024;
	if (!digits || digits > 18 || errno || !value || value > INT64_MAX ||
	    (*rest && !(unit && (gs_streq(rest, "B") || gs_streq(rest, "iB")))))
		return -EINVAL;
	*ret = value;
	return 0;
}

static bool is_allowed(const struct gs_claim_want *want, const struct gs_card *card)
{
	for (size_t i = 0; i < want->n_on; i++)
		if (gs_address_equal(&want->on[i], &gs_card_display(card)->address))
			return true;
	return want->n_on == 0;
}

static const struct gs_claim *claim_of(const struct gs_claims *claims, const struct gs_card *card,
				       bool whole)
{
	for (size_t i = 0; i < claims->count; i++)
		if ((claims->list[i].whole || !whole) &&
		    gs_streq(claims->list[i].card, gs_card_display(card)->text))
			return &claims->list[i];
	return NULL;
}

/* Held by somebody: a guest, or for the host's own programs the display. */
static bool has_holders(const struct gs_card *card)
{
	for (size_t i = 0; i < card->n_holders; i++)
		if (!card->holders[i].yields)
			return true;
	return false;
}

/* What it offered when it was last a vGPU host; NULL: nothing is known of that. */
static const struct gs_parent *types_before(const struct gs_card *card)
{
	const struct gs_parent *parent = card->remembered ? card->remembered->parent : NULL;

	return parent && parent->n_types ? parent : NULL;
}

/* With its own driver, and no VFs yet that could offer types. */
static bool is_without_vfs(const struct gs_card *card)
{
	const struct gs_function *display = gs_card_display(card);

	return card->mode == GS_MODE_HOST && display->sriov_total && !display->sriov_enabled;
}

/* What it offers, or did and will once it is switched; NULL: nothing is known. */
static const struct gs_parent *types_of(const struct gs_card *card)
{
	const struct gs_parent *before = types_before(card);

	if (card->parent && card->parent->n_types)
		return card->parent;
	if (card->mode == GS_MODE_PASSTHROUGH ||
	    (before && before->on_vfs && is_without_vfs(card)))
		return before;
	return NULL;
}

/* Its VFs will tell, which nobody has enabled yet: as gs_needs_vfs() has it. */
static bool is_untold(const struct gs_card *card)
{
	return !types_of(card) && !types_before(card) && is_without_vfs(card) &&
	       gs_streq(gs_card_display(card)->driver, "nvidia");
}

static bool is_live(const struct gs_card *card)
{
	return card->parent && card->parent->n_types;
}

/* Beside those that are there: NVIDIA's equal-size rule. */
static bool fits_beside(const struct gs_card *card, const struct gs_parent *parent,
			const struct gs_vgpu_type *type)
{
	for (size_t i = 0; i < card->n_vgpus; i++) {
		const struct gs_vgpu_type *other;

		if (card->vgpus[i]->type &&
		    gs_type_find(parent, card->vgpus[i]->type, &other) == 0 &&
		    gs_sizes_clash(type, other))
			return false;
	}
	return true;
}

static bool can_be_made(const struct gs_card *card, const struct gs_parent *parent,
			const struct gs_vgpu_type *type)
{
	if (!is_live(card))
		return true;
	return type->available > 0 && fits_beside(card, parent, type);
}

/* "GRID P40-2Q": a Q type does all that the others of its size do. */
static bool is_workstation(const struct gs_vgpu_type *type)
{
	size_t length = strlen(type->name);

	return length && type->name[length - 1] == 'Q';
}

/* The smallest that is enough; of one size a Q type, one that is there already, the first. */
static bool is_better(const struct gs_vgpu_type *type, const struct gs_vgpu_type *best)
{
	if (!best)
		return true;
	if (type->framebuffer_bytes != best->framebuffer_bytes)
		return type->framebuffer_bytes < best->framebuffer_bytes;
	if (is_workstation(type) != is_workstation(best))
		return is_workstation(type);
	return type->made && !best->made;
}

static const struct gs_vgpu_type *by_size(const struct gs_card *card, const struct gs_parent *parent,
					  uint64_t framebuffer)
{
	const struct gs_vgpu_type *best = NULL;

	for (size_t i = 0; i < parent->n_types; i++) {
		const struct gs_vgpu_type *type = &parent->types[i];

		if (type->framebuffer_bytes >= framebuffer && can_be_made(card, parent, type) &&
		    is_better(type, best))
			best = type;
	}
	return best;
}

static const struct gs_vgpu_type *find_type(const struct gs_card *card,
					    const struct gs_claim_want *want)
{
	const struct gs_parent *parent = types_of(card);
	const struct gs_vgpu_type *type;

	if (!parent)
		return NULL;
	if (want->kind == GS_CLAIM_FRAMEBUFFER)
		return by_size(card, parent, want->framebuffer);
	if (gs_type_find(parent, want->type, &type) < 0 || !can_be_made(card, parent, type))
		return NULL;
	return type;
}

/* A card that somebody has, or has claimed, is split for nobody and given to nobody. */
static bool choose_whole(const struct gs_claims *claims, const struct gs_card *card,
			 struct gs_claim_choice *choice)
{
	if (claim_of(claims, card, false) || card->n_vgpus || has_holders(card))
		return false;
	choice->switches = card->mode != GS_MODE_PASSTHROUGH;
	return card->mode == GS_MODE_PASSTHROUGH || card->mode == GS_MODE_HOST;
}

static bool choose_part(const struct gs_claims *claims, const struct gs_card *card,
			const struct gs_claim_want *want, struct gs_claim_choice *choice)
{
	if (claim_of(claims, card, true))
		return false;
	choice->type = find_type(card, want);
	choice->switches = !is_live(card);
	choice->untold = want->kind == GS_CLAIM_PROFILE && is_untold(card);
	if (!choice->type && !choice->untold)
		return false;
	/* In passthrough it is somebody's, also where that one is not there yet. */
	return card->mode != GS_MODE_PASSTHROUGH || !has_holders(card);
}

static bool is_claimed(const struct gs_claims *claims, const char *address)
{
	for (size_t i = 0; i < claims->count; i++)
		if (gs_streq(claims->list[i].address, address))
			return true;
	return false;
}

static size_t count_claims(const struct gs_claims *claims, const struct gs_card *card)
{
	size_t count = 0;

	for (size_t i = 0; i < claims->count; i++)
		count += gs_streq(claims->list[i].card, gs_card_display(card)->text);
	return count;
}

/* VFs of others may be meant for their own VMs: only on a card that is named. */
static bool is_free_vf(const struct gs_host *host, const struct gs_claims *claims,
		       const struct gs_vgpu *vgpu, bool named)
{
	const struct gs_function *vf;
	struct gs_address address;

	if (!gs_vgpu_is_plain(vgpu) || vgpu->in_use != GS_NO ||
	    is_claimed(claims, vgpu->address) || !(named || gs_streq(vgpu->owner, "gpushift")) ||
	    gs_address_parse(vgpu->address, &address) < 0)
		return false;
	vf = gs_host_function(host, &address);
	return vf && (!vf->driver || gs_driver_is_vfio(vf->driver));
}

static const struct gs_vgpu *find_free_vf(const struct gs_host *host, const struct gs_claims *claims,
					  const struct gs_card *card,
					  const struct gs_claim_want *want)
{
	for (size_t i = 0; i < card->n_vgpus; i++)
		if ((!want->vf || gs_streq(card->vgpus[i]->address, want->vf)) &&
		    is_free_vf(host, claims, card->vgpus[i], want->n_on > 0))
			return card->vgpus[i];
	return NULL;
}

/* With types a card is split by them, unless somebody names it. */
static bool has_types(const struct gs_card *card)
{
	return types_of(card) || types_before(card) || is_untold(card);
}

/* It has VFs to give, or has none and could. */
static bool choose_vf(const struct gs_host *host, const struct gs_claims *claims,
		      const struct gs_card *card, const struct gs_claim_want *want,
		      struct gs_claim_choice *choice)
{
	const struct gs_function *display = gs_card_display(card);
	bool named = want->n_on > 0;

	if (claim_of(claims, card, true) || !display->sriov_total || (has_types(card) && !named))
		return false;
	choice->used = count_claims(claims, card);
	if (display->sriov_enabled) {
		choice->vf = find_free_vf(host, claims, card, want);
		return choice->vf;
	}
	choice->switches = true;
	return !want->vf && (card->mode == GS_MODE_HOST ||
			     (card->mode == GS_MODE_PASSTHROUGH && !has_holders(card)));
}

static bool choose(const struct gs_host *host, const struct gs_claims *claims,
		   const struct gs_claim_want *want, struct gs_claim_choice *choice)
{
	choice->used = choice->card->n_vgpus;
	if (want->kind == GS_CLAIM_CARD)
		return choose_whole(claims, choice->card, choice);
	if (want->kind == GS_CLAIM_VF)
		return choose_vf(host, claims, choice->card, want, choice);
	return choose_part(claims, choice->card, want, choice);
}

static int by_rank(const struct gs_claim_choice *a, const struct gs_claim_choice *b,
		   enum gs_claim_policy policy)
{
	if (a->untold != b->untold)
		return a->untold ? 1 : -1;
	if (a->switches != b->switches)
		return a->switches ? 1 : -1;
	if (a->used == b->used)
		return 0;
	return (a->used < b->used) == (policy == GS_CLAIM_SPREAD) ? -1 : 1;
}

/* Cards stand in the order of their addresses, and an equal one stays behind those before it. */
static void insert(struct gs_claim_choice *list, size_t count, const struct gs_claim_choice *choice,
		   enum gs_claim_policy policy)
{
	size_t at = count;

	while (at > 0 && by_rank(choice, &list[at - 1], policy) < 0) {
		list[at] = list[at - 1];
		at--;
	}
	list[at] = *choice;
}

int gs_claim_choose(const struct gs_host *host, const struct gs_claims *claims,
		    const struct gs_claim_want *want, struct gs_claim_choice **ret, size_t *ret_count)
{
	struct gs_claim_choice *list = calloc(host->n_cards + 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < host->n_cards; i++) {
		struct gs_claim_choice choice = { .card = &host->cards[i] };

		if (!is_allowed(want, choice.card) || choice.card->mode == GS_MODE_QUARANTINED)
			continue;
		if (choose(host, claims, want, &choice))
			insert(list, count++, &choice, want->policy);
	}
	*ret = list;
	*ret_count = count;
	return 0;
}

static char *why_no_type(const struct gs_card *card, const struct gs_claim_want *want)
{
	const struct gs_parent *parent = types_of(card);
	const struct gs_vgpu_type *type;

	if (!parent && is_untold(card))
		return strdup("which types it has is known once its virtual functions were enabled");
	if (!parent)
		return strdup("it offers no vGPU types now");
	if (want->kind == GS_CLAIM_FRAMEBUFFER)
		return strdup("no type with so much framebuffer can still be made");
	if (gs_type_find(parent, want->type, &type) < 0)
		return strdup("it has no such type");
	if (!fits_beside(card, parent, type))
		return strdup("it holds vGPUs of another size");
	return strdup("no more of this type can be made");
}

static char *why_no_vf(const struct gs_card *card, const struct gs_claim_want *want)
{
	const struct gs_function *display = gs_card_display(card);

	if (!display->sriov_total)
		return strdup("it cannot have virtual functions");
	if (has_types(card) && !want->n_on)
		return strdup("it is split into vGPUs by their types; name it with --on");
	if (!display->sriov_enabled)
		return gs_asprintf("it is in mode %s", gs_mode_name(card->mode));
	if (!display->own_vfs.count && !want->n_on)
		return strdup("somebody else enabled its virtual functions; name it with --on");
	if (want->vf)
		return gs_asprintf("its virtual function %s is in use, or has a driver of the host",
				   want->vf);
	return gs_asprintf("none of its %u virtual functions is free", display->sriov_enabled);
}

char *gs_claim_why_not(const struct gs_card *card, const struct gs_claims *claims,
		       const struct gs_claim_want *want)
{
	const struct gs_claim *other = claim_of(claims, card, want->kind != GS_CLAIM_CARD);

	if (!is_allowed(want, card))
		return strdup("it is not among the cards that may give it");
	if (card->mode == GS_MODE_QUARANTINED)
		return strdup("it is quarantined");
	if (other)
		return gs_asprintf("%s%s has it", other->vm ? "the VM " : "",
				   other->vm ? other->vm : "somebody");
	if (want->kind == GS_CLAIM_CARD && card->n_vgpus)
		return strdup("it is split into vGPUs");
	if (has_holders(card) && (want->kind == GS_CLAIM_CARD || card->mode == GS_MODE_PASSTHROUGH))
		return strdup("it is in use");
	if (want->kind == GS_CLAIM_CARD)
		return gs_asprintf("it is in mode %s", gs_mode_name(card->mode));
	if (want->kind == GS_CLAIM_VF)
		return why_no_vf(card, want);
	return why_no_type(card, want);
}
