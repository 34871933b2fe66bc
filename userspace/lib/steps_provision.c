// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * steps_provision.c - what each VF gets of its card, written before they are enabled.
 *
 * A driver gives equal shares to VFs of which nothing was said. What was in a file
 * before goes into the record of the VFs, and back when they have gone.
 */
#include "state_file.h"
#include "steps.h"
#include "tree.h"
#include "vfs.h"
#include "vgpu_params.h"

/* "20", or the chosen one of "low [normal] high". */
static int read_value(struct gs_executor *executor, const char *path, char ret[GS_JOB_TEXT])
{
	char text[GS_JOB_TEXT] = "", *chosen;
	int r = gs_step_job(executor, GS_JOB_READ, path, NULL, text);

	chosen = strchr(text, '[');
	chosen = chosen ? chosen + 1 : gs_params_trim(text);
	chosen[strcspn(chosen, "]")] = '\0';
	if (r == 0)
		snprintf(ret, GS_JOB_TEXT, "%s", chosen);
	return r;
}

static int write_value(struct gs_executor *executor, const char *path, const char *value,
		       char **error)
{
	char now[GS_JOB_TEXT];
	int r = read_value(executor, path, now);

	if (r == 0 && gs_streq(now, value))
		return 0;
	r = gs_step_write(executor, path, value, error);
	if (r < 0)
		return r;
	r = read_value(executor, path, now);
	if (r < 0)
		return gs_step_fail(error, r, gs_asprintf("cannot read /%s: %s", path, strerror(-r)));
	if (!gs_streq(now, value))
		return gs_step_fail(error, -EIO,
				    gs_asprintf("/%s reads %s after writing %s", path, now, value));
	return 0;
}

typedef int (*each_fn)(struct gs_executor *executor, const char *path, const char *value,
		       void *data, char **error);

/* Each parameter of each VF. */
static int each(struct gs_executor *executor, const char *pf, const struct gs_vfs *vfs, each_fn act,
		void *data, char **error)
{
	char path[GS_PATH_MAX], value[GS_VF_PARAM_VALUE];
	const char *key;
	int r = 0;

	for (unsigned int vf = 1; r == 0 && vf <= vfs->count; vf++) {
		for (unsigned int i = 0; r == 0 && (key = gs_vf_param_key(i)); i++) {
			if (!gs_vf_param_value(vfs->params, i, value))
				continue;
			r = gs_vfs_param_path(path, pf, vf, key);
			if (r == 0)
				r = act(executor, path, value, data, error);
		}
	}
	return r;
}

static int note(struct gs_executor *executor, const char *path, const char *value, void *data,
		char **error)
{
	struct json_object *before = data;
	char now[GS_JOB_TEXT];
	int r;

	(void)value;
	/* What was noted first is what was there before anything. */
	if (json_object_object_get_ex(before, path, NULL))
		return 0;
	r = read_value(executor, path, now);
	if (r < 0)
		return gs_step_fail(error, r, gs_asprintf("cannot read /%s: %s", path, strerror(-r)));
	return gs_state_set(before, path, now);
}

int gs_provision_note(struct gs_executor *executor, const char *pf, const struct gs_vfs *vfs,
		      struct json_object **ret, char **error)
{
	*ret = gs_vfs_before(executor->engine, pf);
	if (!*ret)
		*ret = json_object_new_object();
	if (!*ret)
		return -ENOMEM;
	return each(executor, pf, vfs, note, *ret, error);
}

static int give(struct gs_executor *executor, const char *path, const char *value, void *data,
		char **error)
{
	(void)data;
	return write_value(executor, path, value, error);
}

int gs_provision(struct gs_executor *executor, const char *pf, const struct gs_vfs *vfs, char **error)
{
	return each(executor, pf, vfs, give, NULL, error);
}

/* Only files of this card's VFs: whatever the record says. */
static bool is_of(const char *path, const char *pf)
{
	gs_cleanup_free char *folder = gs_asprintf("sys/bus/pci/devices/%s/sriov_admin/vf", pf);

	return folder && strncmp(path, folder, strlen(folder)) == 0 && !strstr(path, "..");
}

int gs_provision_put_back(struct gs_executor *executor, const char *pf, char **error)
{
	gs_cleanup_json struct json_object *before = gs_vfs_before(executor->engine, pf);
	int r = 0;

	if (!before)
		return 0;
	json_object_object_foreach(before, path, value)
	{
		/* Files that went with their driver take their values along. */
		if (r == 0 && is_of(path, pf) && gs_tree_exists(executor->engine, path))
			r = write_value(executor, path, json_object_get_string(value), error);
	}
	return r;
}
