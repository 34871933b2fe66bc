/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The gpushift generic netlink protocol.
 *
 * Family "gpushift", version 1, in the initial network namespace only.  One
 * multicast group, "events".  The family reports; no command changes anything.
 *
 * Every message is a list of the attributes of enum gpushift_attr, of which a
 * few are nests of others.  A list of facts is the same attribute repeated, in
 * order.  The order of different attributes means nothing.  A fact that is not
 * known, or does not apply, is an absent attribute: never a zero or an empty
 * string in its place.  64-bit values may be aligned to 4 bytes only.
 *
 * GPUSHIFT_CMD_FUNCTION_GET, may be called by everyone.  Most facts are such that
 * sysfs shows to everyone, or follow from such.  Those marked "privileged" are
 * what sysfs keeps for root: they are absent unless the caller has
 * CAP_SYS_ADMIN in the initial user namespace; when the request is sent
 * without a destination address, whoever opened the socket must have it too.
 *
 *   do:    request ADDRESS; one reply with the facts of that PCI function,
 *          whether it is in scope or not.
 *            -EINVAL  ADDRESS is missing or is not an address, or ALL was given
 *            -ENODEV  there is no PCI function at ADDRESS
 *
 *   dump:  request nothing, or ALL; one reply for each PCI function in scope,
 *          in the order of their addresses.  In scope are display controllers
 *          (class 03xx), processing accelerators (class 12xx) and whatever
 *          shares the slot, the IOMMU group or the bus reset of one of these.
 *          With ALL every PCI function is in scope.
 *            -EINVAL  ADDRESS was given
 *
 *   Replies carry the command of the request and the facts of one function:
 *   all attributes but ALL and EVENT.  Any other attribute in a
 *   request, and any bit in a reserved field, is -EINVAL; the extended
 *   acknowledgment holds a sentence on each error.
 *
 *   All messages of an undisturbed dump carry the same GENERATION.  When a
 *   device or a driver came or went meanwhile, the rest of the dump, at least
 *   its NLMSG_DONE, is flagged NLM_F_DUMP_INTR: start again.
 *
 * GPUSHIFT_CMD_EVENT, only ever sent by the kernel, to the group "events", which
 * may be joined by everyone.  Sent for every PCI function, in scope or not:
 *
 *   GENERATION, EVENT, ADDRESS, VENDOR_ID, DEVICE_ID, CLASS, and DRIVER when
 *   the event is about a driver.
 *
 *   GENERATION grows by one with each event, in the order in which the events
 *   are sent, and skips only 0 when it wraps.  Whoever sees a gap, or got
 *   ENOBUFS from the socket, has missed events and dumps again.  To follow
 *   without a hole: join, dump, then ignore the events whose GENERATION is
 *   not after the dump's.
 *
 *   Devices and drivers have events.  Overrides, DMA ownership, domain types,
 *   reset methods, power, links, enabled VFs and mdev parents change without one.
 */
#ifndef _UAPI_LINUX_GPUSHIFT_H
#define _UAPI_LINUX_GPUSHIFT_H

#define GPUSHIFT_GENL_NAME "gpushift"
#define GPUSHIFT_GENL_VERSION 1
#define GPUSHIFT_GENL_GROUP_EVENTS "events"

/* Longest ADDRESS, without the terminating zero: domains have up to 32 bits. */
#define GPUSHIFT_ADDRESS_MAX 16

/* VFs tell no RESET_SCOPE of more functions than these: their PF tells it. */
#define GPUSHIFT_VF_SCOPE_MAX 32

/**
 * enum gpushift_cmd - commands of the family
 * @GPUSHIFT_CMD_UNSPEC: not used
 * @GPUSHIFT_CMD_FUNCTION_GET: ask for one PCI function, or dump them
 * @GPUSHIFT_CMD_EVENT: a device or driver came or went (multicast only)
 * @__GPUSHIFT_CMD_AFTER_LAST: internal use
 * @GPUSHIFT_CMD_MAX: highest command number
 */
enum gpushift_cmd {
	GPUSHIFT_CMD_UNSPEC,
	GPUSHIFT_CMD_FUNCTION_GET,
	GPUSHIFT_CMD_EVENT,
	/* keep last */
	__GPUSHIFT_CMD_AFTER_LAST,
	GPUSHIFT_CMD_MAX = __GPUSHIFT_CMD_AFTER_LAST - 1
};

/**
 * enum gpushift_attr - attributes of all messages
 * @GPUSHIFT_A_UNSPEC: not used
 * @GPUSHIFT_A_GENERATION: u32, number of the latest event when this message was
 *	made, never 0; in an event its own number
 * @GPUSHIFT_A_ADDRESS: string, the PCI function, as "dddd:bb:dd.f" in lower
 *	case (domains above ffff have more digits)
 * @GPUSHIFT_A_VENDOR_ID: u16
 * @GPUSHIFT_A_DEVICE_ID: u16
 * @GPUSHIFT_A_SUBSYSTEM_VENDOR_ID: u16
 * @GPUSHIFT_A_SUBSYSTEM_DEVICE_ID: u16
 * @GPUSHIFT_A_CLASS: u32, 24 bits: base class, subclass, programming interface
 * @GPUSHIFT_A_REVISION: u8
 * @GPUSHIFT_A_DRIVER: string, the driver that is bound; absent when none is.
 *	It stays until the driver has really let go, so that it outlives the
 *	"driver" link of sysfs while an unbind hangs.  In an event the driver
 *	that the event is about
 * @GPUSHIFT_A_DRIVER_OVERRIDE: string, empty when no override is set; absent
 *	when not known (kernels which keep it under the device lock: ask sysfs)
 * @GPUSHIFT_A_IOMMU_GROUP: u32, number of the IOMMU group; absent without one
 * @GPUSHIFT_A_IOMMU_GROUP_MEMBER: string, repeated: the devices of that group,
 *	this one included; an address, or for what is no PCI function its
 *	device name
 * @GPUSHIFT_A_IOMMU_DOMAIN_TYPE: string, type of the domain in use now, in the
 *	words of the group's sysfs file "type": "identity", "DMA", "DMA-FQ";
 *	else "unmanaged", "blocked", "sva", "nested"; absent when not known
 * @GPUSHIFT_A_DMA_OWNER: u8, one of enum gpushift_dma_owner
 * @GPUSHIFT_A_RESET_METHOD: string, repeated: enabled reset methods in the
 *	order in which the kernel tries them, in the words of the sysfs file
 *	"reset_method"; absent when there is none
 * @GPUSHIFT_A_RESET_BUS: u8, 1 when a secondary bus reset of the function's bus
 *	is possible: a bridge leads to it, and neither that bridge nor a
 *	function at or below that bus is known not to survive one
 * @GPUSHIFT_A_RESET_SLOT: u8, 1 when its hotplug slot can be reset
 * @GPUSHIFT_A_UPSTREAM_BRIDGE: string, address of the bridge that leads to its
 *	bus; absent on a root bus and on a bus that only VFs are on
 * @GPUSHIFT_A_BOOT_VGA: u8, 1 for the VGA device of the firmware; only for
 *	class 0300
 * @GPUSHIFT_A_SRIOV_TOTAL: u16, most VFs it can have; only PFs
 * @GPUSHIFT_A_SRIOV_ENABLED: u16, VFs it has now; only PFs
 * @GPUSHIFT_A_PHYSFN: string, address of its PF; only VFs
 * @GPUSHIFT_A_MDEV_PARENT: u8, 1 when it offers mediated device types
 * @GPUSHIFT_A_NUMA_NODE: s32, absent when it belongs to none
 * @GPUSHIFT_A_ALL: flag, request only: every PCI function
 * @GPUSHIFT_A_EVENT: u8, event only: one of enum gpushift_event
 * @GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE: string, type of the group's default
 *	domain, as in the group's sysfs file "type"; absent when not known: the
 *	kernel does not tell, so it is what was in use when last seen with the
 *	host
 * @GPUSHIFT_A_RESET: nest, repeated: what is known of one way to reset the
 *	function, see enum gpushift_reset_attr; each known method at most once.
 *	Methods other than bus and slot that the kernel does not have enabled
 *	are privileged
 * @GPUSHIFT_A_RESET_BUS_REASON: u8, one of enum gpushift_reset_reason: why
 *	RESET_BUS is 0
 * @GPUSHIFT_A_RESET_BUS_DETAIL: string, address of the function or bridge that
 *	RESET_BUS_REASON is about
 * @GPUSHIFT_A_RESET_SCOPE: string, addresses parted by a space: the functions
 *	that a reset would hit, this one included: of its slot where RESET_SLOT
 *	is 1, else of its bus; absent when neither can be reset, and on a VF
 *	when there are more than GPUSHIFT_VF_SCOPE_MAX: its PF tells it
 * @GPUSHIFT_A_RESET_OUTSIDE_GROUP: u8, 1 when one of RESET_SCOPE is not in the
 *	IOMMU group; absent without a group or RESET_SCOPE
 * @GPUSHIFT_A_ISOLATED: u8, 1 when it is alone in its IOMMU group; absent
 *	without one
 * @GPUSHIFT_A_ISOLATION_CAUSE: u8, one of enum gpushift_isolation_cause: what
 *	put it into one group with others; absent when alone, or not known
 * @GPUSHIFT_A_ISOLATION_BRIDGE: string, address of the port, bridge or function
 *	that ISOLATION_CAUSE is about
 * @GPUSHIFT_A_ACS_MISSING: u16, privileged: the bits of the ACS control register
 *	(PCI_ACS_SV, _RR, _CR and _UF of linux/pci_regs.h) that ISOLATION_BRIDGE
 *	would have to have set; all four when it has no ACS capability; absent
 *	when ACS is not what is missing
 * @GPUSHIFT_A_POWER_STATE: u8, one of enum gpushift_power_state
 * @GPUSHIFT_A_D3COLD_ALLOWED: u8, 1 when it may be put into D3cold
 * @GPUSHIFT_A_RUNTIME_CONTROL: u8, 1 when runtime power management is left to the
 *	kernel ("auto" in sysfs), 0 when it is kept on
 * @GPUSHIFT_A_RUNTIME_STATUS: u8, one of enum gpushift_runtime_status
 * @GPUSHIFT_A_NO_SOFT_RESET: u8, privileged: the NoSoftRst bit of the power
 *	management capability: 1 when it keeps its state from D3hot to D0;
 *	absent without that capability
 * @GPUSHIFT_A_BAR: nest, repeated: one BAR, see enum gpushift_bar_attr
 * @GPUSHIFT_A_BAR_DETAIL: nest, repeated, privileged: more on one BAR
 * @GPUSHIFT_A_ROM_SIZE: u64, bytes of the expansion ROM; absent without one
 * @GPUSHIFT_A_LINK_SPEED: u32, megatransfers a second now; absent when there is
 *	no link, or the function cannot be asked without disturbing it
 * @GPUSHIFT_A_LINK_SPEED_MAX: u32, megatransfers a second at most
 * @GPUSHIFT_A_LINK_WIDTH: u8, lanes now; absent as LINK_SPEED
 * @GPUSHIFT_A_LINK_WIDTH_MAX: u8, lanes at most
 * @GPUSHIFT_A_MDEV_TYPES: u32, number of mediated device types it offers; absent
 *	unless MDEV_PARENT is 1
 * @GPUSHIFT_A_CONFIG_ANSWERS: u8, 0 when its configuration space reads as all
 *	ones: the function fell off the bus or hangs; absent when it cannot be
 *	asked: it is not in D0, or a bridge above it is not
 * @__GPUSHIFT_A_AFTER_LAST: internal use
 * @GPUSHIFT_A_MAX: highest attribute number
 */
enum gpushift_attr {
	GPUSHIFT_A_UNSPEC,
	GPUSHIFT_A_GENERATION,
	GPUSHIFT_A_ADDRESS,
	GPUSHIFT_A_VENDOR_ID,
	GPUSHIFT_A_DEVICE_ID,
	GPUSHIFT_A_SUBSYSTEM_VENDOR_ID,
	GPUSHIFT_A_SUBSYSTEM_DEVICE_ID,
	GPUSHIFT_A_CLASS,
	GPUSHIFT_A_REVISION,
	GPUSHIFT_A_DRIVER,
	GPUSHIFT_A_DRIVER_OVERRIDE,
	GPUSHIFT_A_IOMMU_GROUP,
	GPUSHIFT_A_IOMMU_GROUP_MEMBER,
	GPUSHIFT_A_IOMMU_DOMAIN_TYPE,
	GPUSHIFT_A_DMA_OWNER,
	GPUSHIFT_A_RESET_METHOD,
	GPUSHIFT_A_RESET_BUS,
	GPUSHIFT_A_RESET_SLOT,
	GPUSHIFT_A_UPSTREAM_BRIDGE,
	GPUSHIFT_A_BOOT_VGA,
	GPUSHIFT_A_SRIOV_TOTAL,
	GPUSHIFT_A_SRIOV_ENABLED,
	GPUSHIFT_A_PHYSFN,
	GPUSHIFT_A_MDEV_PARENT,
	GPUSHIFT_A_NUMA_NODE,
	GPUSHIFT_A_ALL,
	GPUSHIFT_A_EVENT,
	GPUSHIFT_A_IOMMU_DEFAULT_DOMAIN_TYPE,
	GPUSHIFT_A_RESET,
	GPUSHIFT_A_RESET_BUS_REASON,
	GPUSHIFT_A_RESET_BUS_DETAIL,
	GPUSHIFT_A_RESET_SCOPE,
	GPUSHIFT_A_RESET_OUTSIDE_GROUP,
	GPUSHIFT_A_ISOLATED,
	GPUSHIFT_A_ISOLATION_CAUSE,
	GPUSHIFT_A_ISOLATION_BRIDGE,
	GPUSHIFT_A_ACS_MISSING,
	GPUSHIFT_A_POWER_STATE,
	GPUSHIFT_A_D3COLD_ALLOWED,
	GPUSHIFT_A_RUNTIME_CONTROL,
	GPUSHIFT_A_RUNTIME_STATUS,
	GPUSHIFT_A_NO_SOFT_RESET,
	GPUSHIFT_A_BAR,
	GPUSHIFT_A_BAR_DETAIL,
	GPUSHIFT_A_ROM_SIZE,
	GPUSHIFT_A_LINK_SPEED,
	GPUSHIFT_A_LINK_SPEED_MAX,
	GPUSHIFT_A_LINK_WIDTH,
	GPUSHIFT_A_LINK_WIDTH_MAX,
	GPUSHIFT_A_MDEV_TYPES,
	GPUSHIFT_A_CONFIG_ANSWERS,
	/* keep last, later attributes go above */
	__GPUSHIFT_A_AFTER_LAST,
	GPUSHIFT_A_MAX = __GPUSHIFT_A_AFTER_LAST - 1
};

/**
 * enum gpushift_dma_owner - who programs the IOMMU for the group
 * @GPUSHIFT_DMA_OWNER_UNKNOWN: no group, no domain, or a state not understood
 * @GPUSHIFT_DMA_OWNER_NONE: nobody
 * @GPUSHIFT_DMA_OWNER_KERNEL: kernel drivers of the group's members
 * @GPUSHIFT_DMA_OWNER_USER: user space, through VFIO or iommufd
 */
enum gpushift_dma_owner {
	GPUSHIFT_DMA_OWNER_UNKNOWN,
	GPUSHIFT_DMA_OWNER_NONE,
	GPUSHIFT_DMA_OWNER_KERNEL,
	GPUSHIFT_DMA_OWNER_USER
};

/**
 * enum gpushift_reset_attr - attributes in GPUSHIFT_A_RESET
 * @GPUSHIFT_RESET_A_UNSPEC: not used
 * @GPUSHIFT_RESET_A_METHOD: u8, one of enum gpushift_reset_method
 * @GPUSHIFT_RESET_A_STATE: u8, one of enum gpushift_reset_state; absent when it
 *	is GPUSHIFT_RESET_STATE_IMPOSSIBLE
 * @GPUSHIFT_RESET_A_REASON: u8, one of enum gpushift_reset_reason: why it is not
 *	possible, or what made it stale
 * @GPUSHIFT_RESET_A_DETAIL: string, with REASON: the flag that a quirk set, or
 *	the address of a function that stands in the way
 * @__GPUSHIFT_RESET_A_AFTER_LAST: internal use
 * @GPUSHIFT_RESET_A_MAX: highest attribute number
 */
enum gpushift_reset_attr {
	GPUSHIFT_RESET_A_UNSPEC,
	GPUSHIFT_RESET_A_METHOD,
	GPUSHIFT_RESET_A_STATE,
	GPUSHIFT_RESET_A_REASON,
	GPUSHIFT_RESET_A_DETAIL,
	/* keep last */
	__GPUSHIFT_RESET_A_AFTER_LAST,
	GPUSHIFT_RESET_A_MAX = __GPUSHIFT_RESET_A_AFTER_LAST - 1
};

/**
 * enum gpushift_reset_method - ways to reset a function
 * @GPUSHIFT_RESET_METHOD_UNSPEC: not used
 * @GPUSHIFT_RESET_METHOD_DEVICE_SPECIFIC: the kernel has code for this device
 * @GPUSHIFT_RESET_METHOD_ACPI: the firmware's _RST
 * @GPUSHIFT_RESET_METHOD_FLR: function level reset of PCI Express
 * @GPUSHIFT_RESET_METHOD_AF_FLR: that of the Advanced Features capability
 * @GPUSHIFT_RESET_METHOD_PM: to D3hot and back
 * @GPUSHIFT_RESET_METHOD_BUS: of the bus or slot that holds nothing else
 * @GPUSHIFT_RESET_METHOD_CXL_BUS: of the bus below a CXL port; absent where the
 *	kernel does not have it
 * @GPUSHIFT_RESET_METHOD_SLOT: of the hotplug slot with all in it; the kernel has
 *	no switch for it, so it is enabled or impossible
 */
enum gpushift_reset_method {
	GPUSHIFT_RESET_METHOD_UNSPEC,
	GPUSHIFT_RESET_METHOD_DEVICE_SPECIFIC,
	GPUSHIFT_RESET_METHOD_ACPI,
	GPUSHIFT_RESET_METHOD_FLR,
	GPUSHIFT_RESET_METHOD_AF_FLR,
	GPUSHIFT_RESET_METHOD_PM,
	GPUSHIFT_RESET_METHOD_BUS,
	GPUSHIFT_RESET_METHOD_CXL_BUS,
	GPUSHIFT_RESET_METHOD_SLOT
};

/**
 * enum gpushift_reset_state - whether a reset method can be used
 * @GPUSHIFT_RESET_STATE_UNSPEC: not used
 * @GPUSHIFT_RESET_STATE_ENABLED: the kernel uses it
 * @GPUSHIFT_RESET_STATE_DISABLED: possible, but not in "reset_method"
 * @GPUSHIFT_RESET_STATE_IMPOSSIBLE: REASON says why
 * @GPUSHIFT_RESET_STATE_STALE: in "reset_method", but fails now: the kernel looked
 *	before what REASON says was there
 */
enum gpushift_reset_state {
	GPUSHIFT_RESET_STATE_UNSPEC,
	GPUSHIFT_RESET_STATE_ENABLED,
	GPUSHIFT_RESET_STATE_DISABLED,
	GPUSHIFT_RESET_STATE_IMPOSSIBLE,
	GPUSHIFT_RESET_STATE_STALE
};

/**
 * enum gpushift_reset_reason - why a reset is not possible
 * @GPUSHIFT_RESET_REASON_UNSPEC: not used
 * @GPUSHIFT_RESET_REASON_NO_CAPABILITY: the function does not have it, or its
 *	capability does not offer it
 * @GPUSHIFT_RESET_REASON_NO_SOFT_RESET: NoSoftRst is set: no reset from D3hot
 * @GPUSHIFT_RESET_REASON_QUIRK: the kernel knows it to be broken; DETAIL is the
 *	flag: "NO_FLR_RESET", "NO_PM_RESET", "NO_BUS_RESET"
 * @GPUSHIFT_RESET_REASON_NO_METHOD: neither kernel nor firmware has a method of
 *	its own for this function
 * @GPUSHIFT_RESET_REASON_SIBLINGS: there are others on its bus; DETAIL is the
 *	first of them
 * @GPUSHIFT_RESET_REASON_ROOT_BUS: it is on a root bus
 * @GPUSHIFT_RESET_REASON_NO_BRIDGE: no bridge leads to its bus: only VFs are on it
 * @GPUSHIFT_RESET_REASON_IS_BRIDGE: it is a bridge with a bus below
 * @GPUSHIFT_RESET_REASON_NO_SLOT: it is in no hotplug slot
 * @GPUSHIFT_RESET_REASON_SLOT_WITHOUT_RESET: the slot's driver cannot reset it
 * @GPUSHIFT_RESET_REASON_NOT_CXL: the bridge above it is no CXL port
 * @GPUSHIFT_RESET_REASON_OTHER_QUIRK: another function, DETAIL, is known not to
 *	survive it: the bridge, or one that would be hit too
 */
enum gpushift_reset_reason {
	GPUSHIFT_RESET_REASON_UNSPEC,
	GPUSHIFT_RESET_REASON_NO_CAPABILITY,
	GPUSHIFT_RESET_REASON_NO_SOFT_RESET,
	GPUSHIFT_RESET_REASON_QUIRK,
	GPUSHIFT_RESET_REASON_NO_METHOD,
	GPUSHIFT_RESET_REASON_SIBLINGS,
	GPUSHIFT_RESET_REASON_ROOT_BUS,
	GPUSHIFT_RESET_REASON_NO_BRIDGE,
	GPUSHIFT_RESET_REASON_IS_BRIDGE,
	GPUSHIFT_RESET_REASON_NO_SLOT,
	GPUSHIFT_RESET_REASON_SLOT_WITHOUT_RESET,
	GPUSHIFT_RESET_REASON_NOT_CXL,
	GPUSHIFT_RESET_REASON_OTHER_QUIRK
};

/**
 * enum gpushift_isolation_cause - what merges an IOMMU group
 * @GPUSHIFT_ISOLATION_CAUSE_UNSPEC: not used
 * @GPUSHIFT_ISOLATION_CAUSE_PORT_ACS: a root or downstream port without the
 *	ACS that keeps what is below it from its neighbours
 * @GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE: a bridge to a conventional PCI
 *	bus, on which devices cannot be told apart
 * @GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION: a device of several functions without
 *	ACS between them; the address is that of the first in the group
 * @GPUSHIFT_ISOLATION_CAUSE_DMA_ALIAS: the function's DMA carries the address of
 *	another
 */
enum gpushift_isolation_cause {
	GPUSHIFT_ISOLATION_CAUSE_UNSPEC,
	GPUSHIFT_ISOLATION_CAUSE_PORT_ACS,
	GPUSHIFT_ISOLATION_CAUSE_CONVENTIONAL_BRIDGE,
	GPUSHIFT_ISOLATION_CAUSE_MULTIFUNCTION,
	GPUSHIFT_ISOLATION_CAUSE_DMA_ALIAS
};

/**
 * enum gpushift_power_state - as in the sysfs file "power_state"
 * @GPUSHIFT_POWER_STATE_D0: on
 * @GPUSHIFT_POWER_STATE_D1: light sleep
 * @GPUSHIFT_POWER_STATE_D2: deeper sleep
 * @GPUSHIFT_POWER_STATE_D3HOT: off, but it answers
 * @GPUSHIFT_POWER_STATE_D3COLD: without power
 * @GPUSHIFT_POWER_STATE_UNKNOWN: the kernel has not looked
 * @GPUSHIFT_POWER_STATE_ERROR: the kernel could not find out
 */
enum gpushift_power_state {
	GPUSHIFT_POWER_STATE_D0,
	GPUSHIFT_POWER_STATE_D1,
	GPUSHIFT_POWER_STATE_D2,
	GPUSHIFT_POWER_STATE_D3HOT,
	GPUSHIFT_POWER_STATE_D3COLD,
	GPUSHIFT_POWER_STATE_UNKNOWN,
	GPUSHIFT_POWER_STATE_ERROR
};

/**
 * enum gpushift_runtime_status - as in the sysfs file "power/runtime_status"
 * @GPUSHIFT_RUNTIME_STATUS_UNSUPPORTED: no runtime power management
 * @GPUSHIFT_RUNTIME_STATUS_ACTIVE: in use
 * @GPUSHIFT_RUNTIME_STATUS_SUSPENDING: on its way down
 * @GPUSHIFT_RUNTIME_STATUS_SUSPENDED: sleeping
 * @GPUSHIFT_RUNTIME_STATUS_RESUMING: on its way up
 * @GPUSHIFT_RUNTIME_STATUS_ERROR: a change failed
 */
enum gpushift_runtime_status {
	GPUSHIFT_RUNTIME_STATUS_UNSUPPORTED,
	GPUSHIFT_RUNTIME_STATUS_ACTIVE,
	GPUSHIFT_RUNTIME_STATUS_SUSPENDING,
	GPUSHIFT_RUNTIME_STATUS_SUSPENDED,
	GPUSHIFT_RUNTIME_STATUS_RESUMING,
	GPUSHIFT_RUNTIME_STATUS_ERROR
};

/**
 * enum gpushift_bar_attr - attributes in GPUSHIFT_A_BAR and GPUSHIFT_A_BAR_DETAIL
 * @GPUSHIFT_BAR_A_UNSPEC: not used
 * @GPUSHIFT_BAR_A_INDEX: u8, 0 to 5, in both; a 64-bit BAR has the lower number
 * @GPUSHIFT_BAR_A_TYPE: u8, one of enum gpushift_bar_type
 * @GPUSHIFT_BAR_A_START: u64, address as the CPU sees it; absent when none is
 *	assigned
 * @GPUSHIFT_BAR_A_SIZE: u64, bytes
 * @GPUSHIFT_BAR_A_RESIZABLE: u64, detail: bit N is set when the BAR can be
 *	resized to 2^N MiB; absent when it cannot be resized
 * @GPUSHIFT_BAR_A_CLAIMANT: string, detail: who uses the BAR of a display
 *	that has no driver: name of the driver or device of the firmware's
 *	framebuffer, else "unknown"; absent when nobody does
 * @__GPUSHIFT_BAR_A_AFTER_LAST: internal use
 * @GPUSHIFT_BAR_A_MAX: highest attribute number
 */
enum gpushift_bar_attr {
	GPUSHIFT_BAR_A_UNSPEC,
	GPUSHIFT_BAR_A_INDEX,
	GPUSHIFT_BAR_A_TYPE,
	GPUSHIFT_BAR_A_START,
	GPUSHIFT_BAR_A_SIZE,
	GPUSHIFT_BAR_A_RESIZABLE,
	GPUSHIFT_BAR_A_CLAIMANT,
	/* keep last */
	__GPUSHIFT_BAR_A_AFTER_LAST,
	GPUSHIFT_BAR_A_MAX = __GPUSHIFT_BAR_A_AFTER_LAST - 1
};

/**
 * enum gpushift_bar_type - what a BAR decodes
 * @GPUSHIFT_BAR_TYPE_UNSPEC: not used
 * @GPUSHIFT_BAR_TYPE_IO: I/O ports
 * @GPUSHIFT_BAR_TYPE_MEM32: memory, 32-bit
 * @GPUSHIFT_BAR_TYPE_MEM32_PREF: memory, 32-bit, prefetchable
 * @GPUSHIFT_BAR_TYPE_MEM64: memory, 64-bit
 * @GPUSHIFT_BAR_TYPE_MEM64_PREF: memory, 64-bit, prefetchable
 */
enum gpushift_bar_type {
	GPUSHIFT_BAR_TYPE_UNSPEC,
	GPUSHIFT_BAR_TYPE_IO,
	GPUSHIFT_BAR_TYPE_MEM32,
	GPUSHIFT_BAR_TYPE_MEM32_PREF,
	GPUSHIFT_BAR_TYPE_MEM64,
	GPUSHIFT_BAR_TYPE_MEM64_PREF
};

/**
 * enum gpushift_event - what happened to a function
 * @GPUSHIFT_EVENT_UNSPEC: not used
 * @GPUSHIFT_EVENT_ADDED: the function appeared
 * @GPUSHIFT_EVENT_REMOVED: the function is gone
 * @GPUSHIFT_EVENT_BIND: a driver is about to probe it
 * @GPUSHIFT_EVENT_BOUND: the driver is bound
 * @GPUSHIFT_EVENT_UNBIND: the driver is about to let go, which may take long
 * @GPUSHIFT_EVENT_UNBOUND: the driver has let go
 * @GPUSHIFT_EVENT_NOT_BOUND: the probe failed, or was put off for later
 */
enum gpushift_event {
	GPUSHIFT_EVENT_UNSPEC,
	GPUSHIFT_EVENT_ADDED,
	GPUSHIFT_EVENT_REMOVED,
	GPUSHIFT_EVENT_BIND,
	GPUSHIFT_EVENT_BOUND,
	GPUSHIFT_EVENT_UNBIND,
	GPUSHIFT_EVENT_UNBOUND,
	GPUSHIFT_EVENT_NOT_BOUND
};

#endif /* _UAPI_LINUX_GPUSHIFT_H */
