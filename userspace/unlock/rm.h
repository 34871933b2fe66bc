/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rm.h - the calls of NVIDIA's resource manager (RM) that are looked at, as they pass through ioctl(). */
#ifndef UNLOCK_RM_H
#define UNLOCK_RM_H

#include <linux/ioctl.h>
#include <stdint.h>

/* What RM control takes; the driver fills in the status. */
struct rm_control {
	uint32_t client;
	uint32_t object;
	uint32_t cmd;
	uint32_t flags;
	uint64_t params; /* address of as many bytes as the next member says */
	uint32_t params_size;
	uint32_t status;
};

/* The same by another road, for calls that are too large for ioctl(). */
struct rm_transfer {
	uint32_t cmd;
	uint32_t size;
	uint64_t argument;
};

#define RM_ESCAPE_CONTROL 0x2a
#define RM_CONTROL _IOWR('F', RM_ESCAPE_CONTROL, struct rm_control)
#define RM_TRANSFER _IOWR('F', 211, struct rm_transfer)

_Static_assert(RM_CONTROL == 0xc020462a, "the request that drivers take");
_Static_assert(RM_TRANSFER == 0xc01046d3, "the request that drivers take");

enum rm_status {
	RM_OK = 0,
	RM_BUSY_RETRY = 3,
	RM_NOT_SUPPORTED = 0x56,
	RM_OBJECT_NOT_FOUND = 0x57,
};

enum rm_command {
	RM_VGPU_GET_START_DATA = 0x00000c01,
	RM_VGPU_CREATE_DEVICE = 0x00000c02,
	RM_GPU_GET_VIRTUALIZATION_MODE = 0x00800289,
	RM_GPU_GET_INFOROM_OBJECT_VERSION = 0x2080014b,
	RM_BUS_GET_PCI_INFO = 0x20801801,
	RM_GET_ZBC_CLEAR_TABLE = 0x90960103,
	RM_A081_GET_VGPU_TYPE_INFO = (int)0xa0810103,
	RM_A081_GET_MIGRATION_CAP = (int)0xa0810112,
	RM_A082_GET_VGPU_TYPE_INFO = (int)0xa0820102,
	RM_A082_0104 = (int)0xa0820104, /* nobody outside NVIDIA knows its name */
};

#define RM_VIRTUALIZATION_HOST 3

#endif
