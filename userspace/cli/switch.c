// SPDX-License-Identifier: GPL-2.0-or-later
/* switch.c - root, lock, recovery and execution */
#include "switch.h"

#include <signal.h>

#include "output.h"
#include "progress.h"
#include "stuck.h"

/* Set by the first Ctrl-C; the second one finds it set. */
static volatile sig_atomic_t interrupted;

static void note_signal(int number)
{
	(void)number;
	interrupted = 1;
}

/* From here on a signal asks for an undo, and kills nobody half way. */
static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
	struct sigaction old;

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* What nohup ignores stays ignored. */
	if (sigaction(SIGHUP, NULL, &old) < 0 || old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

/* When all that the command does must have ended; 0: no such time. */
static uint64_t end_us;

bool cli_switch_has_time(const struct cli *cli)
{
	return !cli->end_us || gs_now_us() < cli->end_us;
}

static bool was_interrupted(void *data)
{
	(void)data;
	return interrupted || (end_us && gs_now_us() >= end_us);
}

bool cli_switch_interrupted(void)
{
	return interrupted;
}

/* What one write may take, when there is not so much time left. */
static unsigned int write_timeout(const struct cli *cli)
{
	uint64_t now = gs_now_us(), left;

	if (!cli->end_us)
		return cli->timeout_ms;
	left = cli->end_us > now ? (cli->end_us - now) / 1000 + 1 : 1;
	return left < cli->timeout_ms ? (unsigned int)left : cli->timeout_ms;
}

/* The command line again, for root; NULL where it would need quotes. */
static char *as_root(const struct cli *cli)
{
	char *command = strdup("sudo gpushift");

	for (int i = 1; command && i < cli->argc; i++) {
		char *longer = NULL;

		if (cli->argv[i][strspn(cli->argv[i], "abcdefghijklmnopqrstuvwxyz"
						      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
						      "0123456789-_=:.,/+")] == '\0')
			longer = gs_asprintf("%s %s", command, cli->argv[i]);
		free(command);
		command = longer;
	}
	return command;
}

int cli_need_root(struct cli *cli)
{
	gs_cleanup_free char *fix = as_root(cli);

	return cli_fail(cli, GS_EXIT_REFUSED, "not-permitted",
			fix ? fix : "run the same command as root", "'%s' needs root",
			cli->verb->name);
}

int cli_switch_lock(struct cli *cli, struct gs_lock **ret)
{
	int r;

	if (geteuid() != 0)
		return cli_need_root(cli);
	r = gs_lock_wait(cli->engine, cli->timeout_ms, cli->patient_until_us, ret);
	switch (r) {
	case 0:
		return 0;
	case -EBUSY:
		return cli_fail(cli, GS_EXIT_BUSY, "busy", "wait until it has ended, and try again",
				"another switch is running");
	case -ETIMEDOUT:
		return cli_fail(cli, GS_EXIT_BUSY, "busy", "gpushift list",
				"the last write of an earlier switch is still stuck in the kernel");
	case -EPERM:
	case -EACCES:
		return cli_need_root(cli);
	default:
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot take the lock: %s",
				strerror(-r));
	}
}

/* A sentence about what recovery did; NULL: there was nothing to do. */
static const char *recovered_text(enum gs_recovered outcome)
{
	switch (outcome) {
	case GS_RECOVERED_NOTHING:
		return NULL;
	case GS_RECOVERED_FINISHED:
		return "had reached the new mode; finished";
	case GS_RECOVERED_UNDONE:
		return "was undone; the old mode is whole again";
	case GS_RECOVERED_REPORTED:
		return "was before the last boot; only compared, and set aside";
	case GS_RECOVERED_SET_ASIDE:
		return "left a journal that cannot be read; set aside, nothing was changed";
	case GS_RECOVERED_FAILED:
		return "could not be undone; the card needs attention";
	}
	return NULL;
}

static void tell_recovery(const struct gs_recovery *recovery)
{
	const char *text = recovered_text(recovery->outcome);

	if (!text)
		return;
	if (recovery->card)
		cli_message("the interrupted switch of %s from %s to %s %s", recovery->card,
			    recovery->from ? recovery->from : "?",
			    recovery->to ? recovery->to : "?", text);
	else
		cli_message("an interrupted switch %s", text);
	if (recovery->detail)
		cli_line(stderr, "  %s", recovery->detail);
}

static int recovery_failed(struct cli *cli, const struct gs_recovery *recovery)
{
	gs_cleanup_free char *fix = NULL;

	if (recovery->card)
		fix = gs_asprintf("gpushift show %s", recovery->card);
	cli_tell_stuck(cli, recovery->card);
	return cli_fail(
		cli, GS_EXIT_ATTENTION, "quarantined", fix,
		"the interrupted switch%s%s could not be undone; the card needs attention%s%s",
		recovery->card ? " of " : "", recovery->card ? recovery->card : "",
		recovery->detail ? ": " : "", recovery->detail ? recovery->detail : "");
}

int cli_switch_recover(struct cli *cli, struct gs_lock *lock, struct gs_recovery *ret)
{
	struct gs_execute_options options = {.timeout_ms = cli->timeout_ms};
	int r;

	*ret = (struct gs_recovery){0};
	catch_signals();
	r = gs_recover(cli->engine, lock, &options, ret);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"cannot recover the interrupted switch: %s", strerror(-r));
	if (ret->outcome == GS_RECOVERED_FAILED)
		return recovery_failed(cli, ret);
	tell_recovery(ret);
	return 0;
}

int cli_switch_begin(struct cli *cli, struct gs_lock **ret)
{
	struct gs_recovery recovery;
	struct gs_lock *lock;
	int r;

	r = cli_switch_lock(cli, &lock);
	if (r)
		return r;
	r = cli_switch_recover(cli, lock, &recovery);
	gs_recovery_clear(&recovery);
	if (r)
		gs_lock_release(lock);
	else
		*ret = lock;
	return r;
}

/* The last one: those that may fail come before it. */
static const struct gs_step *failed_step(const struct gs_plan *plan)
{
	for (size_t i = plan->n_steps; i-- > 0;) {
		if (plan->steps[i].result == GS_RESULT_FAILED)
			return &plan->steps[i];
	}
	return NULL;
}

/* What went wrong: the step that failed, or Ctrl-C. */
static char *cause(const struct gs_plan *plan)
{
	const struct gs_step *step = failed_step(plan);

	if (step)
		return gs_asprintf("%s %s failed%s%s", gs_op_name(step->action.op),
				   step->action.target ? step->action.target : "",
				   step->error ? ": " : "", step->error ? step->error : "");
	if (interrupted)
		return strdup("interrupted");
	return strdup(was_interrupted(NULL) ? "the time for it was up" : "failed");
}

static void explain(const struct gs_plan *plan, int r, struct cli_outcome *outcome)
{
	gs_cleanup_free char *why = NULL;

	if (r < 0) {
		outcome->message =
			gs_asprintf("cannot begin: %s; nothing was touched", strerror(-r));
		return;
	}
	why = cause(plan);
	if (r == GS_EXIT_FAILED) {
		outcome->message = gs_asprintf("%s; what was done is undone", why ? why : "failed");
		return;
	}
	outcome->message = gs_asprintf("%s; it could not be undone, and %s needs attention",
				       why ? why : "failed", plan->card);
	outcome->fix = gs_asprintf("gpushift show %s", plan->card);
}

void cli_switch_execute(struct cli *cli, struct gs_lock *lock, struct gs_plan *plan,
			struct cli_outcome *ret)
{
	struct cli_progress progress;
	struct gs_execute_options options = {
		.timeout_ms = write_timeout(cli),
		.progress = cli_progress_step,
		.cancelled = cli->keep_going ? NULL : was_interrupted,
		.data = &progress,
	};
	int r;

	*ret = (struct cli_outcome){0};
	end_us = cli->end_us;
	catch_signals();
	cli_progress_begin(&progress, cli->quiet);
	r = gs_execute(cli->engine, lock, plan, &options);
	cli_progress_end(&progress);

	/* An executor that could not begin has refused: nothing was touched. */
	ret->status = r < 0 ? GS_EXIT_REFUSED : (enum gs_exit)r;
	ret->touched = r >= 0;
	if (r != GS_EXIT_DONE)
		explain(plan, r, ret);
}

void cli_outcome_clear(struct cli_outcome *outcome)
{
	free(outcome->message);
	free(outcome->fix);
}
