/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm.h - for which VM a vGPU is being made: told by one call, needed by a later one. */
#ifndef UNLOCK_VM_H
#define UNLOCK_VM_H

#include "overrides.h"

/* unlock_vm_set - @bytes: as the driver has a UUID, its first three groups in the host's byte order */
void unlock_vm_set(const unsigned char bytes[16]);

/* unlock_vm_get - the one that this thread was told of last, else any thread of this process; false: none */
bool unlock_vm_get(struct unlock_uuid *ret);

#endif
