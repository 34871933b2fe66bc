/* SPDX-License-Identifier: GPL-2.0-or-later */
/* initramfs_maker.h - who makes this host's initramfs, from what, and whether he asks for the wishes. */
#ifndef GS_INITRAMFS_MAKER_H
#define GS_INITRAMFS_MAKER_H

#include "engine.h"

struct gs_initramfs_maker {
	const char *name;
	const char *program; /* by which he is known, */
	const char *runs;    /* a script that runs this; NULL: whatever it is */
	const char *file;    /* what he is told, */
	const char *folder;  /* and more of it; NULL: none */
	const char *hook;    /* ours, for him */
	const char *list;    /* in those files, of the hooks that he asks; NULL: he asks all that are there */
	const char *rebuild; /* the command */
};

/* gs_initramfs_maker - of this host; NULL: none is known */
const struct gs_initramfs_maker *gs_initramfs_maker(struct gs_engine *engine);

/* gs_initramfs_files - those of his files that are there; 0 or -ENOMEM */
int gs_initramfs_files(struct gs_engine *engine, const struct gs_initramfs_maker *maker,
		       char ***ret) gs_must_check;

/* gs_initramfs_names - is @word one of @text, a file of his, outside comments? */
bool gs_initramfs_names(const char *text, const char *word);

/* gs_initramfs_asks - does an initramfs that he makes have the wishes? */
bool gs_initramfs_asks(struct gs_engine *engine, const struct gs_initramfs_maker *maker);

/* gs_initramfs_rebuild - the command that makes it anew; NULL: none is known */
const char *gs_initramfs_rebuild(struct gs_engine *engine);

#endif
