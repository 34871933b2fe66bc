// SPDX-License-Identifier: GPL-2.0
/*
 * What changes without an event, but rarely: reset methods, when root writes to
 * "reset_method", and BARs, when they are resized.  It is packed with the cached
 * facts, and compared with what is now each time.
 */
#include <linux/string.h>

#include <linux/gpushift.h>

#include "changeable.h"
#include "pack.h"
#include "reset.h"

static enum gpushift_bar_type bar_type(unsigned long flags)
{
	bool prefetchable = flags & IORESOURCE_PREFETCH;

	if (flags & IORESOURCE_IO)
		return GPUSHIFT_BAR_TYPE_IO;
	if (flags & IORESOURCE_MEM_64)
		return prefetchable ? GPUSHIFT_BAR_TYPE_MEM64_PREF :
				      GPUSHIFT_BAR_TYPE_MEM64;
	return prefetchable ? GPUSHIFT_BAR_TYPE_MEM32_PREF :
			      GPUSHIFT_BAR_TYPE_MEM32;
}

static u64 range_size(const struct gpushift_range *range)
{
	return range->end ? (u64)range->end - range->start + 1 : 0;
}

static void pack_bar(struct gpushift_pack *pack, unsigned int bar,
		     const struct gpushift_range *range)
{
	unsigned int nest;

	if (!(range->flags & (IORESOURCE_IO | IORESOURCE_MEM)) ||
	    !range_size(range))
		return;
	nest = gpushift_pack_nest(pack, GPUSHIFT_A_BAR);
	gpushift_pack_u8(pack, GPUSHIFT_BAR_A_INDEX, bar);
	gpushift_pack_u8(pack, GPUSHIFT_BAR_A_TYPE, bar_type(range->flags));
	if (range->start && !(range->flags & IORESOURCE_UNSET))
		gpushift_pack_u64(pack, GPUSHIFT_BAR_A_START, range->start);
	gpushift_pack_u64(pack, GPUSHIFT_BAR_A_SIZE, range_size(range));
	gpushift_pack_nest_end(pack, nest);
}

/**
 * gpushift_changeable_take() - look at what there is now
 * @pdev: the function
 * @changeable: where to; can be compared as memory
 */
void gpushift_changeable_take(struct pci_dev *pdev,
			      struct gpushift_changeable *changeable)
{
	unsigned int i;

	memset(changeable, 0, sizeof(*changeable));
	memcpy(changeable->methods, pdev->reset_methods,
	       sizeof(changeable->methods));
	for (i = 0; i < GPUSHIFT_CHANGEABLE_RANGES; i++) {
		const struct resource *resource = &pdev->resource[i];

		changeable->ranges[i].start = READ_ONCE(resource->start);
		changeable->ranges[i].end = READ_ONCE(resource->end);
		changeable->ranges[i].flags = READ_ONCE(resource->flags);
	}
}

/**
 * gpushift_changeable_pack() - pack what everyone may see of it
 * @changeable: from gpushift_changeable_take()
 * @barriers: what stands in the way of each reset method
 * @pack: where to; the last are RESET
 */
void gpushift_changeable_pack(const struct gpushift_changeable *changeable,
			      const struct gpushift_barrier *barriers,
			      struct gpushift_pack *pack)
{
	const struct gpushift_range *ranges = changeable->ranges;
	unsigned int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		pack_bar(pack, bar, &ranges[bar]);
	if (range_size(&ranges[PCI_ROM_RESOURCE]))
		gpushift_pack_u64(pack, GPUSHIFT_A_ROM_SIZE,
				  range_size(&ranges[PCI_ROM_RESOURCE]));
	gpushift_reset_pack_methods(pack, changeable->methods);
	gpushift_reset_pack(pack, changeable->methods, barriers, false);
}
