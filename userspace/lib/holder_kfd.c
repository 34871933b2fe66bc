// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holder_kfd.c - who computes on which AMD GPU.
 *
 * All share /dev/kfd, and a process that computes on one opens the render nodes
 * of all: only the compute driver's own lists tell. Source: kfd_topology.c and
 * kfd_process.c of the kernel, which keeps memory in vram_ID and queues in
 * queues/N/gpuid; sdma_ID is not read, since that makes the kernel work.
 */
#include "address.h"
#include "holders.h"

#define KFD "sys/class/kfd/kfd"

static int read_number(struct gs_engine *engine, const char *path, unsigned long *ret)
{
	uint64_t value;
	int r = gs_tree_read_u64(engine, path, &value);

	if (r == 0)
		*ret = (unsigned long)value;
	return r;
}

/* "domain 0", a line of properties */
static bool read_property(const char *text, const char *key, unsigned int *ret)
{
	const char *line = strstr(text, key);

	return line && (line == text || line[-1] == '\n') &&
	       sscanf(line + strlen(key), " %u", ret) == 1;
}

/* location_id is bus, device and, in the last three bits, a part of the GPU. */
static bool is_at(const char *properties, const struct gs_address *address)
{
	unsigned int location, domain;

	return read_property(properties, "location_id", &location) &&
	       read_property(properties, "domain", &domain) && domain == address->domain &&
	       location >> 8 == address->bus && (location >> 3 & 0x1f) == address->slot;
}

static int add_gpu(struct gs_nodes *nodes, size_t target, unsigned long id)
{
	if (gs_grow(&nodes->gpus, nodes->n_gpus, sizeof(*nodes->gpus)) < 0)
		return -ENOMEM;
	nodes->gpus[nodes->n_gpus++] = (struct gs_kfd_gpu){ .target = target, .id = id };
	return 0;
}

/* The card is its first function; sound and USB of the slot compute nothing. */
static int match(const struct gs_target *target, size_t index, const char *properties,
		 unsigned long id, struct gs_nodes *nodes)
{
	struct gs_address address;

	for (char **device = target->devices; device && *device; device++)
		if (gs_address_parse(strrchr(*device, '/') + 1, &address) == 0 &&
		    is_at(properties, &address))
			return add_gpu(nodes, index, id);
	return 0;
}

int gs_kfd_find(struct gs_engine *engine, const struct gs_target *targets, size_t n_targets,
		struct gs_nodes *nodes)
{
	char **names = NULL, path[GS_PATH_MAX];
	int r = gs_tree_list(engine, KFD "/topology/nodes", &names);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (char **name = names; r == 0 && name && *name; name++) {
		gs_cleanup_free char *properties = NULL;
		unsigned long id = 0;

		/* A CPU is a node, too, with the id 0. */
		if (gs_path(path, KFD "/topology/nodes/%s/gpu_id", *name) < 0 ||
		    read_number(engine, path, &id) < 0 || !id ||
		    gs_path(path, KFD "/topology/nodes/%s/properties", *name) < 0 ||
		    gs_tree_read(engine, path, &properties) < 0)
			continue;
		for (size_t i = 0; r == 0 && i < n_targets; i++)
			r = match(&targets[i], i, properties, id, nodes);
	}
	gs_strv_free(names);
	return r;
}

static bool has_queue(const struct gs_scan *scan, int pid, unsigned long gpu)
{
	char **queues = NULL, path[GS_PATH_MAX];
	bool has = false;

	if (gs_path(path, KFD "/proc/%d/queues", pid) < 0 ||
	    gs_tree_list(scan->engine, path, &queues) < 0)
		return false;
	for (char **queue = queues; !has && queue && *queue; queue++) {
		unsigned long id = 0;

		has = gs_path(path, KFD "/proc/%d/queues/%s/gpuid", pid, *queue) == 0 &&
		      read_number(scan->engine, path, &id) == 0 && id == gpu;
	}
	gs_strv_free(queues);
	return has;
}

static bool uses(const struct gs_scan *scan, int pid, unsigned long gpu)
{
	unsigned long bytes = 0;
	char path[GS_PATH_MAX];

	if (gs_path(path, KFD "/proc/%d/vram_%lu", pid, gpu) == 0 &&
	    read_number(scan->engine, path, &bytes) == 0 && bytes)
		return true;
	return has_queue(scan, pid, gpu);
}

static void look_at_process(struct gs_scan *scan, int pid)
{
	for (size_t i = 0; i < scan->nodes->n_gpus; i++) {
		const struct gs_kfd_gpu *gpu = &scan->nodes->gpus[i];
		gs_cleanup_free char *detail = NULL;

		if (!uses(scan, pid, gpu->id))
			continue;
		detail = gs_asprintf("/dev/kfd, GPU %lu", gpu->id);
		/* What computes is not pushed aside like a program that draws. */
		gs_scan_tell_process(scan, pid, gpu->target, detail, false);
	}
}

void gs_scan_kfd(struct gs_scan *scan)
{
	char **pids = NULL;
	uint64_t pid;

	if (!scan->nodes->n_gpus || gs_tree_list(scan->engine, KFD "/proc", &pids) < 0)
		return;
	for (char **name = pids; name && *name; name++)
		if (gs_number_parse(*name, &pid) == 0 && pid && pid <= INT32_MAX)
			look_at_process(scan, (int)pid);
	gs_strv_free(pids);
}

bool gs_kfd_elsewhere(const struct gs_scan *scan, int pid, size_t target)
{
	bool is_gpu = false;
	char path[GS_PATH_MAX];

	for (size_t i = 0; i < scan->nodes->n_gpus; i++) {
		if (scan->nodes->gpus[i].target != target)
			continue;
		if (uses(scan, pid, scan->nodes->gpus[i].id))
			return false;
		is_gpu = true;
	}
	return is_gpu && gs_path(path, KFD "/proc/%d", pid) == 0 &&
	       gs_tree_exists(scan->engine, path);
}
