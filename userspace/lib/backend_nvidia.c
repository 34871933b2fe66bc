// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * backend_nvidia.c - NVIDIA's VFIO without mediated devices: each VF of a card becomes one vGPU.
 *
 * A VF stays on NVIDIA's driver, whose folder "nvidia" says which types it can
 * be now, and holds the one it is. What one VF becomes changes what the others
 * can be, so that nothing is believed that was read before the last write.
 */
#include "remembered.h"
#include "tree.h"
#include "vgpu_backend.h"
#include "vgpu_params.h"

#define PCI_DEVICES "sys/bus/pci/devices"
#define PREFIX "nvidia-" /* the ids of mediated devices have it, and these numbers are the same */

static int path_of(char path[GS_PATH_MAX], const char *vf, const char *file)
{
	return gs_path(path, PCI_DEVICES "/%s/nvidia/%s", vf, file);
}

static bool offers(const struct gs_engine *engine, const char *device)
{
	char path[GS_PATH_MAX];

	return path_of(path, device, "creatable_vgpu_types") == 0 &&
	       gs_tree_exists(engine, path);
}

static char *read_file(struct gs_engine *engine, const char *vf, const char *file)
{
	char path[GS_PATH_MAX], *text;

	return path_of(path, vf, file) == 0 && gs_tree_read(engine, path, &text) == 0 ? text : NULL;
}

/* "  558 : NVIDIA A40-2Q"; anything else, such as the line above them, is none. */
static void tell_line(struct gs_records *records, char *line, const char *available)
{
	gs_cleanup_free char *id = NULL;
	size_t digits;

	line = gs_params_trim(line);
	digits = strspn(line, "0123456789");
	if (!digits || digits > 9)
		return;
	id = gs_asprintf(PREFIX "%.*s", (int)digits, line);
	line += digits;
	line += strspn(line, " \t");
	if (*line == ':')
		line++;
	if (id)
		gs_tell_vgpu_type(records, &(struct gs_told_type){
						   .id = id,
						   .name = gs_params_trim(line),
						   .available = available,
					   });
}

char *gs_nvidia_current(struct gs_engine *engine, const char *vf)
{
	gs_cleanup_free char *current = read_file(engine, vf, "current_vgpu_type");
	const char *text = current ? gs_params_trim(current) : "";

	if (!*text || text[strspn(text, "0123456789")] || strcmp(text, "0") == 0)
		return NULL;
	return gs_asprintf(PREFIX "%s", text);
}

static void tell_types(struct gs_engine *engine, struct gs_records *records, const char *device)
{
	gs_cleanup_free char *list = read_file(engine, device, "creatable_vgpu_types");
	gs_cleanup_free char *id = gs_nvidia_current(engine, device);
	char *rest = NULL;

	for (char *line = list ? strtok_r(list, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		tell_line(records, line, id ? "0" : "1");
	if (id)
		gs_tell_vgpu_type(records, &(struct gs_told_type){ .id = id, .made = 1 });
}

/* The VF that a name means: its own address, or that under which its vGPU was made. */
static int find_vf(struct gs_engine *engine, const char *name, char **ret)
{
	struct gs_address address;

	if (gs_address_parse(name, &address) == 0) {
		*ret = strdup(name);
		return *ret ? 0 : -ENOMEM;
	}
	return gs_vgpu_recorded(engine, name, ret);
}

static int read_current(struct gs_executor *executor, const char *vf, uint64_t *ret)
{
	char path[GS_PATH_MAX], text[GS_JOB_TEXT] = "";
	int r = path_of(path, vf, "current_vgpu_type");

	if (r == 0 && !gs_tree_exists(executor->engine, path))
		return -ENOENT;
	if (r == 0)
		r = gs_step_job(executor, GS_JOB_READ, path, NULL, text);
	return r < 0 ? r : gs_number_parse(gs_params_trim(text), ret);
}

static bool has(struct gs_executor *executor, const char *name)
{
	gs_cleanup_free char *vf = NULL;
	uint64_t current;

	return find_vf(executor->engine, name, &vf) == 0 && read_current(executor, vf, &current) == 0 &&
	       current != 0;
}

/* The driver says yes to some of what it does not do. */
static int write_type(struct gs_executor *executor, const char *vf, const char *number,
		      char **error)
{
	char path[GS_PATH_MAX];
	uint64_t wanted, now;
	int r;

	r = gs_number_parse(number, &wanted);
	if (r == 0)
		r = path_of(path, vf, "current_vgpu_type");
	if (r == 0)
		r = gs_step_write(executor, path, number, error);
	if (r == -EIO)
		return gs_step_fail(error, r,
				    gs_asprintf("NVIDIA's driver refused type %s for the VF %s; the "
						"kernel log tells its reason",
						number, vf));
	if (r == 0)
		r = read_current(executor, vf, &now);
	if (r == 0 && now != wanted)
		return gs_step_fail(error, -EIO,
				    gs_asprintf("/%s reads %llu after writing %s", path,
						(unsigned long long)now, number));
	return r;
}

static int params(struct gs_engine *engine, const char *name, char ret[GS_PATH_MAX])
{
	gs_cleanup_free char *vf = NULL;
	int r = find_vf(engine, name, &vf);

	if (r == 0)
		r = gs_path(ret, PCI_DEVICES "/%s/" GS_PARAMS_FILE, vf);
	return r == 0 && !gs_tree_exists(engine, ret) ? -ENOENT : r;
}

/* They are the VF's, and the next vGPU that it becomes would have them. */
static void forget_params(struct gs_executor *executor, const char *vf)
{
	char path[GS_PATH_MAX], now[GS_JOB_TEXT] = "";
	gs_cleanup_free char *error = NULL;

	if (params(executor->engine, vf, path) == 0 &&
	    gs_step_job(executor, GS_JOB_READ, path, NULL, now) == 0 && *gs_params_trim(now))
		(void)!gs_step_write(executor, path, GS_NO_PARAMS, &error);
}

/* The VF has a record of its own, which names the other one. */
static int create(struct gs_executor *executor, const struct gs_vgpu_order *order, char **error)
{
	uint64_t current;
	int r;

	if (strncmp(order->type, PREFIX, strlen(PREFIX)) != 0)
		return -EINVAL;
	r = read_current(executor, order->device, &current);
	if (r == 0 && current != 0)
		return gs_step_fail(error, -EEXIST,
				    gs_asprintf("the VF %s is a vGPU already", order->device));
	if (r == 0)
		forget_params(executor, order->device);
	if (r == 0 && !gs_streq(order->name, order->device))
		r = gs_vgpu_own(executor->engine, order->device, order->name, order->type);
	return r < 0 ? r
		     : write_type(executor, order->device, order->type + strlen(PREFIX), error);
}

static int remove_type(struct gs_executor *executor, const char *name, char **error)
{
	gs_cleanup_free char *vf = NULL;
	int r = find_vf(executor->engine, name, &vf);

	if (r == 0 && gs_vgpu_is_open(executor, PCI_DEVICES, vf))
		return gs_step_fail(error, -EBUSY, gs_asprintf("vGPU %s is used by a VM", vf));
	if (r == 0)
		r = write_type(executor, vf, "0", error);
	if (r == 0)
		forget_params(executor, vf);
	return r;
}

const struct gs_vgpu_backend gs_backend_nvidia = {
	.name = "nvidia-vfio",
	.offers = offers,
	.tell_types = tell_types,
	.create = create,
	.has = has,
	.remove = remove_type,
	.params = params,
};
