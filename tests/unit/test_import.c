// SPDX-License-Identifier: GPL-2.0-or-later
/* Set-ups that bind cards at boot without gpushift, and what they come to as wishes. */
#include "fixture.h"

#include "import.h"

#define GPU "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define TWIN "0000:02:00.0"
#define NET "0000:03:00.0"
#define SECOND_NET "0000:03:00.1"

/* Two cards that are alike, the first one on vfio-pci; and a network card in its group. */
static void build(struct tree *tree, const char *driver)
{
	struct tree_function *function;

	function = tree_group(tree_driver(tree_function(tree, NULL, GPU, 0x030000), driver), 7);
	tree_ids(function, 0x10de, 0x2204);
	function = tree_group(tree_driver(tree_function(tree, NULL, SOUND, 0x040300), driver), 7);
	tree_ids(function, 0x10de, 0x1aef);
	function = tree_group(tree_driver(tree_function(tree, NULL, TWIN, 0x030000), "nouveau"), 8);
	tree_ids(function, 0x10de, 0x2204);
	function = tree_group(tree_driver(tree_function(tree, NULL, NET, 0x020000), "vfio-pci"), 7);
	tree_ids(function, 0x8086, 0x10d3);
}

struct found {
	struct gs_bindings bindings;
	struct gs_imports imports;
};

static void find(struct fixture *fixture, struct found *found)
{
	struct gs_host *host = fixture_read(fixture, 0);

	assert_int_equal(gs_bindings_read(fixture->engine, &found->bindings), 0);
	assert_int_equal(gs_imports_make(fixture->engine, host, &found->bindings, &found->imports), 0);
}

static void forget(struct found *found)
{
	gs_imports_clear(&found->imports);
	gs_bindings_clear(&found->bindings);
}

static const struct gs_import *import_of(const struct found *found, const char *card)
{
	for (size_t i = 0; i < found->imports.count; i++)
		if (gs_streq(gs_card_display(found->imports.list[i].card)->text, card))
			return &found->imports.list[i];
	return NULL;
}

static void lines_are_understood(void **state)
{
	static const struct {
		const char *text;
		int kind; /* -1: nothing */
		const char *driver;
		size_t n_ids;
		const char *where;
	} cases[] = {
		{ "options vfio-pci ids=10de:2204,10de:1aef\n", GS_BINDING_IDS, NULL, 2, "/f:1" },
		{ "# a\n\noptions vfio_pci disable_vga=1 ids=10DE:2204:ffffffff:ffffffff:030000:ff0000",
		  GS_BINDING_IDS, NULL, 1, "/f:3" },
		{ "options vfio-pci \\\n  ids=10de:2204,\\\n10de:1aef\n", GS_BINDING_IDS, NULL, 2, "/f:1" },
		{ "options vfio-pci ids=\\\n10de:2204\n", GS_BINDING_IDS, NULL, 1, "/f:1" },
		{ "\toptions  vfio-pci\tids=\"10de:2204\"\n", GS_BINDING_IDS, NULL, 1, "/f:1" },
		{ "a\\\nb\nblacklist nouveau # x\n", GS_BINDING_BLACKLIST, "nouveau", 0, "/f:3" },
		{ "install nouveau /bin/false\n", GS_BINDING_BLACKLIST, "nouveau", 0, "/f:1" },
		{ "install nouveau :\n", GS_BINDING_BLACKLIST, "nouveau", 0, "/f:1" },
		{ "install nouveau modprobe --ignore-install nouveau\n", -1, NULL, 0, NULL },
		{ "#options vfio-pci ids=10de:2204\n", -1, NULL, 0, NULL },
		{ "options vfio-pcix ids=10de:2204\n", -1, NULL, 0, NULL },
		{ "options nvidia ids=10de:2204\n", -1, NULL, 0, NULL },
		{ "options vfio-pci ids=\n", -1, NULL, 0, NULL },
		{ "options vfio-pci ids=nonsense,:,10de\n", -1, NULL, 0, NULL },
		{ "options vfio-pci noids=10de:2204\n", -1, NULL, 0, NULL },
		{ "options\nblacklist\n\\\n\\", -1, NULL, 0, NULL },
		{ "softdep nouveau pre: vfio-pci\n", -1, NULL, 0, NULL },
		{ "", -1, NULL, 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		struct gs_bindings bindings = { 0 };

		assert_int_equal(gs_bindings_modprobe(&bindings, "f", cases[i].text), 0);
		if (bindings.count != (cases[i].kind >= 0))
			fail_msg("case %zu has %zu lines", i, bindings.count);
		if (bindings.count) {
			assert_int_equal(bindings.list[0].kind, cases[i].kind);
			assert_int_equal(bindings.list[0].n_ids, cases[i].n_ids);
			assert_string_equal(bindings.list[0].where, cases[i].where);
			assert_true(gs_streq(bindings.list[0].driver, cases[i].driver));
		}
		gs_bindings_clear(&bindings);
	}
}

static void ids_match_as_the_kernel_matches(void **state)
{
	static const struct {
		const char *ids;
		bool taken;
	} cases[] = {
		{ "10de:2204", true },
		{ "10de:2205", false },
		{ "ffffffff:2204", true },
		{ "10de:ffffffff", true },
		{ "10de:2204:1af4:1100", true },
		{ "10de:2204:1af4:1101", false },
		{ "10de:2204:ffffffff:ffffffff:30000:ff0000", true },
		{ "10de:2204:ffffffff:ffffffff:40000:ff0000", false },
		{ "1234:1111,0x10de:0x2204", true },
	};
	struct fixture *fixture = *state;
	struct gs_host *host;

	build(fixture->tree, "vfio-pci");
	host = fixture_read(fixture, 0);
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		gs_cleanup_free char *text = gs_asprintf("options vfio-pci ids=%s\n", cases[i].ids);
		struct gs_bindings bindings = { 0 };

		assert_int_equal(gs_bindings_modprobe(&bindings, "f", text), 0);
		assert_int_equal(bindings.count, 1);
		if (gs_binding_takes(&bindings.list[0], host_function(host, GPU)) != cases[i].taken)
			fail_msg("case %zu", i);
		gs_bindings_clear(&bindings);
	}
}

static void the_command_line_too(void **state)
{
	struct gs_bindings bindings = { 0 };

	(void)state;
	assert_int_equal(gs_bindings_cmdline(&bindings, "quiet vfio-pci.ids=10de:2204 "
							"modprobe.blacklist=nouveau,nvidia xvfio-pci.ids=1:2 "
							"module_blacklist=i915\n"), 0);
	assert_int_equal(bindings.count, 4);
	assert_string_equal(bindings.list[0].text, "vfio-pci.ids=10de:2204");
	assert_true(gs_binding_is_driver(&bindings.list[2], "nvidia"));
	assert_true(gs_binding_is_driver(&bindings.list[3], "i915"));
	gs_bindings_clear(&bindings);
}

/* The guide's set-up, where it works: the card is on vfio-pci, and so would its twin be. */
static void a_list_of_ids(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_import *import;
	struct found found = { 0 };

	build(fixture->tree, "vfio-pci");
	tree_write(fixture->tree, "etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:2204,10de:1aef\n");
	tree_write(fixture->tree, "etc/modprobe.d/notes.txt", "options vfio-pci ids=8086:10d3\n");
	find(fixture, &found);
	assert_int_equal(found.imports.count, 2);
	import = import_of(&found, GPU);
	assert_int_equal(import->want.mode, GS_MODE_PASSTHROUGH);
	assert_int_equal(import->state, GS_IMPORT_NEW);
	assert_null(import->driver);
	assert_int_equal(import->want.n_with, 0);
	assert_int_equal(gs_strv_count(import->also), 1);
	assert_string_equal(import->also[0], TWIN);
	assert_string_equal(import->from[0], "/etc/modprobe.d/vfio.conf:1");
	/* The twin is on nouveau: not verified, not taken over. */
	import = import_of(&found, TWIN);
	assert_int_equal(import->state, GS_IMPORT_NOT_NOW);
	assert_int_equal(gs_import_store(fixture->engine, fixture->host, &found.imports.list[1]), -EINVAL);
	forget(&found);
}

static void driverctl(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_import *import;
	struct found found = { 0 };
	struct tree *tree = fixture->tree;

	build(tree, "vfio-pci");
	tree_write(tree, "etc/driverctl.d/pci-" GPU, "vfio-pci\n");
	tree_write(tree, "etc/driverctl.d/pci-" NET, "vfio-pci\n");
	tree_write(tree, "etc/driverctl.d/pci-" TWIN, "nouveau\n");
	tree_write(tree, "etc/driverctl.d/pci-0000:09:00.0", "vfio-pci\n");
	tree_write(tree, "etc/driverctl.d/usb-1", "vfio-pci\n");
	/* driverctl has the last word. */
	tree_write(tree, "etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:2204\n");
	find(fixture, &found);
	import = import_of(&found, GPU);
	assert_int_equal(import->want.n_with, 1);
	assert_int_equal(import->want.with[0].bus, 3);
	assert_string_equal(import->from[0], "/etc/driverctl.d/pci-" GPU);
	assert_null(import->also);
	import = import_of(&found, TWIN);
	assert_int_equal(import->want.mode, GS_MODE_HOST);
	assert_string_equal(import->driver, "nouveau");
	assert_int_equal(import->state, GS_IMPORT_NEW);
	forget(&found);
	tree_write(tree, "etc/driverctl.d/pci-" TWIN, "none\n");
	find(fixture, &found);
	assert_null(import_of(&found, TWIN));
	forget(&found);
	tree_write(tree, "etc/driverctl.d/pci-" TWIN, "nvidia\n");
	find(fixture, &found);
	assert_int_equal(import_of(&found, TWIN)->state, GS_IMPORT_NOT_NOW);
	forget(&found);
}

static void store_all(struct fixture *fixture, struct found *found)
{
	for (size_t i = 0; i < found->imports.count; i++)
		if (found->imports.list[i].state == GS_IMPORT_NEW)
			assert_int_equal(gs_import_store(fixture->engine, fixture->host,
							 &found->imports.list[i]), 0);
}

static void wishes_are_stored_once(void **state)
{
	struct fixture *fixture = *state;
	struct gs_wish *wish = NULL;
	struct found found = { 0 };
	struct tree *tree = fixture->tree;

	build(tree, "vfio-pci");
	tree_write(tree, "etc/driverctl.d/pci-" GPU, "vfio-pci\n");
	tree_write(tree, "etc/driverctl.d/pci-" NET, "vfio-pci\n");
	find(fixture, &found);
	store_all(fixture, &found);
	assert_true(found.imports.list[0].stored);
	assert_int_equal(gs_wish_for(fixture->engine, fixture->host, host_card(fixture->host, GPU), &wish), 0);
	assert_non_null(wish);
	assert_int_equal(wish->mode, GS_MODE_PASSTHROUGH);
	assert_int_equal(wish->n_with, 1);
	gs_wish_free(wish);
	forget(&found);
	find(fixture, &found);
	assert_int_equal(found.imports.list[0].state, GS_IMPORT_THERE);
	forget(&found);
	/* Another function outside the card goes along, or another driver: the wish does not give it. */
	tree_ids(tree_group(tree_driver(tree_function(tree, NULL, SECOND_NET, 0x020000), "vfio-pci"), 7),
		 0x8086, 0x10d3);
	tree_write(tree, "etc/driverctl.d/pci-" SECOND_NET, "vfio-pci\n");
	find(fixture, &found);
	assert_int_equal(found.imports.list[0].state, GS_IMPORT_OTHER);
	forget(&found);
	tree_remove(tree, "etc/driverctl.d/pci-" SECOND_NET);
	tree_write(tree, "etc/driverctl.d/pci-" GPU, "nvgrace_gpu_vfio_pci\n");
	find(fixture, &found);
	assert_int_equal(found.imports.list[0].state, GS_IMPORT_OTHER);
	forget(&found);
	/* Now the lines want something else than the wish. */
	tree_write(tree, "etc/driverctl.d/pci-" GPU, "nouveau\n");
	find(fixture, &found);
	assert_int_equal(found.imports.list[0].state, GS_IMPORT_OTHER);
	assert_int_equal(found.imports.list[0].wished, GS_MODE_PASSTHROUGH);
	forget(&found);
}

/* An empty file, or a link to /dev/null, in the place of another one switches that off. */
static void of_the_same_name_the_first(void **state)
{
	struct fixture *fixture = *state;
	struct found found = { 0 };

	build(fixture->tree, "vfio-pci");
	tree_write(fixture->tree, "usr/local/lib/modprobe.d/vfio.conf", "options vfio-pci ids=10de:2204\n");
	tree_write(fixture->tree, "run/modprobe.d/vfio.conf", "blacklist nouveau\n");
	find(fixture, &found);
	assert_int_equal(found.bindings.count, 1);
	assert_string_equal(found.bindings.list[0].where, "/run/modprobe.d/vfio.conf:1");
	forget(&found);
	tree_write(fixture->tree, "etc/modprobe.d/vfio.conf", "%s", "");
	find(fixture, &found);
	assert_int_equal(found.bindings.count, 0);
	forget(&found);
}

static void what_stays_behind(void **state)
{
	static const struct {
		const char *file, *text;
		const char *fix; /* NULL: it is about no card */
	} cases[] = {
		{ "etc/modprobe.d/a.conf", "options vfio-pci ids=10de:2204\n",
		  "remove this line, then: update-initramfs -u" },
		{ "etc/modprobe.d/a.conf", "options vfio-pci ids=8086:10d3\n",
		  "remove this line, then: update-initramfs -u" },
		{ "etc/modprobe.d/a.conf", "options vfio-pci ids=8086:10d4\n", NULL },
		{ "etc/modprobe.d/a.conf", "blacklist nouveau\n", "remove this line, then: update-initramfs -u" },
		{ "etc/modprobe.d/a.conf", "blacklist pcspkr\n", NULL },
		{ "proc/cmdline", "quiet vfio-pci.ids=10de:2204\n",
		  "take vfio-pci.ids=10de:2204 from the kernel's command line" },
		{ "etc/driverctl.d/pci-" GPU, "vfio-pci\n", "driverctl unset-override " GPU },
		{ "etc/driverctl.d/pci-0000:09:00.0", "vfio-pci\n", NULL },
	};
	struct fixture *fixture = *state;

	build(fixture->tree, "vfio-pci");
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		gs_cleanup_free char *fix = NULL;
		struct found found = { 0 };

		tree_write(fixture->tree, cases[i].file, "%s", cases[i].text);
		find(fixture, &found);
		assert_int_equal(found.bindings.count, 1);
		assert_true(gs_binding_matters(&found.bindings.list[0], fixture->host) ==
			    (cases[i].fix != NULL));
		fix = gs_binding_fix(&found.bindings.list[0], "update-initramfs -u");
		if (cases[i].fix)
			assert_string_equal(fix, cases[i].fix);
		forget(&found);
		tree_remove(fixture->tree, cases[i].file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(lines_are_understood),
		fixture_test(ids_match_as_the_kernel_matches),
		fixture_test(the_command_line_too),
		fixture_test(a_list_of_ids),
		fixture_test(driverctl),
		fixture_test(wishes_are_stored_once),
		fixture_test(of_the_same_name_the_first),
		fixture_test(what_stays_behind),
	};

	return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
