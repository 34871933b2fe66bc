// SPDX-License-Identifier: GPL-2.0-or-later
#include "ids.h"

#include <stddef.h>

/* The same map as vgpu_unlock has; device ids, both ends included. */
static const struct mapping {
	uint16_t first, last;
	struct unlock_ids ids;
} mappings[] = {
	/* Maxwell, first generation: Tesla M10 */
	{ 0x1340, 0x13bd, { 0x13bd, 0x1160 } },
	{ 0x174d, 0x179c, { 0x13bd, 0x1160 } },
	/* Maxwell, second generation: Tesla M60 */
	{ 0x13c0, 0x1436, { 0x13f2, UNLOCK_KEEP } },
	{ 0x1617, 0x1667, { 0x13f2, UNLOCK_KEEP } },
	{ 0x17c2, 0x17fd, { 0x13f2, UNLOCK_KEEP } },
	/* Volta: Tesla V100 32GB PCIe */
	{ 0x1d81, 0x1d81, { 0x1db6, UNLOCK_KEEP } },
	{ 0x1dba, 0x1dba, { 0x1db6, UNLOCK_KEEP } },
	/* Pascal: Tesla P40 */
	{ 0x15f0, 0x15f1, { 0x1b38, UNLOCK_KEEP } },
	{ 0x1b00, 0x1d56, { 0x1b38, UNLOCK_KEEP } },
	{ 0x1725, 0x172f, { 0x1b38, UNLOCK_KEEP } },
	/* Turing: Quadro RTX 6000 */
	{ 0x1e02, 0x1ff9, { 0x1e30, 0x12ba } },
	{ 0x2182, 0x21d1, { 0x1e30, 0x12ba } },
	/* Ampere: RTX A6000 */
	{ 0x2200, 0x2600, { 0x2230, UNLOCK_KEEP } },
};

bool unlock_ids_find(uint16_t device, struct unlock_ids *ret)
{
	for (size_t i = 0; i < sizeof(mappings) / sizeof(mappings[0]); i++) {
		if (device < mappings[i].first || device > mappings[i].last)
			continue;
		*ret = mappings[i].ids;
		return true;
	}
	return false;
}

/* Device ids were given out family by family; a row ends where the next begins. */
static const struct range {
	uint16_t first;
	enum unlock_generation generation;
} ranges[] = {
	{ 0x0000, UNLOCK_GEN_KEPLER },	{ 0x1340, UNLOCK_GEN_MAXWELL },
	{ 0x1580, UNLOCK_GEN_PASCAL },	{ 0x1600, UNLOCK_GEN_MAXWELL },
	{ 0x1700, UNLOCK_GEN_PASCAL },	{ 0x1740, UNLOCK_GEN_MAXWELL },
	{ 0x1b00, UNLOCK_GEN_PASCAL },	{ 0x1d80, UNLOCK_GEN_VOLTA },
	{ 0x1e00, UNLOCK_GEN_TURING },	{ 0x2080, UNLOCK_GEN_AMPERE },
	{ 0x2180, UNLOCK_GEN_TURING },	{ 0x2200, UNLOCK_GEN_AMPERE },
	{ 0x2300, UNLOCK_GEN_ADA },	{ 0x2400, UNLOCK_GEN_AMPERE },
	{ 0x2600, UNLOCK_GEN_ADA },	{ 0x4000, UNLOCK_GEN_UNKNOWN },
};

enum unlock_generation unlock_generation(uint16_t device)
{
	enum unlock_generation generation = UNLOCK_GEN_UNKNOWN;

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (device >= ranges[i].first)
			generation = ranges[i].generation;
	return generation;
}

const struct unlock_prospect unlock_prospects[UNLOCK_GENS] = {
	[UNLOCK_GEN_UNKNOWN] = { "an unknown generation", "nothing is known of such a card", true, 0 },
	[UNLOCK_GEN_KEPLER] = { "Kepler or older", "Kepler and older cards never work", true, 0 },
	[UNLOCK_GEN_MAXWELL] = { "Maxwell",
				 "Maxwell cards work with vGPU 16.x (driver 535) and older; of the GTX "
				 "970 it is said that it does not, because of its memory split",
				 false, 535 },
	[UNLOCK_GEN_PASCAL] = { "Pascal",
				"Pascal cards work with vGPU 16.x (driver 535) and older, and with 17.x "
				"(driver 550) given the vgpuConfig.xml of 16.x",
				false, 550 },
	[UNLOCK_GEN_VOLTA] = { "Volta", "Volta cards are mapped, and scarcely tested", false, 550 },
	[UNLOCK_GEN_TURING] = { "Turing",
				"Turing cards work best, with vGPU 17.6 (driver 550) and older",
				false, 550 },
	[UNLOCK_GEN_AMPERE] = { "Ampere",
				"Ampere GeForce cards do not work with public methods: they would need "
				"SR-IOV, which their firmware does not offer; Ampere cards on NVIDIA's list "
				"need no unlocking",
				true, 0 },
	[UNLOCK_GEN_ADA] = { "Ada, Hopper, Blackwell or newer",
			     "there is no public method for Ada, Hopper and Blackwell cards; those on "
			     "NVIDIA's list need no unlocking",
			     true, 0 },
};
