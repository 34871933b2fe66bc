// SPDX-License-Identifier: GPL-2.0-or-later
#include "steps.h"

#include "inventory.h"
#include "quarantine.h"
#include "remembered.h"
#include "tree.h"
#include "wait.h"

#define PCI_DEVICES "sys/bus/pci/devices"
#define PCI_DRIVERS "sys/bus/pci/drivers"

/* How long a driver that the kernel chooses itself may take to come, see write_probe(). */
#define DEFERRED_MS 2000

int gs_step_fail(char **error, int r, char *sentence)
{
	free(*error);
	*error = sentence;
	return r;
}

int gs_step_stuck(const struct gs_executor *executor)
{
	return executor->worker ? gs_worker_stuck(executor->worker) : 0;
}

bool gs_step_may_have_run(const struct gs_plan *plan, size_t at)
{
	bool known = false;

	for (size_t i = 0; i < plan->n_steps; i++)
		known = known || plan->steps[i].result != GS_RESULT_NOT_RUN;
	return !known || plan->steps[at].result != GS_RESULT_NOT_RUN;
}

static int have_worker(struct gs_executor *executor)
{
	if (executor->worker && !gs_worker_gone(executor->worker))
		return 0;
	gs_worker_stop(executor->worker);
	executor->worker = NULL;
	return gs_worker_start(executor->engine, executor->lock, &executor->worker);
}

int gs_step_job(struct gs_executor *executor, enum gs_job_kind kind, const char *path,
		const char *data, char answer[GS_JOB_TEXT])
{
	int r = have_worker(executor);

	if (r < 0)
		return r;
	return gs_worker_do(executor->worker, kind, path, data, executor->options->timeout_ms,
			    answer);
}

static const char *why_not_written(const struct gs_executor *executor, int error)
{
	if (error != -ECHILD)
		return strerror(-error);
	return gs_step_stuck(executor) ? "an earlier write still hangs in the kernel" :
					 "the process that writes was ended";
}

int gs_step_write(struct gs_executor *executor, const char *path, const char *data, char **error)
{
	int r = gs_step_job(executor, GS_JOB_WRITE, path, data, NULL);

	if (r == -ETIMEDOUT)
		return gs_step_fail(
			error, r,
			gs_asprintf("the kernel did not come back from a write to /%s within %u ms",
				    path, executor->options->timeout_ms));
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot write \"%.*s\" to /%s: %s",
						(int)strcspn(data, "\n"), data, path,
						why_not_written(executor, r)));
	return 0;
}

int gs_live_driver(struct gs_engine *engine, const char *address, char **ret)
{
	char path[GS_PATH_MAX];
	int r;

	*ret = NULL;
	r = gs_path(path, PCI_DEVICES "/%s/driver", address);
	if (r == 0)
		r = gs_tree_link_name(engine, path, ret);
	if (r != -ENOENT)
		return r;
	r = gs_path(path, PCI_DEVICES "/%s", address);
	if (r < 0)
		return r;
	return gs_tree_exists(engine, path) ? 0 : -ENODEV;
}

int gs_live_override(struct gs_executor *executor, const char *address, char **ret)
{
	char text[GS_JOB_TEXT];
	char path[GS_PATH_MAX];
	int r;

	*ret = NULL;
	r = gs_path(path, PCI_DEVICES "/%s/driver_override", address);
	if (r == 0)
		r = gs_step_job(executor, GS_JOB_READ, path, NULL, text);
	if (r < 0 || gs_streq(text, "(null)") || gs_streq(text, ""))
		return r;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int load_module(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	int r = gs_step_job(executor, GS_JOB_LOAD_MODULE, action->target, action->value, NULL);

	if (r < 0)
		return gs_step_fail(
			error, r,
			gs_asprintf("cannot load the module %s: %s", action->target, strerror(-r)));
	return 0;
}

static int hold_power(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	gs_cleanup_free char *now = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, PCI_DEVICES "/%s/power/control", action->target);
	if (r == 0)
		r = gs_step_write(executor, path, action->value, error);
	if (r == 0)
		r = gs_tree_read(executor->engine, path, &now);
	if (r == 0 && !gs_streq(now, action->value))
		return gs_step_fail(
			error, -EIO,
			gs_asprintf("/%s reads %s after writing %s", path, now, action->value));
	return r;
}

static int set_override(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	gs_cleanup_free char *now = NULL;
	const char *wanted = action->value[0] ? action->value : NULL;
	char line[GS_JOB_TEXT];
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, PCI_DEVICES "/%s/driver_override", action->target);
	if (r < 0)
		return r;
	if (snprintf(line, sizeof(line), "%s\n", action->value) >= (int)sizeof(line))
		return -ENAMETOOLONG;
	r = gs_step_write(executor, path, line, error);
	if (r < 0)
		return r;
	r = gs_live_override(executor, action->target, &now);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot read /%s: %s", path, strerror(-r)));
	if (!gs_streq(now, wanted))
		return gs_step_fail(error, -EIO,
				    gs_asprintf("/%s reads %s after writing %s", path,
						now ? now : "nothing",
						wanted ? wanted : "nothing"));
	return 0;
}

static int unbind(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	gs_cleanup_free char *before = NULL;
	gs_cleanup_free char *after = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_live_driver(executor->engine, action->target, &before);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("%s has gone: %s", action->target, strerror(-r)));
	if (!before)
		return 0;
	if (!gs_streq(before, action->value))
		return gs_step_fail(error, -ESTALE,
				    gs_asprintf("%s is bound to %s, not to %s as planned",
						action->target, before, action->value));
	r = gs_path(path, PCI_DRIVERS "/%s/unbind", before);
	if (r == 0)
		r = gs_step_write(executor, path, action->target, error);
	if (r < 0)
		return r;
	r = gs_live_driver(executor->engine, action->target, &after);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("%s has gone: %s", action->target, strerror(-r)));
	if (after)
		return gs_step_fail(error, -EBUSY,
				    gs_asprintf("%s is still bound to %s", action->target, after));
	return 0;
}

/* Does the driver found answer to the driver asked for ("": any that is no vfio driver)? */
static bool driver_is(const char *found, const char *wanted)
{
	if (gs_streq(wanted, GS_NO_DRIVER))
		return !found;
	if (gs_streq(wanted, GS_ANY_DRIVER))
		return !gs_driver_is_vfio(found);
	if (wanted[0])
		return gs_streq(found, wanted);
	return found && !gs_driver_is_vfio(found);
}

static int verify_driver(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	gs_cleanup_free char *now = NULL;
	int r = gs_live_driver(executor->engine, action->target, &now);

	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("%s has gone: %s", action->target, strerror(-r)));
	if (driver_is(now, action->value))
		return 0;
	return gs_step_fail(error, -ENXIO,
			    gs_asprintf("%s is %s%s, not bound to %s", action->target,
					now ? "bound to " : "without a driver", now ? now : "",
					action->value[0] ? action->value : "a driver of the host"));
}

static bool is_bound_as_asked(void *data)
{
	struct gs_executor *executor = ((void **)data)[0];
	const struct gs_action *action = ((void **)data)[1];
	gs_cleanup_free char *now = NULL;

	return gs_live_driver(executor->engine, action->target, &now) == 0 &&
	       driver_is(now, action->value);
}

/* Is the driver named, or left to the kernel? */
static bool names_driver(const char *value)
{
	return value[0] && !gs_streq(value, GS_ANY_DRIVER);
}

/*
 * A driver that is known is asked by its own bind file, which tells why its
 * probe failed; drivers_probe, which always says yes, is for the kernel's own
 * choice. A deferred probe is not a failed one: bind says EAGAIN, drivers_probe
 * says nothing, so that its driver gets a moment.
 */
static int write_probe(struct gs_executor *executor, const struct gs_action *action, void *data[2],
		       char **error)
{
	unsigned int patience = executor->options->timeout_ms;
	char path[GS_PATH_MAX];
	int r;

	if (names_driver(action->value))
		r = gs_path(path, PCI_DRIVERS "/%s/bind", action->value);
	else
		r = gs_path(path, "sys/bus/pci/drivers_probe");
	if (r == 0)
		r = gs_step_write(executor, path, action->target, error);
	if (r == 0 && !action->value[0] && patience > DEFERRED_MS)
		patience = DEFERRED_MS;
	if (r == -EAGAIN || (r == 0 && !action->value[0]))
		r = gs_wait_uevent(executor->engine, "pci", is_bound_as_asked, data, patience);
	return r;
}

static int probe(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	void *data[2] = { executor, (void *)action };
	char *written = NULL;
	int r;

	if (!gs_streq(action->value, GS_ANY_DRIVER) && is_bound_as_asked(data))
		return 0;
	r = write_probe(executor, action, data, &written);
	if (gs_step_stuck(executor))
		return gs_step_fail(error, r, written);
	free(written);
	if (is_bound_as_asked(data))
		return 0;
	if (r == 0 || r == -ETIMEDOUT)
		return verify_driver(executor, action, error);
	return gs_step_fail(error, r,
			    action->value[0]
				    ? gs_asprintf("driver %s refused %s: %s", action->value,
						  action->target, strerror(-r))
				    : gs_asprintf("the kernel found no driver for %s: %s",
						  action->target, strerror(-r)));
}

static int record(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	const struct gs_plan *plan = executor->plan;
	int r = 0;

	/* Only now: a switch that was undone gave nothing to a guest. */
	if (plan->remember && gs_streq(action->value, gs_mode_name(GS_MODE_PASSTHROUGH)))
		plan->remember->passed = true;
	if (plan->remember)
		r = gs_remembered_store(executor->engine, action->target, &plan->identity,
					plan->remember);
	if (r == 0)
		r = gs_quarantine_lift(executor->engine, action->target);
	if (r < 0)
		return gs_step_fail(error, r,
				    gs_asprintf("cannot record the new mode: %s", strerror(-r)));
	return 0;
}

/* The kernel prints them as it takes them. */
static int set_reset_methods(struct gs_executor *executor, const struct gs_action *action,
			     char **error)
{
	gs_cleanup_free char *now = NULL;
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, PCI_DEVICES "/%s/reset_method", action->target);
	if (r == 0)
		r = gs_step_write(executor, path, action->value, error);
	if (r == 0)
		r = gs_tree_read(executor->engine, path, &now);
	if (r == 0 && !gs_streq(now, action->value))
		return gs_step_fail(
			error, -EIO,
			gs_asprintf("/%s reads %s after writing %s", path, now, action->value));
	return r;
}

/* Whether it came back from it is seen by the wait that follows. */
static int reset(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	char path[GS_PATH_MAX];
	int r;

	r = gs_path(path, PCI_DEVICES "/%s/reset", action->target);
	return r < 0 ? r : gs_step_write(executor, path, "1", error);
}

static int (*const step_table[GS_OP_COUNT])(struct gs_executor *, const struct gs_action *,
					    char **) = {
	[GS_OP_STOP_SERVICE] = gs_step_stop_service,
	[GS_OP_START_SERVICE] = gs_step_start_service,
	[GS_OP_LOAD_MODULE] = load_module,
	[GS_OP_FENCE] = gs_step_fence,
	[GS_OP_UNFENCE] = gs_step_unfence,
	[GS_OP_HOLD_POWER] = hold_power,
	[GS_OP_SET_OVERRIDE] = set_override,
	[GS_OP_UNBIND] = unbind,
	[GS_OP_PROBE] = probe,
	[GS_OP_VERIFY_DRIVER] = verify_driver,
	[GS_OP_VERIFY_GROUP] = gs_step_verify_group,
	[GS_OP_WAIT] = gs_step_wait,
	[GS_OP_ENABLE_VFS] = gs_step_enable_vfs,
	[GS_OP_DISABLE_VFS] = gs_step_disable_vfs,
	[GS_OP_CREATE_VGPU] = gs_step_create_vgpu_now,
	[GS_OP_REMOVE_VGPU] = gs_step_remove_vgpu_now,
	[GS_OP_RECORD] = record,
	[GS_OP_RESET_METHODS] = set_reset_methods,
	[GS_OP_RESET] = reset,
	[GS_OP_SET_DEFINITIONS] = gs_step_set_definitions,
	[GS_OP_SET_PARAMS] = gs_step_set_params,
};

int gs_step_run(struct gs_executor *executor, const struct gs_action *action, char **error)
{
	if (!step_table[action->op])
		return gs_step_fail(error, -ENOTSUP,
				    gs_asprintf("no way to do %s", gs_op_name(action->op)));
	return step_table[action->op](executor, action, error);
}
