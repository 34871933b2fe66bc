/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_manifest.h - the manifest of unlock_store.h, for those who add to it. */
#ifndef CLI_UNLOCK_MANIFEST_H
#define CLI_UNLOCK_MANIFEST_H

#include "unlock_store.h"

#define UNLOCK_MANIFEST UNLOCK_STORE "/manifest"
#define UNLOCK_SAVED UNLOCK_STORE "/saved"

/* unlock_manifest_need - make an empty one where there is none, in memory */
int unlock_manifest_need(struct unlock_store *store) gs_must_check;

/* unlock_manifest_write - so that it lasts */
int unlock_manifest_write(struct unlock_store *store) gs_must_check;

struct json_object *unlock_manifest_member(struct json_object *object, const char *key);

/* unlock_manifest_entry - of one file */
struct json_object *unlock_manifest_entry(const struct unlock_store *store, size_t index);

/* unlock_manifest_add - another file; takes @entry */
int unlock_manifest_add(struct unlock_store *store, struct json_object *entry) gs_must_check;

#endif
