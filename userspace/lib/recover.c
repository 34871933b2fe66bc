// SPDX-License-Identifier: GPL-2.0-or-later
#include <time.h>

#include "execute.h"
#include "identity.h"
#include "journal.h"
#include "quarantine.h"
#include "remembered.h"
#include "restore.h"
#include "tree.h"

/* Is it still the card that the journal is about? A parent that is no PCI function has no ids. */
static bool same_card(struct gs_engine *engine, const struct gs_plan *plan)
{
	struct gs_address address;
	struct gs_identity now;

	if (gs_address_parse(plan->card, &address) < 0)
		return true;
	return gs_identity_read(engine, plan->card, &now) == 0 &&
	       gs_identity_equal(&now, &plan->identity);
}

/* "damaged-1700000000", or with one more number where several came in one second. */
static char *free_suffix(struct gs_engine *engine, const char *what)
{
	long long now = (long long)time(NULL);

	for (int n = 0; n < 100; n++) {
		char *suffix = n ? gs_asprintf("%s-%lld-%d", what, now, n)
				 : gs_asprintf("%s-%lld", what, now);
		char path[GS_PATH_MAX];

		if (!suffix || gs_path(path, "%s.%s", GS_JOURNAL_PATH, suffix) < 0 ||
		    !gs_tree_exists(engine, path))
			return suffix;
		free(suffix);
	}
	return strdup(what);
}

static int set_aside(struct gs_engine *engine, struct gs_recovery *ret, enum gs_recovered outcome,
		     const char *what)
{
	gs_cleanup_free char *suffix = free_suffix(engine, what);
	int r;

	if (!suffix)
		return -ENOMEM;
	r = gs_journal_set_aside(engine, suffix);
	if (r < 0)
		return r;
	ret->outcome = outcome;
	ret->detail = gs_asprintf("kept as /%s.%s", GS_JOURNAL_PATH, suffix);
	return 0;
}

/* Functions whose driver the kernel chooses, if it has one: nothing shows whether it was asked. */
static void ask_again(struct gs_executor *executor)
{
	const struct gs_plan *plan = executor->plan;

	for (size_t i = 0; i < plan->n_steps; i++) {
		const struct gs_action *action = &plan->steps[i].action;
		gs_cleanup_free char *error = NULL;

		if (action->op == GS_OP_PROBE && gs_streq(action->value, GS_ANY_DRIVER))
			(void)!gs_step_run(executor, action, &error);
	}
}

/*
 * The plan of a single vGPU records nothing. No fence is left to be lifted: it
 * was before the driver was asked that the card is on now.
 */
static int finish(struct gs_executor *executor, char **error)
{
	const struct gs_plan *plan = executor->plan;
	const struct gs_step *last = plan->n_steps ? &plan->steps[plan->n_steps - 1] : NULL;

	ask_again(executor);
	gs_start_services(executor);
	if (!last || last->action.op != GS_OP_RECORD)
		return 0;
	return gs_step_run(executor, &last->action, error);
}

/* What did not come back and fails no switch: a service, or a drain that may never have been. */
static void tell_rest(const struct gs_plan *plan, struct gs_recovery *ret)
{
	for (size_t i = 0; i < plan->n_steps && !ret->detail; i++)
		if (plan->steps[i].error)
			ret->detail = strdup(plan->steps[i].error);
}

/* Quarantined; where that cannot be written, the journal stays and it is tried again. */
static void give_up(struct gs_executor *executor, struct gs_recovery *ret)
{
	int r = gs_give_up(executor, ret->detail);
	char *detail;

	ret->outcome = GS_RECOVERED_FAILED;
	if (r == 0)
		return;
	detail = gs_asprintf("%s%sthe quarantine cannot be recorded: %s; the journal stays",
			     ret->detail ? ret->detail : "", ret->detail ? "; " : "", strerror(-r));
	if (!detail)
		return;
	free(ret->detail);
	ret->detail = detail;
}

static void recover_plan(struct gs_executor *executor, struct gs_recovery *ret)
{
	gs_cleanup_free char *unfinished = NULL;

	if (gs_plan_reached(executor) && finish(executor, &unfinished) == 0) {
		ret->outcome = GS_RECOVERED_FINISHED;
		tell_rest(executor->plan, ret);
		return;
	}
	ret->outcome = GS_RECOVERED_UNDONE;
	if (!gs_step_stuck(executor) && gs_restore(executor, &ret->detail) == 0) {
		tell_rest(executor->plan, ret);
		return;
	}
	give_up(executor, ret);
}

/* Nothing is written to a card that a worker hangs at: the next would hang behind it. */
static bool left_alone(struct gs_engine *engine, const struct gs_plan *plan,
		       struct gs_recovery *ret)
{
	struct gs_process stuck;

	if (!gs_quarantine_stuck(engine, plan->card, &stuck))
		return false;
	ret->outcome = GS_RECOVERED_FAILED;
	(void)!gs_quarantine_read(engine, plan->card, &ret->detail);
	return true;
}

static int copy_header(const struct gs_plan *plan, struct gs_recovery *ret)
{
	ret->card = strdup(plan->card);
	ret->from = strdup(gs_mode_name(plan->from));
	ret->to = strdup(gs_mode_name(plan->to));
	return ret->card && ret->from && ret->to ? 0 : -ENOMEM;
}

static int recover_journal(struct gs_engine *engine, struct gs_lock *lock,
			   struct gs_journal *journal, const struct gs_execute_options *options,
			   struct gs_recovery *ret)
{
	struct gs_executor executor = {
		.engine = engine, .lock = lock, .options = options, .plan = journal->plan
	};
	int r;

	r = copy_header(journal->plan, ret);
	if (r < 0)
		return r;
	if (!journal->same_boot)
		return set_aside(engine, ret, GS_RECOVERED_REPORTED, "other-boot");
	if (!same_card(engine, journal->plan))
		return set_aside(engine, ret, GS_RECOVERED_REPORTED, "other-card");
	if (!left_alone(engine, journal->plan, ret)) {
		recover_plan(&executor, ret);
		gs_forget_removed(&executor);
		gs_forget_unmade(&executor);
	}
	gs_worker_stop(executor.worker);
	return executor.journal_stays ? 0 : gs_journal_end(engine);
}

/* Nothing that another try would read better. */
static bool is_damage(int r)
{
	return r == -EBADMSG || r == -EFBIG || r == -EISDIR || r == -ELOOP;
}

int gs_recover(struct gs_engine *engine, struct gs_lock *lock,
	       const struct gs_execute_options *options, struct gs_recovery *ret)
{
	struct gs_journal *journal = NULL;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = gs_journal_read(engine, &journal);
	if (r == -ENOENT)
		return 0;
	if (is_damage(r))
		return set_aside(engine, ret, GS_RECOVERED_SET_ASIDE, "damaged");
	if (r == -EPROTO)
		return set_aside(engine, ret, GS_RECOVERED_SET_ASIDE, "newer");
	if (r < 0)
		return r;
	r = recover_journal(engine, lock, journal, options, ret);
	gs_journal_free(journal);
	return r;
}

void gs_recovery_clear(struct gs_recovery *recovery)
{
	free(recovery->card);
	free(recovery->from);
	free(recovery->to);
	free(recovery->detail);
	memset(recovery, 0, sizeof(*recovery));
}

static int fill_interrupted(struct gs_engine *engine, const struct gs_journal *journal,
			    struct gs_interrupted *interrupted)
{
	interrupted->card = strdup(journal->plan->card);
	interrupted->from = strdup(gs_mode_name(journal->plan->from));
	interrupted->to = strdup(gs_mode_name(journal->plan->to));
	interrupted->other_boot = !journal->same_boot;
	interrupted->running = journal->same_boot && gs_process_alive(engine, &journal->writer);
	return interrupted->card && interrupted->from && interrupted->to ? 0 : -ENOMEM;
}

int gs_interrupted_read(struct gs_engine *engine, struct gs_interrupted **ret)
{
	struct gs_interrupted *interrupted;
	struct gs_journal *journal = NULL;
	int r;

	*ret = NULL;
	r = gs_journal_read(engine, &journal);
	if (r == -ENOENT || r == -ENOTDIR || r == -EACCES)
		return 0;
	if (r == -ENOMEM)
		return r;
	interrupted = calloc(1, sizeof(*interrupted));
	if (interrupted && r < 0)
		interrupted->damaged = -r;
	if (interrupted && r == 0 && fill_interrupted(engine, journal, interrupted) < 0) {
		free(interrupted->card);
		free(interrupted->from);
		free(interrupted->to);
		free(gs_steal(interrupted));
	}
	gs_journal_free(journal);
	if (!interrupted)
		return -ENOMEM;
	*ret = interrupted;
	return 0;
}
