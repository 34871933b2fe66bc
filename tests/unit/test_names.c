// SPDX-License-Identifier: GPL-2.0-or-later
/* Names from pci.ids. */
#include <sys/stat.h>

#include "fixture.h"
#include "pci_ids.h"

#define SMALL                                  \
	"# a comment\n\n"                      \
	"0e11  Compaq\n"                       \
	"10de  NVIDIA Corporation\n"           \
	"# another\n"                          \
	"\t1b38  GP102GL [Tesla P40]\n"        \
	"\t\t10de 11d9  a subsystem\n"         \
	"\t1b39  \n"                           \
	"8086  Intel Corporation\r\n"          \
	"\t0046  Core Processor\r\n"           \
	"C 03  Display controller\n"           \
	"\t00  VGA compatible controller\n"

static void expect(const char *text, size_t length, unsigned int vendor, unsigned int device,
		   const char *wanted)
{
	/* A copy of exactly this length, so that a read beyond it is seen. */
	char *copy = malloc(length ? length : 1);
	const struct gs_pci_ids ids = { .text = copy, .length = length };
	char *name;

	memcpy(copy, text, length);
	name = gs_pci_ids_name(&ids, (uint16_t)vendor, (uint16_t)device);
	assert_string_equal(name, wanted);
	free(name);
	free(copy);
}

static void names_are_found(void **state)
{
	(void)state;
	expect(SMALL, strlen(SMALL), 0x10de, 0x1b38, "NVIDIA Corporation GP102GL [Tesla P40]");
	expect(SMALL, strlen(SMALL), 0x10de, 0x1b40, "NVIDIA Corporation Device 1b40");
	expect(SMALL, strlen(SMALL), 0x10de, 0x1b39, "NVIDIA Corporation ");
	expect(SMALL, strlen(SMALL), 0x8086, 0x0046, "Intel Corporation Core Processor");
	expect(SMALL, strlen(SMALL), 0x0e11, 0x1b38, "Compaq Device 1b38");
	expect(SMALL, strlen(SMALL), 0x1002, 0x1b38, "Device 1002:1b38");
	expect(SMALL, strlen(SMALL), 0x0003, 0x0000, "Device 0003:0000");
	expect("", 0, 0x10de, 1, "Device 10de:0001");
}

static void cut_off_files_do_no_harm(void **state)
{
	(void)state;
	for (size_t length = 0; length < strlen(SMALL); length++) {
		char *copy = memcpy(malloc(length + !length), SMALL, length);
		const struct gs_pci_ids ids = { .text = copy, .length = length };
		char *name = gs_pci_ids_name(&ids, 0x8086, 0x0046);

		assert_non_null(name);
		free(name);
		free(copy);
	}
}

/* Large enough to be searched by halves: every vendor and device must be found. */
static void large_files_are_searched(void **state)
{
	size_t size = 0;
	char *text, wanted[64];
	FILE *file = open_memstream(&text, &size);

	(void)state;
	for (unsigned int vendor = 0; vendor < 2000; vendor += 2) {
		fprintf(file, "%04x  Vendor %u\n", vendor, vendor);
		for (unsigned int device = 0; device < vendor % 37; device++)
			fprintf(file, "\t%04x  Device %u\n\t\t1234 5678  Other\n", device, device);
	}
	fprintf(file, "C 00  Unclassified\n\t00  Other\n");
	fclose(file);
	for (unsigned int vendor = 0; vendor < 2000; vendor++) {
		unsigned int device = vendor * 7 % 41, count = vendor % 37;

		if (vendor % 2)
			snprintf(wanted, sizeof(wanted), "Device %04x:%04x", vendor, device);
		else
			snprintf(wanted, sizeof(wanted), device < count ? "Vendor %u Device %u" :
				 "Vendor %u Device %04x", vendor, device);
		expect(text, size, vendor, device, wanted);
	}
	expect(text, size, 0xffff, 0xffff, "Device ffff:ffff");
	free(text);
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
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(cut_off_files_do_no_harm),
		cmocka_unit_test(large_files_are_searched),
		fixture_test(the_trees_own_file_comes_first),
		fixture_test(damaged_files_do_no_harm),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
