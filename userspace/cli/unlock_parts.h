/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_parts.h - the files that an installation is made of, and who else has been at them. */
#ifndef CLI_UNLOCK_PARTS_H
#define CLI_UNLOCK_PARTS_H

#include "unlock_host.h"
#include "unlock_store.h"

/* Services that the library is preloaded into; the end is NULL. */
extern const char *const unlock_services[];

#define UNLOCK_SMI "usr/bin/nvidia-smi"
#define UNLOCK_SMI_WRAPPER "usr/local/bin/nvidia-smi"

/* One file that is to be. */
struct unlock_part {
	char path[512];
	char *text;
	char *from; /* what the file said of which it was made; NULL: it was made of none */
	unsigned int mode;
	bool of_driver; /* it has to be built anew */
};

struct unlock_parts {
	struct unlock_part *list;
	size_t count;
};

void unlock_parts_clear(struct unlock_parts *parts);
#define cli_cleanup_parts __attribute__((cleanup(unlock_parts_clear)))

/*
 * unlock_parts_collect - what an installation with the options of @cli needs
 * Returns 0, or the exit status of a refusal that has been said. Nothing is written.
 */
int unlock_parts_collect(struct cli *cli, const struct unlock_host *host, struct unlock_store *store,
			 struct unlock_parts *ret) gs_must_check;

/* unlock_reload - let systemd know of drop-ins, if it runs; false: that failed, and was said */
bool unlock_reload(const struct cli *cli);

/* unlock_store_fail - what unlock_store_open() gave; returns the exit status */
int unlock_store_fail(struct cli *cli, int r);

#endif
