// SPDX-License-Identifier: GPL-2.0-or-later
/* mdevs.c - the mediated devices of a host, parent by parent: each lies in its parent's folder. */
#include "inventory.h"
#include "remembered.h"
#include "tree.h"

#define MDEVS "sys/bus/mdev/devices"
#define PARENTS "sys/class/mdev_bus"

/* What is read for all of them. */
struct reader {
	struct gs_host *host;
	char **uuids; /* that are on the bus, sorted */
	size_t n_uuids;
	struct gs_dir records; /* of those that are ours; not open: none is */
	bool groups;	       /* their IOMMU groups tell who uses them */
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_on_bus(const struct reader *reader, const char *name)
{
	return bsearch(&name, reader->uuids, reader->n_uuids, sizeof(*reader->uuids),
		       compare_names) != NULL;
}

/* As one before it has it, or its own file. */
static int read_type_name(const struct gs_host *host, const struct gs_dir *parent,
			  struct gs_vgpu *vgpu)
{
	char name[GS_PATH_MAX], text[GS_ATTRIBUTE_MAX];

	for (const struct gs_vgpu *other = vgpu; other-- > host->vgpus;) {
		if (!other->type_name || !gs_streq(other->type, vgpu->type) ||
		    !gs_streq(other->parent, vgpu->parent))
			continue;
		vgpu->type_name = strdup(other->type_name);
		return vgpu->type_name ? 0 : -ENOMEM;
	}
	if (gs_path(name, "mdev_supported_types/%s/name", vgpu->type) < 0 ||
	    gs_dir_read(parent, name, text) < 0)
		return 0;
	vgpu->type_name = strdup(text);
	return vgpu->type_name ? 0 : -ENOMEM;
}

/* The name that a link in the folder of the vGPU points to. */
static int read_link(const struct gs_dir *parent, const char *uuid, const char *link,
		     char ret[GS_PATH_MAX])
{
	char name[GS_PATH_MAX];
	int r = gs_path(name, "%s/%s", uuid, link);

	return r == 0 ? gs_dir_link_name(parent, name, ret) : r;
}

static int read_group(const struct gs_dir *parent, const char *uuid)
{
	char target[GS_PATH_MAX];
	uint64_t id;

	if (read_link(parent, uuid, "iommu_group", target) < 0 ||
	    gs_number_parse(target, &id) < 0 || id > INT32_MAX)
		return -1;
	return (int)id;
}

static int read_mdev(const struct reader *reader, const struct gs_dir *parent, const char *name,
		     const char *uuid)
{
	char target[GS_PATH_MAX];
	struct gs_vgpu *vgpu;

	/* It may have gone meanwhile. */
	if (read_link(parent, uuid, "mdev_type", target) < 0)
		return 0;
	vgpu = gs_host_add_vgpu(reader->host);
	if (!vgpu)
		return -ENOMEM;
	vgpu->backend = "mdev";
	vgpu->owner = gs_vgpu_recorded_in(&reader->records, uuid) ? "gpushift" : "other";
	if (reader->groups)
		vgpu->iommu_group = read_group(parent, uuid);
	vgpu->parent = strdup(name);
	vgpu->uuid = strdup(uuid);
	vgpu->type = strdup(target);
	if (!vgpu->parent || !vgpu->uuid || !vgpu->type)
		return -ENOMEM;
	return read_type_name(reader->host, parent, vgpu);
}

/* Whatever cannot be read has gone. */
static int read_parent(struct gs_engine *engine, const struct reader *reader, const char *name)
{
	gs_cleanup_dir struct gs_dir parent = { .fd = -1 };
	char path[GS_PATH_MAX], **names = NULL;
	int r = 0;

	if (gs_path(path, PARENTS "/%s", name) < 0 || gs_dir_open(engine, path, &parent) < 0 ||
	    gs_tree_list(engine, path, &names) < 0)
		return 0;
	for (size_t i = 0; r == 0 && names && names[i]; i++)
		if (is_on_bus(reader, names[i]))
			r = read_mdev(reader, &parent, name, names[i]);
	gs_strv_free(names);
	return r;
}

static int compare_uuids(const void *a, const void *b)
{
	return strcmp(((const struct gs_vgpu *)a)->uuid, ((const struct gs_vgpu *)b)->uuid);
}

int gs_mdevs_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host)
{
	struct reader reader = { .host = host,
				 .records = { .fd = -1 },
				 .groups = flags & GS_READ_HOLDERS };
	size_t first = host->n_vgpus;
	int r = gs_tree_list(engine, MDEVS, &reader.uuids);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	reader.n_uuids = gs_strv_count(reader.uuids);
	if (reader.n_uuids)
		gs_vgpu_records_open(engine, &reader.records);
	for (size_t i = 0; r == 0 && reader.n_uuids && i < host->n_parents; i++)
		if (!host->parents[i].on_vfs)
			r = read_parent(engine, &reader, host->parents[i].name);
	gs_dir_close(&reader.records);
	gs_strv_free(reader.uuids);
	if (r == 0 && host->n_vgpus > first)
		qsort(&host->vgpus[first], host->n_vgpus - first, sizeof(*host->vgpus),
		      compare_uuids);
	return r;
}
