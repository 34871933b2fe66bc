// SPDX-License-Identifier: GPL-2.0
/*
 * Which reset methods a function has, and what stands in the way of the others.
 * The conditions are those of the probes in the kernel's pci.c; the probes
 * themselves walk lists without a lock, and are not for others to call.
 */
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "function.h"
#include "pack.h"
#include "reset.h"
#include "scope.h"

/* The kernel's own table is static.  Later kernels append. */
static const char *const names[] = {
	NULL, "device_specific", "acpi", "flr", "af_flr", "pm", "bus",
	"cxl_bus",
};

/* Numbers of the kernel's methods are ours, up to where it ends. */
static_assert(ARRAY_SIZE(names) == GPUSHIFT_RESET_METHOD_CXL_BUS + 1,
	      "the order of the kernel's reset methods");

static const struct gpushift_barrier no_barrier;

static struct gpushift_barrier blocked_by(enum gpushift_reset_reason reason,
					  const char *detail)
{
	struct gpushift_barrier made = { .reason = reason };

	strscpy(made.detail, detail, sizeof(made.detail));
	return made;
}

static bool has_flag(const struct gpushift_function *function,
		     pci_dev_flags_t flag)
{
	return function->pdev->dev_flags & flag;
}

static struct gpushift_barrier
judge_flr(const struct gpushift_function *function)
{
	if (!(function->pdev->devcap & PCI_EXP_DEVCAP_FLR))
		return blocked_by(GPUSHIFT_RESET_REASON_NO_CAPABILITY, "");
	if (has_flag(function, PCI_DEV_FLAGS_NO_FLR_RESET))
		return blocked_by(GPUSHIFT_RESET_REASON_QUIRK, "NO_FLR_RESET");
	return no_barrier;
}

static struct gpushift_barrier
judge_af_flr(const struct gpushift_function *function)
{
	if (!function->config.af_flr)
		return blocked_by(GPUSHIFT_RESET_REASON_NO_CAPABILITY, "");
	if (has_flag(function, PCI_DEV_FLAGS_NO_FLR_RESET))
		return blocked_by(GPUSHIFT_RESET_REASON_QUIRK, "NO_FLR_RESET");
	return no_barrier;
}

static struct gpushift_barrier judge_pm(const struct gpushift_function *function)
{
	if (!function->pdev->pm_cap)
		return blocked_by(GPUSHIFT_RESET_REASON_NO_CAPABILITY, "");
	if (has_flag(function, PCI_DEV_FLAGS_NO_PM_RESET))
		return blocked_by(GPUSHIFT_RESET_REASON_QUIRK, "NO_PM_RESET");
	if (function->config.no_soft_reset)
		return blocked_by(GPUSHIFT_RESET_REASON_NO_SOFT_RESET, "");
	return no_barrier;
}

static bool has_bus_below(const struct gpushift_function *function)
{
	return READ_ONCE(function->pdev->subordinate);
}

/* Of the function's bus, when nothing but the function is on it. */
static struct gpushift_barrier
judge_own_bus(const struct gpushift_function *function,
	      const struct gpushift_bus *bus)
{
	struct pci_dev *pdev = function->pdev;

	if (pci_is_root_bus(pdev->bus))
		return blocked_by(GPUSHIFT_RESET_REASON_ROOT_BUS, "");
	if (has_bus_below(function))
		return blocked_by(GPUSHIFT_RESET_REASON_IS_BRIDGE, "");
	if (!pdev->bus->self)
		return blocked_by(GPUSHIFT_RESET_REASON_NO_BRIDGE, "");
	if (has_flag(function, PCI_DEV_FLAGS_NO_BUS_RESET))
		return blocked_by(GPUSHIFT_RESET_REASON_QUIRK, "NO_BUS_RESET");
	if (bus->second)
		return blocked_by(GPUSHIFT_RESET_REASON_SIBLINGS,
			       bus->first == function ? bus->second->address :
							bus->first->address);
	return no_barrier;
}

/* By the slot of a function that is the only one of its device, or by its bus. */
static struct gpushift_barrier
judge_bus(const struct gpushift_function *function,
	  const struct gpushift_bus *bus, bool slot_has_reset)
{
	if (slot_has_reset && !has_bus_below(function) &&
	    !function->pdev->multifunction &&
	    !has_flag(function, PCI_DEV_FLAGS_NO_BUS_RESET))
		return no_barrier;
	return judge_own_bus(function, bus);
}

static struct gpushift_barrier
judge_slot(const struct gpushift_function *function,
	   const struct gpushift_bus *bus, bool slot_has_reset)
{
	if (!READ_ONCE(function->pdev->slot))
		return blocked_by(GPUSHIFT_RESET_REASON_NO_SLOT, "");
	if (!slot_has_reset)
		return blocked_by(GPUSHIFT_RESET_REASON_SLOT_WITHOUT_RESET, "");
	return gpushift_reset_judge_bus(function, bus);
}

/**
 * gpushift_reset_judge_bus() - what stands in the way of resetting a bus with
 * all that is on it
 * @function: a function on the bus
 * @bus: the bus, NULL for a root bus
 *
 * Return: the barrier.
 */
struct gpushift_barrier
gpushift_reset_judge_bus(const struct gpushift_function *function,
			 const struct gpushift_bus *bus)
{
	struct pci_dev *bridge = function->pdev->bus->self;

	if (pci_is_root_bus(function->pdev->bus))
		return blocked_by(GPUSHIFT_RESET_REASON_ROOT_BUS, "");
	if (!bridge)
		return blocked_by(GPUSHIFT_RESET_REASON_NO_BRIDGE, "");
	if (has_flag(function, PCI_DEV_FLAGS_NO_BUS_RESET))
		return blocked_by(GPUSHIFT_RESET_REASON_QUIRK, "NO_BUS_RESET");
	if (bridge->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET)
		return blocked_by(GPUSHIFT_RESET_REASON_OTHER_QUIRK,
			       pci_name(bridge));
	if (bus->no_reset)
		return blocked_by(GPUSHIFT_RESET_REASON_OTHER_QUIRK,
			       bus->no_reset->address);
	return no_barrier;
}

static struct gpushift_barrier
judge_cxl_bus(const struct gpushift_function *bridge)
{
	if (bridge && bridge->config.cxl_port)
		return no_barrier;
	return blocked_by(GPUSHIFT_RESET_REASON_NOT_CXL, "");
}

/* What has been seen enabled is possible, whatever was enabled since. */
static struct gpushift_barrier
judge_device_specific(const struct gpushift_function *function,
		      const struct gpushift_barrier *barriers)
{
	struct gpushift_barrier made =
		blocked_by(GPUSHIFT_RESET_REASON_NO_METHOD, "");
	unsigned int method;

	if (function->methods_seen & BIT(GPUSHIFT_RESET_METHOD_DEVICE_SPECIFIC))
		return no_barrier;
	/* Only a list that nobody shortened tells that there is none. */
	for (method = GPUSHIFT_RESET_METHOD_ACPI;
	     method <= GPUSHIFT_RESET_METHOD_PM; method++)
		if (barriers[method].unknown ||
		    (!barriers[method].reason &&
		     !(function->methods_seen & BIT(method))))
			made.unknown = true;
	return made;
}

/**
 * gpushift_reset_judge() - what stands in the way of each reset method
 * @function: the function
 * @bridge: the bridge that leads to its bus, or NULL
 * @bus: its bus, NULL for a root bus
 * @slot_has_reset: it is in a slot whose driver can reset it
 * @barriers: GPUSHIFT_RESET_METHODS of them, by method, zeros before
 */
void gpushift_reset_judge(const struct gpushift_function *function,
			  const struct gpushift_function *bridge,
			  const struct gpushift_bus *bus, bool slot_has_reset,
			  struct gpushift_barrier *barriers)
{
	bool known = function->config.known;

	if (!function->config.acpi_reset)
		barriers[GPUSHIFT_RESET_METHOD_ACPI] =
			blocked_by(GPUSHIFT_RESET_REASON_NO_METHOD, "");
	barriers[GPUSHIFT_RESET_METHOD_FLR] = judge_flr(function);
	barriers[GPUSHIFT_RESET_METHOD_AF_FLR] = judge_af_flr(function);
	barriers[GPUSHIFT_RESET_METHOD_PM] = judge_pm(function);
	barriers[GPUSHIFT_RESET_METHOD_BUS] =
		judge_bus(function, bus, slot_has_reset);
	barriers[GPUSHIFT_RESET_METHOD_CXL_BUS] = judge_cxl_bus(bridge);
	barriers[GPUSHIFT_RESET_METHOD_SLOT] =
		judge_slot(function, bus, slot_has_reset);

	barriers[GPUSHIFT_RESET_METHOD_ACPI].unknown = !known;
	barriers[GPUSHIFT_RESET_METHOD_AF_FLR].unknown = !known;
	barriers[GPUSHIFT_RESET_METHOD_PM].unknown =
		!known && barriers[GPUSHIFT_RESET_METHOD_PM].reason !=
			  GPUSHIFT_RESET_REASON_NO_CAPABILITY;
	barriers[GPUSHIFT_RESET_METHOD_CXL_BUS].unknown =
		sizeof(function->pdev->reset_methods) <=
			GPUSHIFT_RESET_METHOD_CXL_BUS ||
		(bridge && !bridge->config.known);
	barriers[GPUSHIFT_RESET_METHOD_DEVICE_SPECIFIC] =
		judge_device_specific(function, barriers);
}

/**
 * gpushift_reset_pack_methods() - pack the enabled methods in order
 * @pack: where to
 * @methods: the kernel's list, PCI_NUM_RESET_METHODS of them
 */
void gpushift_reset_pack_methods(struct gpushift_pack *pack, const u8 *methods)
{
	unsigned int i;

	for (i = 0; i < PCI_NUM_RESET_METHODS && methods[i]; i++)
		gpushift_pack_string(pack, GPUSHIFT_A_RESET_METHOD,
				     methods[i] < ARRAY_SIZE(names) ?
				     names[methods[i]] : "unknown");
}

static enum gpushift_reset_state state_of(const struct gpushift_barrier *barrier,
					  bool enabled)
{
	if (enabled)
		return barrier->reason ? GPUSHIFT_RESET_STATE_STALE :
					 GPUSHIFT_RESET_STATE_ENABLED;
	return barrier->reason ? GPUSHIFT_RESET_STATE_IMPOSSIBLE :
				 GPUSHIFT_RESET_STATE_DISABLED;
}

static void pack_one(struct gpushift_pack *pack, unsigned int method,
		     enum gpushift_reset_state state,
		     const struct gpushift_barrier *barrier)
{
	unsigned int nest = gpushift_pack_nest(pack, GPUSHIFT_A_RESET);

	gpushift_pack_u8(pack, GPUSHIFT_RESET_A_METHOD, method);
	/* Most are impossible, which the reason tells. */
	if (state != GPUSHIFT_RESET_STATE_IMPOSSIBLE)
		gpushift_pack_u8(pack, GPUSHIFT_RESET_A_STATE, state);
	if (barrier->reason)
		gpushift_pack_u8(pack, GPUSHIFT_RESET_A_REASON,
				 barrier->reason);
	if (barrier->detail[0])
		gpushift_pack_string(pack, GPUSHIFT_RESET_A_DETAIL,
				     barrier->detail);
	gpushift_pack_nest_end(pack, nest);
}

/* Only these two can be told from what sysfs shows to everyone. */
static bool is_public(unsigned int method)
{
	return method == GPUSHIFT_RESET_METHOD_BUS ||
	       method == GPUSHIFT_RESET_METHOD_SLOT;
}

static unsigned long enabled_methods(const u8 *methods,
				     const struct gpushift_barrier *barriers)
{
	unsigned long enabled = 0;
	unsigned int i;

	for (i = 0; i < PCI_NUM_RESET_METHODS && methods[i]; i++)
		enabled |= BIT(methods[i]);
	/* The kernel knows no switch for it. */
	if (barriers[GPUSHIFT_RESET_METHOD_SLOT].reason)
		return enabled & ~BIT(GPUSHIFT_RESET_METHOD_SLOT);
	return enabled | BIT(GPUSHIFT_RESET_METHOD_SLOT);
}

/**
 * gpushift_reset_pack() - pack what is known of the methods
 * @pack: where to
 * @methods: the kernel's list, PCI_NUM_RESET_METHODS of them
 * @barriers: what stands in the way, by method
 * @privileged: whether to pack what sysfs keeps for root, or what it does not
 */
void gpushift_reset_pack(struct gpushift_pack *pack, const u8 *methods,
			 const struct gpushift_barrier *barriers,
			 bool privileged)
{
	unsigned long enabled = enabled_methods(methods, barriers);
	unsigned int method;

	for (method = GPUSHIFT_RESET_METHOD_UNSPEC + 1;
	     method < GPUSHIFT_RESET_METHODS; method++) {
		const struct gpushift_barrier *barrier = &barriers[method];
		bool is_enabled = enabled & BIT(method);

		if ((is_enabled || is_public(method)) == privileged)
			continue;
		if (!is_enabled && barrier->unknown)
			continue;
		/* The kernel's probe has seen it. */
		if (is_enabled && !is_public(method))
			barrier = &no_barrier;
		pack_one(pack, method, state_of(barrier, is_enabled), barrier);
	}
}
