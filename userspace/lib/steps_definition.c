// SPDX-License-Identifier: GPL-2.0-or-later
/* steps_definition.c - definitions held and released; what a definition says of a new vGPU */
#include "definition.h"
#include "steps.h"
#include "tree.h"
#include "vgpu_params.h"

int gs_step_set_definitions(struct gs_executor *executor, const struct gs_action *action,
			    char **error)
{
	bool release = gs_streq(action->value, GS_DEFINITIONS_AUTO);
	int r = release ? gs_definitions_release(executor->engine, action->target)
			: gs_definitions_hold(executor->engine, action->target);

	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot set the definitions of %s in /%s to %s: %s",
						action->target, GS_DEFINITIONS, action->value,
						strerror(-r)));
	return 0;
}

bool gs_shows_definitions(struct gs_executor *executor, const struct gs_action *action)
{
	return gs_streq(action->value, GS_DEFINITIONS_AUTO)
		       ? gs_definitions_released(executor->engine, action->target)
		       : gs_definitions_held(executor->engine, action->target);
}

/* Others may have no use for being read. */
static int write_attribute(struct gs_executor *executor, const char *path, char **attribute,
			   char **error)
{
	if (gs_streq(attribute[0], GS_PARAMS_FILE) && gs_params_are(attribute[1]))
		return gs_params_write(executor, path, attribute[1], error);
	return gs_step_write(executor, path, attribute[1], error);
}

int gs_step_write_attributes(struct gs_executor *executor, const char *parent, const char *uuid,
			     char **error)
{
	char path[GS_PATH_MAX], **attributes;
	int r;

	r = gs_definition_attributes(executor->engine, parent, uuid, &attributes);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("the attributes of %s in /%s/%s/%s make no sense", uuid,
						GS_DEFINITIONS, parent, uuid));
	for (char **at = attributes; r == 0 && at && *at; at += 2) {
		r = gs_path(path, "sys/bus/mdev/devices/%s/%s", uuid, at[0]);
		if (r == 0)
			r = write_attribute(executor, path, at, error);
	}
	gs_strv_free(attributes);
	return r;
}
