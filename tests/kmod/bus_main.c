// SPDX-License-Identifier: GPL-2.0
/*
 * PCI host bridges with as many functions as a test asks for, and no hardware
 * behind them: root ports with functions below, all in emulated configuration
 * space.  Each port's bus can be reset by itself.
 *
 * In a domain of its own, which no IOMMU covers, or (domain=0 bus=64) on bus
 * numbers of the first domain that are free, where the IOMMU is told to cover
 * everything.
 *
 * BARs get no address: no driver that needs one binds.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "bus.h"

#define PORTS_MAX 255
#define BUS_END 255

static unsigned int functions = 16;
module_param(functions, uint, 0444);
MODULE_PARM_DESC(functions, "Number of functions, ports not counted");

static unsigned int per_port = 1;
module_param(per_port, uint, 0444);
MODULE_PARM_DESC(per_port, "Number of functions below each port, 1 to 8");

static unsigned int domain = 1;
module_param(domain, uint, 0444);
MODULE_PARM_DESC(domain, "PCI domain; more follow when there are many functions");

static unsigned int bus;
module_param(bus, uint, 0444);
MODULE_PARM_DESC(bus, "Number of the root bus in each domain");

static unsigned int class = PCI_CLASS_DISPLAY_3D << 8;
module_param(class, uint, 0444);
MODULE_PARM_DESC(class, "Class of the functions, 24 bits");

static ushort vendor;
module_param(vendor, ushort, 0444);
MODULE_PARM_DESC(vendor, "Vendor id of the functions; 0: QEMU's");

static ushort device;
module_param(device, ushort, 0444);
MODULE_PARM_DESC(device, "Device id of the functions");

static unsigned int vfs;
module_param(vfs, uint, 0444);
MODULE_PARM_DESC(vfs, "Number of VFs that each function can have, 0 to 63; it has no BARs then");

static bool variants;
module_param(variants, bool, 0444);
MODULE_PARM_DESC(variants, "Begin with one function of each other kind");

static bool dead;
module_param(dead, bool, 0644);
MODULE_PARM_DESC(dead, "The function that can die reads as all ones");

static const struct bus_kind port_kind = {
	.device = 0x6700,
	.class = PCI_CLASS_BRIDGE_PCI << 8,
	.flags = BUS_PORT | BUS_ACS | BUS_MULTIFUNCTION | BUS_NO_SOFT_RESET,
	.speed = 4,
	.width = 16,
};

static const struct bus_kind fast_port_kind = {
	.device = 0x6701,
	.class = PCI_CLASS_BRIDGE_PCI << 8,
	.flags = BUS_PORT | BUS_ACS | BUS_MULTIFUNCTION | BUS_NO_SOFT_RESET,
	.speed = 5,
	.width = 16,
};

static const struct bus_kind open_port_kind = {
	.device = 0x6702,
	.class = PCI_CLASS_BRIDGE_PCI << 8,
	.flags = BUS_PORT | BUS_MULTIFUNCTION,
	.speed = 4,
	.width = 16,
};

/* The class is that of the parameter, and so are ids that are given. */
static struct bus_kind plain_kind = {
	.device = 0x6710,
	.flags = BUS_FLR | BUS_ACS,
	.speed = 4,
	.width = 16,
	.bars = { SZ_16M, SZ_256M },
};

static struct bus_kind vf_kind = {
	.flags = BUS_FLR | BUS_ACS | BUS_VF,
	.speed = 4,
	.width = 16,
};

/**
 * struct variant - a function unlike the others, below a port of its own
 * @kind: the function
 * @port: the port
 * @count: how many of it are below the port
 */
struct variant {
	struct bus_kind kind;
	const struct bus_kind *port;
	unsigned int count;
};

#define DISPLAY (PCI_CLASS_DISPLAY_3D << 8)
#define ACCELERATOR 0x120000

static const struct variant variant_kinds[] = {
	/* Can fall off the bus. */
	{ { 0x6720, DISPLAY, BUS_FLR | BUS_CAN_DIE, 4, 16 }, &port_kind, 1 },
	/* Keeps its state in D3hot, and has nothing but the bus to reset it. */
	{ { 0x6721, DISPLAY, BUS_NO_SOFT_RESET, 3, 8 }, &port_kind, 1 },
	/* Can only be reset from D3hot or by the bus. */
	{ { 0x6722, DISPLAY, 0, 2, 4 }, &port_kind, 1 },
	/* Advanced Features. */
	{ { 0x6723, DISPLAY, BUS_AF_FLR, 1, 1 }, &port_kind, 1 },
	/* Fast, with a BAR that can be resized. */
	{ { 0x6724, DISPLAY, BUS_FLR | BUS_REBAR, 5, 16,
	    { SZ_16M, SZ_256M } }, &fast_port_kind, 1 },
	/* Two without ACS between them, and no reset of their own. */
	{ { 0x6725, DISPLAY, BUS_MULTIFUNCTION | BUS_NO_SOFT_RESET, 4, 16 },
	  &port_kind, 2 },
	/* Below ports without ACS. */
	{ { 0x6726, DISPLAY, BUS_FLR, 4, 16 }, &open_port_kind, 1 },
	{ { 0x6726, DISPLAY, BUS_FLR, 4, 16 }, &open_port_kind, 1 },
	/* An accelerator. */
	{ { 0x6727, ACCELERATOR, BUS_FLR, 4, 16 }, &port_kind, 1 },
};

/**
 * struct bus_host - one host bridge
 * @sysdata: what x86 wants to know of each bus
 * @busn: the bus numbers
 * @ports: its ports; the one at place N leads to the bus N + 1 after the root
 * @nr_ports: number of @ports
 *
 * Freed by the PCI core with the last of the functions below it.
 */
struct bus_host {
	struct pci_sysdata sysdata;
	struct resource busn;
	struct bus_function *ports;
	unsigned int nr_ports;
};

static struct pci_host_bridge **bridges;
static unsigned int nr_bridges;
static struct bus_function *port_memory;
static struct bus_function *function_memory;

static struct bus_host *to_host(struct pci_bus *child)
{
	return container_of(to_pci_sysdata(child), struct bus_host, sysdata);
}

static struct bus_function *find(struct pci_bus *child, unsigned int devfn)
{
	struct bus_host *host = to_host(child);
	unsigned int port = child->number - (u8)host->busn.start;
	struct bus_function *list = host->ports;
	unsigned int count = host->nr_ports;

	if (port > host->nr_ports)
		return NULL;
	if (port) {
		count = list[port - 1].nr_below;
		list = list[port - 1].below;
	}
	if (devfn >= count || !bus_config_shows(&list[devfn]))
		return NULL;
	return &list[devfn];
}

static bool is_dead(const struct bus_function *function)
{
	return READ_ONCE(dead) && function->kind->flags & BUS_CAN_DIE;
}

static int ops_read(struct pci_bus *child, unsigned int devfn, int where,
		    int size, u32 *value)
{
	const struct bus_function *function = find(child, devfn);

	PCI_SET_ERROR_RESPONSE(value);
	if (!function)
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (!is_dead(function))
		*value = bus_config_read(function, where, size);
	return PCIBIOS_SUCCESSFUL;
}

static int ops_write(struct pci_bus *child, unsigned int devfn, int where,
		     int size, u32 value)
{
	struct bus_function *function = find(child, devfn);

	if (!function)
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (!is_dead(function))
		bus_config_write(function, where, size, value);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops bus_ops = {
	.read = ops_read,
	.write = ops_write,
};

static unsigned int nr_variants(void)
{
	return variants ? ARRAY_SIZE(variant_kinds) : 0;
}

static unsigned int nr_ports(void)
{
	return nr_variants() + DIV_ROUND_UP(functions, per_port);
}

static unsigned int ports_a_host(void)
{
	return min_t(unsigned int, PORTS_MAX, BUS_END - bus);
}

static void set_up_below(struct bus_function *port, struct bus_function *below,
			 const struct bus_kind *kind, unsigned int count)
{
	unsigned int i;

	port->below = below;
	port->nr_below = count;
	for (i = 0; i < count; i++) {
		below[i].kind = kind;
		bus_config_reset(&below[i]);
	}
}

static void set_up_vfs(struct bus_function *port)
{
	unsigned int i;

	for (i = 1; i <= vfs; i++) {
		port->below[i].kind = &vf_kind;
		port->below[i].pf = port->below;
		bus_config_reset(&port->below[i]);
	}
	port->nr_below += vfs;
}

/* How many functions there is room for below each port. */
static unsigned int room(void)
{
	return max(8U, 1 + vfs);
}

static void set_up_port(unsigned int i)
{
	const struct variant *variant = i < nr_variants() ? &variant_kinds[i] :
							    NULL;
	struct bus_function *below = &function_memory[i * room()];
	struct bus_function *port = &port_memory[i];
	unsigned int before = (i - nr_variants()) * per_port;

	port->kind = variant ? variant->port : &port_kind;
	port->primary = bus;
	port->bus = bus + 1 + i % ports_a_host();
	if (variant)
		set_up_below(port, below, &variant->kind, variant->count);
	else
		set_up_below(port, below, &plain_kind,
			     min(per_port, functions - before));
	if (!variant)
		set_up_vfs(port);
	bus_config_reset(port);
}

static int allocate(void)
{
	unsigned int i;

	bridges = kcalloc(DIV_ROUND_UP(nr_ports(), ports_a_host()),
			  sizeof(*bridges), GFP_KERNEL);
	port_memory = vcalloc(nr_ports(), sizeof(*port_memory));
	function_memory = vcalloc(nr_ports() * room(), sizeof(*function_memory));
	if (!bridges || !port_memory || !function_memory)
		return -ENOMEM;
	for (i = 0; i < nr_ports(); i++)
		set_up_port(i);
	return 0;
}

static void release(void)
{
	vfree(function_memory);
	vfree(port_memory);
	kfree(bridges);
}

/* No service of the ports is ours to emulate. */
static void set_up_bridge(struct pci_host_bridge *bridge)
{
	struct bus_host *host = pci_host_bridge_priv(bridge);
	unsigned int first = nr_bridges * ports_a_host();

	host->sysdata.domain = domain + nr_bridges;
	host->sysdata.node = NUMA_NO_NODE;
	host->ports = &port_memory[first];
	host->nr_ports = min(ports_a_host(), nr_ports() - first);
	host->busn.name = "gpushift_test_bus";
	host->busn.start = bus;
	host->busn.end = bus + host->nr_ports;
	host->busn.flags = IORESOURCE_BUS;
	pci_add_resource(&bridge->windows, &host->busn);
	bridge->sysdata = &host->sysdata;
	bridge->busnr = bus;
	bridge->ops = &bus_ops;
	bridge->native_aer = 0;
	bridge->native_pcie_hotplug = 0;
	bridge->native_shpc_hotplug = 0;
	bridge->native_pme = 0;
	bridge->native_ltr = 0;
	bridge->native_dpc = 0;
}

static int add_bridge(void)
{
	struct pci_host_bridge *bridge;
	int ret;

	bridge = pci_alloc_host_bridge(sizeof(struct bus_host));
	if (!bridge)
		return -ENOMEM;
	set_up_bridge(bridge);
	pci_lock_rescan_remove();
	ret = pci_scan_root_bus_bridge(bridge);
	if (!ret)
		pci_bus_add_devices(bridge->bus);
	pci_unlock_rescan_remove();
	if (ret) {
		pci_free_host_bridge(bridge);
		return ret;
	}
	bridges[nr_bridges++] = bridge;
	return 0;
}

static void remove_bridges(void)
{
	while (nr_bridges) {
		struct pci_host_bridge *bridge = bridges[--nr_bridges];

		pci_lock_rescan_remove();
		pci_stop_root_bus(bridge->bus);
		pci_remove_root_bus(bridge->bus);
		pci_unlock_rescan_remove();
		pci_free_host_bridge(bridge);
	}
}

/* A BAR without an address would keep a driver from enabling the function. */
static void set_up_sriov(void)
{
	if (!vfs)
		return;
	memset(plain_kind.bars, 0, sizeof(plain_kind.bars));
	plain_kind.flags |= BUS_SRIOV;
	plain_kind.vfs = vfs;
	vf_kind.device = plain_kind.device;
	vf_kind.class = class;
}

static int __init bus_init(void)
{
	int ret;

	if (!functions || !per_port || per_port > 8 || bus >= BUS_END ||
	    vfs > BUS_VFS_MAX || (vfs && per_port > 1) ||
	    (!domain && nr_ports() > ports_a_host()))
		return -EINVAL;
	plain_kind.class = class;
	plain_kind.vendor = vendor;
	plain_kind.device = device ?: plain_kind.device;
	if (per_port > 1)
		plain_kind.flags |= BUS_MULTIFUNCTION;
	set_up_sriov();
	ret = allocate();
	while (!ret && nr_bridges * ports_a_host() < nr_ports())
		ret = add_bridge();
	if (!ret)
		return 0;

	remove_bridges();
	release();
	return ret;
}

static void __exit bus_exit(void)
{
	remove_bridges();
	release();
}

module_init(bus_init);
module_exit(bus_exit);

MODULE_DESCRIPTION("Stand-in PCI buses, for the tests of gpushift");
MODULE_AUTHOR("The gpushift developers");
MODULE_LICENSE("GPL");
