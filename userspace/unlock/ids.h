/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ids.h - which professional card each consumer card is shown as. */
#ifndef UNLOCK_IDS_H
#define UNLOCK_IDS_H

#include <stdbool.h>
#include <stdint.h>

struct unlock_ids {
	uint16_t device;
	uint32_t subsystem; /* UNLOCK_KEEP: the card's own */
};

#define UNLOCK_KEEP 0x10000

/* unlock_ids_find - Returns false for cards that stay what they are. */
bool unlock_ids_find(uint16_t device, struct unlock_ids *ret);

/* What a card is, as far as its device id tells. */
enum unlock_generation {
	UNLOCK_GEN_UNKNOWN,
	UNLOCK_GEN_KEPLER, /* and older */
	UNLOCK_GEN_MAXWELL,
	UNLOCK_GEN_PASCAL,
	UNLOCK_GEN_VOLTA,
	UNLOCK_GEN_TURING,
	UNLOCK_GEN_AMPERE,
	UNLOCK_GEN_ADA, /* and newer */
	UNLOCK_GENS,
};

enum unlock_generation unlock_generation(uint16_t device);

/* What is known of unlocking a generation. */
struct unlock_prospect {
	const char *name;
	const char *sentence;
	bool hopeless;
	unsigned int last_branch; /* of the driver, with which such a card was seen to work */
};

extern const struct unlock_prospect unlock_prospects[UNLOCK_GENS];

#endif
