/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm.h - a VM starts and ends: what the hooks of those who run VMs have done, in one go under the
 * lock. The verb is not for people: `gpushift hook` calls it, itself or by the daemon.
 *
 *	gpushift __vm start|end MANAGER VM	the description of the VM on standard input at its start
 */
#ifndef CLI_VM_H
#define CLI_VM_H

#include "cli.h"
#include "domain.h"

/* Who runs VMs, and how they describe them. */
struct cli_vm_manager {
	const char *name;
	/* As gs_domain_libvirt(). */
	int (*parse)(struct gs_engine *engine, const char *vm, const char *text, size_t length,
		     struct gs_domain *ret, char **error);
};

/* cli_vm_manager - NULL: there is no such */
const struct cli_vm_manager *cli_vm_manager(const char *name);

/* cli_vm_check - the words of the verb. Returns 0, or the exit status when they are wrong and that has been said. */
int cli_vm_check(struct cli *cli) gs_must_check;

/* cli_vm_starts - by the first word of the verb */
bool cli_vm_starts(const struct cli *cli);

/* cli_vm_text - the description, from standard input. Returns 0, or the exit status as above. */
int cli_vm_text(struct cli *cli, char **ret, size_t *ret_length) gs_must_check;

#endif
