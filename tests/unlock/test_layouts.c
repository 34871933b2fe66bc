// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every key in every layout: one key at a time, and all at once. TEST_BRANCH
 * says which branch's sizes are to be made; the library is told the driver's
 * version by its own variable.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "rm_structs.h"

#define ROOM(type, member) sizeof(((type *)0)->member)
#define TYPE 46

enum shape { U32, BOOL, U64, SIZE, TEXT, WIDE, SHAPES };

struct member {
	const char *key;
	enum shape shape;
	size_t offset, size;
};

struct layout {
	const char *branch;
	uint32_t cmd;
	size_t size, type;
	struct member members[24];
};

#define M(key, shape, type, member) { key, shape, offsetof(type, member), ROOM(type, member) }

#define MEMBERS(type, in)                                                                          \
	{                                                                                          \
		M("gpu_type", U32, type, in vgpuType),                                             \
		M("card_name", TEXT, type, in vgpuName),                                           \
		M("vgpu_type", TEXT, type, in vgpuClass),                                          \
		M("max_instances", U32, type, in maxInstance),                                     \
		M("num_displays", U32, type, in numHeads),                                         \
		M("display_width", U32, type, in maxResolutionX),                                  \
		M("display_height", U32, type, in maxResolutionY),                                 \
		M("max_pixels", U32, type, in maxPixels),                                          \
		M("frl_config", U32, type, in frlConfig),                                          \
		M("cuda_enabled", BOOL, type, in cudaEnabled),                                     \
		M("ecc_supported", BOOL, type, in eccSupported),                                   \
		M("mig_instance_size", U32, type, in gpuInstanceSize),                             \
		M("multi_vgpu_supported", BOOL, type, in multiVgpuSupported),                      \
		M("pci_id", U64, type, in vdevId),                                                 \
		M("pci_device_id", U64, type, in pdevId),                                          \
		M("framebuffer", SIZE, type, in fbLength),                                         \
		M("mappable_video_size", SIZE, type, in mappableVideoSize),                        \
		M("framebuffer_reservation", SIZE, type, in fbReservation),                        \
		M("encoder_capacity", U32, type, in encoderCapacity),                              \
		M("bar1_length", U64, type, in bar1Length),                                        \
		M("frl_enabled", BOOL, type, in frlEnable),                                        \
		M("adapter_name", TEXT, type, in adapterName),                                     \
		M("short_gpu_name", TEXT, type, in shortGpuNameString),                            \
		M(NULL, WIDE, type, in adapterName_Unicode),                                       \
	}

#define A081(name, type)                                                                           \
	{ name, 0xa0810103, sizeof(struct type), offsetof(struct type, info.vgpuType),             \
	  MEMBERS(struct type, info.) }
#define A082(name, type)                                                                           \
	{ name, 0xa0820102, sizeof(struct type), 0, MEMBERS(struct type, ) }

static const struct layout layouts[] = {
	A081("525", type_525),	     A081("550", type_550),	  A081("570", type_570),
	A081("575", type_575),	     A081("580.65", type_580_65), A081("580.94", type_580_94),
	A081("595", type_595),	     A082("460-host", host_460),  A082("525-host", host_525),
	A082("580-host", host_580),
};

static const struct layout *layout;
static int unsure; /* the library does not know the branch, where the size is ambiguous */

#define WORD "x\xc3\xa9\xf0\x9f\x98\x80z" /* one, two and four bytes; the last are two units of UTF-16 */
static const uint16_t wide_word[] = { 'x', 0xe9, 0xd83d, 0xde00, 'z' };

static int is_left(const struct member *member)
{
	return unsure && member->key && strcmp(member->key, "multi_vgpu_supported") == 0;
}

static uint64_t number_of(const struct member *member, unsigned int salt)
{
	static const uint64_t numbers[SHAPES] = {
		[U32] = 0xfedc0000, [U64] = 0x1e3012baull << 16, [SIZE] = 0x77c000000,
	};

	return member->shape == BOOL ? 1 : numbers[member->shape] + salt;
}

static void print_key(FILE *file, const struct member *member, unsigned int salt)
{
	if (member->shape == TEXT)
		fprintf(file, "%s = \"%s%u\"\n", member->key, WORD, salt);
	else if (member->shape == BOOL)
		fprintf(file, "%s = %u\n", member->key, 2 + salt);
	else
		fprintf(file, "%s = 0x%llx\n", member->key,
			(unsigned long long)number_of(member, salt));
}

static void expect_wide(struct call *call, unsigned int salt)
{
	const struct member *member = &layout->members[23];
	uint16_t units[64] = { 0 };
	char digits[12];

	snprintf(digits, sizeof(digits), "%u", salt);
	memcpy(units, wide_word, sizeof(wide_word));
	for (size_t i = 0; digits[i]; i++)
		units[5 + i] = (uint16_t)digits[i];
	call_put(call, member->offset, units, sizeof(units));
}

static void expect_member(struct call *call, const struct member *member, unsigned int salt)
{
	char text[128] = { 0 };

	if (is_left(member))
		return;
	switch (member->shape) {
	case TEXT:
		snprintf(text, sizeof(text), WORD "%u", salt);
		call_put(call, member->offset, text, member->size);
		if (strcmp(member->key, "adapter_name") == 0)
			expect_wide(call, salt);
		break;
	default:
		if (member->size == 8)
			call_put64(call, member->offset, number_of(member, salt));
		else
			call_put32(call, member->offset, (uint32_t)number_of(member, salt));
	}
}

static void begin(struct call *call, uint32_t type)
{
	call_begin(call, layout->cmd, layout->size);
	call_answer32(call, layout->type, type);
}

static void each_key_alone(void **state)
{
	struct call call;

	(void)state;
	for (unsigned int i = 0; i < 23; i++) {
		FILE *file = fopen(overrides_path(), "w");

		assert_non_null(file);
		fprintf(file, "[profile.nvidia-%d]\n", TYPE);
		print_key(file, &layout->members[i], i);
		assert_int_equal(fclose(file), 0);
		begin(&call, TYPE);
		expect_member(&call, &layout->members[i], i);
		expect_call(&call, layout->members[i].key);
		/* Another profile of the same file. */
		begin(&call, TYPE + 1);
		expect_call(&call, "another profile");
	}
}

static void all_keys_at_once(void **state)
{
	FILE *file = fopen(overrides_path(), "w");
	struct call call;

	(void)state;
	assert_non_null(file);
	fprintf(file, "[profile.nvidia-%d]\nlicense_type = \"none\"\nfeatures = \"none\"\n", TYPE);
	begin(&call, TYPE);
	for (unsigned int i = 0; i < 23; i++) {
		print_key(file, &layout->members[i], i);
		expect_member(&call, &layout->members[i], i);
	}
	assert_int_equal(fclose(file), 0);
	expect_call(&call, "all keys");
	call.transfer = 1;
	expect_call(&call, "all keys, by the other road");
}

static void booleans_are_clamped(void **state)
{
	struct call call;

	(void)state;
	for (unsigned int i = 0; i < 23; i++) {
		const struct member *member = &layout->members[i];

		if (member->shape != BOOL)
			continue;
		write_overrides("[profile.nvidia-%d]\n%s = 0\n", TYPE, member->key);
		begin(&call, TYPE);
		if (!is_left(member))
			call_put32(&call, member->offset, 0);
		expect_call(&call, member->key);
		write_overrides("[profile.nvidia-%d]\n%s = 4294967295\n", TYPE, member->key);
		begin(&call, TYPE);
		if (!is_left(member))
			call_put32(&call, member->offset, 1);
		expect_call(&call, member->key);
	}
}

/* As long as there is room for, with a final NUL; and one more. */
static void texts_fill_their_room(void **state)
{
	struct call call;
	char text[256];

	(void)state;
	for (unsigned int i = 0; i < 23; i++) {
		const struct member *member = &layout->members[i];
		uint16_t units[64] = { 0 };

		if (member->shape != TEXT)
			continue;
		memset(text, 0, sizeof(text));
		memset(text, 'w', member->size - 1);
		write_overrides("[profile.nvidia-%d]\n%s = '%s'\n", TYPE, member->key, text);
		begin(&call, TYPE);
		call_put(&call, member->offset, text, member->size);
		for (size_t u = 0; u < 63; u++)
			units[u] = 'w';
		if (strcmp(member->key, "adapter_name") == 0)
			call_put(&call, layout->members[23].offset, units, sizeof(units));
		expect_call(&call, member->key);
		text[member->size - 1] = 'w';
		write_overrides("[profile.nvidia-%d]\n%s = '%s'\nfrl_config = 7\n", TYPE, member->key,
				text);
		begin(&call, TYPE);
		call_put32(&call, layout->members[8].offset, 7);
		expect_call(&call, "too long");
	}
}

static void failed_queries_stay(void **state)
{
	struct call call;

	(void)state;
	write_overrides("[profile.nvidia-%d]\nframebuffer = 1\n", TYPE);
	begin(&call, TYPE);
	call.status = call.expected_status = 0x56;
	expect_call(&call, "not supported");
	call.status = call.expected_status = 3;
	expect_call(&call, "busy");
}

/* A byte more or less than any branch sends. */
static void other_sizes_stay(void **state)
{
	struct call call;

	(void)state;
	write_overrides("[profile.nvidia-%d]\nframebuffer = 1\nfrl_config = 2\n", TYPE);
	for (int more = -1; more <= 1; more += 2) {
		call_begin(&call, layout->cmd, layout->size + (size_t)more);
		call_answer32(&call, layout->type, TYPE);
		expect_call(&call, "another size");
	}
	/* The same size of another call. */
	call_begin(&call, layout->cmd ^ 0x10, layout->size);
	call_answer32(&call, layout->type, TYPE);
	expect_call(&call, "another call");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(each_key_alone, remove_files),
		cmocka_unit_test_setup(all_keys_at_once, remove_files),
		cmocka_unit_test_setup(booleans_are_clamped, remove_files),
		cmocka_unit_test_setup(texts_fill_their_room, remove_files),
		cmocka_unit_test_setup(failed_queries_stay, remove_files),
		cmocka_unit_test_setup(other_sizes_stay, remove_files),
	};
	const char *branch = getenv("TEST_BRANCH");

	unsure = getenv("TEST_UNSURE") != NULL;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (branch && strcmp(layouts[i].branch, branch) == 0)
			layout = &layouts[i];
	if (!layout)
		return 2;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
