// SPDX-License-Identifier: GPL-2.0-or-later
#include "vgpu_facts.h"

#include "child.h"
#include "doctor_units.h"
#include "module_index.h"
#include "preloads.h"
#include "tree.h"

#define NVIDIA_PROC "proc/driver/nvidia"
#define QUIET_MS 500
#define TOTAL_MS 1000

/* What a parameter of a module reads; NULL: there is none. */
static char *parameter(struct gs_engine *engine, const char *module, const char *name)
{
	char path[GS_PATH_MAX], *text;

	return gs_path(path, "sys/module/%s/parameters/%s", module, name) == 0 &&
			       gs_tree_read(engine, path, &text) == 0 ?
		       text :
		       NULL;
}

/* Registered, or to be had. */
static enum gs_known has_mdev(struct gs_engine *engine, const char *release)
{
	if (gs_tree_exists(engine, "sys/bus/mdev"))
		return GS_YES;
	if (!release || !gs_module_index_there(engine, release))
		return GS_UNKNOWN;
	return gs_module_place(engine, release, "mdev") != GS_MODULE_NOWHERE ? GS_YES : GS_NO;
}

/* The driver for guests and plain hosts has the name, and none of these. */
static int find_host_driver(struct gs_engine *engine, const char *release, char ***ret)
{
	static const char module[] = "sys/module/nvidia_vgpu_vfio";
	int r = 0;

	if (gs_tree_exists(engine, GS_UNLOCK_TYPES_PATH))
		r = gs_strv_add(ret, "/" GS_UNLOCK_TYPES_PATH);
	if (r == 0 && gs_tree_exists(engine, module))
		r = gs_strv_add(ret, "/sys/module/nvidia_vgpu_vfio");
	else if (r == 0 && release &&
		 gs_module_place(engine, release, "nvidia-vgpu-vfio") != GS_MODULE_NOWHERE)
		r = gs_strv_add(ret, "the module nvidia-vgpu-vfio");
	if (r == 0 && gs_unit_exists(engine, GS_VGPUD ".service"))
		r = gs_strv_add(ret, GS_VGPUD ".service");
	return r;
}

static void take_preload(void *data, const char *drop_in, const char *library)
{
	char **found = data;

	(void)drop_in;
	if (!*found)
		*found = strdup(library);
}

/* What a child is asked. */
struct question {
	const char *address;
	const char *library; /* NULL: none is looked for */
};

/* The number that NVIDIA's driver gives the card; -1: not told. */
static int card_minor(struct gs_engine *engine, const char *address)
{
	gs_cleanup_free char *text = NULL;
	char path[GS_PATH_MAX];
	const char *at;
	int minor;

	if (gs_path(path, NVIDIA_PROC "/gpus/%s/information", address) < 0 ||
	    gs_tree_read(engine, path, &text) < 0)
		return -1;
	at = strstr(text, "Device Minor:");
	return at && sscanf(at, "Device Minor: %d", &minor) == 1 ? minor : -1;
}

static void tell_instances(struct gs_engine *engine, struct gs_records *records,
			   const char *address)
{
	int minor = card_minor(engine, address);
	char path[GS_PATH_MAX], **names = NULL;

	if (minor >= 0 &&
	    gs_path(path, NVIDIA_PROC "/capabilities/gpu%d/mig", minor) == 0 &&
	    gs_tree_list(engine, path, &names) == 0)
		for (char **name = names; name && *name; name++)
			if (strncmp(*name, "gi", 2) == 0)
				gs_record_field(records, *name);
	gs_strv_free(names);
	gs_record_field(records, "");
}

static bool is_manager(struct gs_engine *engine, const char *pid)
{
	gs_cleanup_free char *name = NULL;
	char path[GS_PATH_MAX];

	return strspn(pid, "0123456789") == strlen(pid) &&
	       gs_path(path, "proc/%s/comm", pid) == 0 && gs_tree_read(engine, path, &name) == 0 &&
	       strcmp(name, GS_VGPU_MANAGER) == 0;
}

/* "yes", "no"; "?": only root may see. */
static const char *maps_library(struct gs_engine *engine, const char *pid, const char *library)
{
	gs_cleanup_free char *maps = NULL;
	char path[GS_PATH_MAX];

	if (!library || gs_path(path, "proc/%s/maps", pid) < 0 ||
	    gs_tree_read(engine, path, &maps) < 0)
		return "?";
	return strstr(maps, library) ? "yes" : "no";
}

static void tell_manager(struct gs_engine *engine, struct gs_records *records, const char *library)
{
	const char *loaded = "?";
	char **pids = NULL;
	bool found = false;

	if (gs_tree_list(engine, "proc", &pids) < 0)
		return;
	for (char **pid = pids; !found && pid && *pid; pid++) {
		found = is_manager(engine, *pid);
		if (found)
			loaded = maps_library(engine, *pid, library);
	}
	gs_strv_free(pids);
	gs_record_field(records, found ? "yes" : "no");
	gs_record_field(records, loaded);
}

/* Files of the driver and of processes may wait for others. */
static void tell(struct gs_engine *engine, struct gs_records *records, void *data)
{
	const struct question *question = data;

	if (!gs_child_stuck_at(engine, question->address))
		tell_instances(engine, records, question->address);
	else
		gs_record_field(records, "");
	gs_record_publish(records);
	tell_manager(engine, records, question->library);
}

static enum gs_known known(const char *word)
{
	if (gs_streq(word, "yes"))
		return GS_YES;
	return gs_streq(word, "no") ? GS_NO : GS_UNKNOWN;
}

static int ask(struct gs_engine *engine, const char *address, struct gs_vgpu_facts *facts)
{
	struct question question = { .address = address, .library = facts->unlock };
	struct gs_answer answer;
	const char *name;
	int r = gs_child_read(engine, tell, &question, QUIET_MS, TOTAL_MS, &answer);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	while (r == 0 && (name = gs_answer_next(&answer)) && *name)
		r = gs_strv_add(&facts->instances, name);
	facts->manager_there = known(gs_answer_next(&answer));
	facts->unlock_loaded = known(gs_answer_next(&answer));
	if (r == 0 && answer.stuck)
		r = gs_child_keep(engine, answer.stuck, address);
	gs_answer_clear(&answer);
	return r;
}

static int read_nvidia(struct gs_engine *engine, const char *address, struct gs_vgpu_facts *facts)
{
	int r = find_host_driver(engine, facts->kernel, &facts->nvidia_host);

	if (r == 0 && gs_unlock_types_read(engine, &facts->types) == -ENOMEM)
		r = -ENOMEM;
	if (r == 0 &&
	    gs_tree_read(engine, "sys/module/nvidia/version", &facts->nvidia_version) == -ENOMEM)
		r = -ENOMEM;
	facts->vgpud = gs_unit_state(engine, GS_VGPUD ".service");
	facts->manager = gs_unit_state(engine, GS_VGPU_MANAGER ".service");
	gs_preloads_tell(engine, take_preload, &facts->unlock);
	facts->unlock_missing = facts->unlock && !gs_preload_there(engine, facts->unlock);
	return r == 0 ? ask(engine, address, facts) : r;
}

int gs_vgpu_facts_read(struct gs_engine *engine, const struct gs_card *card,
		       struct gs_vgpu_facts *ret)
{
	const struct gs_function *display = gs_card_display(card);
	struct gs_vgpu_facts facts = { .manager_there = GS_UNKNOWN, .unlock_loaded = GS_UNKNOWN };
	int r = 0;

	if (gs_tree_read(engine, "proc/sys/kernel/osrelease", &facts.kernel) == -ENOMEM)
		return -ENOMEM;
	facts.mdev = has_mdev(engine, facts.kernel);
	if (display->vendor_id == 0x10de)
		r = read_nvidia(engine, display->text, &facts);
	if (display->driver) {
		facts.max_vfs = parameter(engine, display->driver, "max_vfs");
		facts.gvt = parameter(engine, display->driver, "enable_gvt");
	}
	facts.kvmgt = gs_tree_exists(engine, "sys/module/kvmgt");
	if (r < 0)
		gs_vgpu_facts_clear(&facts);
	else
		*ret = facts;
	return r;
}

void gs_vgpu_facts_clear(struct gs_vgpu_facts *facts)
{
	free(facts->kernel);
	free(facts->nvidia_version);
	gs_strv_free(facts->nvidia_host);
	gs_unlock_types_free(facts->types);
	free(facts->unlock);
	gs_strv_free(facts->instances);
	free(facts->gvt);
	free(facts->max_vfs);
	*facts = (struct gs_vgpu_facts){ 0 };
}
