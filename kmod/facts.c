// SPDX-License-Identifier: GPL-2.0
/*
 * The facts of one function, and the one table from which netlink and /proc
 * show them.
 *
 * What never changes is taken when the function is found.  The rest is read for
 * each view, without the device lock and the rescan lock, and without access to
 * the device itself.
 */
#include <linux/build_bug.h>
#include <linux/iommu.h>
#include <linux/kernfs.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/vgaarb.h>

#include "function.h"
#include "gpushift-compat.h"

static const char *const dma_owners[] = {
	[GPUSHIFT_DMA_OWNER_UNKNOWN] = "unknown",
	[GPUSHIFT_DMA_OWNER_NONE] = "none",
	[GPUSHIFT_DMA_OWNER_KERNEL] = "kernel",
	[GPUSHIFT_DMA_OWNER_USER] = "user",
};

/* The kernel's own table is static.  Later kernels append. */
static const char *const reset_methods[] = {
	NULL, "device_specific", "acpi", "flr", "af_flr", "pm", "bus",
	"cxl_bus",
};

const struct gpushift_field gpushift_fields[GPUSHIFT_A_MAX + 1] = {
	[GPUSHIFT_A_ADDRESS] = {
		.key = "address",
		.kind = GPUSHIFT_KIND_STRING,
		.offset = offsetof(struct gpushift_facts, address),
	},
	[GPUSHIFT_A_VENDOR_ID] = {
		.key = "vendor-id",
		.kind = GPUSHIFT_KIND_U16,
		.offset = offsetof(struct gpushift_facts, vendor_id),
		.hex = 4,
	},
	[GPUSHIFT_A_DEVICE_ID] = {
		.key = "device-id",
		.kind = GPUSHIFT_KIND_U16,
		.offset = offsetof(struct gpushift_facts, device_id),
		.hex = 4,
	},
	[GPUSHIFT_A_SUBSYSTEM_VENDOR_ID] = {
		.key = "subsystem-vendor-id",
		.kind = GPUSHIFT_KIND_U16,
		.offset = offsetof(struct gpushift_facts, subsystem_vendor_id),
		.hex = 4,
	},
	[GPUSHIFT_A_SUBSYSTEM_DEVICE_ID] = {
		.key = "subsystem-device-id",
		.kind = GPUSHIFT_KIND_U16,
		.offset = offsetof(struct gpushift_facts, subsystem_device_id),
		.hex = 4,
	},
	[GPUSHIFT_A_CLASS] = {
		.key = "class",
		.kind = GPUSHIFT_KIND_U32,
		.offset = offsetof(struct gpushift_facts, class),
		.hex = 6,
	},
	[GPUSHIFT_A_REVISION] = {
		.key = "revision",
		.kind = GPUSHIFT_KIND_U8,
		.offset = offsetof(struct gpushift_facts, revision),
		.hex = 2,
	},
	[GPUSHIFT_A_DRIVER] = {
		.key = "driver",
		.kind = GPUSHIFT_KIND_STRING,
		.offset = offsetof(struct gpushift_facts, driver),
	},
	[GPUSHIFT_A_DRIVER_OVERRIDE] = {
		.key = "driver-override",
		.kind = GPUSHIFT_KIND_STRING,
		.offset = offsetof(struct gpushift_facts, driver_override),
	},
	[GPUSHIFT_A_IOMMU_GROUP] = {
		.key = "iommu-group",
		.kind = GPUSHIFT_KIND_U32,
		.offset = offsetof(struct gpushift_facts, iommu_group),
	},
	[GPUSHIFT_A_IOMMU_GROUP_MEMBER] = {
		.key = "iommu-group-member",
		.kind = GPUSHIFT_KIND_LIST,
	},
	[GPUSHIFT_A_IOMMU_DOMAIN_TYPE] = {
		.key = "iommu-domain-type",
		.kind = GPUSHIFT_KIND_STRING,
		.offset = offsetof(struct gpushift_facts, iommu_domain_type),
	},
	[GPUSHIFT_A_DMA_OWNER] = {
		.key = "dma-owner",
		.kind = GPUSHIFT_KIND_U8,
		.offset = offsetof(struct gpushift_facts, dma_owner),
		.words = dma_owners,
		.nr_words = ARRAY_SIZE(dma_owners),
	},
	[GPUSHIFT_A_RESET_METHOD] = {
		.key = "reset-method",
		.kind = GPUSHIFT_KIND_LIST,
	},
	[GPUSHIFT_A_RESET_BUS] = {
		.key = "reset-bus",
		.kind = GPUSHIFT_KIND_U8,
		.offset = offsetof(struct gpushift_facts, reset_bus),
	},
	[GPUSHIFT_A_RESET_SLOT] = {
		.key = "reset-slot",
		.kind = GPUSHIFT_KIND_U8,
		.offset = offsetof(struct gpushift_facts, reset_slot),
	},
	[GPUSHIFT_A_UPSTREAM_BRIDGE] = {
		.key = "upstream-bridge",
		.kind = GPUSHIFT_KIND_STRING,
		.offset = offsetof(struct gpushift_facts, upstream_bridge),
	},
	[GPUSHIFT_A_BOOT_VGA] = {
		.key = "boot-vga",
		.kind = GPUSHIFT_KIND_U8,
		.offset = offsetof(struct gpushift_facts, boot_vga),
	},
	[GPUSHIFT_A_SRIOV_TOTAL] = {
		.key = "sriov-total",
		.kind = GPUSHIFT_KIND_U16,
		.offset = offsetof(struct gpushift_facts, sriov_total),
	},
	[GPUSHIFT_A_SRIOV_ENABLED] = {
		.key = "sriov-enabled",
		.kind = GPUSHIFT_KIND_U16,
		.offset = offsetof(struct gpushift_facts, sriov_enabled),
	},
	[GPUSHIFT_A_PHYSFN] = {
		.key = "physfn",
		.kind = GPUSHIFT_KIND_STRING,
		.offset = offsetof(struct gpushift_facts, physfn),
	},
	[GPUSHIFT_A_MDEV_PARENT] = {
		.key = "mdev-parent",
		.kind = GPUSHIFT_KIND_U8,
		.offset = offsetof(struct gpushift_facts, mdev_parent),
	},
	[GPUSHIFT_A_NUMA_NODE] = {
		.key = "numa-node",
		.kind = GPUSHIFT_KIND_S32,
		.offset = offsetof(struct gpushift_facts, numa_node),
	},
};

static_assert(GPUSHIFT_A_MAX < 64, "struct gpushift_facts.present is too small");

static void set_present(struct gpushift_facts *facts, enum gpushift_attr attr)
{
	facts->present |= BIT_ULL(attr);
}

/**
 * gpushift_facts_identify() - take the facts that never change
 * @function: where to; its pdev must be set
 */
void gpushift_facts_identify(struct gpushift_function *function)
{
	struct gpushift_facts *facts = &function->facts;
	struct pci_dev *pdev = function->pdev;

	strscpy(function->address, pci_name(pdev), sizeof(function->address));
	facts->address = function->address;
	facts->vendor_id = pdev->vendor;
	facts->device_id = pdev->device;
	facts->subsystem_vendor_id = pdev->subsystem_vendor;
	facts->subsystem_device_id = pdev->subsystem_device;
	facts->class = pdev->class;
	facts->revision = pdev->revision;
	facts->present = BIT_ULL(GPUSHIFT_A_ADDRESS) |
			 BIT_ULL(GPUSHIFT_A_VENDOR_ID) |
			 BIT_ULL(GPUSHIFT_A_DEVICE_ID) |
			 BIT_ULL(GPUSHIFT_A_SUBSYSTEM_VENDOR_ID) |
			 BIT_ULL(GPUSHIFT_A_SUBSYSTEM_DEVICE_ID) |
			 BIT_ULL(GPUSHIFT_A_CLASS) |
			 BIT_ULL(GPUSHIFT_A_REVISION) |
			 BIT_ULL(GPUSHIFT_A_DMA_OWNER) |
			 BIT_ULL(GPUSHIFT_A_RESET_BUS) |
			 BIT_ULL(GPUSHIFT_A_RESET_SLOT) |
			 BIT_ULL(GPUSHIFT_A_MDEV_PARENT);

	if (!pci_is_root_bus(pdev->bus) && pdev->bus->self) {
		strscpy(function->bridge, pci_name(pdev->bus->self),
			sizeof(function->bridge));
		facts->upstream_bridge = function->bridge;
		set_present(facts, GPUSHIFT_A_UPSTREAM_BRIDGE);
	}
	if (pdev->is_virtfn) {
		strscpy(function->physfn, pci_name(pci_physfn(pdev)),
			sizeof(function->physfn));
		facts->physfn = function->physfn;
		set_present(facts, GPUSHIFT_A_PHYSFN);
	}
	if (pdev->class >> 8 == PCI_CLASS_DISPLAY_VGA)
		set_present(facts, GPUSHIFT_A_BOOT_VGA);
	if (pdev->is_physfn)
		facts->present |= BIT_ULL(GPUSHIFT_A_SRIOV_TOTAL) |
				  BIT_ULL(GPUSHIFT_A_SRIOV_ENABLED);
}

static void read_driver(struct gpushift_view *view)
{
	struct gpushift_facts *facts = &view->facts;

	if (view->driver[0]) {
		facts->driver = view->driver;
		set_present(facts, GPUSHIFT_A_DRIVER);
	}
	if (gpushift_driver_override(&view->function->pdev->dev,
				     view->driver_override,
				     sizeof(view->driver_override))) {
		facts->driver_override = view->driver_override;
		set_present(facts, GPUSHIFT_A_DRIVER_OVERRIDE);
	}
}

static const char *domain_type_name(const struct iommu_domain *domain)
{
	if (!domain)
		return NULL;
	if (gpushift_domain_is_sva(domain))
		return "sva";
	if (gpushift_domain_is_nested(domain))
		return "nested";
	switch (domain->type) {
	case IOMMU_DOMAIN_BLOCKED:
		return "blocked";
	case IOMMU_DOMAIN_IDENTITY:
		return "identity";
	case IOMMU_DOMAIN_UNMANAGED:
		return "unmanaged";
	case IOMMU_DOMAIN_DMA:
		return "DMA";
	case IOMMU_DOMAIN_DMA_FQ:
		return "DMA-FQ";
	default:
		return NULL;
	}
}

/**
 * struct domain_state - what is known of a group's domain
 * @type: name of its type, or NULL
 * @user: whether it is of a type that only user space asks for
 */
struct domain_state {
	const char *type;
	bool user;
};

/* The domain only stands still under the group's lock, that is in here. */
static int read_domain(struct device *dev, void *data)
{
	const struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	struct domain_state *state = data;

	state->type = domain_type_name(domain);
	state->user = state->type && (domain->type == IOMMU_DOMAIN_BLOCKED ||
				      domain->type == IOMMU_DOMAIN_UNMANAGED ||
				      gpushift_domain_is_nested(domain));
	return 1;
}

/*
 * The kernel says of a group with any driver bound that it is owned.  It is
 * user space when the domain is of a type that the kernel does not use for
 * itself.
 */
static enum gpushift_dma_owner dma_owner(struct iommu_group *group,
					 const struct domain_state *state)
{
	if (!state->type)
		return GPUSHIFT_DMA_OWNER_UNKNOWN;
	/* Takes the group's lock: never to be called from read_domain(). */
	if (!iommu_group_dma_owner_claimed(group))
		return GPUSHIFT_DMA_OWNER_NONE;
	return state->user ? GPUSHIFT_DMA_OWNER_USER :
			     GPUSHIFT_DMA_OWNER_KERNEL;
}

static void read_iommu(struct gpushift_view *view)
{
	struct gpushift_facts *facts = &view->facts;
	struct domain_state state = {};

	facts->dma_owner = GPUSHIFT_DMA_OWNER_UNKNOWN;
	if (!view->group)
		return;
	facts->iommu_group = iommu_group_id(view->group);
	facts->present |= BIT_ULL(GPUSHIFT_A_IOMMU_GROUP) |
			  BIT_ULL(GPUSHIFT_A_IOMMU_GROUP_MEMBER);
	iommu_group_for_each_dev(view->group, &state, read_domain);
	facts->dma_owner = dma_owner(view->group, &state);
	if (state.type) {
		facts->iommu_domain_type = state.type;
		set_present(facts, GPUSHIFT_A_IOMMU_DOMAIN_TYPE);
	}
}

static void read_reset(struct gpushift_view *view)
{
	const struct gpushift_function *function = view->function;

	view->facts.reset_bus = READ_ONCE(function->reset_bus);
	view->facts.reset_slot = READ_ONCE(function->reset_slot);
	memcpy(view->reset_methods, function->pdev->reset_methods,
	       sizeof(view->reset_methods));
	if (view->reset_methods[0])
		set_present(&view->facts, GPUSHIFT_A_RESET_METHOD);
}

/* As the kernel's own boot_vga file decides. */
static bool is_boot_vga(const struct pci_dev *pdev)
{
	const struct pci_dev *vga = vga_default_device();

	if (vga)
		return pdev == vga;
	return pdev->resource[PCI_ROM_RESOURCE].flags & IORESOURCE_ROM_SHADOW;
}

/* Only a driver makes a parent, and the folder of types is there if it did. */
static bool is_mdev_parent(const struct gpushift_view *view)
{
	struct kernfs_node *types;

	if (!view->driver[0])
		return false;
	types = kernfs_find_and_get(view->function->dir,
				    "mdev_supported_types");
	kernfs_put(types);
	return types;
}

/**
 * gpushift_facts_read() - read the facts that change
 * @view: from gpushift_view_get() or gpushift_view_find()
 */
void gpushift_facts_read(struct gpushift_view *view)
{
	struct pci_dev *pdev = view->function->pdev;
	struct gpushift_facts *facts = &view->facts;

	read_driver(view);
	read_iommu(view);
	read_reset(view);
	facts->mdev_parent = is_mdev_parent(view);
	facts->numa_node = dev_to_node(&pdev->dev);
	if (facts->numa_node != NUMA_NO_NODE)
		set_present(facts, GPUSHIFT_A_NUMA_NODE);
	if (gpushift_fact_present(facts, GPUSHIFT_A_BOOT_VGA))
		facts->boot_vga = is_boot_vga(pdev);
	if (pdev->is_physfn) {
		facts->sriov_total = pci_sriov_get_totalvfs(pdev);
		facts->sriov_enabled = pci_num_vf(pdev);
	}
}

/**
 * struct member_emit - what each member of a group is handed to
 * @emit: the receiver
 * @data: for the receiver
 */
struct member_emit {
	int (*emit)(const char *item, void *data);
	void *data;
};

static int emit_member(struct device *dev, void *data)
{
	const struct member_emit *member = data;

	return member->emit(dev_name(dev), member->data);
}

static int emit_reset_methods(const struct gpushift_view *view,
			      const struct member_emit *method)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ARRAY_SIZE(view->reset_methods) && !ret; i++) {
		u8 number = view->reset_methods[i];

		if (!number)
			break;
		ret = method->emit(number < ARRAY_SIZE(reset_methods) ?
				   reset_methods[number] : "unknown",
				   method->data);
	}
	return ret;
}

/**
 * gpushift_facts_each() - hand over the items of a list
 * @view: the view, after gpushift_facts_read()
 * @attr: an attribute of kind GPUSHIFT_KIND_LIST that is present
 * @emit: called with each item, stops when not 0; must not sleep long, nor look
 *	at IOMMU groups
 * @data: for @emit
 *
 * Return: the last result of @emit, or 0.
 */
int gpushift_facts_each(const struct gpushift_view *view,
			enum gpushift_attr attr,
			int (*emit)(const char *item, void *data), void *data)
{
	struct member_emit receiver = { .emit = emit, .data = data };

	if (attr == GPUSHIFT_A_IOMMU_GROUP_MEMBER)
		return iommu_group_for_each_dev(view->group, &receiver,
						emit_member);
	return emit_reset_methods(view, &receiver);
}
