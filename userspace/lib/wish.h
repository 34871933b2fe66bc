/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wish.h - modes that last: what a card is to be after the next boot, too.
 *
 * var/lib/gpushift/wishes/NAME.json, one a card: its ids and place, the places
 * of cards like it that are not it, the mode, the driver that was named, the
 * functions outside the card that go along, the vGPUs. A wish is stored only
 * after its mode was verified. The name says nothing: the card is found by
 * what is in the file (identity.h).
 *
 * A file that cannot be read is never acted on, nor rewritten: it is told, and
 * gs_wishes_set_aside() renames a damaged one. One of a newer gpushift stays;
 * it is renamed to NAME.json.newer when its card gets another wish.
 */
#ifndef GS_WISH_H
#define GS_WISH_H

#include <json-c/json.h>

#include "identity.h"
#include "plan.h"

#define GS_WISHES GS_STATE_DIR "/wishes"

struct gs_wished_vgpu {
	char *uuid;
	char *type;   /* id */
	char *params; /* see vgpu_params.h; NULL: nothing is said of them */
};

struct gs_wish {
	char *file;	       /* its name in the folder; NULL: not stored yet */
	struct gs_place place; /* when it was stored */
	char **others;	       /* paths of cards like it */
	enum gs_mode mode;
	char *driver; /* NULL: not named */
	bool force;
	struct gs_place *with;
	size_t n_with;
	struct gs_wished_vgpu *vgpus;
	size_t n_vgpus;
	unsigned int vfs; /* plain VFs; 0: none */
	char *vf_params;  /* of each of them; NULL: nothing is said */
	/* From gs_wishes_match(). */
	enum gs_found found;
	char now[GS_ADDRESS_LEN]; /* of the card; "" when it was not found */
};

/* A file that is no wish that we can read. */
struct gs_odd_wish {
	char *file;
	int error; /* -EBADMSG: damaged; -EPROTO: of a newer gpushift; else why it cannot be read */
};

struct gs_wishes {
	struct gs_wish *wishes; /* in the order in which they are to be granted */
	size_t n_wishes;
	struct gs_odd_wish *odd;
	size_t n_odd;
};

/* gs_wishes_read - all of them, not yet matched; no folder is no wish */
int gs_wishes_read(struct gs_engine *engine, struct gs_wishes **ret) gs_must_check;
void gs_wishes_free(struct gs_wishes *wishes);

/* gs_wishes_match - find the card of each wish on @host */
int gs_wishes_match(struct gs_engine *engine, const struct gs_host *host,
		    struct gs_wishes *wishes) gs_must_check;

/*
 * gs_wish_for - the wish for @card of @host, for when it has just come
 * @ret: NULL when there is none, or none that surely is for it; freed by gs_wish_free()
 */
int gs_wish_for(struct gs_engine *engine, const struct gs_host *host, const struct gs_card *card,
		struct gs_wish **ret) gs_must_check;
void gs_wish_free(struct gs_wish *wish);

/*
 * gs_wish_store - record that @card shall be as it is on @host, which was read after the switch, with GS_READ_PARAMS
 * @want: what was asked for: the mode, --driver, --with and --force
 * gs_wish_store_verified - the same for the card at an address; -ENODEV: there is none, -ESTALE: it is in another mode
 * gs_wish_store_vgpu - add a vGPU to what @card shall be split into
 * gs_wish_forget_vgpu - take one out of whatever wish it is in, and its definition, if that is ours;
 *                       also of a card in another mode, or away
 */
int gs_wish_store(struct gs_engine *engine, const struct gs_host *host, const struct gs_card *card,
		  const struct gs_want *want) gs_must_check;
int gs_wish_store_verified(struct gs_engine *engine, const struct gs_host *host,
			   const char *address, const struct gs_want *want) gs_must_check;
int gs_wish_store_vgpu(struct gs_engine *engine, const struct gs_host *host,
		       const struct gs_card *card,
		       const struct gs_vgpu *vgpu) gs_must_check;

int gs_wish_forget_vgpu(struct gs_engine *engine, const char *uuid) gs_must_check;

/*
 * gs_wish_refresh - write down where the card is now, and which others are not it
 * To be called once its mode was verified, so that the next move is told from this place.
 */
int gs_wish_refresh(struct gs_engine *engine, const struct gs_host *host,
		    struct gs_wish *wish) gs_must_check;

/* gs_wishes_set_aside - rename the damaged ones to NAME.json.damaged; the first error, or 0 */
int gs_wishes_set_aside(struct gs_engine *engine, const struct gs_wishes *wishes) gs_must_check;

/*
 * gs_wish_want - what gs_want_resolve() and gs_plan_make() take, for @card of @host
 *
 * Functions of --with are found again by their ids and places in the groups of
 * the card; one that is not there is left out. vGPUs that exist are not made again. Those
 * that others define, and those that are claimed, stay beside what is wished for.
 */
int gs_wish_want(struct gs_engine *engine, const struct gs_host *host, const struct gs_card *card,
		 const struct gs_wish *wish, struct gs_want *ret) gs_must_check;
void gs_wish_want_clear(struct gs_want *want);

/* wish_json.c */
struct json_object *gs_wish_to_json(const struct gs_wish *wish);
int gs_wish_from_json(struct json_object *json, struct gs_wish *ret) gs_must_check;
void gs_wish_clear(struct gs_wish *wish);
void gs_wished_vgpu_clear(struct gs_wished_vgpu *vgpu);

static inline void gs_wishes_freep(struct gs_wishes **wishes)
{
	gs_wishes_free(*wishes);
}
#define gs_cleanup_wishes __attribute__((cleanup(gs_wishes_freep)))

#endif
