// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Steps that enable and disable virtual functions.
 *
 * sriov_numvfs says yes although the PF's driver made fewer than asked for, or
 * none yet: what counts is what is there afterwards.
 */
#include "state_file.h"
#include "steps.h"
#include "tree.h"
#include "vfs.h"
#include "vgpu_backend.h"
#include "wait.h"

#define PCI_DEVICES "sys/bus/pci/devices"

static int attribute(char path[GS_PATH_MAX], const char *pf, const char *name)
{
	return gs_path(path, PCI_DEVICES "/%s/%s", pf, name);
}

static int read_number(struct gs_executor *executor, const char *pf, const char *name,
		       uint64_t *ret)
{
	char path[GS_PATH_MAX], text[GS_JOB_TEXT] = "";
	int r = attribute(path, pf, name);

	if (r == 0)
		r = gs_step_job(executor, GS_JOB_READ, path, NULL, text);
	return r < 0 ? r : gs_number_parse(text, ret);
}

unsigned int gs_vfs_told(struct gs_executor *executor, const char *pf)
{
	uint64_t now;

	return read_number(executor, pf, "sriov_numvfs", &now) == 0 ? (unsigned int)now : 0;
}

static int set_autoprobe(struct gs_executor *executor, const char *pf, enum gs_known wanted,
			 char **error)
{
	char path[GS_PATH_MAX];
	uint64_t now;
	int r;

	if (wanted == GS_UNKNOWN)
		return 0;
	r = read_number(executor, pf, "sriov_drivers_autoprobe", &now);
	if (r == 0 && now == (uint64_t)(wanted == GS_YES))
		return 0;
	if (r == 0)
		r = attribute(path, pf, "sriov_drivers_autoprobe");
	if (r == 0)
		r = gs_step_write(executor, path, wanted == GS_YES ? "1" : "0", error);
	if (r == 0)
		r = read_number(executor, pf, "sriov_drivers_autoprobe", &now);
	if (r == 0 && now != (uint64_t)(wanted == GS_YES))
		r = -EIO;
	if (r < 0 && !*error)
		return gs_step_fail(error, r,
				    gs_asprintf("sriov_drivers_autoprobe of %s could not be set: %s",
						pf, strerror(-r)));
	return r;
}

/* What the errnos of sriov_numvfs mean. */
static char *why_not(struct gs_executor *executor, const char *pf, unsigned int count, int r)
{
	gs_cleanup_free char *driver = NULL;

	if (r == -ENOENT && gs_live_driver(executor->engine, pf, &driver) == 0)
		return driver ? gs_asprintf("the driver %s of %s cannot enable VFs", driver, pf)
			      : gs_asprintf("%s has no driver that could enable VFs", pf);
	if (r == -EBUSY)
		return gs_asprintf("%s has VFs already", pf);
	if (r == -ERANGE)
		return gs_asprintf("%s cannot have %u VFs", pf, count);
	if (r == -ENOMEM)
		return gs_asprintf("there is no room for %u VFs of %s: "
				   "the firmware gave it too little of the address space",
				   count, pf);
	return NULL;
}

static int write_count(struct gs_executor *executor, const char *pf, unsigned int count,
		       char **error)
{
	char path[GS_PATH_MAX], text[16], *why;
	int r = attribute(path, pf, "sriov_numvfs");

	snprintf(text, sizeof(text), "%u", count);
	if (r == 0)
		r = gs_step_write(executor, path, text, error);
	why = r < 0 ? why_not(executor, pf, count, r) : NULL;
	return why ? gs_step_fail(error, r, why) : r;
}

/* It looks for users of the card itself, and tells them on its last line. */
static int run_tool(struct gs_executor *executor, const char *pf, bool on, char **error)
{
	unsigned int timeout_ms = executor->options->timeout_ms;
	char answer[GS_JOB_TEXT] = "", data[32];
	int r;

	/* It is ended before the worker is given up. */
	snprintf(data, sizeof(data), "%d %u", on, timeout_ms - timeout_ms / 10);
	r = gs_step_job(executor, GS_JOB_SRIOV_MANAGE, pf, data, answer);

	if (r == -ETIMEDOUT)
		return gs_step_fail(error, r,
				    gs_asprintf("sriov-manage did not end within %u ms",
						timeout_ms));
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("sriov-manage %s %s: %s", on ? "-e" : "-d", pf,
						*answer ? answer : strerror(-r)));
	return 0;
}

static int change_count(struct gs_executor *executor, const char *pf, const struct gs_vfs *wanted,
			char **error)
{
	if (wanted->by_tool)
		return run_tool(executor, pf, wanted->count != 0, error);
	return write_count(executor, pf, wanted->count, error);
}

/* None yet may mean that they come late, which is waited for; some, but not all, are all there will be. */
static int check_count(struct gs_executor *executor, const char *pf, unsigned int count,
		       char **error)
{
	uint64_t now;
	int r = read_number(executor, pf, "sriov_numvfs", &now);

	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot read sriov_numvfs of %s: %s", pf,
						strerror(-r)));
	if (now == 0 || now == count)
		return 0;
	return gs_step_fail(error, -EIO,
			    gs_asprintf("%u VFs were asked for, and the driver of %s enabled %llu",
					count, pf, (unsigned long long)now));
}

/* What is put back when they go; VFs that stay away are nobody's. */
static int own(struct gs_executor *executor, const char *pf, const struct gs_vfs *wanted,
	       char **error)
{
	/* What was noted before somebody else took them away is still to be put back. */
	struct gs_vfs vfs = gs_vfs_recorded(executor->engine, pf);
	gs_cleanup_json struct json_object *before = NULL;
	uint64_t now;
	int r;

	vfs.count = wanted->count;
	memcpy(vfs.params, wanted->params, sizeof(vfs.params));
	if (vfs.autoprobe == GS_UNKNOWN &&
	    read_number(executor, pf, "sriov_drivers_autoprobe", &now) == 0)
		vfs.autoprobe = now ? GS_YES : GS_NO;
	r = gs_provision_note(executor, pf, wanted, &before, error);
	if (r == 0)
		r = gs_vfs_own(executor->engine, pf, &vfs, before);
	if (r < 0 && *error)
		return r;
	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("cannot record the VFs of %s: %s", pf, strerror(-r)));
	return 0;
}

static int enable(struct gs_executor *executor, const struct gs_action *action, bool ours,
		  char **error)
{
	const char *pf = action->target;
	struct gs_vfs wanted;
	int r = gs_vfs_parse(action->value, &wanted);

	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("%s is no number of VFs", action->value));
	if (gs_vfs_count(executor->engine, pf) == wanted.count)
		return 0;
	if (ours)
		r = own(executor, pf, &wanted, error);
	if (r == 0)
		r = set_autoprobe(executor, pf, wanted.autoprobe, error);
	if (r == 0)
		r = gs_provision(executor, pf, &wanted, error);
	if (r == 0)
		r = change_count(executor, pf, &wanted, error);
	return r == 0 ? check_count(executor, pf, wanted.count, error) : r;
}

int gs_step_enable_vfs(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	return enable(executor, action, true, error);
}

/* The kernel would wait for its VM to end. */
static int refuse_open(struct gs_executor *executor, const char *pf, char **error)
{
	char *vf;

	for (unsigned int i = 0; (vf = gs_vfs_address(executor->engine, pf, i)); i++) {
		gs_cleanup_free char *address = vf;

		if (gs_vgpu_is_open(executor, PCI_DEVICES, address))
			return gs_step_fail(error, -EBUSY,
					    gs_asprintf("the VF %s is used by a VM", address));
	}
	return 0;
}

struct awaited {
	struct gs_executor *executor;
	const char *pf;
	unsigned int count;
};

static bool are_there(void *data)
{
	const struct awaited *awaited = data;

	return gs_vfs_count(awaited->executor->engine, awaited->pf) == awaited->count;
}

static int wait_count(struct gs_executor *executor, const char *pf, unsigned int count,
		      char **error)
{
	struct awaited awaited = { .executor = executor, .pf = pf, .count = count };
	int r = gs_wait_uevent(executor->engine, "pci", are_there, &awaited,
			       executor->options->timeout_ms);

	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("%s has %u VFs, not %u, after %u ms", pf,
						gs_vfs_count(executor->engine, pf), count,
						executor->options->timeout_ms));
	return 0;
}

int gs_step_disable_vfs(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	const char *pf = action->target;
	struct gs_vfs wanted;
	int r = gs_vfs_parse(action->value, &wanted);

	if (r < 0)
		return r;
	if (gs_vfs_count(executor->engine, pf) > 0)
		r = refuse_open(executor, pf, error);
	/* Also where none is seen: they may be on their way. */
	if (r == 0)
		r = change_count(executor, pf, &wanted, error);
	/* Nobody can enable any then. */
	if (r == -ENOENT && gs_vfs_count(executor->engine, pf) == 0) {
		free(gs_steal(*error));
		r = 0;
	}
	if (r == 0)
		r = wait_count(executor, pf, 0, error);
	if (r == 0)
		r = gs_provision_put_back(executor, pf, error);
	if (r == 0)
		r = set_autoprobe(executor, pf, wanted.autoprobe, error);
	return r == 0 ? gs_vfs_disown(executor->engine, pf) : r;
}

/* New VFs that a driver of the host took cannot be given away. */
static int verify_drivers(struct gs_executor *executor, const char *pf, char **error)
{
	char *vf;

	for (unsigned int i = 0; (vf = gs_vfs_address(executor->engine, pf, i)); i++) {
		gs_cleanup_free char *address = vf;
		gs_cleanup_free char *driver = NULL;

		if (gs_live_driver(executor->engine, address, &driver) == 0 &&
		    gs_driver_owns_dma(driver))
			return gs_step_fail(error, -EBUSY,
					    gs_asprintf("the driver %s took the VF %s", driver,
							address));
	}
	return 0;
}

int gs_step_wait_vfs(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	struct gs_vfs wanted;
	int r = gs_vfs_parse(action->value + strlen(GS_WAIT_VFS), &wanted);

	if (r == 0)
		r = wait_count(executor, action->target, wanted.count, error);
	return r == 0 ? verify_drivers(executor, action->target, error) : r;
}

/* The first step of the plan about the VFs of this one: its undo tells what was before. */
static const struct gs_action *before_of(const struct gs_plan *plan, const char *pf)
{
	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_step *step = &plan->steps[i];

		if ((step->action.op == GS_OP_ENABLE_VFS || step->action.op == GS_OP_DISABLE_VFS) &&
		    gs_streq(step->action.target, pf))
			return step->undo;
	}
	return NULL;
}

static int disable_again(struct gs_executor *executor, size_t at, char **error)
{
	const struct gs_action *action = &executor->plan->steps[at].action;
	const struct gs_action *undo = executor->plan->steps[at].undo;
	const struct gs_action *before = before_of(executor->plan, action->target);
	struct gs_vfs old;

	if (action->op != GS_OP_ENABLE_VFS || !undo || !before ||
	    !gs_step_may_have_run(executor->plan, at) || gs_vfs_parse(before->value, &old) < 0)
		return 0;
	/* They were never taken away. */
	if (old.count && gs_vfs_count(executor->engine, action->target) == old.count)
		return 0;
	return gs_step_disable_vfs(executor, undo, error);
}

/* Only a plan that removes VFs and does nothing else takes those of others; its record is still there. */
static bool were_ours(struct gs_executor *executor, const char *pf, unsigned int count)
{
	for (size_t i = 0; i < executor->plan->n_steps; i++)
		if (executor->plan->steps[i].action.op == GS_OP_RECORD)
			return true;
	return gs_vfs_recorded(executor->engine, pf).count == count;
}

static int enable_again(struct gs_executor *executor, size_t at, char **error)
{
	const struct gs_action *action = &executor->plan->steps[at].action;
	const struct gs_action *undo = executor->plan->steps[at].undo;
	struct gs_vfs old;
	int r;

	if (action->op != GS_OP_DISABLE_VFS || !undo ||
	    undo != before_of(executor->plan, action->target) ||
	    gs_vfs_parse(undo->value, &old) < 0 ||
	    gs_vfs_count(executor->engine, undo->target) == old.count)
		return 0;
	r = enable(executor, undo, were_ours(executor, undo->target, old.count), error);
	return r == 0 ? wait_count(executor, undo->target, old.count, error) : r;
}

static int each_step(struct gs_executor *executor,
		     int (*act)(struct gs_executor *, size_t at, char **), char **error)
{
	int first = 0;

	for (size_t i = 0; i < executor->plan->n_steps && !gs_step_stuck(executor); i++) {
		char *sentence = NULL;
		int r = act(executor, i, &sentence);

		if (r < 0 && first == 0) {
			first = r;
			*error = gs_steal(sentence);
		}
		free(sentence);
	}
	return first;
}

int gs_vfs_undo_enabled(struct gs_executor *executor, char **error)
{
	return each_step(executor, disable_again, error);
}

int gs_vfs_undo_disabled(struct gs_executor *executor, char **error)
{
	return each_step(executor, enable_again, error);
}

bool gs_vfs_shown_enabled(struct gs_executor *executor, const struct gs_action *action)
{
	struct gs_vfs wanted;

	return gs_vfs_parse(action->value, &wanted) == 0 &&
	       gs_vfs_count(executor->engine, action->target) == wanted.count;
}

/* Those of a later step are no old ones. */
bool gs_vfs_shown_disabled(struct gs_executor *executor, const struct gs_action *action)
{
	const struct gs_plan *plan = executor->plan;

	for (size_t i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].action.op == GS_OP_ENABLE_VFS &&
		    gs_streq(plan->steps[i].action.target, action->target))
			return true;
	return gs_vfs_count(executor->engine, action->target) == 0;
}
