/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_hooks.h - the two lines by which a driver is built with the hooks of a checkout of vgpu_unlock. */
#ifndef CLI_UNLOCK_HOOKS_H
#define CLI_UNLOCK_HOOKS_H

#include "base.h"

/* What is in the driver's source below DKMS, and what of the checkout it is to use. */
struct unlock_hook {
	const char *file;    /* of the driver */
	const char *upstream; /* of the checkout */
	/* The text with one more line; NULL with -ENOMEM, or -EINVAL where the line has no place. */
	int (*edit)(const char *text, size_t length, const char *upstream_path, char **ret);
};

/* Both; the end has no file. */
extern const struct unlock_hook unlock_hooks[];

/* unlock_hook_of - the one whose line is put into the file at this path; NULL: none is */
const struct unlock_hook *unlock_hook_of(const char *path);

/* unlock_hook_is_there - does a text name that file of upstream already? */
bool unlock_hook_is_there(const char *text, size_t length, const struct unlock_hook *hook);

/* unlock_hook_is_path - can it stand in C, in a makefile and in a unit as it is? */
bool unlock_hook_is_path(const char *path);

#endif
