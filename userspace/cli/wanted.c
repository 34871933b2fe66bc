// SPDX-License-Identifier: GPL-2.0-or-later
/* wanted.c - reading a wanted state, finding its cards, bringing the host to it */
#include "wanted.h"

#include <fcntl.h>

#include "host.h"
#include "input.h"
#include "output.h"
#include "suggest.h"
#include "want.h"

static bool is_standard_input(const struct cli *cli)
{
	return gs_streq(cli->arguments[0], "-");
}

static const char *file_name(const struct cli *cli)
{
	return is_standard_input(cli) ? "standard input" : cli->arguments[0];
}

static int cannot_read(struct cli *cli, int error)
{
	return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read '%s': %s", file_name(cli),
			strerror(error));
}

static int open_file(const struct cli *cli)
{
	if (is_standard_input(cli))
		return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	return open(cli->arguments[0], O_RDONLY | O_CLOEXEC);
}

int cli_wanted_text(struct cli *cli, char **ret, size_t *ret_length)
{
	gs_cleanup_close int fd = open_file(cli);
	int r;

	if (fd < 0)
		return cannot_read(cli, errno);
	r = cli_read_input(fd, GS_WANTED_MAX_BYTES, ret, ret_length);
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	return r < 0 ? cannot_read(cli, -r) : 0;
}

static int unknown_profile(struct cli *cli, const struct gs_wanted *wanted, const char *name)
{
	struct cli_suggest suggest;

	cli_suggest_begin(&suggest, name);
	for (char **profile = wanted->profiles; profile && *profile; profile++)
		cli_suggest_try(&suggest, *profile);
	if (suggest.best)
		return cli_usage(cli, "'%s' has no profile '%s'; did you mean '%s'?",
				 file_name(cli), name, suggest.best);
	return cli_usage(cli, "'%s' has no profile '%s'", file_name(cli), name);
}

static int add_items(struct cli *cli, const struct gs_wanted *wanted, struct cli_batch *batch,
		     const struct gs_wanted_card ***ret)
{
	const char *name = cli->n_arguments > 1 ? cli->arguments[1] : NULL;

	*ret = calloc(wanted->n_cards + 1, sizeof(**ret));
	if (!*ret)
		return cli_no_memory(cli);
	if (name && !gs_strv_has(wanted->profiles, name))
		return unknown_profile(cli, wanted, name);
	for (size_t i = 0; i < wanted->n_cards; i++) {
		const struct gs_wanted_card *card = &wanted->cards[i];

		if (!gs_wanted_holds(wanted, card, name))
			continue;
		(*ret)[batch->n_items] = card;
		if (!cli_batch_add(batch, card->card, NULL, card->mode))
			return cli_no_memory(cli);
	}
	if (batch->n_items)
		return 0;
	if (!name && wanted->profiles)
		return cli_usage(cli, "'%s' wants nothing without a profile; name one, like '%s'",
				 file_name(cli), wanted->profiles[0]);
	return cli_usage(cli, "'%s' names no card", file_name(cli));
}

int cli_wanted_parse(struct cli *cli, const char *text, size_t length, struct gs_wanted **ret,
		     struct cli_batch *batch, const struct gs_wanted_card ***ret_cards)
{
	cli_cleanup_wanted struct gs_wanted *wanted = NULL;
	gs_cleanup_free char *error = NULL;
	int line;
	int r;

	r = gs_wanted_parse(text, length, &wanted, &line, &error);
	if (r == -EINVAL)
		return cli_usage(cli, "%s:%d: %s", file_name(cli), line, error);
	if (r < 0)
		return cli_no_memory(cli);
	r = add_items(cli, wanted, batch, ret_cards);
	if (r == 0)
		*ret = gs_steal(wanted);
	return r;
}

int cli_wanted_read(struct cli *cli, struct gs_wanted **ret, struct cli_batch *batch,
		    const struct gs_wanted_card ***ret_cards)
{
	gs_cleanup_free char *text = NULL;
	size_t length = 0;
	int r = cli_wanted_text(cli, &text, &length);

	return r ? r : cli_wanted_parse(cli, text, length, ret, batch, ret_cards);
}

struct gs_card *cli_wanted_find(struct gs_host *host, const struct gs_wanted_card *wanted,
				struct cli_item *item)
{
	struct gs_card *found = NULL;
	struct gs_address address;
	bool by_address = gs_address_parse(wanted->card, &address) == 0;

	for (size_t i = 0; i < host->n_cards && !found; i++) {
		struct gs_card *card = &host->cards[i];

		if (by_address ? gs_address_equal(&gs_card_display(card)->address, &address)
			       : card->alias && gs_streq(card->alias, wanted->card))
			found = card;
	}
	if (found)
		snprintf(item->card, sizeof(item->card), "%s", gs_card_display(found)->text);
	return found;
}

/* Borrowed from the file; only the UUIDs are the item's. */
static int fill_want(struct cli *cli, const struct gs_wanted_card *wanted, struct cli_item *item)
{
	item->want = (struct gs_want){
		.mode = wanted->mode,
		.driver = wanted->driver,
		.with = wanted->with,
		.n_with = wanted->n_with,
		.profiles = wanted->vgpus,
		.n_profiles = wanted->n_vgpus,
		.vfs = wanted->vfs,
		.vf_params = wanted->vf_params,
		.force = wanted->force,
	};
	return cli_want_uuids(cli, &item->want);
}

/* All of them before the first is touched. Returns 0 also when some are refused. */
static int plan_all(struct cli *cli, struct cli_batch *batch, const struct gs_wanted_card **cards)
{
	gs_cleanup_host struct gs_host *host = NULL;
	int r;

	r = cli_read_host(cli, CLI_PLAN_READS, &host);
	for (size_t i = 0; r == 0 && i < batch->n_items; i++) {
		struct cli_item *item = &batch->items[i];

		cli_wanted_find(host, cards[i], item);
		r = fill_want(cli, cards[i], item);
		if (r == 0)
			r = cli_item_plan(cli, host, item);
	}
	return r;
}

static bool any_refused(const struct cli_batch *batch)
{
	for (size_t i = 0; i < batch->n_items; i++)
		if (batch->items[i].status != GS_EXIT_DONE)
			return true;
	return false;
}

/* One after the other, each from a fresh read; what fails keeps what follows from being done. */
static int run_all(struct cli *cli, struct gs_lock *lock, struct cli_batch *batch)
{
	for (size_t i = 0; i < batch->n_items; i++) {
		gs_cleanup_host struct gs_host *host = NULL;
		struct cli_item *item = &batch->items[i];
		int r;

		if (item->result)
			continue;
		r = cli_read_host(cli, CLI_PLAN_READS, &host);
		if (r == 0)
			r = cli_item_plan(cli, host, item);
		if (r)
			return r;
		cli_item_run(cli, lock, item);
		if (item->status != GS_EXIT_DONE)
			break;
	}
	return 0;
}

int cli_apply_file(struct cli *cli)
{
	gs_cleanup_free const struct gs_wanted_card **cards = NULL;
	cli_cleanup_wanted struct gs_wanted *wanted = NULL;
	cli_cleanup_lock struct gs_lock *lock = NULL;
	struct cli_batch batch = {0};
	int r;

	r = cli_wanted_read(cli, &wanted, &batch, &cards);
	if (r == 0)
		r = cli_switch_begin(cli, &lock);
	if (r == 0)
		r = plan_all(cli, &batch, cards);
	if (r == 0 && !any_refused(&batch))
		r = run_all(cli, lock, &batch);
	if (r == 0)
		r = cli_batch_report(cli, &batch);
	for (size_t i = 0; i < batch.n_items; i++)
		cli_want_end(&batch.items[i].want);
	cli_batch_clear(&batch);
	return r;
}
