/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proof.h - shows that a VM could use an IOMMU group, without opening a device. */
#ifndef GS_PROOF_H
#define GS_PROOF_H

#include "engine.h"

/*
 * gs_prove_group - attach the group to a container with an IOMMU, and let go
 * @group: its number
 *
 * Returns 0; -ENODEV: nothing in it is on a vfio driver; -EBUSY: somebody
 * uses it; -EPERM: not viable; -EXDEV: the IOMMU cannot isolate its
 * interrupts; -ERANGE: the firmware wants a region of it mapped one to one;
 * -ENOTSUP: no type 1 IOMMU; or -errno.
 */
int gs_prove_group(struct gs_engine *engine, const char *group) gs_must_check;

#endif
