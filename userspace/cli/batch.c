// SPDX-License-Identifier: GPL-2.0-or-later
/* batch.c - planning, carrying out and reporting a list of cards */
#include "batch.h"

#include "host.h"
#include "json.h"
#include "json_build.h"
#include "output.h"
#include "stuck.h"
#include "want.h"
#include "want_resolve.h"

struct cli_item *cli_batch_add(struct cli_batch *batch, const char *name, const char *card,
			       enum gs_mode to)
{
	struct cli_item *item;

	if (gs_grow(&batch->items, batch->n_items, sizeof(*batch->items)) < 0)
		return NULL;
	item = &batch->items[batch->n_items];
	item->name = strdup(name);
	if (!item->name)
		return NULL;
	snprintf(item->card, sizeof(item->card), "%s", card ? card : "");
	item->to = to;
	batch->n_items++;
	return item;
}

void cli_batch_clear(struct cli_batch *batch)
{
	for (size_t i = 0; i < batch->n_items; i++) {
		struct cli_item *item = &batch->items[i];

		gs_plan_free(item->plan);
		free(item->name);
		free(item->code);
		free(item->message);
		free(item->fix);
	}
	free(batch->items);
	*batch = (struct cli_batch){0};
}

void cli_item_say(struct cli_item *item, enum gs_exit status, const char *result, const char *code,
		  const char *format, ...)
{
	va_list args;

	if (item->result)
		return;
	item->result = result;
	item->status = status;
	item->code = code ? strdup(code) : NULL;
	if (!format)
		return;
	va_start(args, format);
	if (vasprintf(&item->message, format, args) < 0)
		item->message = NULL;
	va_end(args);
}

static void refuse(struct cli_item *item)
{
	const struct gs_blocker *first = &item->plan->blockers[0];

	cli_item_say(item, cli_refused_status(item->plan), "refused",
		     gs_refusal_code(first->refusal), "%s", first->message);
	item->fix = first->fix ? strdup(first->fix) : NULL;
}

/* A want that no host can satisfy, found out by looking at this one. */
static void mistaken(struct cli_item *item, struct gs_want_error *error)
{
	cli_item_say(item, GS_EXIT_REFUSED, "refused", "usage", "%s",
		     error->message ? error->message : "this cannot be wanted");
	free(error->message);
	item->fix = error->fix;
	*error = (struct gs_want_error){0};
}

int cli_item_plan(struct cli *cli, struct gs_host *host, struct cli_item *item)
{
	struct gs_want_error error = {0};
	struct gs_address address;
	struct gs_card *card;
	int r;

	gs_plan_free(gs_steal(item->plan));
	if (gs_address_parse(item->card, &address) < 0 || !(card = gs_host_card(host, &address))) {
		cli_item_say(item, GS_EXIT_REFUSED, "refused", "unknown-card", "there is no card %s",
			     item->card[0] ? item->card : item->name);
		return 0;
	}
	item->mode = gs_mode_name(card->mode);
	r = gs_want_resolve(cli->engine, host, card, &item->want);
	if (r == 0)
		r = gs_plan_make(host, card, &item->want, &item->plan, &error);
	if (r == -EINVAL) {
		mistaken(item, &error);
		return 0;
	}
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot plan: %s",
				strerror(-r));
	if (item->plan->n_blockers)
		refuse(item);
	else if (!item->plan->n_steps)
		cli_item_say(item, GS_EXIT_DONE, "already", NULL, NULL);
	return 0;
}

/* The mode of the card now, from a fresh read. */
static const char *read_mode(struct cli *cli, const char *card)
{
	gs_cleanup_host struct gs_host *host = NULL;
	const struct gs_card *found = NULL;
	struct gs_address address;

	if (gs_address_parse(card, &address) == 0 &&
	    gs_inventory_read(cli->engine, 0, &host) == 0)
		found = gs_host_card(host, &address);
	return found ? gs_mode_name(found->mode) : NULL;
}

void cli_item_run(struct cli *cli, struct gs_lock *lock, struct cli_item *item)
{
	struct cli_outcome outcome;

	if (item->result)
		return;
	cli_plan_warnings(item->plan);
	cli_switch_execute(cli, lock, item->plan, &outcome);
	if (outcome.status == GS_EXIT_ATTENTION)
		cli_tell_stuck(cli, item->card);
	item->mode = read_mode(cli, item->card);
	if (outcome.status != GS_EXIT_DONE) {
		cli_item_say(item, outcome.status, outcome.touched ? "failed" : "refused", "failed",
			     "%s", outcome.message ? outcome.message : "out of memory");
		item->fix = gs_steal(outcome.fix);
	} else if (!gs_streq(item->mode, gs_mode_name(item->to))) {
		cli_item_say(item, GS_EXIT_FAILED, "failed", "failed",
			     "every step was done, but it is not in mode %s now",
			     gs_mode_name(item->to));
	} else {
		cli_item_say(item, GS_EXIT_DONE, "done", NULL, NULL);
	}
	cli_outcome_clear(&outcome);
}

/* What needs a person most decides: 4 over 5, 6, 3, then 1. */
static enum gs_exit worse(enum gs_exit a, enum gs_exit b)
{
	static const int rank[] = {
		[GS_EXIT_DONE] = 0,    [GS_EXIT_FAILED] = 1, [GS_EXIT_USAGE] = 2,
		[GS_EXIT_REFUSED] = 3, [GS_EXIT_BUSY] = 4,   [GS_EXIT_REBOOT] = 5,
		[GS_EXIT_ATTENTION] = 6,
	};

	return rank[a] >= rank[b] ? a : b;
}

static struct json_object *json_item(const struct cli_item *item)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "name", item->name);
	gs_json_put_string(&json, "card", item->card[0] ? item->card : NULL);
	gs_json_put_string(&json, "to", gs_mode_name(item->to));
	gs_json_put_string(&json, "result", item->result ? item->result : "not-run");
	gs_json_put_string(&json, "code", item->code);
	gs_json_put_string(&json, "message", item->message);
	gs_json_put_string(&json, "fix", item->fix);
	gs_json_put_string(&json, "mode", item->mode);
	return gs_json_end(&json);
}

static int print_document(const struct cli_batch *batch, enum gs_exit status)
{
	struct gs_json json, results;

	gs_json_begin_array(&results);
	for (size_t i = 0; i < batch->n_items; i++)
		gs_json_add(&results, json_item(&batch->items[i]));
	gs_json_begin_document(&json);
	gs_json_put(&json, "results", gs_json_end(&results));
	return cli_document(gs_json_end(&json), status);
}

static void print_item(const struct cli *cli, const struct cli_item *item)
{
	bool bad = item->status != GS_EXIT_DONE;

	cli_result_line(cli, "%s: %s: %s%s%s%s", item->name, gs_mode_name(item->to),
			item->result ? item->result : "not-run", item->code ? " (" : "",
			item->code ? item->code : "", item->code ? ")" : "");
	if (item->message)
		cli_message("%s: %s", item->name, item->message);
	if (item->fix && bad)
		cli_line(stderr, "  fix: %s", item->fix);
}

int cli_batch_report(struct cli *cli, const struct cli_batch *batch)
{
	enum gs_exit status = GS_EXIT_DONE;

	for (size_t i = 0; i < batch->n_items; i++)
		status = worse(batch->items[i].status, status);
	for (size_t i = 0; i < batch->n_items; i++)
		print_item(cli, &batch->items[i]);
	return cli->json ? print_document(batch, status) : (int)status;
}
