/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * claim.h - a VM asks for a card, a vGPU type, or an amount of framebuffer: which card gives it,
 * who has it since, and when that ends.
 *
 * var/lib/gpushift/claims/ID.json, one a claim. It is written before anything is made for it, as
 * pending, and again once it is made: whoever finds a pending one under the lock knows that nobody
 * was told of it, and takes back what there is; with a quarantined card, when that is well again. A
 * claim of another boot is over.
 */
#ifndef GS_CLAIM_H
#define GS_CLAIM_H

#include "engine.h"
#include "lock.h"
#include "model.h"
#include "tree.h"

#define GS_CLAIMS GS_STATE_DIR "/claims"

enum gs_claim_kind {
	GS_CLAIM_CARD,
	GS_CLAIM_PROFILE,
	GS_CLAIM_FRAMEBUFFER,
	GS_CLAIM_VF, /* a VF as it is: of whatever card has VFs and no types */
};

enum gs_claim_policy {
	GS_CLAIM_PACK,	 /* fill a card before the next is begun */
	GS_CLAIM_SPREAD, /* the emptiest card first */
	GS_CLAIM_POLICIES,
};

const char *gs_claim_policy_name(enum gs_claim_policy policy);
int gs_claim_policy_parse(const char *text, enum gs_claim_policy *ret) gs_must_check;
/* gs_claim_size_parse - "4G", "512M", "4GiB", or bytes: memory of a card is counted in powers of two */
int gs_claim_size_parse(const char *text, uint64_t *ret) gs_must_check;

/* What is asked for. */
struct gs_claim_want {
	enum gs_claim_kind kind;
	const char *type;     /* id or exact name */
	uint64_t framebuffer; /* at least, in bytes */
	enum gs_claim_policy policy;
	const struct gs_address *on; /* the cards that may give it; none: all */
	size_t n_on;
	const char *vf; /* this one, by its address; NULL: any */
};

/* Who has what. */
struct gs_claim {
	char id[37];
	bool whole; /* the card; else a vGPU */
	bool pending;
	bool bound; /* a VF that was bound to vfio-pci for it */
	bool hook; /* made when its VM started, by the hook; ends as that VM ends */
	char *card;
	struct gs_identity identity;
	char *uuid; /* of a vGPU that is made for it */
	/* The VF that it is; NULL: a mediated device, or none yet. One with a UUID is found by the record of it. */
	char *address;
	char *type;
	char *vm; /* NULL: not named */
	const char *manager; /* whose VM it is, by its files: "libvirt", "proxmox"; NULL: not known */
	enum gs_mode from;   /* the mode that the card had before */
	struct gs_process user; /* who was seen to have it; pid 0: nobody yet */
	bool vm_seen;		/* its VM was seen running */
	bool same_boot;
};

struct gs_claims {
	struct gs_claim *list;
	size_t count;
};

/* One card that could give it. */
struct gs_claim_choice {
	const struct gs_card *card;
	const struct gs_vgpu_type *type; /* NULL: the whole card, a VF, or one of which nothing is known yet */
	const struct gs_vgpu *vf;	 /* for a VF; NULL: the card has none yet */
	size_t used;			 /* so many have a part of it */
	bool switches;			 /* the card has to change its driver, or to get VFs, for it */
	bool untold;			 /* nothing tells before the switch whether it has the type */
};

/*
 * gs_claim_choose - the cards that could give it, the best first; a pure function
 *
 * One that need not be switched comes before one that must, and last comes one of which only the
 * switch will tell whether it has the type; then by policy; then by address.
 * Whether it really can is for the plan to say: the caller tries one after the other.
 * @ret: the caller's to free
 */
int gs_claim_choose(const struct gs_host *host, const struct gs_claims *claims,
		    const struct gs_claim_want *want, struct gs_claim_choice **ret,
		    size_t *ret_count) gs_must_check;

/* gs_claim_why_not - why a card could not give it, for when none could; to be freed, NULL: no memory */
char *gs_claim_why_not(const struct gs_card *card, const struct gs_claims *claims,
		       const struct gs_claim_want *want) gs_must_check;

/* claim_store.c */

/* gs_claims_read - all of them; what cannot be read is left out */
int gs_claims_read(struct gs_engine *engine, struct gs_claims *ret) gs_must_check;
void gs_claims_clear(struct gs_claims *claims);
/* gs_claims_have - is it claimed in this boot? */
bool gs_claims_have(const struct gs_claims *claims, const char *uuid);
#define gs_cleanup_claims __attribute__((cleanup(gs_claims_clear)))
int gs_claim_write(struct gs_engine *engine, const struct gs_claim *claim) gs_must_check;
/* gs_claim_locate - once it is made: the VF that it became, if it did */
int gs_claim_locate(struct gs_engine *engine, struct gs_claim *claim) gs_must_check;
int gs_claim_forget(struct gs_engine *engine, const char *id) gs_must_check;
void gs_claim_clear(struct gs_claim *claim);

/* gs_claim_card - the card that was claimed, or has it; NULL: another one is at its address by now, or none */
struct gs_card *gs_claim_card(const struct gs_host *host, const struct gs_claim *claim);

/* claim_host.c: gs_claims_of_host - note at each card and vGPU who has claimed it in this boot */
int gs_claims_of_host(struct gs_engine *engine, struct gs_host *host) gs_must_check;

/* claim_lease.c */

enum gs_lease {
	GS_LEASE_HELD,
	GS_LEASE_SEEN,	  /* held, and somebody was seen with it for the first time: to be written down */
	GS_LEASE_ENDED,	  /* what there is of it is to be taken back */
	GS_LEASE_GONE,	  /* there is nothing left of it */
};

/*
 * gs_lease_look - what has become of a claim, from @host (read with holders) and the files of VMs
 * @claim: what was seen for the first time is filled in
 *
 * To be called under the lock. A lease ends when whoever was seen with it is gone and nobody else
 * has it; when its VM ran and runs no more, or is not defined any more; when nobody was ever told of it.
 * None ends while its card is quarantined.
 */
enum gs_lease gs_lease_look(struct gs_engine *engine, const struct gs_host *host,
			    struct gs_claim *claim);

/*
 * gs_lease_files - the files that tell of its VM, below the root: there while it is defined, and while
 * it runs; -ENOENT: nobody is known who runs it
 */
int gs_lease_files(const struct gs_claim *claim, char defined[GS_PATH_MAX],
		   char running[GS_PATH_MAX]) gs_must_check;

/* gs_lease_manager - whose VM this is, by its files; NULL: nobody's that is known */
const char *gs_lease_manager(struct gs_engine *engine, const char *vm);

/* gs_claim_vgpu - the vGPU that was claimed; NULL: a whole card, or it is not there */
const struct gs_vgpu *gs_claim_vgpu(const struct gs_host *host, const struct gs_claim *claim);

/* gs_claim_in_use - has anybody what was claimed? */
bool gs_claim_in_use(const struct gs_host *host, const struct gs_claim *claim);

#endif
