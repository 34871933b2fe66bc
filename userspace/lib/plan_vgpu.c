// SPDX-License-Identifier: GPL-2.0-or-later
/* A card split into a set of vGPUs. */
#include "capacity.h"
#include "plan_build.h"
#include "vgpu_types.h"

/* A profile of the want, resolved; names point into the want or the model. */
struct wanted {
	const struct gs_vgpu_type *type; /* NULL: the types are not known yet */
	const char *id;
	unsigned int count;
	unsigned int missing;
};

struct set {
	struct wanted *wanted;
	size_t n_wanted;
	bool replaces; /* something has to be removed first */
};

int gs_type_find(const struct gs_parent *parent, const char *id_or_name,
		 const struct gs_vgpu_type **ret)
{
	const struct gs_vgpu_type *found = NULL;

	for (size_t i = 0; i < parent->n_types; i++) {
		const struct gs_vgpu_type *type = &parent->types[i];

		if (gs_streq(type->id, id_or_name)) {
			*ret = type;
			return 0;
		}
		if (!gs_streq(type->name, id_or_name))
			continue;
		if (found)
			return -ENOTUNIQ;
		found = type;
	}
	if (!found)
		return -ENOENT;
	*ret = found;
	return 0;
}

static char *list_types(const struct gs_parent *parent)
{
	char *text = strdup("");

	for (size_t i = 0; text && parent && i < parent->n_types; i++) {
		const struct gs_vgpu_type *type = &parent->types[i];
		char *longer =
			gs_asprintf("%s%s%s (%s)", text, i ? ", " : "", type->id, type->name);

		free(text);
		text = longer;
	}
	return text;
}

int gs_vgpu_bad_type(struct gs_planner *planner, const struct gs_parent *parent, const char *name,
		     const char *type, int r)
{
	gs_cleanup_free char *types = list_types(parent);

	return gs_planner_usage(
		planner,
		r == -ENOTUNIQ
			? gs_asprintf("%s has several vGPU types called \"%s\"; give an id: %s",
				      name, type, types ? types : "")
			: gs_asprintf("%s has no vGPU type \"%s\"; it has: %s", name, type,
				      types ? types : ""),
		gs_asprintf("gpushift profiles %s", name));
}

static struct wanted *find_wanted(struct set *set, const char *id)
{
	for (size_t i = 0; i < set->n_wanted; i++)
		if (gs_streq(set->wanted[i].id, id))
			return &set->wanted[i];
	return NULL;
}

/* One entry a type, however often it is named. */
static int add_wanted(struct set *set, const struct gs_vgpu_type *type, const char *id,
		      unsigned int count)
{
	struct wanted *wanted = find_wanted(set, id);

	if (!wanted) {
		if (gs_grow(&set->wanted, set->n_wanted, sizeof(*set->wanted)) < 0)
			return -ENOMEM;
		wanted = &set->wanted[set->n_wanted++];
		wanted->type = type;
		wanted->id = id;
	}
	wanted->count += count;
	wanted->missing += count;
	return 0;
}

static int resolve(struct gs_planner *planner, struct set *set)
{
	const struct gs_parent *parent = gs_planner_types(planner);

	for (size_t i = 0; i < planner->want->n_profiles; i++) {
		const struct gs_profile_want *profile = &planner->want->profiles[i];
		const struct gs_vgpu_type *type = NULL;
		int r = 0;

		if (parent)
			r = gs_type_find(parent, profile->type, &type);
		if (r < 0)
			return gs_vgpu_bad_type(planner, parent, gs_planner_card(planner),
						profile->type, r);
		r = add_wanted(set, type, type ? type->id : profile->type, profile->count);
		if (r < 0)
			return r;
	}
	return 0;
}

static struct wanted *wanted_for(struct set *set, const char *type)
{
	for (size_t i = 0; i < set->n_wanted; i++)
		if (set->wanted[i].missing > 0 && gs_streq(set->wanted[i].id, type))
			return &set->wanted[i];
	return NULL;
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

void gs_step_remove_vgpu(struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	gs_cleanup_free char *place =
		gs_asprintf("%s/%s", vgpu->parent, vgpu->type ? vgpu->type : "?");
	gs_cleanup_free char *again =
		gs_asprintf("%s/%s", vgpu->type ? vgpu->type : "?", gs_vgpu_name(vgpu));

	if (!gs_planner_text(planner, place) || !gs_planner_text(planner, again))
		return;
	/* One that is a VF becomes the same VF again. */
	gs_planner_step(planner, GS_OP_REMOVE_VGPU, gs_vgpu_name(vgpu), place, GS_OP_CREATE_VGPU,
			vgpu->uuid ? vgpu->parent : vgpu->address, again);
}

void gs_steps_remove_all(struct gs_planner *planner)
{
	for (size_t i = 0; i < planner->card->n_vgpus; i++)
		if (!gs_vgpu_is_plain(planner->card->vgpus[i]))
			gs_step_remove_vgpu(planner, planner->card->vgpus[i]);
}

static void keep(struct gs_planner *planner, struct set *set, bool *kept,
		 bool (*worth)(const struct gs_vgpu *))
{
	for (size_t i = 0; i < planner->card->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = planner->card->vgpus[i];
		struct wanted *wanted;

		if (kept[i] || gs_vgpu_is_plain(vgpu) || !worth(vgpu))
			continue;
		wanted = wanted_for(set, vgpu->type);
		if (!wanted)
			continue;
		wanted->missing--;
		kept[i] = true;
	}
}

/* As keep(), for those that are named. */
static void keep_named(struct gs_planner *planner, struct set *set, bool *kept)
{
	for (size_t i = 0; i < planner->card->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = planner->card->vgpus[i];
		struct wanted *wanted;

		if (kept[i] || gs_vgpu_is_plain(vgpu) ||
		    !gs_strv_has(planner->want->keep, gs_vgpu_name(vgpu)))
			continue;
		wanted = wanted_for(set, vgpu->type);
		if (!wanted)
			continue;
		wanted->missing--;
		kept[i] = true;
	}
}

static bool is_in_use(const struct gs_vgpu *vgpu)
{
	return vgpu->in_use == GS_YES;
}

static bool is_foreign(const struct gs_vgpu *vgpu)
{
	return !gs_streq(vgpu->owner, "gpushift");
}

static bool is_any(const struct gs_vgpu *vgpu)
{
	return vgpu != NULL;
}

/* Keep what is in the wanted set, remove the rest; those first that are hardest to remove. */
static void reduce(struct gs_planner *planner, struct set *set)
{
	gs_cleanup_free bool *kept = calloc(planner->card->n_vgpus + 1, sizeof(*kept));

	if (!kept) {
		planner->failed = -ENOMEM;
		return;
	}
	/* They do not outlive the driver that made them. */
	if (!gs_display_moves(planner)) {
		keep(planner, set, kept, is_in_use);
		keep_named(planner, set, kept);
		keep(planner, set, kept, is_foreign);
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
}

void gs_vgpu_refuse_capacity(struct gs_planner *planner, const char *name,
			     const struct gs_vgpu_type *type, unsigned int asked,
			     unsigned int possible)
{
	gs_cleanup_free char *text = gs_asprintf("%s (%s): %u possible, %u asked for", type->id,
						 type->name, possible, asked);
	char **evidence = NULL;

	gs_planner_note(planner, &evidence, text);
	gs_planner_refuse(planner, GS_REFUSE_NO_CAPACITY, false,
			  gs_asprintf("%s has no room for %u more of %s", name, asked, type->name),
			  evidence, gs_asprintf("gpushift profiles %s", name));
}

static void check_capacity(struct gs_planner *planner, const struct set *set,
			   const struct wanted *wanted)
{
	bool live = planner->card->parent && !set->replaces && !gs_display_moves(planner);
	unsigned int possible;
	unsigned int asked;

	if (!wanted->type || wanted->missing == 0)
		return;
	/* What is removed first makes room that available_instances cannot tell yet. */
	possible = live ? wanted->type->available : gs_max_instances(wanted->type);
	asked = live ? wanted->missing : wanted->count;
	if (!live && possible == 0)
		return;
	if (asked > possible)
		gs_vgpu_refuse_capacity(planner, gs_planner_card(planner), wanted->type, asked,
					possible);
}

void gs_vgpu_refuse_mismatch(struct gs_planner *planner, const char *name,
			     const struct gs_vgpu_type *a, const struct gs_vgpu_type *b)
{
	gs_cleanup_free char *text =
		gs_asprintf("%s and %s have different framebuffer sizes", a->name, b->name);
	char **evidence = NULL;

	gs_planner_note(planner, &evidence, text);
	gs_planner_refuse(planner, GS_REFUSE_TYPE_MISMATCH, false,
			  gs_asprintf("%s holds vGPUs of one size at a time", name), evidence,
			  gs_asprintf("gpushift profiles %s", name));
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
		check_capacity(planner, set, &set->wanted[i]);
}

void gs_step_create_vgpu(struct gs_planner *planner, const char *parent, const char *type,
			 const char *uuid)
{
	gs_cleanup_free char *value = gs_asprintf("%s/%s", type, uuid);

	if (gs_planner_text(planner, value))
		gs_planner_step(planner, GS_OP_CREATE_VGPU, parent, value, GS_OP_REMOVE_VGPU, uuid,
				NULL);
}

static int create_missing(struct gs_planner *planner, const struct set *set)
{
	size_t next = 0;

	for (size_t i = 0; i < set->n_wanted; i++) {
		for (unsigned int n = 0; n < set->wanted[i].missing; n++) {
			if (next >= planner->want->n_uuids)
				return -EINVAL;
			gs_step_create_vgpu(planner, gs_planner_card(planner), set->wanted[i].id,
					    planner->want->uuids[next++]);
		}
	}
	return 0;
}

static int no_profile(struct gs_planner *planner)
{
	const struct gs_parent *parent = gs_planner_types(planner);
	gs_cleanup_free char *types = list_types(parent);
	unsigned int vfs = gs_card_display(planner->card)->sriov_total;

	if (vfs && (!parent || !parent->n_types))
		return gs_planner_usage(
			planner,
			gs_asprintf("say into how many VFs %s is to be split; it can have %u",
				    gs_planner_card(planner), vfs),
			gs_asprintf("gpushift set %s vgpu --count %u", gs_planner_card(planner), vfs));
	return gs_planner_usage(
		planner,
		gs_asprintf("say which vGPUs %s is to be split into; it offers: %s",
			    gs_planner_card(planner), types ? types : "nothing yet"),
		gs_asprintf("gpushift set %s vgpu --profile %s --count 1", gs_planner_card(planner),
			    parent && parent->n_types ? parent->types[0].id : "TYPE"));
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
		return no_profile(planner);
	r = fill_set(planner, &set);
	free(set.wanted);
	return r;
}
