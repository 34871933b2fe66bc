/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unlock_trust.h - can somebody else than root change what root's daemons, or the kernel, are to run? */
#ifndef CLI_UNLOCK_TRUST_H
#define CLI_UNLOCK_TRUST_H

#include <sys/stat.h>

#include "engine.h"

/*
 * unlock_trust - look at a file, and at each folder and link on the way to it
 * @path: from "/", below the engine's root; where it is not there, another tree's may be the host's
 * @ret: why it is not to be trusted, as the end of a sentence, of its own; NULL: it is
 *
 * Returns 0, or -errno when the file is not there.
 */
int unlock_trust(const struct gs_engine *engine, const char *path, char **ret) gs_must_check;

/* unlock_trust_own - in another tree, what belongs to who asks counts as root's */
void unlock_trust_own(const struct gs_engine *engine, struct stat *st);

#endif
