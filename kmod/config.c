// SPDX-License-Identifier: GPL-2.0
/*
 * What configuration space tells.  Capabilities stay as they are, so they are
 * read once.  Whatever is read here is read only: no register is written.
 */
#include <linux/acpi.h>
#include <linux/pci.h>

#include "config.h"
#include "gpushift-compat.h"

/* Those without which a group is merged, see pci_device_group(). */
#define ACS_WANTED (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

/* Megatransfers a second by the number of the speed in link registers, less 1. */
static const u32 link_speeds[] = {
	2500, 5000, 8000, 16000, 32000, 64000, 128000,
};

static u32 link_speed(unsigned int number)
{
	return number && number <= ARRAY_SIZE(link_speeds) ?
	       link_speeds[number - 1] : 0;
}

/* The kernel has not looked at the state of what never had a driver: it is on. */
static bool is_awake(struct pci_dev *pdev)
{
	pci_power_t state = READ_ONCE(pdev->current_state);

	return state == PCI_D0 || state == PCI_UNKNOWN;
}

/**
 * gpushift_config_readable() - whether configuration space may be read now
 * @pdev: the function
 *
 * Not while it or a bridge above it sleeps, where a read finds nothing, nor
 * while a reset has it blocked.
 *
 * Return: whether it may.
 */
bool gpushift_config_readable(struct pci_dev *pdev)
{
	struct pci_bus *bus;

	if (!is_awake(pdev) || pdev->block_cfg_access ||
	    pdev->error_state == pci_channel_io_perm_failure)
		return false;
	for (bus = pdev->bus; bus; bus = bus->parent)
		if (bus->self && !is_awake(bus->self))
			return false;
	return true;
}

/**
 * gpushift_config_answers() - ask whether a function is there
 * @pdev: the function
 *
 * A VF has no ids of its own; it answers when its PF does.
 *
 * Return: 1 when it answers, 0 when it reads as all ones, negative when it cannot
 * be asked.
 */
int gpushift_config_answers(struct pci_dev *pdev)
{
	struct pci_dev *asked = pci_physfn(pdev);
	u32 ids;

	if (pdev->error_state == pci_channel_io_perm_failure)
		return 0;
	if (!gpushift_config_readable(pdev) || !gpushift_config_readable(asked))
		return -EAGAIN;
	if (!pci_read_config_dword(asked, PCI_VENDOR_ID, &ids) && ids != ~0U)
		return 1;
	/* It may have been put to sleep meanwhile, or never have been awake. */
	return READ_ONCE(asked->current_state) == PCI_D0 ? 0 : -EAGAIN;
}

/**
 * gpushift_config_link() - ask for the state of the link
 * @pdev: the function
 *
 * Return: the state; zeros when there is none, or it cannot be asked.
 */
struct gpushift_link gpushift_config_link(struct pci_dev *pdev)
{
	struct gpushift_link link = {};
	u16 status;

	if (!pci_is_pcie(pdev) || !gpushift_config_readable(pdev) ||
	    pcie_capability_read_word(pdev, PCI_EXP_LNKSTA, &status) ||
	    status == (u16)~0U)
		return link;
	link.speed = link_speed(status & PCI_EXP_LNKSTA_CLS);
	link.width = (status & PCI_EXP_LNKSTA_NLW) >> PCI_EXP_LNKSTA_NLW_SHIFT;
	return link;
}

/**
 * gpushift_is_conventional_bridge() - whether a conventional bus is below
 * @pdev: the function
 *
 * Return: whether it is a bridge to or from a conventional PCI bus.
 */
bool gpushift_is_conventional_bridge(struct pci_dev *pdev)
{
	if (!pci_is_bridge(pdev))
		return false;
	return !pci_is_pcie(pdev) ||
	       pci_pcie_type(pdev) == PCI_EXP_TYPE_PCI_BRIDGE ||
	       pci_pcie_type(pdev) == PCI_EXP_TYPE_PCIE_BRIDGE;
}

/*
 * Which kinds need ACS, as the PCI core has it: ports always, endpoints and
 * upstream ports when they have several functions; conventional devices of
 * several functions would, and cannot have it.
 */
static bool needs_acs(struct pci_dev *pdev)
{
	if (!pci_is_pcie(pdev))
		return pdev->multifunction;
	switch (pci_pcie_type(pdev)) {
	case PCI_EXP_TYPE_ROOT_PORT:
	case PCI_EXP_TYPE_DOWNSTREAM:
		return true;
	case PCI_EXP_TYPE_ENDPOINT:
	case PCI_EXP_TYPE_LEG_END:
	case PCI_EXP_TYPE_RC_END:
	case PCI_EXP_TYPE_UPSTREAM:
		return pdev->multifunction;
	default:
		return false;
	}
}

/* What the capability does not offer is taken for wired on. */
static u16 read_acs_missing(struct pci_dev *pdev)
{
	u16 offered, set;

	if (!needs_acs(pdev))
		return 0;
	if (!pdev->acs_cap)
		return ACS_WANTED;
	pci_read_config_word(pdev, pdev->acs_cap + PCI_ACS_CAP, &offered);
	pci_read_config_word(pdev, pdev->acs_cap + PCI_ACS_CTRL, &set);
	return ACS_WANTED & offered & ~set;
}

static bool read_af_flr(struct pci_dev *pdev)
{
	const u8 wanted = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	u8 cap, position = pci_find_capability(pdev, PCI_CAP_ID_AF);

	return position &&
	       !pci_read_config_byte(pdev, position + PCI_AF_CAP, &cap) &&
	       (cap & wanted) == wanted;
}

static bool read_no_soft_reset(struct pci_dev *pdev)
{
	u16 control;

	return pdev->pm_cap &&
	       !pci_read_config_word(pdev, pdev->pm_cap + PCI_PM_CTRL,
				     &control) &&
	       (control & PCI_PM_CTRL_NO_SOFT_RESET);
}

static void read_link_max(struct pci_dev *pdev, struct gpushift_config *config)
{
	enum pcie_link_width width;

	if (!pci_is_pcie(pdev))
		return;
	config->link_speed_max =
		link_speed(pcie_get_speed_cap(pdev) - PCIE_SPEED_2_5GT + 1);
	width = pcie_get_width_cap(pdev);
	if (width != PCIE_LNK_WIDTH_UNKNOWN)
		config->link_width_max = width;
}

static void read_resizable(struct pci_dev *pdev, struct gpushift_config *config)
{
	int bar;

	if (!pci_find_ext_capability(pdev, PCI_EXT_CAP_ID_REBAR))
		return;
	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		config->resizable[bar] =
			pci_rebar_get_possible_sizes(pdev, bar);
}

/**
 * gpushift_config_read() - read what stays as it is
 * @pdev: the function
 * @config: where to; not touched when it cannot be read now
 */
void gpushift_config_read(struct pci_dev *pdev, struct gpushift_config *config)
{
	if (config->known || gpushift_config_answers(pdev) != 1)
		return;
	config->acs_missing = read_acs_missing(pdev);
	config->af_flr = read_af_flr(pdev);
	config->no_soft_reset = read_no_soft_reset(pdev);
	config->cxl_port = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL,
						     PCI_DVSEC_CXL_PORT);
	config->acpi_reset = gpushift_has_acpi_reset(&pdev->dev);
	read_link_max(pdev, config);
	read_resizable(pdev, config);
	config->known = true;
}
