/* SPDX-License-Identifier: GPL-2.0-or-later */
/* overrides.h - profile_override.toml: what is to be said of which vGPU type, or to which VM. */
#ifndef UNLOCK_OVERRIDES_H
#define UNLOCK_OVERRIDES_H

#include "keys.h"

enum unlock_scope {
	UNLOCK_OF_PROFILE, /* [profile.nvidia-N] */
	UNLOCK_OF_MDEV,	   /* [mdev.UUID] */
	UNLOCK_OF_VM,	   /* [vm.VMID], which Proxmox makes UUIDs of */
	UNLOCK_SCOPES,
};

struct unlock_uuid {
	unsigned char bytes[16]; /* in the order in which it is written */
};

/* Whom it is for; what does not belong to the scope is 0. */
struct unlock_id {
	enum unlock_scope scope;
	uint64_t number; /* of the profile, of the VM */
	struct unlock_uuid uuid;
};

struct unlock_override {
	struct unlock_id id;
	int line; /* where it is first named */
	bool headed;
	uint32_t set; /* bits of enum unlock_key */
	int lines[UNLOCK_KEYS];
	union unlock_word values[UNLOCK_KEYS];
};

/* All of a file. It lies in one piece of memory, texts included. */
struct unlock_overrides {
	uint32_t count, max;
	uint32_t n_slots; /* a power of two */
	uint32_t *slots;  /* of a hash table: index of an entry, plus one */
	struct unlock_override *entries;
};

/* unlock_overrides_room - bytes of memory that this text needs at most, without itself */
size_t unlock_overrides_room(const char *text, size_t length);

/*
 * unlock_overrides_parse - read a file into @memory, zeroed, of unlock_overrides_room() of that text
 * @text: is changed, and belongs to the result
 * Returns 0, or -EINVAL after an error was reported.
 */
int unlock_overrides_parse(void *memory, char *text, size_t length,
			   const struct unlock_report *report);

/* unlock_overrides_find - NULL: there is none */
const struct unlock_override *unlock_overrides_find(const struct unlock_overrides *overrides,
						    const struct unlock_id *id);

/* unlock_uuid_parse - 36 characters; 0 or -EINVAL */
int unlock_uuid_parse(const char *text, size_t length, struct unlock_uuid *ret);

/* unlock_uuid_vm - the VM that Proxmox made this UUID for: ...-0000-0000-0000-000000000100 is 100 */
bool unlock_uuid_vm(const struct unlock_uuid *uuid, uint64_t *ret);

#endif
