/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_redo.h - what of an installation does not hold any more, and what to do then. */
#ifndef CLI_UNLOCK_REDO_H
#define CLI_UNLOCK_REDO_H

#include "unlock_host.h"
#include "unlock_store.h"

/* By enum unlock_file_state. */
extern const char *const unlock_state_names[];

/*
 * unlock_redo_find - the sentence of what is to be done first
 * @ret: NULL where nothing is; else to be freed
 * Returns 0, or -errno of the store.
 */
int unlock_redo_find(const struct unlock_host *host, struct unlock_store *store,
		     char **ret) gs_must_check;

#endif
