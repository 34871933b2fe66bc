// SPDX-License-Identifier: GPL-2.0
/*
 * All facts of one function, as netlink attributes: the cached ones, and those
 * that change without an event.  These are read for each view, without the device
 * lock and the rescan lock.
 */
#include <linux/iommu.h>
#include <linux/kernfs.h>
#include <linux/pm_runtime.h>
#include <linux/string.h>
#include <linux/vgaarb.h>

#include "facts.h"
#include "gpushift-compat.h"
#include "pack.h"
#include "registry.h"

/* A longer override is not known. */
#define OVERRIDE_SIZE 128

static void pack_driver(struct gpushift_pack *pack,
			const struct gpushift_view *view)
{
	char override[OVERRIDE_SIZE];

	if (view->driver[0])
		gpushift_pack_string(pack, GPUSHIFT_A_DRIVER, view->driver);
	if (gpushift_driver_override(&view->function->pdev->dev, override,
				     sizeof(override)))
		gpushift_pack_string(pack, GPUSHIFT_A_DRIVER_OVERRIDE,
				     override);
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
 * @usual: whether it is of a type that a default domain can have
 */
struct domain_state {
	const char *type;
	bool user;
	bool usual;
};

/* The domain only stands still under the group's lock, that is in here. */
static int read_domain(struct device *dev, void *data)
{
	const struct iommu_domain *domain = iommu_get_domain_for_dev(dev);
	struct domain_state *state = data;

	state->type = domain_type_name(domain);
	if (!state->type)
		return 1;
	state->user = domain->type == IOMMU_DOMAIN_BLOCKED ||
		      domain->type == IOMMU_DOMAIN_UNMANAGED ||
		      gpushift_domain_is_nested(domain);
	state->usual = domain->type == IOMMU_DOMAIN_IDENTITY ||
		       domain->type == IOMMU_DOMAIN_DMA ||
		       domain->type == IOMMU_DOMAIN_DMA_FQ;
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

/*
 * The kernel keeps a group's default domain to itself, but it is the one in use
 * until user space takes over.
 */
static void note_domain(struct gpushift_function *function,
			const struct domain_state *state)
{
	if (state->usual)
		WRITE_ONCE(function->default_domain, state->type);
}

/**
 * gpushift_facts_note_domain() - remember the default domain of a group
 * @function: a function whose group cannot change now
 */
void gpushift_facts_note_domain(struct gpushift_function *function)
{
	struct domain_state state = {};

	if (!function->group)
		return;
	iommu_group_for_each_dev(function->group, &state, read_domain);
	note_domain(function, &state);
}

static void pack_iommu(struct gpushift_pack *pack,
		       const struct gpushift_view *view)
{
	struct domain_state state = {};
	const char *usual;

	if (!view->group) {
		gpushift_pack_u8(pack, GPUSHIFT_A_DMA_OWNER,
				 GPUSHIFT_DMA_OWNER_UNKNOWN);
		return;
	}
	iommu_group_for_each_dev(view->group, &state, read_domain);
	gpushift_pack_u8(pack, GPUSHIFT_A_DMA_OWNER,
			 dma_owner(view->group, &state));
	if (state.type)
		gpushift_pack_string(pack, GPUSHIFT_A_IOMMU_DOMAIN_TYPE,
				     state.type);
	note_domain(view->function, &state);
	usual = READ_ONCE(view->function->default_domain);
	if (usual)
		gpushift_pack_string(pack, GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE,
				     usual);
}

/* As the kernel's own boot_vga file decides. */
static bool is_boot_vga(const struct pci_dev *pdev)
{
	const struct pci_dev *vga = vga_default_device();

	if (vga)
		return pdev == vga;
	return pdev->resource[PCI_ROM_RESOURCE].flags & IORESOURCE_ROM_SHADOW;
}

/* Our numbers up to here are the kernel's. */
static enum gpushift_power_state power_state(const struct pci_dev *pdev)
{
	int state = (__force int)READ_ONCE(pdev->current_state);

	if (state >= GPUSHIFT_POWER_STATE_D0 &&
	    state <= GPUSHIFT_POWER_STATE_UNKNOWN)
		return state;
	return GPUSHIFT_POWER_STATE_ERROR;
}

#ifdef CONFIG_PM
/* As sysfs does, and without a lock as it does. */
static enum gpushift_runtime_status runtime_status(const struct device *dev)
{
	if (dev->power.runtime_error)
		return GPUSHIFT_RUNTIME_STATUS_ERROR;
	if (dev->power.disable_depth)
		return GPUSHIFT_RUNTIME_STATUS_UNSUPPORTED;
	switch (dev->power.runtime_status) {
	case RPM_ACTIVE:
		return GPUSHIFT_RUNTIME_STATUS_ACTIVE;
	case RPM_SUSPENDING:
		return GPUSHIFT_RUNTIME_STATUS_SUSPENDING;
	case RPM_SUSPENDED:
		return GPUSHIFT_RUNTIME_STATUS_SUSPENDED;
	case RPM_RESUMING:
		return GPUSHIFT_RUNTIME_STATUS_RESUMING;
	default:
		return GPUSHIFT_RUNTIME_STATUS_ERROR;
	}
}

static void pack_runtime(struct gpushift_pack *pack, const struct device *dev)
{
	gpushift_pack_u8(pack, GPUSHIFT_A_RUNTIME_CONTROL,
			 dev->power.runtime_auto);
	gpushift_pack_u8(pack, GPUSHIFT_A_RUNTIME_STATUS, runtime_status(dev));
}
#else
static void pack_runtime(struct gpushift_pack *pack, const struct device *dev)
{
}
#endif

static void pack_power(struct gpushift_pack *pack, const struct pci_dev *pdev)
{
	gpushift_pack_u8(pack, GPUSHIFT_A_POWER_STATE, power_state(pdev));
	gpushift_pack_u8(pack, GPUSHIFT_A_D3COLD_ALLOWED, pdev->d3cold_allowed);
	pack_runtime(pack, &pdev->dev);
}

static void pack_answers(struct gpushift_pack *pack, struct pci_dev *pdev)
{
	int answers = gpushift_config_answers(pdev);
	struct gpushift_link link;

	if (answers < 0)
		return;
	gpushift_pack_u8(pack, GPUSHIFT_A_CONFIG_ANSWERS, answers);
	if (!answers)
		return;
	link = gpushift_config_link(pdev);
	if (!link.speed || !link.width)
		return;
	gpushift_pack_u32(pack, GPUSHIFT_A_LINK_SPEED, link.speed);
	gpushift_pack_u8(pack, GPUSHIFT_A_LINK_WIDTH, link.width);
}

/* Only a driver makes a parent, and the folder of types is there if it did. */
static void pack_mdev(struct gpushift_pack *pack,
		      const struct gpushift_view *view)
{
	struct kernfs_node *types = NULL;

	if (view->driver[0])
		types = kernfs_find_and_get(view->function->dir,
					    "mdev_supported_types");
	gpushift_pack_u8(pack, GPUSHIFT_A_MDEV_PARENT, !!types);
	if (!types)
		return;
	gpushift_pack_u32(pack, GPUSHIFT_A_MDEV_TYPES,
			  READ_ONCE(types->dir.subdirs));
	kernfs_put(types);
}

/**
 * gpushift_facts_are_cached() - whether what changes rarely is as it is cached
 * @view: from gpushift_view_get() or gpushift_view_find()
 *
 * Return: whether it is; then gpushift_facts_pack_cached() packs the same for
 * each reader until the next event.
 */
bool gpushift_facts_are_cached(const struct gpushift_view *view)
{
	struct gpushift_changeable now;

	gpushift_changeable_take(view->function->pdev, &now);
	return !memcmp(&now, &view->cached->changeable, sizeof(now));
}

static void pack_changed(const struct gpushift_view *view, bool privileged,
			 struct gpushift_pack *pack)
{
	const struct gpushift_cached *cached = view->cached;
	struct gpushift_changeable now;

	gpushift_changeable_take(view->function->pdev, &now);
	gpushift_pack_copy(pack, cached->data, cached->steady_size);
	gpushift_changeable_pack(&now, cached->barriers, pack);
	if (!privileged)
		return;
	gpushift_reset_pack(pack, now.methods, cached->barriers, true);
	gpushift_pack_copy(pack, cached->data + cached->detail_start,
			   cached->size - cached->detail_start);
}

/**
 * gpushift_facts_pack_cached() - pack the facts that change with an event, and
 * those that change rarely
 * @view: from gpushift_view_get() or gpushift_view_find()
 * @privileged: whether to pack what sysfs keeps for root
 * @pack: where to
 */
void gpushift_facts_pack_cached(const struct gpushift_view *view,
				bool privileged, struct gpushift_pack *pack)
{
	const struct gpushift_cached *cached = view->cached;

	if (gpushift_facts_are_cached(view))
		gpushift_pack_copy(pack, cached->data,
				   privileged ? cached->size :
						cached->open_size);
	else
		pack_changed(view, privileged, pack);
}

/**
 * gpushift_facts_pack_live() - pack the facts that change without an event
 * @view: from gpushift_view_get() or gpushift_view_find()
 * @pack: where to
 */
void gpushift_facts_pack_live(const struct gpushift_view *view,
			      struct gpushift_pack *pack)
{
	struct pci_dev *pdev = view->function->pdev;

	pack_driver(pack, view);
	pack_iommu(pack, view);
	pack_power(pack, pdev);
	pack_answers(pack, pdev);
	pack_mdev(pack, view);
	if (pdev->class >> 8 == PCI_CLASS_DISPLAY_VGA)
		gpushift_pack_u8(pack, GPUSHIFT_A_BOOT_VGA, is_boot_vga(pdev));
	if (pdev->is_physfn)
		gpushift_pack_u16(pack, GPUSHIFT_A_SRIOV_ENABLED,
				  pci_num_vf(pdev));
	if (dev_to_node(&pdev->dev) != NUMA_NO_NODE)
		gpushift_pack_u32(pack, GPUSHIFT_A_NUMA_NODE,
				  dev_to_node(&pdev->dev));
}
