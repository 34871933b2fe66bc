/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_want.h - what a device of a VM's description comes to on this host. */
#ifndef CLI_VM_WANT_H
#define CLI_VM_WANT_H

#include "claim_make.h"
#include "domain.h"

/* The host as it is now, and who has what of it. */
struct cli_vm_look {
	struct gs_host *host;
	struct gs_claims claims;
	struct gs_address *with; /* what may go along with the card at hand */
	size_t n_with;
};

/* cli_vm_look_at - returns 0, or the exit status when that has been said; to be cleared in any case */
int cli_vm_look_at(struct cli *cli, struct cli_vm_look *ret) gs_must_check;
void cli_vm_look_clear(struct cli_vm_look *look);
#define cli_cleanup_vm_look __attribute__((cleanup(cli_vm_look_clear)))

/*
 * cli_vm_want - the claim for one device of @domain
 * @order: filled; it points into @look, and into @device
 * Returns 1 when it is to be made, 0 when what it asks for is there or none of ours, else minus the
 * exit status, when it has been said why.
 */
int cli_vm_want(struct cli *cli, struct cli_vm_look *look, const struct gs_domain *domain,
		const struct gs_domain_device *device, struct cli_claim_order *order) gs_must_check;

#endif
