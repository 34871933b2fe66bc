/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_change.h - all files of an installation are written, or none. */
#ifndef CLI_UNLOCK_CHANGE_H
#define CLI_UNLOCK_CHANGE_H

#include "unlock_parts.h"

/* What came of it. */
struct unlock_changes {
	char **paths; /* written */
	bool of_driver; /* one of them is of the driver's source */
};

void unlock_changes_clear(struct unlock_changes *changes);

/*
 * unlock_change_all - write what is to be written, and note it
 * Nothing is, where one of the files was changed by somebody else; what was is
 * taken back, where one cannot be. Returns 0, or the exit status of what has been said.
 */
int unlock_change_all(struct cli *cli, const struct unlock_host *host, struct unlock_store *store,
		      const struct unlock_parts *parts, struct unlock_changes *ret) gs_must_check;

#endif
