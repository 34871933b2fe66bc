/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wanted.h - the file of `apply` and `assert`, and the cards that it names. */
#ifndef CLI_WANTED_H
#define CLI_WANTED_H

#include "batch.h"
#include "wanted_state.h"

/*
 * cli_wanted_text - what the file cli->arguments[0] holds; "-" is standard input
 * Returns 0, or the exit status when that failed and has been said.
 */
int cli_wanted_text(struct cli *cli, char **ret, size_t *ret_length) gs_must_check;

/*
 * cli_wanted_parse - that text, and its profile cli->arguments[1]
 * cli_wanted_read - both: the file cli->arguments[0] and its profile cli->arguments[1]
 * @batch: gets an item for each card that is meant, in the order of the file
 * @ret_cards: what the file says of each item; to be freed
 * Return 0, or the exit status when that failed and has been said.
 */
int cli_wanted_parse(struct cli *cli, const char *text, size_t length, struct gs_wanted **ret,
		     struct cli_batch *batch,
		     const struct gs_wanted_card ***ret_cards) gs_must_check;
int cli_wanted_read(struct cli *cli, struct gs_wanted **ret, struct cli_batch *batch,
		    const struct gs_wanted_card ***ret_cards) gs_must_check;

/* cli_wanted_find - the card by address or alias; NULL: there is none. Fills in the item's address. */
struct gs_card *cli_wanted_find(struct gs_host *host, const struct gs_wanted_card *wanted,
				struct cli_item *item);

/* cli_apply_file - returns the exit status */
int cli_apply_file(struct cli *cli);

static inline void cli_wanted_freep(struct gs_wanted **wanted)
{
	gs_wanted_free(*wanted);
}
#define cli_cleanup_wanted __attribute__((cleanup(cli_wanted_freep)))

#endif
