// SPDX-License-Identifier: GPL-2.0
/*
 * Who uses a BAR of a display that has no driver: most often the framebuffer that
 * the firmware left.  The names in the kernel's resource tree cannot be read
 * without its lock, which is not for us.  So the tree is only asked whether a
 * part of the BAR is claimed, and the name is that of the framebuffer's
 * platform device, whose resources stand still while it is held.
 */
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "claimant.h"
#include "function.h"

/* What the kernel makes of the firmware's framebuffer, see drivers/firmware/sysfb.c. */
static const char *const framebuffers[] = {
	"simple-framebuffer.0",
	"efi-framebuffer.0",
	"vesa-framebuffer.0",
};

static int note_claim(struct resource *resource, void *data)
{
	return 1;
}

static bool is_claimed(const struct resource *bar)
{
	return walk_iomem_res_desc(IORES_DESC_NONE,
				   IORESOURCE_MEM | IORESOURCE_BUSY, bar->start,
				   bar->end, NULL, note_claim) == 1;
}

static bool uses(struct platform_device *device, struct resource *bar)
{
	u32 i;

	for (i = 0; i < device->num_resources; i++)
		if (resource_type(&device->resource[i]) == IORESOURCE_MEM &&
		    resource_overlaps(&device->resource[i], bar))
			return true;
	return false;
}

/* The driver's name would need the device's lock; the device's own says enough. */
static bool find_framebuffer(struct resource *bar, char *name,
			     size_t size)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(framebuffers) && !found; i++) {
		struct device *dev = bus_find_device_by_name(&platform_bus_type,
							     NULL,
							     framebuffers[i]);

		if (!dev)
			continue;
		found = uses(to_platform_device(dev), bar);
		if (found)
			strscpy(name, dev_name(dev), size);
		put_device(dev);
	}
	return found;
}

/**
 * gpushift_claimant() - who uses a BAR of a display without a driver
 * @function: the function
 * @bar: number of the BAR
 * @name: the name, when there is one
 * @size: bytes of @name
 *
 * Return: whether somebody does.
 */
bool gpushift_claimant(const struct gpushift_function *function,
		       unsigned int bar, char *name, size_t size)
{
	struct resource *resource = &function->pdev->resource[bar];

	if (function->pdev->class >> 16 != PCI_BASE_CLASS_DISPLAY ||
	    function->driver[0] || !(resource->flags & IORESOURCE_MEM) ||
	    !resource->start || !resource_size(resource))
		return false;
	if (find_framebuffer(resource, name, size))
		return true;
	strscpy(name, "unknown", size);
	return is_claimed(resource);
}
