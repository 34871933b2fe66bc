// SPDX-License-Identifier: GPL-2.0-or-later
#include "rom.h"

#define BLOCK 512
#define IMAGES_MAX 64

/* Of an image's header, and of the data structure that it points to. */
enum {
	IMAGE_POINTER = 0x18,
	IMAGE_EFI_SIGNATURE = 0x04,
	IMAGE_EFI_MACHINE = 0x0a,
	IMAGE_HEADER = 0x1a,
	DATA_VENDOR = 0x04,
	DATA_DEVICE = 0x06,
	DATA_LENGTH = 0x10,
	DATA_CODE = 0x14,
	DATA_INDICATOR = 0x15,
	DATA_SIZE = 0x18,
};

#define CODE_BIOS 0
#define CODE_EFI 3
#define LAST_IMAGE 0x80
#define EFI_SIGNATURE 0x0ef1

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get32(const uint8_t *bytes)
{
	return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

/* The data structure of the image; NULL: there is none within @length. */
static const uint8_t *data_of(const uint8_t *image, size_t length)
{
	size_t at;

	if (length < IMAGE_HEADER || image[0] != 0x55 || image[1] != 0xaa)
		return NULL;
	at = get16(image + IMAGE_POINTER);
	if (at < IMAGE_HEADER || at > length || length - at < DATA_SIZE ||
	    memcmp(image + at, "PCIR", 4) != 0)
		return NULL;
	return image + at;
}

static void note(const uint8_t *image, const uint8_t *data, struct gs_rom *rom)
{
	if (rom->images++ == 0) {
		rom->vendor = get16(data + DATA_VENDOR);
		rom->device = get16(data + DATA_DEVICE);
	}
	if (data[DATA_CODE] == CODE_BIOS)
		rom->legacy = true;
	if (data[DATA_CODE] != CODE_EFI || rom->efi ||
	    get32(image + IMAGE_EFI_SIGNATURE) != EFI_SIGNATURE)
		return;
	rom->efi = true;
	rom->efi_machine = get16(image + IMAGE_EFI_MACHINE);
}

int gs_rom_parse(const uint8_t *bytes, size_t length, struct gs_rom *ret)
{
	struct gs_rom rom = { 0 };
	size_t at = 0;

	while (rom.images < IMAGES_MAX) {
		const uint8_t *data = data_of(bytes + at, length - at);
		size_t size;

		/* What follows the last whole image is no image; the first has to be one. */
		if (!data)
			break;
		note(bytes + at, data, &rom);
		size = (size_t)get16(data + DATA_LENGTH) * BLOCK;
		if (data[DATA_INDICATOR] & LAST_IMAGE || !size || size > length - at)
			break;
		at += size;
	}
	if (!rom.images)
		return -EBADMSG;
	*ret = rom;
	return 0;
}

void gs_rom_format(const struct gs_rom *rom, char line[GS_ROM_LINE])
{
	snprintf(line, GS_ROM_LINE, "images %u legacy %d efi %d machine %x for %x:%x", rom->images,
		 rom->legacy, rom->efi, rom->efi_machine, rom->vendor, rom->device);
}

int gs_rom_scan(const char *line, struct gs_rom *ret)
{
	unsigned int images, machine, vendor, device;
	int legacy, efi;

	if (sscanf(line, "images %u legacy %d efi %d machine %x for %x:%x", &images, &legacy, &efi,
		   &machine, &vendor, &device) != 6)
		return -EBADMSG;
	*ret = (struct gs_rom){ .images = images,
				.legacy = legacy,
				.efi = efi,
				.efi_machine = (uint16_t)machine,
				.vendor = (uint16_t)vendor,
				.device = (uint16_t)device };
	return 0;
}
