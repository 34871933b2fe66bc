// SPDX-License-Identifier: GPL-2.0-or-later
/* steps_params.c - parameters written into a vGPU, and read back: some drivers take what they do not do. */
#include "steps.h"

#include "tree.h"
#include "vgpu_backend.h"
#include "vgpu_params.h"

static int read_params(struct gs_executor *executor, const char *path, char ret[GS_JOB_TEXT])
{
	char text[GS_JOB_TEXT] = "";
	int r = gs_step_job(executor, GS_JOB_READ, path, NULL, text);

	if (r == 0)
		snprintf(ret, GS_JOB_TEXT, "%s", gs_params_trim(text));
	return r;
}

static int cannot_read(const char *path, int r, char **error)
{
	return gs_step_fail(error, r, gs_asprintf("cannot read /%s: %s", path, strerror(-r)));
}

static int verify(struct gs_executor *executor, const char *path, const char *params, char **error)
{
	char now[GS_JOB_TEXT];
	int r = read_params(executor, path, now);

	if (r < 0)
		return cannot_read(path, r, error);
	if (gs_params_equal(now, params))
		return 0;
	return gs_step_fail(error, -EIO,
			    gs_asprintf("/%s reads \"%s\" after writing \"%s\"", path, now, params));
}

int gs_params_write(struct gs_executor *executor, const char *path, const char *params, char **error)
{
	char now[GS_JOB_TEXT];
	int r = read_params(executor, path, now);

	if (r < 0)
		return cannot_read(path, r, error);
	if (gs_params_equal(now, params))
		return 0;
	r = gs_step_write(executor, path, *params ? params : GS_NO_PARAMS, error);
	return r < 0 ? r : verify(executor, path, params, error);
}

static int find_file(struct gs_executor *executor, const char *name, char ret[GS_PATH_MAX])
{
	const struct gs_vgpu_backend *backend = gs_vgpu_backend_having(executor, name);

	return backend ? backend->params(executor->engine, name, ret) : -ENODEV;
}

int gs_step_set_params(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	char path[GS_PATH_MAX];
	int r = find_file(executor, action->target, path);

	if (r == -ENOENT)
		return gs_step_fail(error, r,
				    gs_asprintf("the vGPU %s takes no parameters: its driver shows no file "
						GS_PARAMS_FILE " for it",
						action->target));
	if (r < 0)
		return gs_step_fail(error, r, gs_asprintf("there is no vGPU %s", action->target));
	return gs_params_write(executor, path, action->value, error);
}

bool gs_shows_params(struct gs_executor *executor, const struct gs_action *action)
{
	char path[GS_PATH_MAX], now[GS_JOB_TEXT];

	return find_file(executor, action->target, path) == 0 &&
	       read_params(executor, path, now) == 0 && gs_params_equal(now, action->value);
}

int gs_params_put_back(struct gs_executor *executor, char **error)
{
	const struct gs_plan *plan = executor->plan;
	int r = 0;

	for (size_t i = plan->n_steps; r == 0 && i-- > 0 && !gs_step_stuck(executor);) {
		const struct gs_action *undo = plan->steps[i].undo;

		if (undo && undo->op == GS_OP_SET_PARAMS && gs_live_vgpu(executor, undo->target) &&
		    !gs_shows_params(executor, undo))
			r = gs_step_set_params(executor, undo, error);
	}
	return r;
}

/* NULL: it names none. */
static int params_of(const char *profile, char **ret)
{
	gs_cleanup_free char *problem = NULL;
	gs_cleanup_free char *params = NULL;
	gs_cleanup_free char *type = NULL;
	int r = gs_profile_split(profile, &type, &params);

	*ret = NULL;
	return r == 0 && params ? gs_params_read(params, ret, &problem) : r;
}

int gs_step_write_params(struct gs_executor *executor, const char *profile, const char *name,
			 char **error)
{
	gs_cleanup_free char *params = NULL;
	int r = params_of(profile, &params);

	if (r < 0 || !params)
		return r;
	return gs_step_set_params(
		executor, &(struct gs_action){ .target = (char *)name, .value = params }, error);
}

bool gs_shows_created_params(struct gs_executor *executor, const char *profile, const char *name)
{
	gs_cleanup_free char *params = NULL;

	if (params_of(profile, &params) < 0)
		return false;
	return !params || gs_shows_params(executor, &(struct gs_action){ .target = (char *)name,
									 .value = params });
}
