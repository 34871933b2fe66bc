// SPDX-License-Identifier: GPL-2.0-or-later
/* vgpus.c - the vGPUs of a host: mediated devices of any parent, VFs of cards. */
#include "inventory.h"
#include "remembered.h"
#include "tree.h"
#include "vfs.h"
#include "vgpu_backend.h"
#include "vgpu_params.h"
#include "vgpu_types.h"

#define QUIET_MS 1000
#define TOTAL_MS 2000

static int read_parents(struct gs_engine *engine, struct gs_host *host)
{
	char **names = NULL;
	int r;

	r = gs_tree_list(engine, "sys/class/mdev_bus", &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; names && names[i] && r == 0; i++) {
		r = gs_grow(&host->parents, host->n_parents, sizeof(*host->parents));
		if (r < 0)
			break;
		host->parents[host->n_parents].name = strdup(names[i]);
		if (!host->parents[host->n_parents].name)
			r = -ENOMEM;
		else
			host->n_parents++;
	}
	gs_strv_free(names);
	return r;
}

/* The card that a VF belongs to; NULL: none. */
static const struct gs_function *card_of_vf(const struct gs_host *host,
					    const struct gs_function *vf)
{
	const struct gs_function *pf = vf->is_vf ? gs_host_function(host, &vf->physfn) : NULL;

	return pf && !pf->is_vf && gs_function_is_display(pf) ? pf : NULL;
}

static int add_vf(const struct gs_function *vf, struct gs_host *host)
{
	const struct gs_function *pf = card_of_vf(host, vf);
	struct gs_vgpu *vgpu;

	/* What vGPUs are made of is none itself. */
	if (!pf || gs_host_parent(host, vf->text))
		return 0;
	vgpu = gs_host_add_vgpu(host);
	if (!vgpu)
		return -ENOMEM;
	vgpu->backend = "sriov";
	vgpu->owner = pf->own_vfs.count ? "gpushift" : "other";
	vgpu->iommu_group = vf->iommu_group;
	vgpu->address = strdup(vf->text);
	vgpu->parent = strdup(pf->text);
	return vgpu->address && vgpu->parent ? 0 : -ENOMEM;
}

static int add_parent(struct gs_host *host, const char *name, struct gs_parent **ret)
{
	int r = gs_grow(&host->parents, host->n_parents, sizeof(*host->parents));

	if (r < 0)
		return r;
	*ret = &host->parents[host->n_parents];
	(*ret)->name = strdup(name);
	if (!(*ret)->name)
		return -ENOMEM;
	host->n_parents++;
	return 0;
}

/* VFs that are no mdev parents and can become vGPUs all the same. */
static int read_vf_parents(struct gs_engine *engine, struct gs_host *host)
{
	struct gs_parent *parent;
	int r = 0;

	for (size_t i = 0; r == 0 && i < host->n_functions; i++)
		if (card_of_vf(host, &host->functions[i]) &&
		    gs_backend_nvidia.offers(engine, host->functions[i].text) &&
		    !gs_host_parent(host, host->functions[i].text))
			r = add_parent(host, host->functions[i].text, &parent);
	return r;
}

static const struct gs_function *vf_of_parent(const struct gs_host *host,
					      const struct gs_parent *parent)
{
	struct gs_address address;
	const struct gs_function *vf;

	if (gs_address_parse(parent->name, &address) < 0)
		return NULL;
	vf = gs_host_function(host, &address);
	return vf && card_of_vf(host, vf) ? vf : NULL;
}

/* A card offers what its VFs offer, unless it offers something itself. */
static int merge_vf_parents(struct gs_host *host)
{
	size_t count = host->n_parents;
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		const struct gs_function *vf = vf_of_parent(host, &host->parents[i]);
		const struct gs_function *pf = vf ? card_of_vf(host, vf) : NULL;
		struct gs_parent *card = pf ? gs_host_parent(host, pf->text) : NULL;

		if (!pf || (card && !card->on_vfs))
			continue;
		if (!card)
			r = add_parent(host, pf->text, &card);
		if (r < 0)
			break;
		card->on_vfs = true;
		card->vfs++;
		r = gs_types_merge(card, &host->parents[i]);
	}
	for (size_t i = count; i < host->n_parents; i++)
		gs_types_limit(&host->parents[i]);
	return r;
}

/* Which of @question's VFs are a vGPU, and of which type. */
static void tell_current(struct gs_engine *engine, struct gs_records *records, void *data)
{
	const struct gs_host *host = data;

	for (size_t i = 0; i < host->n_parents; i++) {
		const char *vf = host->parents[i].name;
		gs_cleanup_free char *type = NULL;

		gs_record_publish(records);
		if (gs_backend_nvidia.offers(engine, vf) && !gs_child_stuck_at(engine, vf))
			type = gs_nvidia_current(engine, vf);
		gs_record_field(records, type ? type : "");
	}
}

static int add_current(struct gs_engine *engine, struct gs_host *host, const char *name,
		       const char *type)
{
	struct gs_vgpu *vgpu = gs_host_add_vgpu(host);
	const struct gs_function *vf;
	struct gs_address address;

	if (!vgpu)
		return -ENOMEM;
	vgpu->backend = gs_backend_nvidia.name;
	vgpu->owner = gs_vgpu_owned(engine, name) ? "gpushift" : "other";
	vgpu->address = strdup(name);
	vgpu->type = strdup(type);
	if (!vgpu->address || !vgpu->type || gs_address_parse(name, &address) < 0)
		return -ENOMEM;
	vf = gs_host_function(host, &address);
	vgpu->iommu_group = vf ? vf->iommu_group : -1;
	vgpu->parent = vf && card_of_vf(host, vf) ? strdup(card_of_vf(host, vf)->text) : NULL;
	return vgpu->parent ? 0 : -ENOMEM;
}

static int read_current(struct gs_engine *engine, struct gs_host *host)
{
	struct gs_answer answer;
	const char *type;
	size_t at = 0;
	int r;

	for (size_t i = 0; i < host->n_parents; i++)
		at += gs_backend_nvidia.offers(engine, host->parents[i].name);
	if (!at)
		return 0;
	r = gs_child_read(engine, tell_current, host, QUIET_MS, TOTAL_MS, &answer);
	if (r < 0)
		return r;
	for (at = 0; r == 0 && at < host->n_parents && (type = gs_answer_next(&answer)); at++)
		if (*type)
			r = add_current(engine, host, host->parents[at].name, type);
	if (r == 0 && answer.stuck && at < host->n_parents)
		r = gs_child_keep(engine, answer.stuck, host->parents[at].name);
	gs_answer_clear(&answer);
	return r;
}

int gs_vgpus_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host)
{
	int r;

	gs_vfs_read(engine, host);
	r = read_parents(engine, host);
	if (r == 0)
		r = read_vf_parents(engine, host);
	if (r == 0)
		r = read_current(engine, host);
	if (r == 0 && (flags & GS_READ_TYPES) && host->n_parents)
		r = gs_types_read_all(engine, host->parents, host->n_parents);
	if (r == 0)
		r = merge_vf_parents(host);
	if (r == 0)
		r = gs_mdevs_read(engine, flags, host);
	for (size_t i = 0; i < host->n_functions && r == 0; i++)
		r = add_vf(&host->functions[i], host);
	if (r == 0 && flags & (GS_READ_TYPES | GS_READ_PARAMS))
		r = gs_params_read_all(engine, host);
	return r;
}
