// SPDX-License-Identifier: GPL-2.0-or-later
/* vgpus.c - the vGPUs of a host: mediated devices of any parent, VFs of cards. */
#include "inventory.h"
#include "remembered.h"
#include "tree.h"
#include "vfs.h"
#include "vgpu_types.h"

#define MDEVS "sys/bus/mdev/devices"

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

static struct gs_vgpu *add_vgpu(struct gs_host *host)
{
	struct gs_vgpu *vgpu;

	if (gs_grow(&host->vgpus, host->n_vgpus, sizeof(*host->vgpus)) < 0)
		return NULL;
	vgpu = &host->vgpus[host->n_vgpus++];
	vgpu->in_use = GS_UNKNOWN;
	vgpu->iommu_group = -1;
	return vgpu;
}

/* The folder that the device lies in is its parent's. */
static int read_mdev_parent(struct gs_engine *engine, const char *path, char **ret)
{
	gs_cleanup_free char *real = NULL;
	char *last;
	int r;

	r = gs_tree_real_path(engine, path, &real);
	if (r < 0)
		return r;
	last = strrchr(real, '/');
	if (!last)
		return -EINVAL;
	*last = '\0';
	last = strrchr(real, '/');
	*ret = strdup(last ? last + 1 : real);
	return *ret ? 0 : -ENOMEM;
}

static int mdev_group(const struct gs_dir *dir)
{
	char target[GS_PATH_MAX];
	uint64_t id;

	if (gs_dir_link_name(dir, "iommu_group", target) < 0 ||
	    gs_number_parse(target, &id) < 0 || id > INT32_MAX)
		return -1;
	return (int)id;
}

static int read_mdev_type(struct gs_engine *engine, const struct gs_dir *dir, struct gs_vgpu *vgpu)
{
	char target[GS_PATH_MAX], path[GS_PATH_MAX];
	int r;

	if (gs_dir_link_name(dir, "mdev_type", target) < 0)
		return 0;
	vgpu->type = strdup(target);
	if (!vgpu->type)
		return -ENOMEM;
	r = gs_path(path, "%s/mdev_type/name", dir->path);
	if (r == 0)
		r = gs_tree_read(engine, path, &vgpu->type_name);
	return r == -ENOMEM ? r : 0;
}

static int read_mdev(struct gs_engine *engine, const char *uuid, struct gs_host *host)
{
	gs_cleanup_dir struct gs_dir dir = { .fd = -1 };
	gs_cleanup_free char *parent = NULL;
	char path[GS_PATH_MAX];
	struct gs_vgpu *vgpu;
	int r;

	r = gs_path(path, MDEVS "/%s", uuid);
	if (r == 0)
		r = gs_dir_open(engine, path, &dir);
	if (r == 0)
		r = read_mdev_parent(engine, path, &parent);
	/* It may have gone meanwhile. */
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	vgpu = add_vgpu(host);
	if (!vgpu)
		return -ENOMEM;
	vgpu->backend = "mdev";
	vgpu->owner = gs_vgpu_owned(engine, uuid) ? "gpushift" : "other";
	vgpu->parent = gs_steal(parent);
	vgpu->iommu_group = mdev_group(&dir);
	vgpu->uuid = strdup(uuid);
	return vgpu->uuid ? read_mdev_type(engine, &dir, vgpu) : -ENOMEM;
}

static int read_mdevs(struct gs_engine *engine, struct gs_host *host)
{
	char **names = NULL;
	int r;

	r = gs_tree_list(engine, MDEVS, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; names && names[i] && r == 0; i++)
		r = read_mdev(engine, names[i], host);
	gs_strv_free(names);
	return r;
}

static int add_vf(const struct gs_function *vf, struct gs_host *host)
{
	const struct gs_function *pf = vf->is_vf ? gs_host_function(host, &vf->physfn) : NULL;
	struct gs_vgpu *vgpu;

	if (!pf || pf->is_vf || !gs_function_is_display(pf))
		return 0;
	vgpu = add_vgpu(host);
	if (!vgpu)
		return -ENOMEM;
	vgpu->backend = "sriov";
	vgpu->owner = pf->own_vfs.count ? "gpushift" : "other";
	vgpu->iommu_group = vf->iommu_group;
	vgpu->address = strdup(vf->text);
	vgpu->parent = strdup(pf->text);
	return vgpu->address && vgpu->parent ? 0 : -ENOMEM;
}

int gs_vgpus_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host)
{
	int r;

	gs_vfs_read(engine, host);
	r = read_parents(engine, host);
	if (r == 0 && (flags & GS_READ_TYPES) && host->n_parents)
		r = gs_types_read_all(engine, host->parents, host->n_parents);
	if (r == 0)
		r = read_mdevs(engine, host);
	for (size_t i = 0; i < host->n_functions && r == 0; i++)
		r = add_vf(&host->functions[i], host);
	return r;
}
