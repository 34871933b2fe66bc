// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_selftest.c - gpushift selftest <card>: there and back, again and again */
#include "host.h"
#include "json_build.h"
#include "output.h"
#include "selftest.h"
#include "switch.h"
#include "want.h"
#include "want_resolve.h"

/* From here on memory and descriptors must not grow: what is kept was got by then. */
#define WARM_ROUND 200

struct test {
	struct cli *cli;
	struct gs_lock *lock;
	char card[GS_ADDRESS_LEN];
	enum gs_mode start;
	char *snapshot;
	struct cli_times there, back;
	unsigned int done;
	bool quiet; /* as the user said it */
	struct cli_usage_of_us before, after;
	char *failure; /* a sentence; NULL: none */
	enum gs_exit status;
};

static void fail(struct test *test, enum gs_exit status, char *sentence)
{
	if (test->failure) {
		free(sentence);
		return;
	}
	test->failure = sentence ? sentence : strdup("out of memory");
	test->status = status;
}

static int read_card(struct test *test, unsigned int flags, struct gs_host **ret_host,
		     struct gs_card **ret)
{
	struct gs_address address;
	int r = gs_inventory_read(test->cli->engine, flags, ret_host);

	if (r < 0) {
		fail(test, GS_EXIT_FAILED, gs_asprintf("cannot read the host: %s", strerror(-r)));
		return r;
	}
	if (gs_address_parse(test->card, &address) < 0 || !(*ret = gs_host_card(*ret_host, &address))) {
		fail(test, GS_EXIT_FAILED, gs_asprintf("%s is gone", test->card));
		return -ENODEV;
	}
	return 0;
}

static int make_plan(struct test *test, enum gs_mode mode, struct gs_plan **ret)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_want want = {.mode = mode, .with = test->cli->with, .n_with = test->cli->n_with};
	struct gs_want_error error = {0};
	struct gs_card *card;
	int r = read_card(test, CLI_PLAN_READS, &host, &card);

	if (r == 0)
		r = gs_want_resolve(test->cli->engine, host, card, &want);
	if (r == 0)
		r = gs_plan_make(host, card, &want, ret, &error);
	if (r < 0)
		fail(test, GS_EXIT_FAILED,
		     gs_asprintf("cannot plan: %s", error.message ? error.message : strerror(-r)));
	gs_want_clear(&want);
	free(error.message);
	free(error.fix);
	return r;
}

/* One way; the time of all that a user would wait for. */
static int go(struct test *test, enum gs_mode mode, struct cli_times *times)
{
	cli_cleanup_plan struct gs_plan *plan = NULL;
	uint64_t start = gs_now_us();
	struct cli_outcome outcome;
	int r = make_plan(test, mode, &plan);

	if (r < 0)
		return r;
	if (plan->n_blockers) {
		fail(test, cli_refused_status(plan),
		     gs_asprintf("%s is refused (%s): %s", gs_mode_name(mode),
				 gs_refusal_code(plan->blockers[0].refusal),
				 plan->blockers[0].message));
		return -EPERM;
	}
	cli_switch_execute(test->cli, test->lock, plan, &outcome);
	r = outcome.status == GS_EXIT_DONE ? 0 : -EIO;
	if (r == 0 && cli_times_add(times, gs_now_us() - start) < 0)
		fail(test, GS_EXIT_FAILED, NULL);
	if (r < 0)
		fail(test, outcome.status, gs_asprintf("to %s: %s", gs_mode_name(mode),
						       outcome.message ? outcome.message : "failed"));
	cli_outcome_clear(&outcome);
	return r;
}

static void check_whole(struct test *test)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct gs_card *card;
	char *how = NULL;

	if (read_card(test, 0, &host, &card) < 0)
		return;
	if (card->mode != test->start)
		fail(test, GS_EXIT_FAILED,
		     gs_asprintf("it came back in mode %s", gs_mode_name(card->mode)));
	else if (cli_card_compare(card, test->snapshot, &how) < 0)
		fail(test, GS_EXIT_FAILED, NULL);
	else if (how)
		fail(test, GS_EXIT_FAILED, how);
}

static void check_usage(struct test *test)
{
	if (cli_usage_read(&test->after) < 0)
		fail(test, GS_EXIT_FAILED, strdup("cannot read /proc/self"));
	/* Libraries keep what they needed once; after some rounds there is nothing new. */
	if (test->done == 1 || test->done == WARM_ROUND)
		test->before = test->after;
	if (test->after.fds != test->before.fds)
		fail(test, GS_EXIT_FAILED,
		     gs_asprintf("%u files are open after round %u, and %u were before",
				 test->after.fds, test->done, test->before.fds));
}

/* The way back is never cut off: that is where the card has to be at the end. */
static void run_round(struct test *test)
{
	enum gs_mode other =
		test->start == GS_MODE_HOST ? GS_MODE_PASSTHROUGH : GS_MODE_HOST;
	int r;

	r = go(test, other, &test->there);
	if (r < 0)
		return;
	test->cli->keep_going = true;
	r = go(test, test->start, &test->back);
	test->cli->keep_going = false;
	if (r < 0)
		return;
	test->done++;
	check_whole(test);
	check_usage(test);
}

static void run_rounds(struct test *test)
{
	struct cli *cli = test->cli;

	test->quiet = cli->quiet;
	cli->quiet = !cli->verbose;
	while (!test->failure && test->done < cli->rounds) {
		if (cli_switch_interrupted()) {
			fail(test, GS_EXIT_FAILED, strdup("interrupted"));
			break;
		}
		run_round(test);
		if (!test->quiet && !test->failure && test->done % 10 == 0)
			cli_message("%s: %u of %u rounds", test->card, test->done, cli->rounds);
	}
	cli->quiet = test->quiet;
	cli_times_sort(&test->there);
	cli_times_sort(&test->back);
}

static struct json_object *json_times(const struct cli_times *times)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_number(&json, "min", times->count ? (int64_t)times->us[0] : 0);
	gs_json_put_number(&json, "median", (int64_t)cli_times_median(times));
	gs_json_put_number(&json, "max", times->count ? (int64_t)times->us[times->count - 1] : 0);
	return gs_json_end(&json);
}

static int print_document(const struct test *test)
{
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "card", test->card);
	gs_json_put_string(&json, "mode", gs_mode_name(test->start));
	gs_json_put_number(&json, "rounds", test->cli->rounds);
	gs_json_put_number(&json, "done", test->done);
	gs_json_put_string(&json, "verdict", test->failure ? "failed" : "passed");
	gs_json_put_string(&json, "message", test->failure);
	gs_json_put(&json, "there_us", json_times(&test->there));
	gs_json_put(&json, "back_us", json_times(&test->back));
	gs_json_put_number(&json, "fds_before", test->before.fds);
	gs_json_put_number(&json, "fds_after", test->after.fds);
	gs_json_put_number(&json, "rss_kib_before", (int64_t)test->before.rss_kib);
	gs_json_put_number(&json, "rss_kib_after", (int64_t)test->after.rss_kib);
	return cli_document(gs_json_end(&json), test->status);
}

static void print_times(const struct cli *cli, const char *what, const struct cli_times *times)
{
	if (times->count)
		cli_result_line(cli, "  %-6s min %.3f s, median %.3f s, max %.3f s", what,
			 times->us[0] / 1e6, cli_times_median(times) / 1e6,
			 times->us[times->count - 1] / 1e6);
}

static int report(const struct test *test)
{
	if (test->failure)
		cli_message("%s: round %u: %s", test->card, test->done + 1, test->failure);
	cli_result_line(test->cli, "%s: %u of %u rounds, %s", test->card, test->done,
			test->cli->rounds, test->failure ? "failed" : "passed");
	print_times(test->cli, "there", &test->there);
	print_times(test->cli, "back", &test->back);
	return test->cli->json ? print_document(test) : (int)test->status;
}

static int begin(struct test *test)
{
	gs_cleanup_host struct gs_host *host = NULL;
	struct cli *cli = test->cli;
	struct gs_card *card;
	int r;

	r = cli_read_host(cli, 0, &host);
	if (r == 0)
		r = cli_find_card(cli, host, cli->arguments[0], &card);
	if (r)
		return r;
	test->start = card->mode;
	memcpy(test->card, gs_card_display(card)->text, sizeof(test->card));
	if (card->mode != GS_MODE_HOST && card->mode != GS_MODE_PASSTHROUGH)
		return cli_fail(cli,
				card->mode == GS_MODE_QUARANTINED ? GS_EXIT_ATTENTION
								  : GS_EXIT_REFUSED,
				card->mode == GS_MODE_QUARANTINED ? "quarantined" : "in-use",
				NULL, "%s is in mode %s; a self-test begins in host or passthrough",
				test->card, gs_mode_name(card->mode));
	test->snapshot = cli_card_snapshot(card);
	return test->snapshot ? 0 : cli_no_memory(cli);
}

int cli_selftest_check(struct cli *cli)
{
	return cli->rounds ? 0 : cli_usage(cli, "'selftest' needs --rounds N");
}

int verb_selftest(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	struct test test = {.cli = cli};
	int r;

	r = cli_selftest_check(cli);
	if (r == 0)
		r = cli_switch_begin(cli, &lock);
	test.lock = lock;
	if (r == 0)
		r = begin(&test);
	if (r == 0) {
		run_rounds(&test);
		r = report(&test);
	}
	free(test.snapshot);
	free(test.failure);
	free(test.there.us);
	free(test.back.us);
	return r;
}
