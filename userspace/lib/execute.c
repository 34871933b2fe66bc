// SPDX-License-Identifier: GPL-2.0-or-later
#include "execute.h"

#include "journal.h"
#include "remembered.h"
#include "restore.h"

static void tell(struct gs_executor *executor, const struct gs_step *step)
{
	const struct gs_execute_options *options = executor->options;

	if (options->progress)
		options->progress(executor->plan, step, options->data);
}

static bool cancelled(struct gs_executor *executor)
{
	const struct gs_execute_options *options = executor->options;

	return options->cancelled && options->cancelled(options->data);
}

static int run_step(struct gs_executor *executor, struct gs_step *step)
{
	int r;

	tell(executor, step);
	if (cancelled(executor)) {
		step->error = gs_asprintf("cancelled");
		r = -ECANCELED;
	} else {
		r = gs_step_run(executor, &step->action, &step->error);
	}
	step->result = r < 0 ? GS_RESULT_FAILED : GS_RESULT_DONE;
	gs_journal_mark(executor->journal, step);
	tell(executor, step);
	return r;
}

/*
 * What is told and stops no switch: a service that does not come back is no
 * reason to take the card away again, and a drain is there where it works.
 */
static bool may_fail(const struct gs_executor *executor, const struct gs_step *step, int r)
{
	enum gs_op op = step->action.op;

	if (r == -ECANCELED || gs_step_stuck(executor))
		return false;
	return op == GS_OP_START_SERVICE ||
	       (r == -EOPNOTSUPP && (op == GS_OP_FENCE || op == GS_OP_UNFENCE));
}

static int run_steps(struct gs_executor *executor)
{
	struct gs_plan *plan = executor->plan;

	for (size_t i = 0; i < plan->n_steps; i++) {
		int r = run_step(executor, &plan->steps[i]);

		if (r < 0 && !may_fail(executor, &plan->steps[i], r))
			return r;
	}
	return 0;
}

static void mark_undone(struct gs_executor *executor)
{
	struct gs_plan *plan = executor->plan;

	for (size_t i = plan->n_steps; i-- > 0;) {
		struct gs_step *step = &plan->steps[i];

		if (step->result != GS_RESULT_DONE || !step->undo)
			continue;
		step->result = GS_RESULT_UNDONE;
		tell(executor, step);
	}
}

/* Why the step failed that ended it, which is the last one that did; NULL: it was not said. */
static const char *last_error(const struct gs_plan *plan)
{
	for (size_t i = plan->n_steps; i-- > 0;)
		if (plan->steps[i].result == GS_RESULT_FAILED)
			return plan->steps[i].error;
	return NULL;
}

static int undo(struct gs_executor *executor)
{
	gs_cleanup_free char *error = NULL;
	gs_cleanup_free char *reason = NULL;

	if (gs_step_stuck(executor)) {
		(void)!gs_give_up(executor, last_error(executor->plan));
		return GS_EXIT_ATTENTION;
	}
	if (gs_restore(executor, &error) == 0) {
		mark_undone(executor);
		/* What was wrong with a quarantined card still is. */
		return executor->plan->from == GS_MODE_QUARANTINED ? GS_EXIT_ATTENTION
								   : GS_EXIT_FAILED;
	}
	reason = gs_asprintf("the switch could not be undone: %s",
			     error ? error : "no reason is known");
	(void)!gs_give_up(executor, gs_step_stuck(executor) ? error : reason);
	return GS_EXIT_ATTENTION;
}

int gs_execute(struct gs_engine *engine, struct gs_lock *lock, struct gs_plan *plan,
	       const struct gs_execute_options *options)
{
	struct gs_executor executor = {
		.engine = engine, .lock = lock, .options = options, .plan = plan
	};
	int result = GS_EXIT_DONE;
	int r;

	if (engine->foreign_root)
		return -EPERM;
	if (plan->n_blockers > 0)
		return -EINVAL;
	if (plan->n_steps == 0)
		return GS_EXIT_DONE;
	/* A worker first: where none can be had, there is nothing to undo. */
	r = gs_worker_start(engine, lock, &executor.worker);
	if (r < 0)
		return r;
	r = gs_journal_write(engine, plan);
	if (r < 0) {
		gs_worker_stop(executor.worker);
		return r;
	}
	executor.journal = gs_journal_open(engine);
	if (run_steps(&executor) < 0)
		result = undo(&executor);
	gs_forget_removed(&executor);
	if (result != GS_EXIT_DONE)
		gs_forget_unmade(&executor);
	if (executor.journal >= 0)
		close(executor.journal);
	/* One that stays by a failure is no harm: recovery finds the mode whole and ends it. */
	if (!executor.journal_stays)
		(void)!gs_journal_end(engine);
	gs_worker_stop(executor.worker);
	return result;
}
