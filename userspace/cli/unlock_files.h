/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_files.h - inside of unlock_store.c: whole files, written by rename, below the root. */
#ifndef CLI_UNLOCK_FILES_H
#define CLI_UNLOCK_FILES_H

#include "unlock_store.h"

/*
 * unlock_file_write - with its mode and owner, so that it lasts; folders are made as needed
 * @still: what it is now, else it is left and the answer is -EEXIST; NULL: whatever that is
 */
int unlock_file_write(struct gs_engine *engine, const char *path, const struct unlock_bytes *bytes,
		      const struct unlock_bytes *still) gs_must_check;

/* unlock_file_remove - one that is not there is no error */
int unlock_file_remove(struct gs_engine *engine, const char *path) gs_must_check;

bool unlock_file_has_folder(struct gs_engine *engine, const char *path);

/* unlock_file_tidy - take away what a killed write left beside the file */
void unlock_file_tidy(struct gs_engine *engine, const char *path);

/* unlock_file_tidy_folder - take away the folder of a drop-in, if that is all that it was for */
void unlock_file_tidy_folder(struct gs_engine *engine, const char *path);

#endif
