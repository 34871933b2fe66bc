/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_FACTS_H
#define _GPUSHIFT_FACTS_H

#include <linux/bits.h>
#include <linux/pci.h>
#include <linux/types.h>

#include <linux/gpushift.h>

struct gpushift_function;
struct iommu_group;

/* Longer names than these are cut (drivers) or unknown (overrides). */
#define GPUSHIFT_DRIVER_SIZE 64
#define GPUSHIFT_OVERRIDE_SIZE 128

/* The attributes which never change; they are packed once for all dumps. */
#define GPUSHIFT_IDENTITY (BIT_ULL(GPUSHIFT_A_ADDRESS) | \
			   BIT_ULL(GPUSHIFT_A_VENDOR_ID) | \
			   BIT_ULL(GPUSHIFT_A_DEVICE_ID) | \
			   BIT_ULL(GPUSHIFT_A_SUBSYSTEM_VENDOR_ID) | \
			   BIT_ULL(GPUSHIFT_A_SUBSYSTEM_DEVICE_ID) | \
			   BIT_ULL(GPUSHIFT_A_CLASS) | \
			   BIT_ULL(GPUSHIFT_A_REVISION) | \
			   BIT_ULL(GPUSHIFT_A_UPSTREAM_BRIDGE) | \
			   BIT_ULL(GPUSHIFT_A_PHYSFN))

/* Room for these in netlink's form. */
#define GPUSHIFT_IDENTITY_SIZE 128

/**
 * struct gpushift_facts - values of the attributes of one function
 * @present: bit N is set when the attribute N is there
 *
 * Each other member is the value of the attribute of its name.
 */
struct gpushift_facts {
	u64 present;
	u32 generation;
	u32 class;
	u32 iommu_group;
	s32 numa_node;
	u16 vendor_id;
	u16 device_id;
	u16 subsystem_vendor_id;
	u16 subsystem_device_id;
	u16 sriov_total;
	u16 sriov_enabled;
	u8 revision;
	u8 dma_owner;
	u8 reset_bus;
	u8 reset_slot;
	u8 boot_vga;
	u8 mdev_parent;
	const char *address;
	const char *driver;
	const char *driver_override;
	const char *iommu_domain_type;
	const char *upstream_bridge;
	const char *physfn;
};

/**
 * struct gpushift_view - one function as one reader sees it
 * @facts: the facts, complete after gpushift_facts_read()
 * @function: the function; a reference is held
 * @group: its IOMMU group or NULL; a reference is held
 * @driver: what @facts.driver points to
 * @driver_override: what @facts.driver_override points to
 * @reset_methods: copy of the kernel's list of reset methods
 */
struct gpushift_view {
	struct gpushift_facts facts;
	struct gpushift_function *function;
	struct iommu_group *group;
	char driver[GPUSHIFT_DRIVER_SIZE];
	char driver_override[GPUSHIFT_OVERRIDE_SIZE];
	u8 reset_methods[PCI_NUM_RESET_METHODS];
};

/**
 * enum gpushift_kind - how the value of an attribute is kept
 * @GPUSHIFT_KIND_NONE: not a fact of a function
 * @GPUSHIFT_KIND_U8: u8
 * @GPUSHIFT_KIND_U16: u16
 * @GPUSHIFT_KIND_U32: u32
 * @GPUSHIFT_KIND_S32: s32
 * @GPUSHIFT_KIND_STRING: pointer to a string
 * @GPUSHIFT_KIND_LIST: strings, see gpushift_facts_each()
 */
enum gpushift_kind {
	GPUSHIFT_KIND_NONE,
	GPUSHIFT_KIND_U8,
	GPUSHIFT_KIND_U16,
	GPUSHIFT_KIND_U32,
	GPUSHIFT_KIND_S32,
	GPUSHIFT_KIND_STRING,
	GPUSHIFT_KIND_LIST,
};

/**
 * struct gpushift_field - how an attribute is shown
 * @key: name in /proc/gpushift
 * @offset: place in struct gpushift_facts
 * @kind: type
 * @hex: number of hexadecimal digits in /proc, or 0 for decimal
 * @words: words for the values in /proc, or NULL
 * @nr_words: number of @words
 */
struct gpushift_field {
	const char *key;
	u16 offset;
	u8 kind;
	u8 hex;
	const char *const *words;
	unsigned int nr_words;
};

extern const struct gpushift_field gpushift_fields[GPUSHIFT_A_MAX + 1];

static inline bool gpushift_fact_present(const struct gpushift_facts *facts,
					 enum gpushift_attr attr)
{
	return facts->present & BIT_ULL(attr);
}

static inline const void *gpushift_fact(const struct gpushift_facts *facts,
					const struct gpushift_field *field)
{
	return (const char *)facts + field->offset;
}

void gpushift_facts_identify(struct gpushift_function *function);
void gpushift_facts_read(struct gpushift_view *view);
int gpushift_facts_each(const struct gpushift_view *view,
			enum gpushift_attr attr,
			int (*emit)(const char *item, void *data), void *data);

#endif /* _GPUSHIFT_FACTS_H */
