// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space of an emulated function: what it reads as, which bits can
 * be written, and what a write does.
 */
#include <linux/minmax.h>
#include <linux/spinlock.h>

#include "bus.h"

#define VENDOR 0x1234
#define SUBSYSTEM 0x0c1e

/* Where the capabilities lie. */
#define AT_PM 0x40
#define AT_EXP 0x50
#define AT_AF 0x90
#define AT_ACS 0x100
#define AT_REBAR 0x110
#define AT_SRIOV 0x120

/* Values of the power state's field. */
#define STATE_D0 0
#define STATE_D3HOT 3

#define ACS_CONTROLS (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

/* On x86 nothing else keeps two accesses apart. */
static DEFINE_RAW_SPINLOCK(lock);

static void set(struct bus_function *function, int where, u32 value)
{
	function->config[where / 4] = cpu_to_le32(value);
}

static u32 get(const struct bus_function *function, int where)
{
	return where < BUS_CONFIG_SIZE ?
	       le32_to_cpu(READ_ONCE(function->config[where / 4])) : 0;
}

static bool has(const struct bus_function *function, u32 flag)
{
	return function->kind->flags & flag;
}

static void reset_header(struct bus_function *function)
{
	const struct bus_kind *kind = function->kind;
	u8 type = has(function, BUS_PORT) ? PCI_HEADER_TYPE_BRIDGE :
					    PCI_HEADER_TYPE_NORMAL;

	if (has(function, BUS_MULTIFUNCTION))
		type |= 0x80;
	/* A VF has the ids of its PF, and none in its own space. */
	set(function, PCI_VENDOR_ID, has(function, BUS_VF) ? U32_MAX :
	    kind->device << 16 | (kind->vendor ?: VENDOR));
	set(function, PCI_COMMAND, PCI_STATUS_CAP_LIST << 16);
	set(function, PCI_CLASS_REVISION, kind->class << 8 | 1);
	set(function, PCI_CACHE_LINE_SIZE, type << 16);
	set(function, PCI_CAPABILITY_LIST, AT_PM);
	if (has(function, BUS_PORT)) {
		set(function, PCI_PRIMARY_BUS,
		    function->bus << 16 | function->bus << 8 |
		    function->primary);
		/* Windows whose end is before their start: there are none. */
		set(function, PCI_IO_BASE, 0x000000f0);
		set(function, PCI_MEMORY_BASE, 0x0000fff0);
		set(function, PCI_PREF_MEMORY_BASE, 0x0000fff0);
	} else {
		set(function, PCI_SUBSYSTEM_VENDOR_ID, SUBSYSTEM << 16 | VENDOR);
	}
}

static void reset_bars(struct bus_function *function)
{
	unsigned int i;

	for (i = 0; i < BUS_BARS; i++)
		if (function->kind->bars[i])
			set(function, PCI_BASE_ADDRESS_0 + 8 * i,
			    PCI_BASE_ADDRESS_MEM_TYPE_64 |
			    PCI_BASE_ADDRESS_MEM_PREFETCH);
}

static void reset_express(struct bus_function *function)
{
	const struct bus_kind *kind = function->kind;
	u32 type = has(function, BUS_PORT) ? PCI_EXP_TYPE_ROOT_PORT :
					     PCI_EXP_TYPE_ENDPOINT;
	u32 link = kind->width << 4 | kind->speed;
	u32 next = has(function, BUS_AF_FLR) ? AT_AF : 0;

	set(function, AT_EXP, (type << 4 | 2) << 16 | next << 8 | PCI_CAP_ID_EXP);
	set(function, AT_EXP + PCI_EXP_DEVCAP,
	    PCI_EXP_DEVCAP_RBER | (has(function, BUS_FLR) ? PCI_EXP_DEVCAP_FLR : 0));
	set(function, AT_EXP + PCI_EXP_LNKCAP, PCI_EXP_LNKCAP_DLLLARC | link);
	set(function, AT_EXP + PCI_EXP_LNKCTL,
	    (PCI_EXP_LNKSTA_DLLLA | link) << 16);
	set(function, AT_EXP + PCI_EXP_LNKCAP2, (2 << kind->speed) - 2);
	set(function, AT_EXP + PCI_EXP_LNKCTL2, kind->speed);
}

/* VFs follow their PF at once, one device number after the other. */
static void reset_sriov(struct bus_function *function)
{
	u32 vfs = function->kind->vfs;

	set(function, AT_SRIOV, 1 << 16 | PCI_EXT_CAP_ID_SRIOV);
	set(function, AT_SRIOV + PCI_SRIOV_INITIAL_VF, vfs << 16 | vfs);
	set(function, AT_SRIOV + PCI_SRIOV_VF_OFFSET, 1 << 16 | 1);
	set(function, AT_SRIOV + PCI_SRIOV_VF_DID - 2,
	    function->kind->device << 16);
	set(function, AT_SRIOV + PCI_SRIOV_SUP_PGSIZE, 0x553);
	set(function, AT_SRIOV + PCI_SRIOV_SYS_PGSIZE, 1);
}

static void reset_extended(struct bus_function *function)
{
	u32 next = has(function, BUS_REBAR) ? AT_REBAR :
		   has(function, BUS_SRIOV) ? AT_SRIOV : 0;

	/* The list begins here, be there a capability or not. */
	set(function, AT_ACS, next << 20);
	if (has(function, BUS_ACS)) {
		set(function, AT_ACS, next << 20 | 1 << 16 | PCI_EXT_CAP_ID_ACS);
		/* An endpoint needs no control to keep its functions apart. */
		set(function, AT_ACS + PCI_ACS_CAP,
		    has(function, BUS_PORT) ? ACS_CONTROLS : 0);
	} else if (next) {
		set(function, AT_ACS, next << 20 | 1 << 16 | PCI_EXT_CAP_ID_DSN);
	}
	if (has(function, BUS_SRIOV))
		reset_sriov(function);
	if (!has(function, BUS_REBAR))
		return;
	set(function, AT_REBAR, 1 << 16 | PCI_EXT_CAP_ID_REBAR);
	/* BAR 2, 256 MiB, from 64 MiB to 8 GiB. */
	set(function, AT_REBAR + PCI_REBAR_CAP, GENMASK(17, 10));
	set(function, AT_REBAR + PCI_REBAR_CTRL, 8 << 8 | 1 << 5 | 2);
}

/**
 * bus_config_reset() - give a function the configuration space it starts with
 * @function: the function; its @kind, and @bus of a port, are set
 */
void bus_config_reset(struct bus_function *function)
{
	u32 soft = has(function, BUS_NO_SOFT_RESET) ?
		   PCI_PM_CTRL_NO_SOFT_RESET : 0;

	memset(function->config, 0, sizeof(function->config));
	reset_header(function);
	if (!has(function, BUS_PORT))
		reset_bars(function);
	set(function, AT_PM, 3 << 16 | AT_EXP << 8 | PCI_CAP_ID_PM);
	set(function, AT_PM + PCI_PM_CTRL, soft);
	reset_express(function);
	if (has(function, BUS_AF_FLR))
		set(function, AT_AF, (PCI_AF_CAP_TP | PCI_AF_CAP_FLR) << 24 |
		    PCI_CAP_AF_SIZEOF << 16 | PCI_CAP_ID_AF);
	reset_extended(function);
}

/**
 * bus_config_shows() - is a function there for now?
 * @function: the function
 *
 * Return: false for a VF that is not enabled.
 */
bool bus_config_shows(const struct bus_function *function)
{
	const struct bus_function *pf = function->pf;

	return !pf ||
	       (get(pf, AT_SRIOV + PCI_SRIOV_CTRL) & PCI_SRIOV_CTRL_VFE &&
		function - pf <= get(pf, AT_SRIOV + PCI_SRIOV_NUM_VF));
}

static u32 mask_of_size(int where, int size)
{
	return GENMASK(8 * size - 1, 0) << 8 * (where & 3);
}

/**
 * bus_config_read() - read configuration space
 * @function: the function
 * @where: offset
 * @size: 1, 2 or 4 bytes, aligned
 *
 * Return: the value.
 */
u32 bus_config_read(const struct bus_function *function, int where, int size)
{
	return (get(function, where & ~3) & mask_of_size(where, size)) >>
	       8 * (where & 3);
}

/* The size of a BAR is the lowest bit of its address that can be set. */
static u32 bar_bits(const struct bus_function *function, int where)
{
	unsigned int bar = (where - PCI_BASE_ADDRESS_0) / 4;
	u64 size = bar / 2 < BUS_BARS ? function->kind->bars[bar / 2] : 0;
	u64 bits = size ? ~(size - 1) : 0;

	return bar & 1 ? bits >> 32 : bits;
}

static u32 header_bits(const struct bus_function *function, int where)
{
	if (where == PCI_COMMAND)
		return PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
		       PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
		       PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE;
	if (where == PCI_INTERRUPT_LINE)
		return has(function, BUS_PORT) ?
		       0xff | PCI_BRIDGE_CTL_BUS_RESET << 16 : 0xff;
	if (!has(function, BUS_PORT) && where >= PCI_BASE_ADDRESS_0 &&
	    where <= PCI_BASE_ADDRESS_5)
		return bar_bits(function, where);
	return 0;
}

static u32 capability_bits(const struct bus_function *function, int where)
{
	switch (where) {
	case AT_PM + PCI_PM_CTRL:
		return PCI_PM_CTRL_STATE_MASK;
	case AT_EXP + PCI_EXP_DEVCTL:
		return 0xffff & ~PCI_EXP_DEVCTL_BCR_FLR;
	case AT_EXP + PCI_EXP_LNKCTL:
	case AT_EXP + PCI_EXP_DEVCTL2:
	case AT_EXP + PCI_EXP_LNKCTL2:
		return 0xffff;
	case AT_SRIOV + PCI_SRIOV_CTRL:
		return has(function, BUS_SRIOV) ?
		       PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_MSE : 0;
	case AT_SRIOV + PCI_SRIOV_NUM_VF:
		return has(function, BUS_SRIOV) ? 0xffff : 0;
	case AT_ACS + PCI_ACS_CAP:
		return has(function, BUS_ACS) && has(function, BUS_PORT) ?
		       ACS_CONTROLS << 16 : 0;
	default:
		return 0;
	}
}

/* Whatever state it is in: a reset also wakes. */
static void reset_below(struct bus_function *port)
{
	unsigned int i;

	for (i = 0; i < port->nr_below; i++)
		bus_config_reset(&port->below[i]);
}

static bool wakes(u32 old, u32 new)
{
	return (old & PCI_PM_CTRL_STATE_MASK) == STATE_D3HOT &&
	       (new & PCI_PM_CTRL_STATE_MASK) == STATE_D0;
}

/* @written holds the bits that the write set, whether they stay or not. */
static void act(struct bus_function *function, int where, u32 old, u32 written)
{
	u32 new = get(function, where);

	if (where == AT_EXP + PCI_EXP_DEVCTL && has(function, BUS_FLR) &&
	    written & PCI_EXP_DEVCTL_BCR_FLR)
		bus_config_reset(function);
	if (where == AT_AF + PCI_AF_CTRL && has(function, BUS_AF_FLR) &&
	    written & PCI_AF_CTRL_FLR)
		bus_config_reset(function);
	if (where == AT_PM + PCI_PM_CTRL && !has(function, BUS_NO_SOFT_RESET) &&
	    wakes(old, new))
		bus_config_reset(function);
	if (where == PCI_INTERRUPT_LINE && has(function, BUS_PORT) &&
	    new & PCI_BRIDGE_CTL_BUS_RESET << 16)
		reset_below(function);
}

/**
 * bus_config_write() - write configuration space
 * @function: the function
 * @where: offset
 * @size: 1, 2 or 4 bytes, aligned
 * @value: the value
 */
void bus_config_write(struct bus_function *function, int where, int size,
		      u32 value)
{
	u32 bytes = mask_of_size(where, size);
	u32 written = value << 8 * (where & 3) & bytes;
	unsigned long flags;
	u32 old, bits;

	where &= ~3;
	if (where >= BUS_CONFIG_SIZE)
		return;
	bits = where < PCI_STD_HEADER_SIZEOF ? header_bits(function, where) :
					       capability_bits(function, where);
	bits &= bytes;
	raw_spin_lock_irqsave(&lock, flags);
	old = get(function, where);
	set(function, where, (old & ~bits) | (written & bits));
	act(function, where, old, written);
	raw_spin_unlock_irqrestore(&lock, flags);
}
