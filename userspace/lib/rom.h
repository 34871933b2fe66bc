/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rom.h - what a card's expansion ROM holds.
 *
 * Images follow one another, each for one kind of firmware. A guest with UEFI
 * shows a picture early only where one of them is an EFI driver for its CPU.
 * Source: PCI Firmware Specification 3.x, "PCI Expansion ROMs"; UEFI 2.x, 14.4.
 */
#ifndef GS_ROM_H
#define GS_ROM_H

#include "base.h"

/* A ROM of this size has never been seen; more of it is not read. */
#define GS_ROM_MAX (4 * 1024 * 1024)

/* Machine types of EFI images. */
#define GS_ROM_X64 0x8664
#define GS_ROM_AARCH64 0xaa64

struct gs_rom {
	unsigned int images;
	bool legacy;		/* one for a BIOS */
	bool efi;
	uint16_t efi_machine;	/* of the first EFI image */
	uint16_t vendor, device; /* what the first image is for */
};

/* gs_rom_parse - pure; 0, or -EBADMSG: these bytes are no ROM */
int gs_rom_parse(const uint8_t *bytes, size_t length, struct gs_rom *ret) gs_must_check;

/* As one line, from the process that read it to the one that asked. */
#define GS_ROM_LINE 96
void gs_rom_format(const struct gs_rom *rom, char line[GS_ROM_LINE]);
int gs_rom_scan(const char *line, struct gs_rom *ret) gs_must_check;

#endif
