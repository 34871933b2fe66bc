// SPDX-License-Identifier: GPL-2.0-or-later
/* Plans for a single vGPU, made or removed by name. */
#include "capacity.h"
#include "plan_build.h"
#include "vgpu_params.h"

static struct gs_card *card_of_parent(const struct gs_host *host, const char *name)
{
	struct gs_address address;

	return gs_address_parse(name, &address) == 0 ? gs_host_card(host, &address) : NULL;
}

/* A parent may be a VF, which is no card and has an identity all the same. */
static void fill_about_parent(struct gs_planner *planner, const char *parent)
{
	const struct gs_function *function;
	struct gs_address address;

	planner->card = card_of_parent(planner->host, parent);
	if (planner->card)
		planner->plan->from = planner->card->mode;
	if (gs_address_parse(parent, &address) < 0)
		return;
	function = gs_host_function(planner->host, &address);
	if (function)
		planner->plan->identity = gs_function_identity(function);
}

/* The card that a device belongs to: itself, or the PF of a VF. */
static void card_name(const struct gs_host *host, const char *device, char ret[GS_CARD_LEN])
{
	const struct gs_function *function;
	struct gs_address address;

	snprintf(ret, GS_CARD_LEN, "%s", device);
	if (gs_address_parse(device, &address) < 0)
		return;
	function = gs_host_function(host, &address);
	if (function && function->is_vf)
		gs_address_format(&function->physfn, ret);
}

/* VFs share the memory of their card. */
static bool is_beside(const struct gs_host *host, const struct gs_vgpu *vgpu, const char *device)
{
	char a[GS_CARD_LEN], b[GS_CARD_LEN];

	card_name(host, vgpu->parent, a);
	card_name(host, device, b);
	return strcmp(a, b) == 0;
}

/* The type of a vGPU that is there already and cannot live beside @type. */
static const struct gs_vgpu_type *clashing_type(const struct gs_host *host,
						const struct gs_parent *parent,
						const struct gs_vgpu_type *type)
{
	for (size_t i = 0; i < host->n_vgpus; i++) {
		const struct gs_vgpu_type *other;

		if (is_beside(host, &host->vgpus[i], parent->name) && host->vgpus[i].type &&
		    gs_type_find(parent, host->vgpus[i].type, &other) == 0 &&
		    gs_sizes_clash(type, other))
			return other;
	}
	return NULL;
}

static int plan_create(struct gs_planner *planner, const struct gs_parent *parent,
		       const char *profile, const char *uuid)
{
	gs_cleanup_free char *params = NULL;
	gs_cleanup_free char *asked = NULL;
	const struct gs_vgpu_type *type;
	const struct gs_vgpu_type *clash;
	int r;

	r = gs_vgpu_profile(planner, profile, &asked, &params);
	if (r < 0)
		return r;
	r = gs_type_find(parent, asked, &type);
	if (r < 0)
		return gs_vgpu_bad_type(planner, parent, parent->name, asked, r);
	if (params && !gs_params_of_type(type->id))
		return gs_vgpu_no_params(planner, parent->name, type);
	if (gs_host_vgpu(planner->host, uuid))
		return gs_planner_usage(planner, gs_asprintf("a vGPU %s exists already", uuid),
					gs_asprintf("gpushift vgpu list"));
	clash = clashing_type(planner->host, parent, type);
	if (planner->card && planner->card->mode == GS_MODE_QUARANTINED)
		gs_refuse_quarantined(planner, planner->card);
	else if (clash)
		gs_vgpu_refuse_mismatch(planner, parent->name, type, clash);
	else if (type->available == 0)
		gs_vgpu_refuse_capacity(planner, parent->name, type, 1, 0);
	else
		gs_step_create_vgpu(planner, parent->name, type->id, params, uuid);
	return planner->failed;
}

int gs_plan_vgpu_create(const struct gs_host *host, const struct gs_parent *parent,
			const char *type, const char *uuid, struct gs_plan **ret,
			struct gs_want_error *error)
{
	static const struct gs_want want = { .mode = GS_MODE_VGPU };
	struct gs_planner planner = { .host = host, .want = &want, .error = error };
	int r;

	planner.plan = gs_plan_new(parent->name, GS_MODE_HOST, GS_MODE_VGPU);
	if (!planner.plan)
		return -ENOMEM;
	fill_about_parent(&planner, parent->name);
	r = plan_create(&planner, parent, type, uuid);
	if (r < 0) {
		gs_plan_free(planner.plan);
		return r;
	}
	*ret = planner.plan;
	return 0;
}

/* The mode that the device is in without this vGPU. */
static enum gs_mode mode_without(const struct gs_host *host, const struct gs_vgpu *vgpu)
{
	const struct gs_card *card = card_of_parent(host, vgpu->parent);

	for (size_t i = 0; i < host->n_vgpus; i++)
		if (&host->vgpus[i] != vgpu && gs_streq(host->vgpus[i].parent, vgpu->parent))
			return GS_MODE_VGPU;
	return card && !gs_vgpu_is_plain(vgpu) && gs_has_vfs(card) ? GS_MODE_VGPU : GS_MODE_HOST;
}

/* A VF goes when all of its PF go, which is no business of a single one of several. */
static void check_is_alone(struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	char **evidence = NULL;

	if (planner->card && gs_card_display(planner->card)->sriov_enabled == 1)
		return;
	gs_planner_note(planner, &evidence, vgpu->address);
	gs_planner_refuse(planner, GS_REFUSE_VFS_ENABLED, false,
			  gs_asprintf("%s is one of several VFs of %s, which go together",
				      vgpu->address, vgpu->parent),
			  evidence, gs_asprintf("gpushift vgpu remove %s", vgpu->parent));
}

static void remove_one(struct gs_planner *planner, const struct gs_vgpu *vgpu)
{
	if (gs_vgpu_is_plain(vgpu))
		check_is_alone(planner, vgpu);
	gs_check_removal(planner, vgpu);
	if (planner->plan->n_blockers)
		return;
	if (!gs_vgpu_is_plain(vgpu))
		gs_step_remove_vgpu(planner, vgpu);
	else
		gs_steps_disable_vfs(planner);
}

static int plan_remove(const struct gs_host *host, const struct gs_vgpu *vgpu,
		       const struct gs_want *want, struct gs_plan **ret)
{
	struct gs_want_error error = { 0 };
	struct gs_planner planner = { .host = host, .want = want, .error = &error };

	planner.plan = gs_plan_new(vgpu->parent, GS_MODE_VGPU, mode_without(host, vgpu));
	if (!planner.plan)
		return -ENOMEM;
	fill_about_parent(&planner, vgpu->parent);
	/* A removal is a way out of a quarantine, but does not end it. */
	if (planner.plan->from == GS_MODE_QUARANTINED)
		planner.plan->to = GS_MODE_QUARANTINED;
	remove_one(&planner, vgpu);
	if (planner.failed < 0) {
		gs_plan_free(planner.plan);
		return planner.failed;
	}
	*ret = planner.plan;
	return 0;
}

int gs_plan_vgpu_remove(const struct gs_host *host, const struct gs_vgpu *vgpu,
			struct gs_plan **ret)
{
	static const struct gs_want want = { .mode = GS_MODE_VGPU };

	return plan_remove(host, vgpu, &want, ret);
}

int gs_plan_claim_end(const struct gs_host *host, const struct gs_vgpu *vgpu, struct gs_plan **ret)
{
	static const struct gs_want want = { .mode = GS_MODE_VGPU, .ends_claim = true };

	return gs_vgpu_is_plain(vgpu) ? gs_plan_vf_take_back(host, vgpu, ret)
				      : plan_remove(host, vgpu, &want, ret);
}

/* What sits on a VF goes first, by its own name. */
static void check_nothing_on(struct gs_planner *planner)
{
	const struct gs_card *card = planner->card;
	char **evidence = NULL;
	const char *first = NULL;

	for (size_t i = 0; i < card->n_vgpus; i++) {
		gs_check_removal(planner, card->vgpus[i]);
		if (gs_vgpu_is_plain(card->vgpus[i]) ||
		    (card->vgpus[i]->uuid &&
		     gs_streq(card->vgpus[i]->parent, planner->plan->card)))
			continue;
		first = gs_vgpu_name(card->vgpus[i]);
		gs_note_owned(planner, &evidence,
			      gs_asprintf("vGPU %s is on a VF", first));
	}
	if (first)
		gs_planner_refuse(planner, GS_REFUSE_VGPUS_EXIST, false,
				  gs_asprintf("the VFs of %s hold vGPUs", planner->plan->card),
				  evidence, gs_asprintf("gpushift vgpu remove %s", first));
}

int gs_plan_vfs_remove(const struct gs_host *host, const struct gs_card *card,
		       struct gs_plan **ret)
{
	static const struct gs_want want = { .mode = GS_MODE_VGPU };
	struct gs_want_error error = { 0 };
	struct gs_planner planner = { .host = host, .want = &want, .error = &error };
	enum gs_mode to = card->mode == GS_MODE_QUARANTINED ? GS_MODE_QUARANTINED : GS_MODE_HOST;

	planner.plan = gs_plan_new(gs_card_display(card)->text, card->mode, to);
	if (!planner.plan)
		return -ENOMEM;
	fill_about_parent(&planner, planner.plan->card);
	check_nothing_on(&planner);
	if (planner.plan->n_blockers == 0)
		gs_steps_disable_vfs(&planner);
	if (planner.failed < 0) {
		gs_plan_free(planner.plan);
		return planner.failed;
	}
	*ret = planner.plan;
	return 0;
}
