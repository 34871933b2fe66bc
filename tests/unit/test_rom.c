// SPDX-License-Identifier: GPL-2.0-or-later
/* Expansion ROMs, built image by image, and cut off anywhere. */
#include "fixture.h"

#include <sys/mman.h>

#include "rom.h"
#include "worker.h"

#define ROM "sys/rom"

struct image {
	int code;	 /* 0: BIOS, 3: EFI */
	unsigned blocks; /* of 512 bytes; as its header says */
	bool last;
	uint16_t machine; /* of an EFI image */
	uint32_t efi;	  /* its signature */
};

/* Writes one image; returns how many bytes it has. */
static size_t put_image(uint8_t *at, const struct image *image)
{
	at[0] = 0x55;
	at[1] = 0xaa;
	memcpy(at + 4, &image->efi, 4);
	memcpy(at + 10, &image->machine, 2);
	at[0x18] = 0x40;
	memcpy(at + 0x40, "PCIR\xde\x10\x38\x1b", 8);
	at[0x50] = (uint8_t)image->blocks;
	at[0x51] = (uint8_t)(image->blocks >> 8);
	at[0x54] = (uint8_t)image->code;
	at[0x55] = image->last ? 0x80 : 0;
	return image->blocks * 512;
}

static size_t put_rom(uint8_t *bytes, const struct image *images)
{
	size_t length = 0;

	for (; images->blocks; images++)
		length += put_image(bytes + length, images);
	return length;
}

#define BIOS { 0, 2, false, 0, 0 }
#define LAST_BIOS { 0, 2, true, 0, 0 }
#define EFI(machine) { 3, 1, true, machine, 0x0ef1 }
#define END { 0, 0, false, 0, 0 }

static const struct {
	struct image images[4];
	unsigned int count;
	bool legacy, efi;
	uint16_t machine;
} roms[] = {
	{ { LAST_BIOS, END }, 1, true, false, 0 },
	{ { BIOS, EFI(0x8664), END }, 2, true, true, 0x8664 },
	{ { EFI(0xaa64), END }, 1, false, true, 0xaa64 },
	/* What follows the last one is not looked at. */
	{ { LAST_BIOS, EFI(0x8664), END }, 1, true, false, 0 },
	/* Without the signature it is no EFI image; a code that nobody knows is an image. */
	{ { { 3, 1, true, 0x8664, 0x0ef2 }, END }, 1, false, false, 0 },
	{ { { 7, 1, false, 0, 0 }, EFI(0x8664), END }, 2, false, true, 0x8664 },
	/* The first one counts. */
	{ { { 3, 1, false, 0xaa64, 0x0ef1 }, EFI(0x8664), END }, 2, false, true, 0xaa64 },
};

static void images_are_found(void **state)
{
	static uint8_t bytes[8192];

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(roms); i++) {
		struct gs_rom rom, again;
		char line[GS_ROM_LINE];
		size_t length;

		memset(bytes, 0, sizeof(bytes));
		length = put_rom(bytes, roms[i].images);
		assert_int_equal(gs_rom_parse(bytes, length, &rom), 0);
		if (rom.images != roms[i].count || rom.legacy != roms[i].legacy ||
		    rom.efi != roms[i].efi || rom.efi_machine != roms[i].machine)
			fail_msg("rom %zu has %u images, legacy %d, efi %d, machine %x", i, rom.images,
				 rom.legacy, rom.efi, rom.efi_machine);
		assert_int_equal(rom.vendor, 0x10de);
		assert_int_equal(rom.device, 0x1b38);
		gs_rom_format(&rom, line);
		assert_int_equal(gs_rom_scan(line, &again), 0);
		assert_memory_equal(&again, &rom, sizeof(rom));
	}
}

static void what_is_no_rom(void **state)
{
	static const struct image good[] = { BIOS, EFI(0x8664), END };
	static const struct {
		size_t at;
		uint8_t value;
	} damages[] = { { 0, 0 }, { 1, 0 }, { 0x18, 0x19 }, { 0x19, 0xff }, { 0x40, 'X' }, { 0x43, 0 } };
	static uint8_t bytes[8192];
	struct gs_rom rom;

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(damages); i++) {
		memset(bytes, 0, sizeof(bytes));
		put_rom(bytes, good);
		bytes[damages[i].at] = damages[i].value;
		assert_int_equal(gs_rom_parse(bytes, sizeof(bytes), &rom), -EBADMSG);
	}
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(gs_rom_parse(bytes, sizeof(bytes), &rom), -EBADMSG);
	assert_int_equal(gs_rom_parse(bytes, 0, &rom), -EBADMSG);
	assert_int_equal(gs_rom_scan("images 1", &rom), -EBADMSG);
	/* An image of no length, and one that is longer than all: the first one is told. */
	memset(bytes, 0, sizeof(bytes));
	put_rom(bytes, good);
	bytes[0x50] = 0;
	assert_int_equal(gs_rom_parse(bytes, 2048, &rom), 0);
	assert_int_equal(rom.images, 1);
	bytes[0x50] = 0xff;
	assert_int_equal(gs_rom_parse(bytes, 2048, &rom), 0);
	assert_int_equal(rom.images, 1);
}

/* At the end of a page that nothing follows, so that one byte too many is a fault. */
static void cut_off_anywhere(void **state)
{
	static const struct image images[] = { BIOS, EFI(0x8664), END };
	size_t page = 4096, length;
	uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static uint8_t bytes[4096];
	unsigned int known = 0;

	(void)state;
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + page, page, PROT_NONE), 0);
	length = put_rom(bytes, images);
	for (size_t cut = 0; cut <= length; cut++) {
		struct gs_rom rom;

		memcpy(pages + page - cut, bytes, cut);
		known += gs_rom_parse(pages + page - cut, cut, &rom) == 0;
	}
	/* From the end of the first data structure on there is something. */
	assert_int_equal(known, length - 0x58 + 1);
	munmap(pages, 2 * page);
}

/* The worker writes to a device's file, and puts it back. */
static void a_worker_reads_it(void **state)
{
	static const struct image images[] = { EFI(0x8664), END };
	struct fixture *fixture = *state;
	static uint8_t bytes[1024];
	size_t length = put_rom(bytes, images);
	char answer[GS_JOB_TEXT];
	struct gs_worker *worker;
	struct gs_rom rom;
	char *text;

	tree_write_bytes(fixture->tree, ROM, (char *)bytes, length);
	assert_int_equal(gs_worker_start(fixture_engine(fixture), NULL, &worker), 0);
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ_ROM, ROM, "as it is", 5000, answer), 0);
	assert_int_equal(gs_rom_scan(answer, &rom), 0);
	assert_true(rom.efi);
	/* In a plain file the writes stay: a 1, then a 0 and a newline, also after what was no ROM. */
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ_ROM, ROM, NULL, 5000, answer), -EBADMSG);
	text = tree_read(fixture->tree, ROM);
	assert_memory_equal(text, "0\n", 2);
	free(text);
	assert_int_equal(gs_worker_do(worker, GS_JOB_READ_ROM, "sys/none", NULL, 5000, answer), -ENOENT);
	gs_worker_stop(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(images_are_found),
		fixture_test(what_is_no_rom),
		fixture_test(cut_off_anywhere),
		fixture_test(a_worker_reads_it),
	};

	return cmocka_run_group_tests_name("rom", tests, NULL, NULL);
}
