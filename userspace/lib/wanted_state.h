/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wanted_state.h - the wanted state of a whole host, as a file for `apply` and `assert`.
 *
 *	[card 01:00.0]			an address or an alias
 *	mode = host
 *
 *	[profile work]			what follows is for this profile
 *	[card 01:00.0]			instead of the section above
 *	mode = vgpu
 *	driver = nvidia
 *	vgpu = 2 nvidia-47		how many (1), and a type; may be given again
 *	vfs = 4				plain virtual functions, instead of vgpu
 *	vf-params = exec_quantum_ms=20	of each of these
 *	with = 0000:01:00.2		functions that move along
 *	force = yes
 *
 * Cards before the first profile are for every profile. gpushift-wanted(5) is for people.
 */
#ifndef GS_WANTED_STATE_H
#define GS_WANTED_STATE_H

#include "plan.h"

struct gs_wanted_card {
	char *card;	/* as it is written */
	size_t profile; /* index; GS_WANTED_ALL: for all */
	int line;
	bool moded; /* always, once it was read */
	enum gs_mode mode;
	char *driver;
	bool force;
	struct gs_address *with;
	size_t n_with;
	struct gs_profile_want *vgpus; /* their types are owned */
	size_t n_vgpus;
	unsigned int vfs; /* 0: none */
	char *vf_params;  /* NULL: nothing is said */
};

/* More is no file of a person's. */
#define GS_WANTED_MAX_BYTES (256 * 1024)

#define GS_WANTED_ALL ((size_t)-1)

struct gs_wanted {
	char **profiles;
	struct gs_wanted_card *cards; /* in the order of the file */
	size_t n_cards;
};

/*
 * gs_wanted_parse - read a file's text
 * Returns 0, -ENOMEM, or -EINVAL with the line and a sentence (allocated).
 */
int gs_wanted_parse(const char *text, size_t length, struct gs_wanted **ret, int *ret_line,
		    char **error) gs_must_check;
void gs_wanted_free(struct gs_wanted *wanted);

/*
 * gs_wanted_holds - is this card's section meant by the profile @name?
 * @name: NULL: none, only what is for all. One for all gives way to one of the profile.
 */
bool gs_wanted_holds(const struct gs_wanted *wanted, const struct gs_wanted_card *card,
		     const char *name);

/*
 * gs_wanted_differs - how @card is not what is wanted of it, a sentence
 * @ret: NULL: it is. Returns 0 or -ENOMEM.
 */
int gs_wanted_differs(const struct gs_host *host, const struct gs_card *card,
		      const struct gs_wanted_card *wanted, char **ret) gs_must_check;

#endif
