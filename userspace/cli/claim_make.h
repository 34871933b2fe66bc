/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claim_make.h - a claim: recorded, then made on the first of the cards that can give it. */
#ifndef CLI_CLAIM_MAKE_H
#define CLI_CLAIM_MAKE_H

#include "cli.h"

struct cli_claim_order {
	struct gs_claim_want want;
	const char *vm;	    /* NULL: not named */
	const char *uuid;   /* of the vGPU that is to be made; NULL: any */
	const char *parent; /* that it is to be made on where it offers types now; NULL: the card */
	bool hook;	    /* for a VM that starts */
	struct gs_address *with; /* functions that may go along with a whole card; the caller's */
	size_t n_with;
};

/*
 * cli_claim_make - on @host, as it is under the lock
 * @claim: what was claimed, still pending; to be cleared in any case
 * Returns 0, or the exit status when there is none and that has been said.
 */
int cli_claim_make(struct cli *cli, struct gs_lock *lock, struct gs_host *host,
		   const struct cli_claim_order *order, struct gs_claim *claim) gs_must_check;

/*
 * cli_claim_settle - from here on it is the caller's: what he will be told is known
 * Returns 0, or the exit status when that could not be recorded and has been said.
 */
int cli_claim_settle(struct cli *cli, struct gs_claim *claim) gs_must_check;

#endif
