// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm.h"

#include <stdatomic.h>
#include <string.h>

/*
 * Two VMs may be started by two threads at once, and a VM by two threads one
 * after the other. Writers take a slot each; a reader whose slot was taken
 * again meanwhile looks again.
 */
#define SLOTS 64

static struct unlock_uuid slots[SLOTS];
static _Atomic unsigned int taken, last; /* counts; a slot is its number modulo SLOTS */

static __thread struct unlock_uuid own;
static __thread bool have_own;

/* Groups of 4, 2 and 2 bytes are numbers of the host's byte order. */
static void to_written_order(const unsigned char bytes[16], struct unlock_uuid *ret)
{
	static const unsigned char order[16] = { 3, 2,	1,  0,	5,  4,	7,  6,
						 8, 9, 10, 11, 12, 13, 14, 15 };

	for (size_t i = 0; i < sizeof(order); i++)
		ret->bytes[i] = bytes[order[i]];
}

void unlock_vm_set(const unsigned char bytes[16])
{
	unsigned int slot = atomic_fetch_add(&taken, 1);

	to_written_order(bytes, &own);
	have_own = true;
	slots[slot % SLOTS] = own;
	atomic_store(&last, slot + 1);
}

bool unlock_vm_get(struct unlock_uuid *ret)
{
	unsigned int slot;

	if (have_own) {
		*ret = own;
		return true;
	}
	do {
		slot = atomic_load(&last);
		if (!slot)
			return false;
		*ret = slots[(slot - 1) % SLOTS];
		/* The writer of this slot comes by again after SLOTS others. */
	} while (atomic_load(&taken) - slot >= SLOTS - 1);
	return true;
}
