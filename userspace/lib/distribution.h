/* SPDX-License-Identifier: GPL-2.0-or-later */
/* distribution.h - the commands by which this distribution gets what a kernel lacks. */
#ifndef GS_DISTRIBUTION_H
#define GS_DISTRIBUTION_H

#include "engine.h"

enum gs_lack {
	GS_LACK_HEADERS, /* of a kernel, to build modules for it */
	GS_LACK_VFIO,	 /* vfio-pci */
	GS_LACKS,
};

/*
 * gs_distribution_fix - by etc/os-release, and the name of the kernel
 * Returns 0, -ENOENT: no command is known here; or -ENOMEM.
 */
int gs_distribution_fix(struct gs_engine *engine, const char *release, enum gs_lack lack,
			char **ret) gs_must_check;

#endif
