// SPDX-License-Identifier: GPL-2.0-or-later
/* What plans for a set of vGPUs and for a single one share. */
#include "plan_build.h"
#include "vgpu_params.h"

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

int gs_vgpu_profile(struct gs_planner *planner, const char *text, char **ret_type,
		    char **ret_params)
{
	gs_cleanup_free char *params = NULL;
	char *problem;
	int r = gs_profile_split(text, ret_type, &params);

	*ret_params = NULL;
	if (r < 0 || !params)
		return r;
	r = gs_params_read(params, ret_params, &problem);
	return r == -EINVAL ? gs_planner_usage(planner, problem, strdup("gpushift help vgpu create")) : r;
}

int gs_vgpu_no_params(struct gs_planner *planner, const char *name,
		      const struct gs_vgpu_type *type)
{
	return gs_planner_usage(
		planner,
		gs_asprintf("%s on %s takes no parameters: only vGPUs of NVIDIA's driver do, whose types are "
			    "called nvidia-N",
			    type->id, name),
		gs_asprintf("gpushift profiles %s", name));
}

void gs_step_remove_vgpu(struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	gs_cleanup_free char *place =
		gs_asprintf("%s/%s", vgpu->parent, vgpu->type ? vgpu->type : "?");
	gs_cleanup_free char *profile = NULL;
	gs_cleanup_free char *again = NULL;

	profile = gs_profile_join(vgpu->type ? vgpu->type : "?",
				  vgpu->params && *vgpu->params ? vgpu->params : NULL);
	again = profile ? gs_asprintf("%s/%s", profile, gs_vgpu_name(vgpu)) : NULL;
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

void gs_step_create_vgpu(struct gs_planner *planner, const char *parent, const char *type,
			 const char *params, const char *uuid)
{
	gs_cleanup_free char *profile = gs_profile_join(type, params);
	gs_cleanup_free char *value = profile ? gs_asprintf("%s/%s", profile, uuid) : NULL;

	if (gs_planner_text(planner, value))
		gs_planner_step(planner, GS_OP_CREATE_VGPU, parent, value, GS_OP_REMOVE_VGPU, uuid,
				NULL);
}

int gs_vgpu_no_profile(struct gs_planner *planner)
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
