// SPDX-License-Identifier: GPL-2.0-or-later
/* The readers of profile_override.toml and config.toml: what they take, and where they say what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base.h"
#include "layouts.h"
#include "load.h"
#include "overrides.h"
#include "settings.h"

struct said {
	char text[4096];
	int count;
};

static bool say(void *data, enum unlock_severity severity, int line, const char *message)
{
	static const char letters[] = { 'n', 'w', 'e' };
	struct said *said = data;
	size_t length = strlen(said->text);

	snprintf(said->text + length, sizeof(said->text) - length, "%d%c %s\n", line,
		 letters[severity], message);
	said->count++;
	return true;
}

static int load(const struct unlock_kind *kind, const char *text, struct said *said,
		struct unlock_loaded **ret)
{
	struct unlock_report report = { say, said };

	*said = (struct said){ .count = 0 };
	return unlock_load_text(kind, text, strlen(text), &report, ret);
}

struct wrong {
	const char *text;
	const char *said; /* line and severity, and a part of the sentence */
};

#define P "[profile.nvidia-46]\n"

static const struct wrong wrong_overrides[] = {
	{ P "frl_confg = 1\n", "2w unknown key 'frl_confg'" },
	{ P "frl_config = '1'\n", "2e 'frl_config' takes a number" },
	{ P "cuda_enabled = true\n", "2e 'cuda_enabled' takes 0 or 1, not 'true'" },
	{ P "card_name = 1\n", "2e 'card_name' takes a string in quotes, not '1'" },
	{ P "framebuffer = '1 Gb'\n", "2e 'framebuffer' takes a number of bytes, or a string" },
	{ P "framebuffer = ''\n", "2e 'framebuffer' takes" },
	{ P "framebuffer = '1.5'\n", "2e 'framebuffer' takes" },
	{ P "pci_id = '0x1E3012BA'\n", "2e 'pci_id' takes a number" },
	{ P "pci_id = -1\n", "2e 'pci_id' takes a number" },
	{ P "frl_config = 0x100000000\n", "2e 'frl_config' takes a number from 0 to 4294967295" },
	{ P "pci_id = 0x8000000000000000\n", "2e '0x8000000000000000' is too large" },
	{ P "frl_config = 1.5\n", "2e '1.5' is no whole number" },
	{ P "frl_config = 012\n", "2e '012' is no whole number" },
	{ P "frl_config = 1__2\n", "2e '1__2' is no whole number" },
	{ P "frl_config = _1\n", "2e '_1' is no whole number" },
	{ P "frl_config = +0x1\n", "2e '+0x1' is no whole number" },
	{ P "frl_config = 0X1\n", "2e '0X1' is no whole number" },
	{ P "frl_config = yes\n", "2e 'yes' is no whole number, no boolean and no quoted string" },
	{ P "frl_config = 1979-05-27\n", "2e '1979-05-27' is no whole number" },
	{ P "frl_config = [1]\n", "2e arrays are not used" },
	{ P "frl_config =\n", "2e there is no value" },
	{ P "frl_config\n", "2e neither a [table] nor KEY = VALUE" },
	{ P "= 1\n", "2e a name is expected here" },
	{ P "frl_config = 1 2\n", "2e text after the value" },
	{ P "frl_config = 1\n\nfrl_config = 1\n", "4e 'frl_config' is given twice, first on line 2" },
	{ P P, "2e this table is there twice, first on line 1" },
	{ P "features = 'x'\n", "2n 'features' is about licences and left aside" },
	{ P "license_type = 1\n", "2n 'license_type' is about licences and left aside" },
	{ P "card_name = \"x\n", "2e a string without its closing \"" },
	{ P "card_name = 'x", "2e a string without its closing '" },
	{ P "card_name = \"\\q\"\n", "2e an unknown escape" },
	{ P "card_name = \"\\u12\"\n", "2e \\u takes four" },
	{ P "card_name = \"\\ud800\"\n", "2e this escape is no character" },
	{ P "card_name = \"\\u0000\"\n", "2e this escape is no character" },
	{ P "card_name = '''x'''\n", "2e strings of several lines" },
	{ P "card_name = '\x01'\n", "2e a control character (0x01)" },
	{ P "# \xc3\x28\n", "2e this is not UTF-8" },
	{ P "card_name = '\xed\xa0\x80'\n", "2e this is not UTF-8" },
	{ P "card_name = '\xc0\x80'\n", "2e this is not UTF-8" },
	{ "[profile.46]\n", "1w [profile.46] matches nothing; it looks like [profile.nvidia-46]" },
	{ "[profile.nvidia-046]\n", "1w [profile.nvidia-046] matches nothing" },
	{ "[profile.nvidia-4294967296]\n", "1w [profile.nvidia-4294967296] matches nothing" },
	{ "[mdev.100]\n", "1w [mdev.100] matches nothing" },
	{ "[mdev.00000000-0000-0000-0000-00000000010g]\n", "1w [mdev.0000" },
	{ "[vm.abc]\n", "1w [vm.abc] matches nothing; it looks like [vm.100]" },
	{ "[vms.100]\n", "1w unknown table [vms]; there are: profile, mdev, vm" },
	{ "frl_config = 1\n", "1w 'frl_config' stands before any table" },
	{ "[profile]\nframebuffer = 1\n", "2e 'framebuffer' of [profile] is a table" },
	{ "[profile.nvidia-46\n", "1e a table's name ends in ]" },
	{ "[profile.nvidia-46] x\n", "1e text after the value" },
	{ "[[profile]]\n", "1e arrays of tables are not used" },
	{ "[]\n", "1e a name is expected here" },
	{ "[a.b.c.d.e.f.g.h.i]\n", "1e tables within tables" },
	{ "vm = { 1 = { frl_config = 1 }\n", "1e an inline table ends in }" },
	{ "vm = { 1 = 2 }\n", "1e '1' of [vm] is a table" },
};

static const struct wrong wrong_settings[] = {
	{ "unlock = 1\n", "1e 'unlock' takes true or false, not '1'" },
	{ "unlock = True\n", "1e 'True' is no whole number, no boolean" },
	{ "unlok = true\n", "1w unknown key 'unlok'" },
	{ "unlock = true\nunlock = true\n", "2e 'unlock' is given twice, first on line 1" },
	{ "[pci_info_map.0x1e84]\ndevice_id = 1\n", "1e 'sub_system_id' is missing here" },
	{ "[pci_info_map.0x1e84]\nsub_system_id = 1\n", "1e 'device_id' is missing here" },
	{ "[pci_info_map.0x1e84]\ndevice_id = 0x10000\nsub_system_id = 1\n",
	  "2e 'device_id' takes a number from 0 to 0xffff, not '0x10000'" },
	{ "[pci_info_map.1e84]\n", "1e '1e84' is no device id" },
	{ "[pci_info_map.1]\ndevice = 1\ndevice_id = 1\nsub_system_id = 1\n",
	  "2w unknown key 'device'" },
	{ "[pci_map.1]\ndevice_id = 1\n", "1w unknown table 'pci_map'" },
};

static void check_wrong(const struct unlock_kind *kind, const struct wrong *wrongs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct unlock_loaded *loaded = NULL;
		struct said said;
		int r = load(kind, wrongs[i].text, &said, &loaded);

		if (!strstr(said.text, wrongs[i].said) || said.text != strstr(said.text, wrongs[i].said))
			fail_msg("'%s' said '%s'", wrongs[i].text, said.text);
		assert_int_equal(r, strchr(wrongs[i].said, 'e') - wrongs[i].said == 1 ? -EINVAL : 0);
		if (r == 0)
			unlock_unload(loaded);
	}
}

static void what_is_wrong_has_its_line(void **state)
{
	(void)state;
	check_wrong(&unlock_kind_overrides, wrong_overrides, GS_ARRAY_SIZE(wrong_overrides));
	check_wrong(&unlock_kind_settings, wrong_settings, GS_ARRAY_SIZE(wrong_settings));
}

/* All of it is read, whatever is wrong in between. */
static void reading_goes_on(void **state)
{
	struct unlock_loaded *loaded;
	struct said said;

	(void)state;
	assert_int_equal(load(&unlock_kind_overrides,
			      P "frl_config = x\nfrl_config = 1\nmax_pixels = y\n[vm.1\n"
				"ignored = 1\n[vm.2]\nmax_pixels = z\n",
			      &said, &loaded),
			 -EINVAL);
	assert_string_equal(said.text,
			    "2e 'x' is no whole number, no boolean and no quoted string\n"
			    "4e 'y' is no whole number, no boolean and no quoted string\n"
			    "5e a table's name ends in ]\n"
			    "8e 'z' is no whole number, no boolean and no quoted string\n");
}

static const struct unlock_override *find(const struct unlock_loaded *loaded,
					  enum unlock_scope scope, uint64_t number)
{
	struct unlock_id id = { .scope = scope, .number = number };

	return unlock_overrides_find((const void *)loaded->content, &id);
}

static void all_ways_to_write_it(void **state)
{
	const struct unlock_override *entry;
	struct unlock_loaded *loaded = NULL;
	struct said said;

	(void)state;
	assert_int_equal(load(&unlock_kind_overrides,
			      "  [ profile . \"nvidia-46\" ]  # x\r\n\tfrl_config=0b11\r\n"
			      "max_pixels = 0o17\nnum_displays = 1_000\n\"display_width\" = +5\n"
			      "card_name = \"a\\t\\\"\\u00e9\\U0001F600\"\nadapter_name = 'a\\t'\n"
			      "profile.x = 1\n[vm]\n7.frl_config = 1\n8 = { frl_config = 2, "
			      "card_name = '' }\n9.max_pixels = 4\n9.frl_config = 3",
			      &said, &loaded),
			 0);
	assert_string_equal(said.text, "8w unknown table 'profile'\n");
	entry = find(loaded, UNLOCK_OF_PROFILE, 46);
	assert_non_null(entry);
	assert_int_equal(entry->line, 1);
	assert_int_equal(entry->values[UNLOCK_FRL_CONFIG].number, 3);
	assert_int_equal(entry->values[UNLOCK_MAX_PIXELS].number, 15);
	assert_int_equal(entry->values[UNLOCK_NUM_DISPLAYS].number, 1000);
	assert_int_equal(entry->values[UNLOCK_DISPLAY_WIDTH].number, 5);
	assert_string_equal(entry->values[UNLOCK_CARD_NAME].text, "a\t\"\xc3\xa9\xf0\x9f\x98\x80");
	assert_string_equal(entry->values[UNLOCK_ADAPTER_NAME].text, "a\\t");
	assert_int_equal(entry->lines[UNLOCK_ADAPTER_NAME], 7);
	for (unsigned int vm = 7; vm <= 9; vm++) {
		entry = find(loaded, UNLOCK_OF_VM, vm);
		assert_non_null(entry);
		assert_int_equal(entry->values[UNLOCK_FRL_CONFIG].number, vm - 6);
	}
	assert_null(find(loaded, UNLOCK_OF_VM, 10));
	assert_null(find(loaded, UNLOCK_OF_PROFILE, 7));
	unlock_unload(loaded);
}

/* Editors of another system begin a file with a mark; it is none anywhere else. */
static void a_mark_at_the_beginning(void **state)
{
	struct unlock_loaded *loaded = NULL;
	struct said said;

	(void)state;
	assert_int_equal(load(&unlock_kind_overrides,
			      "\xef\xbb\xbf[profile.nvidia-46]\r\nfrl_config = 3\r\n", &said, &loaded),
			 0);
	assert_string_equal(said.text, "");
	assert_int_equal(find(loaded, UNLOCK_OF_PROFILE, 46)->values[UNLOCK_FRL_CONFIG].number, 3);
	unlock_unload(loaded);
	assert_int_equal(load(&unlock_kind_overrides, "\n\xef\xbb\xbf[profile.nvidia-46]\n", &said,
			      &loaded),
			 -EINVAL);
}

static const struct size {
	const char *text;
	uint64_t bytes;
	bool wrong;
} sizes[] = {
	{ "0", 0, false },
	{ "1234", 1234, false },
	{ " 12 ", 12, false },
	{ "1kB", 1000, false },
	{ "1KB", 1000, false },
	{ "2MB", 2000000, false },
	{ "3 GB", 3000000000, false },
	{ "4TB", 4000000000000, false },
	{ "1KiB", 1024, false },
	{ "512 MiB", 512ull << 20, false },
	{ "1.5GiB", 3ull << 29, false },
	{ "0.1 GiB", 107374182, false },
	{ "1.9999999999999999 MiB", 2097152, false },
	{ ".5 KiB", 512, false },
	{ "7. MiB", 7ull << 20, false },
	{ "16777215 TiB", 16777215ull << 40, false },
	{ "16777216 TiB", 0, true },
	{ "18446744073709551615 kB", 0, true },
	{ "9999999999999999999", 9999999999999999999ull, false },
	{ "99999999999999999999", 0, true },
	{ "1.5", 0, true },
	{ "", 0, true },
	{ ".", 0, true },
	{ ". MiB", 0, true },
	{ "MiB", 0, true },
	{ "1 mib", 0, true },
	{ "1 MiBs", 0, true },
	{ "1 B", 0, true },
	{ "-1", 0, true },
	{ "0x10", 0, true },
	{ "1 2", 0, true },
};

static void sizes_with_units(void **state)
{
	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(sizes); i++) {
		uint64_t bytes = 0;
		int r = unlock_size_parse(sizes[i].text, strlen(sizes[i].text), &bytes);

		if (r != (sizes[i].wrong ? -EINVAL : 0) || (r == 0 && bytes != sizes[i].bytes))
			fail_msg("'%s' is %llu (%d)", sizes[i].text, (unsigned long long)bytes, r);
	}
}

static void uuids_of_vms(void **state)
{
	static const struct {
		const char *text;
		uint64_t vm;
		bool none;
	} uuids[] = {
		{ "00000000-0000-0000-0000-000000000100", 100, false },
		{ "00000005-0000-0000-0000-999999999999", 999999999999, false },
		{ "ABCDEF01-0000-0000-0000-000000012345", 12345, false },
		{ "00000000-0000-0000-0000-00000000010a", 0, true },
		{ "00000000-0001-0000-0000-000000000100", 0, true },
		{ "00000000-0000-0000-0001-000000000100", 0, true },
	};
	struct unlock_uuid uuid;

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(uuids); i++) {
		uint64_t vm = 0;

		assert_int_equal(unlock_uuid_parse(uuids[i].text, 36, &uuid), 0);
		assert_int_equal(unlock_uuid_vm(&uuid, &vm), !uuids[i].none);
		assert_int_equal(vm, uuids[i].vm);
	}
	assert_int_equal(unlock_uuid_parse("0", 1, &uuid), -EINVAL);
	assert_int_equal(unlock_uuid_parse("00000000000000-0000-0000-000000000100", 36, &uuid), -EINVAL);
}

/* Only where a size means two things does the branch matter. */
static void layouts_by_branch(void **state)
{
	(void)state;
	assert_true(unlock_layout_is_ambiguous(0xa0810103, 5432));
	assert_false(unlock_layout_is_ambiguous(0xa0810103, 5424));
	assert_false(unlock_layout_is_ambiguous(0xa0820102, 5432));
	assert_null(unlock_layout_find(0xa0820102, 5432, 595));
	assert_non_null(unlock_layout_find(0xa0810103, 4960, 0));
	assert_ptr_equal(unlock_layout_find(0xa0810103, 5424, 0),
			 unlock_layout_find(0xa0810103, 5424, 580));
	assert_ptr_not_equal(unlock_layout_find(0xa0810103, 5432, 590),
			     unlock_layout_find(0xa0810103, 5432, 595));
	assert_int_equal(unlock_layout_find(0xa0810103, 5432, 0)->offsets->at[UNLOCK_MULTI_VGPU_SUPPORTED],
			 UNLOCK_NOWHERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wrong_has_its_line), cmocka_unit_test(reading_goes_on),
		cmocka_unit_test(all_ways_to_write_it),
		cmocka_unit_test(a_mark_at_the_beginning), cmocka_unit_test(sizes_with_units),
		cmocka_unit_test(uuids_of_vms),		      cmocka_unit_test(layouts_by_branch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
