// SPDX-License-Identifier: GPL-2.0-or-later
/* A card split into a set of vGPUs: what of it is there, what must go, what is missing. */
#include "capacity.h"
#include "plan_build.h"
#include "vgpu_params.h"
#include "vgpu_types.h"

/* A profile of the want, resolved. */
struct wanted {
	const struct gs_vgpu_type *type; /* NULL: the types are not known yet */
	char *id;
	char *params; /* NULL: nothing is said of them */
	unsigned int count;
	unsigned int missing;
};

struct set {
	struct wanted *wanted;
	size_t n_wanted;
	bool replaces; /* something has to be removed first */
};

static void clear_set(struct set *set)
{
	for (size_t i = 0; i < set->n_wanted; i++) {
		free(set->wanted[i].id);
		free(set->wanted[i].params);
	}
	free(set->wanted);
}

static bool is_same(const struct wanted *wanted, const char *id, const char *params)
{
	return gs_streq(wanted->id, id) &&
	       (gs_streq(wanted->params, params) || gs_params_equal(wanted->params, params));
}

/* One entry a type with the same parameters, however often it is named. */
static int add_wanted(struct set *set, const struct gs_vgpu_type *type, const char *id,
		      const char *params, unsigned int count)
{
	struct wanted *wanted = NULL;

	for (size_t i = 0; i < set->n_wanted && !wanted; i++)
		if (is_same(&set->wanted[i], id, params))
			wanted = &set->wanted[i];
	if (!wanted) {
		if (gs_grow(&set->wanted, set->n_wanted, sizeof(*set->wanted)) < 0)
			return -ENOMEM;
		wanted = &set->wanted[set->n_wanted++];
		wanted->type = type;
		wanted->id = strdup(id);
		wanted->params = params ? strdup(params) : NULL;
		if (!wanted->id || (params && !wanted->params))
			return -ENOMEM;
	}
	wanted->count += count;
	wanted->missing += count;
	return 0;
}

static int resolve_one(struct gs_planner *planner, const struct gs_profile_want *profile,
		       struct set *set)
{
	const struct gs_parent *parent = gs_planner_types(planner);
	const char *name = gs_planner_card(planner);
	const struct gs_vgpu_type *type = NULL;
	gs_cleanup_free char *params = NULL;
	gs_cleanup_free char *asked = NULL;
	int r = gs_vgpu_profile(planner, profile->type, &asked, &params);

	if (r < 0)
		return r;
	if (parent)
		r = gs_type_find(parent, asked, &type);
	if (r < 0)
		return gs_vgpu_bad_type(planner, parent, name, asked, r);
	if (type && params && !gs_params_of_type(type->id))
		return gs_vgpu_no_params(planner, name, type);
	return add_wanted(set, type, type ? type->id : asked, params, profile->count);
}

static int resolve(struct gs_planner *planner, struct set *set)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < planner->want->n_profiles; i++)
		r = resolve_one(planner, &planner->want->profiles[i], set);
	return r;
}

static void refuse_foreign(struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	char **evidence = NULL;
	gs_cleanup_free char *text = gs_asprintf("vGPU %s (%s) was not made by gpushift",
						 gs_vgpu_name(vgpu), vgpu->type ? vgpu->type : "?");

	gs_planner_note(planner, &evidence, text);
	gs_planner_refuse(
		planner, GS_REFUSE_VGPUS_EXIST, false,
		gs_asprintf(
			"%s holds a vGPU that somebody else made and that is not in the wanted set",
			gs_planner_card(planner)),
		evidence, gs_asprintf("gpushift vgpu remove %s", gs_vgpu_name(vgpu)));
}

static bool is_in_use(const struct gs_vgpu *vgpu)
{
	return vgpu->in_use == GS_YES;
}

static bool has_claim(const struct gs_vgpu *vgpu)
{
	return vgpu->reserved.claim != NULL;
}

static bool is_foreign(const struct gs_vgpu *vgpu)
{
	return !gs_streq(vgpu->owner, "gpushift");
}

static bool is_used(const struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	(void)planner;
	return is_in_use(vgpu);
}

static bool is_claimed(const struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	(void)planner;
	return has_claim(vgpu);
}

static bool is_of_others(const struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	(void)planner;
	return is_foreign(vgpu);
}

static bool is_any(const struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	(void)planner;
	return vgpu != NULL;
}

static bool is_named(const struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	return gs_strv_has(planner->want->keep, gs_vgpu_name(vgpu));
}

/* How a vGPU is what is wanted; the best comes first. */
enum fit {
	FIT_AS_IT_IS,
	FIT_UNSAID,  /* parameters that nobody asked about stay as they are */
	FIT_CHANGED, /* it gets others */
	FIT_COUNT,
};

static bool fits(const struct wanted *wanted, const struct gs_vgpu *vgpu, enum fit fit)
{
	if (wanted->missing == 0 || !gs_streq(wanted->id, vgpu->type))
		return false;
	if (fit == FIT_AS_IT_IS)
		return gs_params_equal(wanted->params, vgpu->params);
	if (fit == FIT_UNSAID)
		return !wanted->params;
	return !is_in_use(vgpu) && !has_claim(vgpu) && !is_foreign(vgpu);
}

static struct wanted *wanted_for(struct set *set, const struct gs_vgpu *vgpu, enum fit fit)
{
	for (size_t i = 0; i < set->n_wanted; i++)
		if (fits(&set->wanted[i], vgpu, fit))
			return &set->wanted[i];
	return NULL;
}

/* @kept: for each vGPU of the card, as what it stays; NULL: it does not */
static void keep(struct gs_planner *planner, struct set *set, const struct wanted **kept,
		 bool (*worth)(const struct gs_planner *, const struct gs_vgpu *))
{
	for (enum fit fit = 0; fit < FIT_COUNT; fit++) {
		for (size_t i = 0; i < planner->card->n_vgpus; i++) {
			const struct gs_vgpu *vgpu = planner->card->vgpus[i];
			struct wanted *wanted;

			if (kept[i] || gs_vgpu_is_plain(vgpu) || !worth(planner, vgpu))
				continue;
			wanted = wanted_for(set, vgpu, fit);
			if (!wanted)
				continue;
			wanted->missing--;
			kept[i] = wanted;
		}
	}
}

/* What stays gets the parameters that are asked for. */
static void change_params(struct gs_planner *planner, const struct wanted **kept)
{
	for (size_t i = 0; i < planner->card->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = planner->card->vgpus[i];
		const char *name = gs_vgpu_name(vgpu);

		if (!kept[i] || !kept[i]->params || gs_params_equal(kept[i]->params, vgpu->params))
			continue;
		gs_planner_step(planner, GS_OP_SET_PARAMS, name, kept[i]->params,
				vgpu->params ? GS_OP_SET_PARAMS : GS_OP_COUNT, name, vgpu->params);
	}
}

/* Keep what is in the wanted set, remove the rest; those first that are hardest to remove. */
static void reduce(struct gs_planner *planner, struct set *set)
{
	gs_cleanup_free const struct wanted **kept =
		calloc(planner->card->n_vgpus + 1, sizeof(*kept));

	if (!kept) {
		planner->failed = -ENOMEM;
		return;
	}
	/* They do not outlive the driver that made them. */
	if (!gs_display_moves(planner)) {
		keep(planner, set, kept, is_used);
		keep(planner, set, kept, is_named);
		keep(planner, set, kept, is_claimed);
		keep(planner, set, kept, is_of_others);
		keep(planner, set, kept, is_any);
	}
	for (size_t i = 0; i < planner->card->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = planner->card->vgpus[i];

		if (kept[i] || gs_vgpu_is_plain(vgpu))
			continue;
		gs_check_removal(planner, vgpu);
		if (is_foreign(vgpu))
			refuse_foreign(planner, vgpu);
		gs_step_remove_vgpu(planner, vgpu);
		set->replaces = true;
	}
	change_params(planner, kept);
}

/* All entries of one type, told by the first of them. */
static void check_capacity(struct gs_planner *planner, const struct set *set, size_t first)
{
	bool live = planner->card->parent && !set->replaces && !gs_display_moves(planner);
	const struct gs_vgpu_type *type = set->wanted[first].type;
	unsigned int missing = 0, count = 0;
	unsigned int possible, asked;

	for (size_t i = 0; i < set->n_wanted; i++) {
		if (!gs_streq(set->wanted[i].id, set->wanted[first].id))
			continue;
		if (i < first)
			return;
		missing += set->wanted[i].missing;
		count += set->wanted[i].count;
	}
	if (!type || missing == 0)
		return;
	/* What is removed first makes room that available_instances cannot tell yet. */
	possible = live ? type->available : gs_max_instances(type);
	asked = live ? missing : count;
	if (!live && possible == 0)
		return;
	if (asked > possible)
		gs_vgpu_refuse_capacity(planner, gs_planner_card(planner), type, asked, possible);
}

static void check_set(struct gs_planner *planner, const struct set *set)
{
	bool clash = false;

	for (size_t i = 1; i < set->n_wanted && !clash; i++) {
		clash = gs_sizes_clash(set->wanted[0].type, set->wanted[i].type);
		if (clash)
			gs_vgpu_refuse_mismatch(planner, gs_planner_card(planner),
						set->wanted[0].type, set->wanted[i].type);
	}
	for (size_t i = 0; i < set->n_wanted && !clash; i++)
		check_capacity(planner, set, i);
}

static int create_missing(struct gs_planner *planner, const struct set *set)
{
	size_t next = 0;

	for (size_t i = 0; i < set->n_wanted; i++) {
		for (unsigned int n = 0; n < set->wanted[i].missing; n++) {
			if (next >= planner->want->n_uuids)
				return -EINVAL;
			gs_step_create_vgpu(planner, gs_planner_card(planner), set->wanted[i].id,
					    set->wanted[i].params, planner->want->uuids[next++]);
		}
	}
	return 0;
}

static int fill_set(struct gs_planner *planner, struct set *set)
{
	int r;

	r = resolve(planner, set);
	if (r < 0)
		return r;
	reduce(planner, set);
	check_set(planner, set);
	if (planner->plan->n_blockers > 0)
		return 0;
	gs_steps_prepare_vfs(planner);
	r = create_missing(planner, set);
	return r < 0 ? gs_planner_usage(planner, strdup("fewer UUIDs than vGPUs were given"), NULL)
		     : 0;
}

int gs_steps_to_vgpu(struct gs_planner *planner)
{
	struct set set = { 0 };
	int r;

	if (planner->want->n_profiles == 0)
		return gs_vgpu_no_profile(planner);
	r = fill_set(planner, &set);
	clear_set(&set);
	return r;
}
