// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_assert.c - gpushift assert <file>: is the host as the file says? */
#include "host.h"
#include "output.h"
#include "wanted.h"

static int compare(struct cli *cli, struct gs_host *host, const struct gs_wanted_card *wanted,
		   struct cli_item *item)
{
	const struct gs_card *card = cli_wanted_find(host, wanted, item);
	gs_cleanup_free char *how = NULL;

	if (!card) {
		cli_item_say(item, GS_EXIT_FAILED, "differs", "unknown-card", "there is no card %s",
			     wanted->card);
		return 0;
	}
	item->mode = gs_mode_name(card->mode);
	if (gs_wanted_differs(host, card, wanted, &how) < 0)
		return cli_no_memory(cli);
	if (how)
		cli_item_say(item, GS_EXIT_FAILED, "differs", NULL, "%s", how);
	else
		cli_item_say(item, GS_EXIT_DONE, "equal", NULL, NULL);
	return 0;
}

int verb_assert(struct cli *cli)
{
	gs_cleanup_free const struct gs_wanted_card **cards = NULL;
	cli_cleanup_wanted struct gs_wanted *wanted = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	struct cli_batch batch = {0};
	int r;

	r = cli_wanted_read(cli, &wanted, &batch, &cards);
	if (r == 0)
		r = cli_read_host(cli, GS_READ_TYPES, &host);
	for (size_t i = 0; r == 0 && i < batch.n_items; i++)
		r = compare(cli, host, cards[i], &batch.items[i]);
	if (r == 0)
		r = cli_batch_report(cli, &batch);
	cli_batch_clear(&batch);
	return r;
}
