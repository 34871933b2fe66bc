// SPDX-License-Identifier: GPL-2.0-or-later
/* Names from pci.ids. */
#include <sys/stat.h>

#include "fixture.h"

#define IDS "usr/share/misc/pci.ids"

static const struct {
	uint16_t vendor, device;
	const char *name;
} wanted[] = {
	{ 0x10de, 0x1b38, "NVIDIA Corporation GP102GL [Tesla P40]" },
	{ 0x10de, 0x1b40, "NVIDIA Corporation Device 1b40" },
	{ 0x8086, 0x0046, "Intel Corporation Core Processor" },
	{ 0x0e11, 0x1b38, "Compaq Device 1b38" },
	{ 0x1002, 0x1b38, "Device 1002:1b38" },
};

static void names_are_found(void **state)
{
	struct fixture *fixture = *state;
	char address[] = "0000:00:02.0";

	tree_write(fixture->tree, IDS, "%s",
		   "# a comment\n\n"
		   "0e11  Compaq\n"
		   "10de  NVIDIA Corporation\n"
		   "\t1b38  GP102GL [Tesla P40]\n"
		   "\t\t10de 11d9  a subsystem\n"
		   "8086  Intel Corporation\n"
		   "\t0046  Core Processor\n"
		   "C 03  Display controller\n"
		   "\t00  VGA compatible controller\n");
	for (size_t i = 0; i < GS_ARRAY_SIZE(wanted); i++) {
		address[9] = (char)('2' + i);
		tree_ids(tree_function(fixture->tree, NULL, address, 0x030000), wanted[i].vendor,
			 wanted[i].device);
	}
	fixture_read(fixture, GS_READ_NAMES);
	for (size_t i = 0; i < GS_ARRAY_SIZE(wanted); i++) {
		address[9] = (char)('2' + i);
		assert_string_equal(host_function(fixture->host, address)->name, wanted[i].name);
	}
}

static void the_trees_own_file_comes_first(void **state)
{
	struct fixture *fixture = *state;

	tree_ids(tree_function(fixture->tree, NULL, "0000:00:02.0", 0x030000), 0x10de, 0x1b38);
	tree_ids(tree_function(fixture->tree, NULL, "0000:00:03.0", 0x030000), 0x10de, 0x1b38);
	tree_write(fixture->tree, "usr/share/misc/pci.ids", "10de  Ours\n\t1b38  Own\n");
	fixture_read(fixture, GS_READ_NAMES);
	assert_string_equal(host_function(fixture->host, "0000:00:02.0")->name, "Ours Own");
	assert_string_equal(host_function(fixture->host, "0000:00:03.0")->name, "Ours Own");
}

static void damaged_files_do_no_harm(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	char path[128];

	tree_ids(tree_function(tree, NULL, "0000:00:02.0", 0x030000), 0x10de, 0x1b38);
	tree_write(tree, "usr/share/misc/pci.ids", "%s", "\t\t\t\n10de\n\xff\xfe\n10de ");
	fixture_read(fixture, GS_READ_NAMES);
	assert_string_equal(host_function(fixture->host, "0000:00:02.0")->name, "Device 10de:1b38");
	tree_write(tree, "usr/share/misc/pci.ids", "%s", "");
	fixture_read(fixture, GS_READ_NAMES);
	assert_string_equal(host_function(fixture->host, "0000:00:02.0")->name, "Device 10de:1b38");
	tree_remove(tree, "usr/share/misc/pci.ids");
	tree_folder(tree, "usr/share/misc/pci.ids");
	fixture_read(fixture, GS_READ_NAMES);
	tree_remove(tree, "usr/share/misc/pci.ids");
	snprintf(path, sizeof(path), "%s/usr/share/misc/pci.ids", tree_root(tree));
	assert_int_equal(mkfifo(path, 0644), 0);
	fixture_read(fixture, GS_READ_NAMES);
	assert_non_null(host_function(fixture->host, "0000:00:02.0")->name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(names_are_found),
		fixture_test(the_trees_own_file_comes_first),
		fixture_test(damaged_files_do_no_harm),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
