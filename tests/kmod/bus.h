/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_TEST_BUS_H
#define _GPUSHIFT_TEST_BUS_H

#include <linux/bits.h>
#include <linux/pci.h>
#include <linux/types.h>

/* As much configuration space as is kept; behind it all reads are 0. */
#define BUS_CONFIG_SIZE 0x160
#define BUS_BARS 3

/* What a function has, beside PCI Express and power management. */
#define BUS_PORT BIT(0)
#define BUS_FLR BIT(1)
#define BUS_AF_FLR BIT(2)
#define BUS_NO_SOFT_RESET BIT(3)
#define BUS_ACS BIT(4)
#define BUS_REBAR BIT(5)
#define BUS_CAN_DIE BIT(6)
#define BUS_MULTIFUNCTION BIT(7)
#define BUS_SRIOV BIT(8)
#define BUS_VF BIT(9)

/* Beside their PF; without ARI, those after the seventh are on further devices of the bus. */
#define BUS_VFS_MAX 63

/**
 * struct bus_kind - a model of function
 * @device: device id
 * @class: base class, subclass, programming interface
 * @flags: the BUS_ flags
 * @speed: number of its link's speed, 1 for 2.5 GT/s to 5 for 32 GT/s
 * @width: lanes of its link
 * @bars: sizes of BARs 0, 2 and 4, which are 64-bit and prefetchable; 0: none
 * @vfs: with BUS_SRIOV, how many VFs it can have
 * @vendor: vendor id; 0: QEMU's
 */
struct bus_kind {
	u16 device;
	u32 class;
	u32 flags;
	u8 speed;
	u8 width;
	u64 bars[BUS_BARS];
	u8 vfs;
	u16 vendor;
};

/**
 * struct bus_function - an emulated function
 * @kind: its model; NULL where none is
 * @primary: of a port, the number of the bus that it is on
 * @bus: of a port, the number of the bus below it
 * @below: of a port, the functions below it
 * @nr_below: of a port, how many they are
 * @pf: of a VF, its PF
 * @config: its configuration space, little endian
 */
struct bus_function {
	const struct bus_kind *kind;
	u8 primary;
	u8 bus;
	struct bus_function *below;
	unsigned int nr_below;
	const struct bus_function *pf;
	__le32 config[BUS_CONFIG_SIZE / 4];
};

void bus_config_reset(struct bus_function *function);
u32 bus_config_read(const struct bus_function *function, int where, int size);
bool bus_config_shows(const struct bus_function *function);
void bus_config_write(struct bus_function *function, int where, int size,
		      u32 value);

#endif /* _GPUSHIFT_TEST_BUS_H */
