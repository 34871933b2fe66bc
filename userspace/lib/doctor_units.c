// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor_units.h"

#include "tree.h"

/* systemd has a link for each unit that runs. */
bool gs_unit_runs(struct gs_engine *engine, const char *unit)
{
	gs_cleanup_free char *id = NULL;
	char path[GS_PATH_MAX];

	return gs_path(path, "run/systemd/units/invocation:%s", unit) == 0 &&
	       gs_tree_link_name(engine, path, &id) == 0;
}

static bool is_wanted_by(const char *folder)
{
	const char *ending = strrchr(folder, '.');

	return ending && (strcmp(ending, ".wants") == 0 || strcmp(ending, ".requires") == 0);
}

static bool gs_unit_enabled(struct gs_engine *engine, const char *unit)
{
	char path[GS_PATH_MAX], **names = NULL;
	bool found = false;

	if (gs_tree_list(engine, "etc/systemd/system", &names) < 0)
		return false;
	for (char **name = names; !found && name && *name; name++) {
		gs_cleanup_free char *to = NULL;

		found = is_wanted_by(*name) &&
			gs_path(path, "etc/systemd/system/%s/%s", *name, unit) == 0 &&
			gs_tree_link_name(engine, path, &to) == 0;
	}
	gs_strv_free(names);
	return found;
}

bool gs_unit_exists(struct gs_engine *engine, const char *unit)
{
	static const char *const folders[] = { "etc/systemd/system", "usr/local/lib/systemd/system",
					       "usr/lib/systemd/system", "lib/systemd/system" };
	char path[GS_PATH_MAX];

	for (size_t i = 0; i < GS_ARRAY_SIZE(folders); i++)
		if (gs_path(path, "%s/%s", folders[i], unit) == 0 && gs_tree_exists(engine, path))
			return true;
	return false;
}

const char *gs_unit_state(struct gs_engine *engine, const char *unit)
{
	if (gs_unit_runs(engine, unit))
		return "runs";
	return gs_unit_enabled(engine, unit) ? "is enabled" : NULL;
}
