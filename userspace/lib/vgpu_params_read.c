// SPDX-License-Identifier: GPL-2.0-or-later
/* vgpu_params_read.c - the parameters that vGPUs have now; their driver may hang, so that a child asks. */
#include "child.h"
#include "inventory.h"
#include "tree.h"
#include "vgpu_params.h"

#define QUIET_MS 1000
#define TOTAL_MS 2000

static bool find_file(struct gs_engine *engine, const struct gs_vgpu *vgpu,
		      char ret[GS_PATH_MAX])
{
	int r = vgpu->uuid ? gs_path(ret, "sys/bus/mdev/devices/%s/" GS_PARAMS_FILE, vgpu->uuid)
			   : gs_path(ret, "sys/bus/pci/devices/%s/" GS_PARAMS_FILE, vgpu->address);

	return r == 0 && vgpu->type && gs_tree_exists(engine, ret) &&
	       !gs_child_stuck_at(engine, gs_vgpu_name(vgpu));
}

/* Two fields for each vGPU that has the file: which one it is, and "=" with the text, or nothing. */
static void tell(struct gs_engine *engine, struct gs_records *records, void *data)
{
	const struct gs_host *host = data;

	for (size_t i = 0; i < host->n_vgpus; i++) {
		gs_cleanup_free char *text = NULL;
		gs_cleanup_free char *field = NULL;
		char path[GS_PATH_MAX];

		if (!find_file(engine, &host->vgpus[i], path))
			continue;
		gs_record_number(records, (long)i);
		gs_record_publish(records);
		if (gs_tree_read(engine, path, &text) == 0)
			field = gs_asprintf("=%s", gs_params_trim(text));
		gs_record_field(records, field ? field : "");
	}
}

static int take(struct gs_engine *engine, struct gs_host *host, struct gs_answer *answer)
{
	const char *index, *field;
	struct gs_vgpu *vgpu;
	uint64_t at;

	while ((index = gs_answer_next(answer))) {
		if (gs_number_parse(index, &at) < 0 || at >= host->n_vgpus)
			return -EIO;
		vgpu = &host->vgpus[at];
		field = gs_answer_next(answer);
		/* It was asked, and does not answer. */
		if (!field)
			return answer->stuck ? gs_child_keep(engine, answer->stuck, gs_vgpu_name(vgpu))
					     : 0;
		if (*field != '=')
			continue;
		vgpu->params = strdup(field + 1);
		if (!vgpu->params)
			return -ENOMEM;
	}
	return 0;
}

static bool any_has_file(struct gs_engine *engine, const struct gs_host *host)
{
	char path[GS_PATH_MAX];

	for (size_t i = 0; i < host->n_vgpus; i++)
		if (find_file(engine, &host->vgpus[i], path))
			return true;
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
