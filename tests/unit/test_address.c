// SPDX-License-Identifier: GPL-2.0-or-later
#include "fixture.h"

static void good_addresses_are_read(void **state)
{
	static const struct {
		const char *text;
		const char *canonical;
	} cases[] = {
		{ "0000:01:00.0", "0000:01:00.0" },	{ "01:00.0", "0000:01:00.0" },
		{ "ABCD:EF:1F.7", "abcd:ef:1f.7" },	{ "10000:e0:00.0", "10000:e0:00.0" },
		{ "ffffffff:ff:1f.7", "ffffffff:ff:1f.7" },
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		char text[GS_ADDRESS_LEN];
		struct gs_address address;

		assert_int_equal(gs_address_parse(cases[i].text, &address), 0);
		assert_string_equal(gs_address_format(&address, text), cases[i].canonical);
	}
}

static void everything_else_is_refused(void **state)
{
	static const char *const cases[] = {
		"", "0000", "01:00", "01:00.", "01:00.8", "01:20.0", "1:00.0", "all",
		"0000:01:00.0 ", " 01:00.0", "0000:01:00.00", "0000:01:00.0\n", "000:01:00.0",
		"0000:1:00.0", "0000:01:0.0", "0000:01:00-0", "0000:01:00:0", "0000::00.0",
		"g000:01:00.0", "0x00:01:00.0", "-000:01:00.0", "123456789:01:00.0",
		"0000:01:00.0/..", "../01:00.0",
	};
	struct gs_address address;

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++)
		if (gs_address_parse(cases[i], &address) != -EINVAL)
			fail_msg("\"%s\" was read", cases[i]);
}

static void every_address_survives(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 65536; i++) {
		struct gs_address out = { i * 65521u, (uint8_t)(i >> 8), i >> 3 & 31, i & 7 };
		struct gs_address in;
		char text[GS_ADDRESS_LEN];

		assert_int_equal(gs_address_parse(gs_address_format(&out, text), &in), 0);
		assert_true(gs_address_equal(&in, &out));
	}
}

static void addresses_are_in_order(void **state)
{
	static const char *const ordered[] = {
		"0000:00:00.0", "0000:00:00.1", "0000:00:01.0",
		"0000:01:00.0", "0001:00:00.0", "10000:00:00.0",
	};
	struct gs_address a, b;

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(ordered); i++) {
		for (size_t j = 0; j < GS_ARRAY_SIZE(ordered); j++) {
			assert_int_equal(gs_address_parse(ordered[i], &a), 0);
			assert_int_equal(gs_address_parse(ordered[j], &b), 0);
			assert_int_equal(gs_address_compare(&a, &b), (i > j) - (i < j));
		}
	}
}

static void names_that_are_no_addresses_come_last(void **state)
{
	static const char *const given[] = {
		"serial8250", "10000:00:00.0", "0000:01:00.0", "arm-smmu",
	};
	static const char *const wanted[] = {
		"0000:01:00.0", "10000:00:00.0", "arm-smmu", "serial8250",
	};
	char **names = NULL;

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(given); i++)
		assert_int_equal(gs_strv_add(&names, given[i]), 0);
	gs_address_sort(names);
	for (size_t i = 0; i < GS_ARRAY_SIZE(wanted); i++)
		assert_string_equal(names[i], wanted[i]);
	gs_strv_free(names);
	gs_address_sort(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_addresses_are_read),
		cmocka_unit_test(everything_else_is_refused),
		cmocka_unit_test(every_address_survives),
		cmocka_unit_test(addresses_are_in_order),
		cmocka_unit_test(names_that_are_no_addresses_come_last),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
