/* SPDX-License-Identifier: GPL-2.0-or-later */
/* why_no_types.h - why a card offers no vGPU types, from the model and what vgpu_facts.h read. No I/O. */
#ifndef GS_WHY_NO_TYPES_H
#define GS_WHY_NO_TYPES_H

#include "vgpu_facts.h"

struct gs_cause {
	const char *id;	 /* a word for programs: "vfs-off" */
	char *message;	 /* a sentence */
	char **evidence; /* facts */
	char *fix;	 /* the next command, or what to do; NULL: nothing is known */
};

struct gs_causes {
	struct gs_cause *list;
	size_t count;
	int failed; /* -ENOMEM */
};

/*
 * gs_why_no_types - every cause that can be seen, what to mend first comes first
 * None for a card that offers types. Returns 0 or -ENOMEM.
 */
int gs_why_no_types(const struct gs_host *host, const struct gs_card *card,
		    const struct gs_vgpu_facts *facts, struct gs_causes *ret) gs_must_check;
void gs_causes_clear(struct gs_causes *causes);
#define gs_cleanup_causes __attribute__((cleanup(gs_causes_clear)))

#endif
