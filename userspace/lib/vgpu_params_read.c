// SPDX-License-Identifier: GPL-2.0-or-later
/* vgpu_params_read.c - the parameters that vGPUs have now; their driver may hang, so that a child asks. */
#include "child.h"
#include "inventory.h"
#include "tree.h"
#include "vgpu_params.h"

#define QUIET_MS 1000
#define TOTAL_MS 2000

/* What plain VFs and mdevs of other drivers are asked for, too: they have no such file. */
static bool may_have_params(struct gs_engine *engine, const struct gs_vgpu *vgpu)
{
	return vgpu->type && !gs_child_stuck_at(engine, gs_vgpu_name(vgpu));
}

/* The folder of an mdev's parent, opened for all that are on it. */
struct folder {
	const char *parent; /* NULL: not open */
	struct gs_dir dir;
};

static int open_folder(struct gs_engine *engine, const char *parent, struct folder *folder)
{
	char path[GS_PATH_MAX];
	int r;

	if (gs_streq(folder->parent, parent))
		return 0;
	gs_dir_close(&folder->dir);
	folder->parent = NULL;
	r = gs_path(path, "sys/class/mdev_bus/%s", parent);
	if (r == 0)
		r = gs_dir_open(engine, path, &folder->dir);
	if (r == 0)
		folder->parent = parent;
	return r;
}

static int read_of_mdev(struct gs_engine *engine, const struct gs_vgpu *vgpu,
			struct folder *folder, char text[GS_ATTRIBUTE_MAX])
{
	char name[GS_PATH_MAX];
	int r = open_folder(engine, vgpu->parent, folder);

	if (r == 0)
		r = gs_path(name, "%s/" GS_PARAMS_FILE, vgpu->uuid);
	return r == 0 ? gs_dir_read(&folder->dir, name, text) : r;
}

static int read_of_vf(struct gs_engine *engine, const struct gs_vgpu *vgpu,
		      char text[GS_ATTRIBUTE_MAX])
{
	gs_cleanup_dir struct gs_dir dir = { .fd = -1 };
	char path[GS_PATH_MAX];
	int r = gs_path(path, "sys/bus/pci/devices/%s", vgpu->address);

	if (r == 0)
		r = gs_dir_open(engine, path, &dir);
	return r == 0 ? gs_dir_read(&dir, GS_PARAMS_FILE, text) : r;
}

/* Three fields for each vGPU that may have the file: which one it is, "=" or nothing, the text. */
static void tell(struct gs_engine *engine, struct gs_records *records, void *data)
{
	struct folder folder = { .dir = { .fd = -1 } };
	const struct gs_host *host = data;
	char text[GS_ATTRIBUTE_MAX];

	for (size_t i = 0; i < host->n_vgpus; i++) {
		bool has;

		if (!may_have_params(engine, &host->vgpus[i]))
			continue;
		gs_record_number(records, (long)i);
		gs_record_publish(records);
		has = (host->vgpus[i].uuid
			       ? read_of_mdev(engine, &host->vgpus[i], &folder, text)
			       : read_of_vf(engine, &host->vgpus[i], text)) >= 0;
		gs_record_field(records, has ? "=" : "");
		gs_record_field(records, has ? gs_params_trim(text) : "");
	}
	gs_dir_close(&folder.dir);
}

static int take(struct gs_engine *engine, struct gs_host *host, struct gs_answer *answer)
{
	const char *index, *has, *text;
	struct gs_vgpu *vgpu;
	uint64_t at;

	while ((index = gs_answer_next(answer))) {
		if (gs_number_parse(index, &at) < 0 || at >= host->n_vgpus)
			return -EIO;
		vgpu = &host->vgpus[at];
		has = gs_answer_next(answer);
		text = gs_answer_next(answer);
		/* It was asked, and does not answer. */
		if (!text)
			return answer->stuck ? gs_child_keep(engine, answer->stuck, gs_vgpu_name(vgpu))
					     : 0;
		if (!*has)
			continue;
		vgpu->params = strdup(text);
		if (!vgpu->params)
			return -ENOMEM;
	}
	return 0;
}

static bool any_has_file(struct gs_engine *engine, const struct gs_host *host)
{
	char path[GS_PATH_MAX];

	for (size_t i = 0; i < host->n_vgpus; i++) {
		const struct gs_vgpu *vgpu = &host->vgpus[i];

		if (may_have_params(engine, vgpu) &&
		    gs_path(path, "sys/bus/%s/devices/%s/" GS_PARAMS_FILE,
			    vgpu->uuid ? "mdev" : "pci", gs_vgpu_name(vgpu)) == 0 &&
		    gs_tree_exists(engine, path))
			return true;
	}
	return false;
}

int gs_params_read_all(struct gs_engine *engine, struct gs_host *host)
{
	struct gs_answer answer;
	int r;

	if (!any_has_file(engine, host))
		return 0;
	r = gs_child_read(engine, tell, host, QUIET_MS, TOTAL_MS, &answer);
	if (r < 0)
		return r;
	r = take(engine, host, &answer);
	gs_answer_clear(&answer);
	return r;
}
