// SPDX-License-Identifier: GPL-2.0-or-later
/* wishes.c - gpushift apply --wishes */
#include "wishes.h"

#include "batch.h"
#include "host.h"
#include "output.h"
#include "quarantine.h"
#include "want.h"
#include "wish.h"

/* A file that says nothing that could be done. */
static int add_odd(struct cli_batch *batch, const struct gs_odd_wish *odd)
{
	struct cli_item *item = cli_batch_add(batch, odd->file, NULL, GS_MODE_HOST);

	if (!item)
		return -ENOMEM;
	if (odd->error == -EPROTO)
		cli_item_say(item, GS_EXIT_REFUSED, "refused", "newer",
			     "the wish was written by a newer gpushift; left alone");
	else if (odd->error == -EBADMSG)
		cli_item_say(item, GS_EXIT_REFUSED, "refused", "damaged",
			     "the wish cannot be read; set aside as %s.damaged", odd->file);
	else
		cli_item_say(item, GS_EXIT_FAILED, "failed", "failed",
			     "the wish cannot be read: %s", strerror(-odd->error));
	return 0;
}

/* Nothing is written for a card that is not surely the one. */
static void say_why_not(struct cli_item *item, const struct gs_wish *wish)
{
	switch (wish->found) {
	case GS_FOUND_IT:
		break;
	case GS_FOUND_NOTHING:
		cli_item_say(item, GS_EXIT_DONE, "absent", NULL,
			     "its card is not there; the wish is kept");
		break;
	case GS_FOUND_OTHER:
		cli_item_say(item, GS_EXIT_REFUSED, "refused", "identity-changed",
			     "%s holds another card than the one that was wished for",
			     wish->place.address);
		item->fix = gs_asprintf("gpushift set %s %s --persist", wish->place.address,
					gs_mode_name(wish->mode));
		break;
	case GS_FOUND_AMBIGUOUS:
		cli_item_say(item, GS_EXIT_REFUSED, "refused", "ambiguous",
			     "several cards could be the one that was wished for");
		break;
	}
}

/*
 * A card that hung, or could not be brought back, may do so at each boot: after one it is tried
 * once more, after two somebody has to look first.
 */
static void heed_history(struct cli *cli, struct cli_item *item)
{
	gs_cleanup_free char *reason = NULL;
	unsigned int boots;

	/* What needs no step, or is refused anyway, has its answer already. */
	if (item->result)
		return;
	boots = gs_quarantine_history(cli->engine, item->card, &reason);
	if (!boots)
		return;
	if (boots == 1) {
		cli_message("%s: quarantined in the last boot that switched it: %s; tried once more",
			    item->name, reason ? reason : "no reason is known");
		return;
	}
	cli_item_say(item, GS_EXIT_ATTENTION, "refused", "quarantined",
		     "%u boots on end left it quarantined; not tried again: %s", boots,
		     reason ? reason : "no reason is known");
	item->fix = gs_asprintf("gpushift set %s %s", item->card, gs_mode_name(item->to));
}

/* What is read anew for each: the one before may have changed it. */
static int grant(struct cli *cli, struct gs_lock *lock, struct gs_wish *wish, struct cli_item *item)
{
	gs_cleanup_host struct gs_host *host = NULL;
	const struct gs_card *card;
	struct gs_address address;
	int r;

	r = cli_read_host(cli, CLI_PLAN_READS, &host);
	if (r)
		return r;
	if (gs_address_parse(wish->now, &address) < 0 || !(card = gs_host_card(host, &address)))
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "%s is gone", wish->now);
	if (gs_wish_want(cli->engine, host, card, wish, &item->want) < 0)
		return cli_no_memory(cli);
	item->to = item->want.mode;
	r = cli_item_plan(cli, host, item);
	if (r)
		return r;
	heed_history(cli, item);
	cli_item_run(cli, lock, item);
	if (item->status != GS_EXIT_DONE)
		return 0;
	/* Where it is now is what the next boot compares with. */
	r = gs_wish_refresh(cli->engine, host, wish);
	if (r < 0)
		cli_message("%s: the wish could not be brought up to date: %s", item->name,
			    strerror(-r));
	return 0;
}

static int grant_all(struct cli *cli, struct gs_lock *lock, struct gs_wishes *wishes,
		     struct cli_batch *batch)
{
	int r = 0;

	for (size_t i = 0; i < wishes->n_wishes && r == 0; i++) {
		struct gs_wish *wish = &wishes->wishes[i];
		bool found = wish->found == GS_FOUND_IT;
		struct cli_item *item = cli_batch_add(
			batch, found ? wish->now : wish->place.address, wish->now, wish->mode);

		if (!item)
			return cli_no_memory(cli);
		if (!found)
			say_why_not(item, wish);
		else if (!cli_switch_has_time(cli))
			cli_item_say(item, GS_EXIT_FAILED, "not-run", "deadline",
				     "the deadline for all wishes has passed");
		else
			r = grant(cli, lock, wish, item);
		gs_wish_want_clear(&item->want);
	}
	for (size_t i = 0; i < wishes->n_odd && r == 0; i++)
		r = add_odd(batch, &wishes->odd[i]) < 0 ? cli_no_memory(cli) : 0;
	return r;
}

static int read_wishes(struct cli *cli, struct gs_wishes **ret)
{
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	int r;

	r = cli_read_host(cli, 0, &host);
	if (r)
		return r;
	r = gs_wishes_read(cli->engine, &wishes);
	if (r == 0)
		r = gs_wishes_match(cli->engine, host, wishes);
	if (r == 0)
		r = gs_wishes_set_aside(cli->engine, wishes);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read the wishes: %s",
				strerror(-r));
	*ret = gs_steal(wishes);
	return 0;
}

int cli_grant_wishes(struct cli *cli)
{
	gs_cleanup_wishes struct gs_wishes *wishes = NULL;
	cli_cleanup_lock struct gs_lock *lock = NULL;
	struct cli_batch batch = {0};
	int r;

	r = cli_switch_begin(cli, &lock);
	if (r == 0)
		r = read_wishes(cli, &wishes);
	if (r)
		return r;
	r = grant_all(cli, lock, wishes, &batch);
	if (r == 0 && !batch.n_items && !cli->json)
		cli_line(stdout, "No mode is wished for.");
	if (r == 0)
		r = cli_batch_report(cli, &batch);
	cli_batch_clear(&batch);
	return r;
}
