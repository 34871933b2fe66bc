/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/*
 * The gpushift generic netlink protocol.
 *
 * Family "gpushift", version 1, in the initial network namespace only.  One
 * multicast group, "events".  The family reports; no command changes anything.
 *
 * Every message is a flat list of the attributes of enum gpushift_attr.  A
 * list is the same attribute repeated, in order.  The order of different
 * attributes means nothing.  A fact that is not known, or does not apply, is an
 * absent attribute: never a zero or an empty string in its place.
 *
 * GPUSHIFT_CMD_FUNCTION_GET, may be called by everyone.  Needs no capability:
 * each fact is one that sysfs shows to everyone, or follows from such.
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
 *   GENERATION to NUMA_NODE, without ALL and EVENT.  Any other attribute in a
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
 *   reset methods, enabled VFs and mdev parents change without one.
 */
#ifndef _UAPI_LINUX_GPUSHIFT_H
#define _UAPI_LINUX_GPUSHIFT_H

#define GPUSHIFT_GENL_NAME "gpushift"
#define GPUSHIFT_GENL_VERSION 1
#define GPUSHIFT_GENL_GROUP_EVENTS "events"

/* Longest ADDRESS, without the terminating zero: domains have up to 32 bits. */
#define GPUSHIFT_ADDRESS_MAX 16

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
