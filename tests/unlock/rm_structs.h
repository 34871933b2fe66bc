/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rm_structs.h - what RM control calls carry, as structures: restated from
 * what is publicly known of each branch of the driver, member by member. The
 * compiler lays them out; the library's tables have no part in it.
 */
#ifndef RM_STRUCTS_H
#define RM_STRUCTS_H

#include <stdint.h>

typedef uint64_t rm_u64 __attribute__((aligned(8)));

#define HEAD(room)                                                                                 \
	uint32_t vgpuType;                                                                         \
	uint8_t vgpuName[room];                                                                    \
	uint8_t vgpuClass[room];                                                                   \
	uint8_t vgpuSignature[128];                                                                \
	uint8_t license[128];                                                                      \
	uint32_t maxInstance, numHeads, maxResolutionX, maxResolutionY, maxPixels, frlConfig;      \
	uint32_t cudaEnabled, eccSupported, gpuInstanceSize

#define A081_SIZES                                                                                 \
	rm_u64 vdevId, pdevId, profileSize, fbLength, gspHeapSize, fbReservation, mappableVideoSize; \
	uint32_t encoderCapacity;                                                                  \
	rm_u64 bar1Length;                                                                         \
	uint32_t frlEnable

#define A082_SIZES                                                                                 \
	rm_u64 vdevId, pdevId, fbLength, mappableVideoSize, fbReservation;                         \
	uint32_t encoderCapacity;                                                                  \
	rm_u64 bar1Length;                                                                         \
	uint32_t frlEnable

#define ADAPTER                                                                                    \
	uint8_t adapterName[64];                                                                   \
	uint16_t adapterName_Unicode[64];                                                          \
	uint8_t shortGpuNameString[64];                                                            \
	uint8_t licensedProductName[128]

#define A081_TAIL                                                                                  \
	uint32_t vgpuExtraParams[1024];                                                            \
	uint32_t ftraceEnable, gpuDirectSupported, nvlinkP2PSupported

#define EXCLUSIVE uint32_t multiVgpuExclusive, exclusiveType, exclusiveSize, gpuInstanceProfileId

#define PLACEMENT(count)                                                                           \
	uint32_t placementSize;                                                                    \
	uint32_t homogeneousPlacementCount, homogeneousPlacementIds[count];                        \
	uint32_t heterogeneousPlacementCount, heterogeneousPlacementIds[count]

struct info_525 {
	HEAD(32);
	uint32_t multiVgpuSupported;
	A081_SIZES;
	ADAPTER;
	A081_TAIL;
	EXCLUSIVE;
};

struct info_550 {
	HEAD(32);
	uint32_t multiVgpuSupported;
	A081_SIZES;
	ADAPTER;
	A081_TAIL;
	EXCLUSIVE;
	uint32_t placementSize, placementCount, placementIds[32];
};

struct info_570 {
	HEAD(32);
	uint32_t multiVgpuSupported;
	A081_SIZES;
	ADAPTER;
	A081_TAIL;
	EXCLUSIVE;
	PLACEMENT(32);
};

struct info_575 {
	HEAD(32);
	uint32_t multiVgpuSupported;
	A081_SIZES;
	ADAPTER;
	A081_TAIL;
	uint32_t maxInstancePerGI;
	EXCLUSIVE;
	PLACEMENT(32);
};

struct info_580_65 {
	HEAD(64);
	uint32_t multiVgpuSupported;
	A081_SIZES;
	ADAPTER;
	A081_TAIL;
	uint32_t maxInstancePerGI;
	EXCLUSIVE;
	PLACEMENT(48);
};

struct info_580_94 {
	HEAD(64);
	uint32_t multiVgpuSupported;
	A081_SIZES;
	uint16_t vgpuSsvid;
	ADAPTER;
	A081_TAIL;
	uint32_t maxInstancePerGI;
	EXCLUSIVE;
	PLACEMENT(48);
};

struct info_595 {
	HEAD(64);
	uint32_t nominalFbRegionSize;
	uint32_t multiVgpuSupported;
	A081_SIZES;
	uint16_t vgpuSsvid;
	ADAPTER;
	A081_TAIL;
	uint32_t maxInstancePerGI;
	EXCLUSIVE;
	PLACEMENT(48);
};

/* Call A081:0103. */
#define TYPE_PARAMS(branch)                                                                          \
	struct type_##branch {                                                                     \
		uint32_t vgpuType;                                                                 \
		struct info_##branch info __attribute__((aligned(8)));                             \
	}

TYPE_PARAMS(525);
TYPE_PARAMS(550);
TYPE_PARAMS(570);
TYPE_PARAMS(575);
TYPE_PARAMS(580_65);
TYPE_PARAMS(580_94);
TYPE_PARAMS(595);

/* Call A082:0102, of which no header is public. */
struct host_460 {
	HEAD(32);
	uint32_t multiVgpuSupported;
	A082_SIZES;
	ADAPTER;
	uint8_t vgpuExtraParams[1024];
};

struct host_525 {
	HEAD(32);
	uint32_t multiVgpuSupported;
	A082_SIZES;
	ADAPTER;
	uint8_t vgpuExtraParams[1024];
	uint8_t unknown[8];
};

struct host_580 {
	HEAD(64);
	uint32_t multiVgpuSupported;
	A082_SIZES;
	ADAPTER;
	uint8_t vgpuExtraParams[1024];
	uint32_t ftraceEnable, gpuDirectSupported, nvlinkP2PSupported, maxInstancePerGI;
	EXCLUSIVE;
	PLACEMENT(48);
};

/* The sizes that these branches were seen to send. */
_Static_assert(sizeof(struct type_525) == 4960, "525 to 545");
_Static_assert(sizeof(struct type_550) == 5096, "550 to 565");
_Static_assert(sizeof(struct type_570) == 5232, "570");
_Static_assert(sizeof(struct type_575) == 5232, "575");
_Static_assert(sizeof(struct type_580_65) == 5424, "580.65 to 580.82");
_Static_assert(sizeof(struct type_580_94) == 5432, "580.94 to 590");
_Static_assert(sizeof(struct type_595) == 5432, "595");
_Static_assert(sizeof(struct host_460) == 1840, "460");
_Static_assert(sizeof(struct host_525) == 1848, "up to 575");
_Static_assert(sizeof(struct host_580) == 2328, "580");

struct pci_info {
	uint32_t pciDeviceId, pciSubSystemId, pciRevisionId, pciExtDeviceId;
};

struct start_data {
	uint8_t mdevUuid[16];
	uint8_t configParams[1024];
	uint32_t qemuPid, gpuPciId;
	uint16_t vgpuId;
	uint32_t gpuPciBdf;
};

_Static_assert(sizeof(struct start_data) == 0x420, "call 0000:0c01");

struct create_device {
	uint8_t vgpuName[16];
	uint32_t gpuPciId, gpuPciBdf, vgpuTypeId;
	uint16_t vgpuId;
	/* 32 bytes up to 565 */
	uint32_t gpuInstanceId, placementId;
};

_Static_assert(sizeof(struct create_device) == 0x28, "call 0000:0c02");

#endif
