/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * identity.h - which card is meant, when addresses are given anew at each boot.
 *
 * A card is known by its ids and by its place: the way from the root of its
 * bus ("pci0000:00/01.0/00.0", device and function at each bridge, since bus
 * numbers change when something is plugged in elsewhere), and the physical
 * slot where the firmware or the bridge tells one.
 */
#ifndef GS_IDENTITY_H
#define GS_IDENTITY_H

#include "engine.h"
#include "model.h"

struct gs_place {
	struct gs_identity identity;
	char address[GS_ADDRESS_LEN]; /* where it was, or is */
	char *path; /* NULL: not known */
	char *slot; /* NULL: none, or not known */
};

/* gs_places_read - of @count functions, in their order; freed by gs_places_free() */
int gs_places_read(struct gs_engine *engine, struct gs_function *const *functions, size_t count,
		   struct gs_place **ret) gs_must_check;
void gs_place_clear(struct gs_place *place);
void gs_places_free(struct gs_place *places, size_t count);

/* gs_places_of_cards - of the display function of each card of @host */
int gs_places_of_cards(struct gs_engine *engine, const struct gs_host *host,
		       struct gs_place **ret) gs_must_check;

enum gs_found {
	GS_FOUND_IT,	    /* at its place, or moved and there is no other like it */
	GS_FOUND_NOTHING,   /* it is not there (now) */
	GS_FOUND_OTHER,	    /* it is not there, and another card has its address */
	GS_FOUND_AMBIGUOUS, /* several could be it */
};

/* Whose place was what when it was written down. */
struct gs_sought {
	const struct gs_place *place;
	char *const *others; /* paths of cards like it that were there too, and are not it */
	/* Cards like it that are sought as well, each with its own place. */
	const struct gs_place *const *peers;
	size_t n_peers;
};

/*
 * gs_place_find - which of @now is the card that is sought
 *
 * One with its ids and at its place is it. Else whatever has its ids and is at
 * no place that belongs to another one; only if that is one, and no peer could
 * be it as well, or the only one in its slot.
 */
enum gs_found gs_place_find(const struct gs_sought *sought, const struct gs_place *now, size_t count,
			    size_t *ret_index);

static inline bool gs_identity_equal(const struct gs_identity *a, const struct gs_identity *b)
{
	return a->vendor_id == b->vendor_id && a->device_id == b->device_id &&
	       a->subsystem_vendor_id == b->subsystem_vendor_id &&
	       a->subsystem_device_id == b->subsystem_device_id;
}

#define GS_IDENTITY_LEN 20 /* "10de:1b38:10de:11d9" and its NUL */

void gs_identity_format(const struct gs_identity *identity, char text[GS_IDENTITY_LEN]);
int gs_identity_parse(const char *text, struct gs_identity *ret) gs_must_check;
/* gs_identity_read - of what is at the address now */
int gs_identity_read(struct gs_engine *engine, const char *address,
		     struct gs_identity *ret) gs_must_check;

#endif
