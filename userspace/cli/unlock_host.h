/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_host.h - whether a host's driver and cards can be unlocked. */
#ifndef CLI_UNLOCK_HOST_H
#define CLI_UNLOCK_HOST_H

#include "host.h"
#include "unlock/ids.h"
#include "unlock_types.h"

/* One of NVIDIA's cards. */
struct unlock_card {
	const struct gs_function *function; /* of the host */
	enum unlock_generation generation;
	bool listed; /* by NVIDIA: needs no unlocking */
	char *why_not; /* NULL: it can work */
};

struct unlock_host {
	struct gs_host *host;
	struct gs_unlock_types *types; /* NULL: the driver has none */
	char *version;	  /* of the driver, like "535.129.03"; NULL: there is none */
	unsigned int branch; /* 535; 0: not known */
	const char *release; /* of the vGPU software; NULL: not known */
	char *source;	     /* the driver's tree below DKMS; NULL: there is none */
	char *library;	     /* "/usr/local/lib/...": NULL: not installed */
	char *library_why;   /* it is not to be used; NULL: it is */
	struct unlock_card *cards;
	size_t n_cards;
};

/* unlock_host_read - 0, or the exit status when that failed and has been said */
int unlock_host_read(struct cli *cli, struct unlock_host *ret) gs_must_check;
void unlock_host_clear(struct unlock_host *host);
#define cli_cleanup_unlock_host __attribute__((cleanup(unlock_host_clear)))

/* What is known of a branch of the driver. */
enum unlock_hooking {
	UNLOCK_HOOKS_WORK,
	UNLOCK_HOOKS_NEED_PATCH, /* of the driver besides, which we do not have */
	UNLOCK_HOOKS_USELESS,
};

/* unlock_branch_known - does the library know how this branch answers? */
bool unlock_branch_known(unsigned int branch, enum unlock_hooking *ret);

/* Folders of units, and of their drop-ins; the end is NULL. */
extern const char *const unlock_unit_folders[];

/* unlock_host_service - where the unit of a service of the driver is; NULL: nowhere */
const char *unlock_host_service(struct gs_engine *engine, const char *service);

#endif
