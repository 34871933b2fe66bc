// SPDX-License-Identifier: GPL-2.0-or-later
/* groups.c - IOMMU groups: their members from the functions, the rest from sysfs. */
#include "inventory.h"
#include "tree.h"

#define GROUPS "sys/kernel/iommu_groups"

static int compare_groups(const void *a, const void *b)
{
	const struct gs_group *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static struct gs_group *add_group(struct gs_host *host, int id)
{
	struct gs_group *group;

	if (gs_grow(&host->groups, host->n_groups, sizeof(*host->groups)) < 0)
		return NULL;
	group = &host->groups[host->n_groups++];
	group->id = id;
	return group;
}

static int add_group_of(struct gs_host *host, const struct gs_function *function)
{
	struct gs_group *group;
	int r = 0;

	if (function->iommu_group < 0 || gs_host_group(host, function->iommu_group))
		return 0;
	group = add_group(host, function->iommu_group);
	if (!group)
		return -ENOMEM;
	for (size_t i = 0; function->group_members && function->group_members[i] && r == 0; i++)
		r = gs_strv_add(&group->members, function->group_members[i]);
	return r;
}

static int read_group(struct gs_engine *engine, int id, char ***ret_members)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, GROUPS "/%d/devices", id);
	if (r == 0)
		r = gs_tree_list(engine, path, ret_members);
	if (r == 0)
		gs_address_sort(*ret_members);
	return r == -ENOMEM ? r : 0;
}

/* Groups that hold no PCI function: of mediated and platform devices. */
static int add_others(struct gs_engine *engine, char *const *names, struct gs_host *host)
{
	struct gs_group *group;
	uint64_t id;
	int r = 0;

	for (size_t i = 0; names && names[i] && r == 0; i++) {
		if (gs_number_parse(names[i], &id) < 0 || id > INT32_MAX ||
		    gs_host_group(host, (int)id))
			continue;
		group = add_group(host, (int)id);
		r = group ? read_group(engine, (int)id, &group->members) : -ENOMEM;
	}
	return r;
}

/* What the module saw, where sysfs cannot be read. */
static int take_type(const struct gs_host *host, struct gs_group *group)
{
	for (size_t i = 0; i < host->n_functions; i++) {
		const struct gs_function *function = &host->functions[i];

		if (function->iommu_group != group->id || !function->default_domain_type)
			continue;
		group->type = strdup(function->default_domain_type);
		return group->type ? 0 : -ENOMEM;
	}
	return 0;
}

static int read_type(struct gs_engine *engine, const struct gs_host *host, struct gs_group *group)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, GROUPS "/%d/type", group->id);
	if (r == 0)
		r = gs_tree_read(engine, path, &group->type);
	if (r < 0 && r != -ENOMEM)
		r = take_type(host, group);
	return r;
}

/* VFIO makes groups of its own where no IOMMU isolates anything. */
static bool is_real_group(struct gs_engine *engine, const char *id)
{
	gs_cleanup_free char *name = NULL;
	char path[GS_PATH_MAX];

	if (gs_path(path, GROUPS "/%s/name", id) < 0)
		return false;
	return gs_tree_read(engine, path, &name) < 0 || strcmp(name, "vfio-noiommu") != 0;
}

static bool any_real_group(struct gs_engine *engine, char *const *names)
{
	for (size_t i = 0; names && names[i]; i++)
		if (is_real_group(engine, names[i]))
			return true;
	return false;
}

int gs_groups_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host)
{
	char **names = NULL;
	int r;

	/* What cannot be listed is as good as none: a missing folder is the usual case. */
	r = gs_tree_list(engine, GROUPS, &names);
	if (r == -ENOMEM)
		return r;
	host->has_iommu = any_real_group(engine, names);
	r = 0;
	for (size_t i = 0; i < host->n_functions && r == 0; i++)
		r = add_group_of(host, &host->functions[i]);
	if (r == 0 && (flags & GS_READ_ALL))
		r = add_others(engine, names, host);
	gs_strv_free(names);
	if (host->n_groups)
		qsort(host->groups, host->n_groups, sizeof(*host->groups), compare_groups);
	for (size_t i = 0; i < host->n_groups && r == 0 && (flags & GS_READ_GROUPS); i++)
		r = read_type(engine, host, &host->groups[i]);
	return r;
}
