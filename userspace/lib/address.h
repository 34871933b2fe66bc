/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.h - PCI addresses: dddd:bb:dd.f, in lower case when printed. */
#ifndef GS_ADDRESS_H
#define GS_ADDRESS_H

#include "base.h"

/* Longest text: an 8-digit domain (VMD and Hyper-V use more than 16 bits) and the final NUL. */
#define GS_ADDRESS_LEN 17

struct gs_address {
	uint32_t domain;
	uint8_t bus;
	uint8_t slot;     /* the device number, 0 to 31 */
	uint8_t function; /* 0 to 7 */
};

/*
 * gs_address_parse - read "dddd:bb:dd.f" or "bb:dd.f" (domain 0), upper or
 * lower case. The whole text must match. Returns 0 or -EINVAL.
 */
int gs_address_parse(const char *text, struct gs_address *ret) gs_must_check;

/* gs_address_format - write the canonical text into @buffer and return it */
const char *gs_address_format(const struct gs_address *address, char buffer[GS_ADDRESS_LEN]);

/* gs_address_compare - order by domain, bus, slot, function (as strcmp does) */
int gs_address_compare(const struct gs_address *a, const struct gs_address *b);

static inline bool gs_address_equal(const struct gs_address *a, const struct gs_address *b)
{
	return gs_address_compare(a, b) == 0;
}

/*
 * gs_address_sort - sort a list of device names: addresses in their order,
 * then what is no address (an IOMMU group may hold platform devices)
 */
void gs_address_sort(char **names);

/* gs_address_same_slot - functions of one (multi-function) device */
static inline bool gs_address_same_slot(const struct gs_address *a, const struct gs_address *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->slot == b->slot;
}

#endif
