/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claims.h - what claim and release share: ending leases, giving back what was claimed. */
#ifndef CLI_CLAIMS_H
#define CLI_CLAIMS_H

#include <json-c/json.h>

#include "claim.h"
#include "cli.h"

/*
 * cli_claims_begin - the lock, waited for as long as others switch, on a host that is whole
 *
 * Up to --deadline, else for five minutes: who claims for a VM that starts means to have it, not to
 * hear that somebody else was a moment earlier.
 */
int cli_claims_begin(struct cli *cli, struct gs_lock **ret) gs_must_check;

/* cli_claims_end_leases - take back what nobody has any more; what cannot be is said, and stays */
int cli_claims_end_leases(struct cli *cli, struct gs_lock *lock) gs_must_check;

/*
 * cli_claim_take_back - a claimed vGPU is removed, a card goes to the mode that it had before
 * Returns 0, or the exit status when it is still there and that has been said.
 */
int cli_claim_take_back(struct cli *cli, struct gs_lock *lock,
			const struct gs_claim *claim) gs_must_check;

/* cli_claim_name - what was claimed, as others call it: the address of a VF or card, else a UUID */
const char *cli_claim_name(const struct gs_claim *claim);

/* cli_claim_kind - what it is, in a word: "the card", a type, the address of a VF; NULL: not known yet */
const char *cli_claim_kind(const struct gs_claim *claim);

/* cli_claim_json - {"claim", "kind", "uuid" or "address", "card", "type", "vm"}; @document: with "schema" */
struct json_object *cli_claim_json(const struct gs_claim *claim, bool document) gs_must_check;

#endif
