/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels that gpushift supports.  The core is written
 * for the newest one; the HAVE_ macros come from Kbuild.
 */
#ifndef _GPUSHIFT_COMPAT_H
#define _GPUSHIFT_COMPAT_H

#include <linux/acpi.h>
#include <linux/device.h>
#include <linux/iommu.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/version.h>
#include <net/genetlink.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error gpushift needs Linux 6.1 or newer.
#endif

/* Exported by the PCI core for hotplug drivers, but in no public header. */
extern struct kset *pci_slots_kset;

/* Drop when < 6.11: CXL was not known to the PCI core. */
#ifndef PCI_VENDOR_ID_CXL
#define PCI_VENDOR_ID_CXL 0x1e98
#endif
#ifndef PCI_DVSEC_CXL_PORT
#define PCI_DVSEC_CXL_PORT 3
#endif

/* Kernels without ACPI have no firmware to ask. */
static inline bool gpushift_has_acpi_reset(struct device *dev)
{
#ifdef CONFIG_ACPI
	return ACPI_HANDLE(dev) && acpi_has_method(ACPI_HANDLE(dev), "_RST");
#else
	return false;
#endif
}

/* Drop when < 6.6: attributes of a dump request came without a genl_info. */
static inline struct nlattr **gpushift_dump_attrs(struct netlink_callback *cb)
{
#ifdef HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

/**
 * gpushift_driver_override() - copy a device's driver_override
 * @dev: the device
 * @buf: where to; empty when no override is set
 * @size: size of @buf
 *
 * Older kernels guard the override by the device lock, which a reader of ours
 * must never take; there it stays unknown.
 *
 * Return: whether @buf holds the override.
 */
static inline bool gpushift_driver_override(struct device *dev, char *buf,
					    size_t size)
{
#ifdef HAVE_LOCKED_DRIVER_OVERRIDE
	ssize_t len = 0;

	buf[0] = '\0';
	spin_lock(&dev->driver_override.lock);
	if (dev->driver_override.name)
		len = strscpy(buf, dev->driver_override.name, size);
	spin_unlock(&dev->driver_override.lock);
	return len >= 0;
#else
	return false;
#endif
}

/* Drop when < 6.2 and < 6.6: domain types that did not exist yet. */
static inline bool gpushift_domain_is_sva(const struct iommu_domain *domain)
{
#ifdef IOMMU_DOMAIN_SVA
	return domain->type == IOMMU_DOMAIN_SVA;
#else
	return false;
#endif
}

static inline bool gpushift_domain_is_nested(const struct iommu_domain *domain)
{
#ifdef IOMMU_DOMAIN_NESTED
	return domain->type == IOMMU_DOMAIN_NESTED;
#else
	return false;
#endif
}

#endif /* _GPUSHIFT_COMPAT_H */
