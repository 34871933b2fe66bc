/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * batch.h - several cards one after the other, with a result for each: what
 * `apply` and `assert` have in common.
 */
#ifndef CLI_BATCH_H
#define CLI_BATCH_H

#include "switch.h"

struct cli_item {
	char *name;		    /* what it is called: a section, an address */
	char card[GS_ADDRESS_LEN];  /* "": there is none */
	struct gs_want want;	    /* what its maker filled in, he frees */
	struct gs_plan *plan;	    /* NULL: not planned */
	enum gs_mode to;
	const char *result; /* NULL: nothing was done about it yet */
	char *code;	    /* of a refusal or failure */
	char *message;	    /* a sentence; NULL: none is needed */
	char *fix;
	const char *mode; /* of the card at the end; NULL: not known */
	enum gs_exit status;
};

struct cli_batch {
	struct cli_item *items;
	size_t n_items;
};

/* cli_batch_add - a new item; NULL: no memory. @card may be NULL. */
struct cli_item *cli_batch_add(struct cli_batch *batch, const char *name, const char *card,
			       enum gs_mode to);
void cli_batch_clear(struct cli_batch *batch);

/* cli_item_say - how it went; the message is formatted. Only the first call counts. */
void cli_item_say(struct cli_item *item, enum gs_exit status, const char *result, const char *code,
		  const char *format, ...) gs_printf(5, 6);

/*
 * cli_item_plan - plan it on @host
 * After it the item has a result when there is nothing (more) to do: "already" or
 * "refused". Returns 0, or the exit status when planning itself failed and that was said.
 */
int cli_item_plan(struct cli *cli, struct gs_host *host, struct cli_item *item) gs_must_check;

/* cli_item_run - carry out its plan; it has a result then: "done", "failed" */
void cli_item_run(struct cli *cli, struct gs_lock *lock, struct cli_item *item);

/* cli_batch_report - a line an item, or the document; returns the exit status of all */
int cli_batch_report(struct cli *cli, const struct cli_batch *batch);

#endif
