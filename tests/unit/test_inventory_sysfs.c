// SPDX-License-Identifier: GPL-2.0-or-later
/* Functions and groups as the sysfs source tells them. */
#include <sys/stat.h>

#include "fixture.h"

#define LISTED(host, address) (find(host, address) != NULL)

static struct gs_function *find(const struct gs_host *host, const char *address)
{
	struct gs_address at;

	assert_int_equal(gs_address_parse(address, &at), 0);
	return gs_host_function(host, &at);
}

static void build_card(struct tree *tree)
{
	struct tree_function *port, *gpu;

	port = tree_group(tree_bridge(tree, NULL, "0000:00:01.0"), 1);
	gpu = tree_function(tree, port, "0000:01:00.0", 0x030000);
	tree_subsystem(tree_ids(gpu, 0x10de, 0x1b38), 0x10de, 0x11d9);
	tree_attribute(tree_driver(tree_group(gpu, 7), "nouveau"), "revision", "0xa1\n");
	tree_boot_vga(tree_numa(tree_reset(gpu, "flr bus"), 1), true);
	gpu = tree_function(tree, port, "0000:01:00.1", 0x040300);
	tree_group(tree_ids(gpu, 0x10de, 0x10f0), 7);
}

static void check_card(const struct gs_host *host)
{
	const struct gs_function *gpu = host_function(host, "0000:01:00.0");

	assert_int_equal(host->source, GS_SOURCE_SYSFS);
	assert_false(host->generation_known);
	assert_true(host->has_iommu);
	assert_string_equal(gpu->text, "0000:01:00.0");
	assert_int_equal(gpu->vendor_id, 0x10de);
	assert_int_equal(gpu->device_id, 0x1b38);
	assert_int_equal(gpu->subsystem_vendor_id, 0x10de);
	assert_int_equal(gpu->subsystem_device_id, 0x11d9);
	assert_int_equal(gpu->class_code, 0x030000);
	assert_int_equal(gpu->revision, 0xa1);
	assert_string_equal(gpu->driver, "nouveau");
	assert_int_equal(gpu->iommu_group, 7);
	assert_int_equal(gs_strv_count(gpu->group_members), 2);
	assert_string_equal(gpu->group_members[1], "0000:01:00.1");
	assert_int_equal(gs_strv_count(gpu->reset_methods), 2);
	assert_string_equal(gpu->reset_methods[0], "flr");
	assert_int_equal(gpu->bus_reset, GS_YES);
	assert_int_equal(gpu->slot_reset, GS_UNKNOWN);
	assert_int_equal(gpu->dma_owner, GS_DMA_UNKNOWN);
	assert_null(gpu->domain_type);
	assert_false(gpu->on_root_bus);
	assert_int_equal(gpu->bridge.slot, 1);
	assert_int_equal(gpu->boot_vga, GS_YES);
	assert_int_equal(gpu->numa_node, 1);
	assert_false(gpu->is_vf);
	assert_null(gpu->name);
	assert_int_equal(host_function(host, "0000:01:00.1")->boot_vga, GS_UNKNOWN);
	assert_null(host_function(host, "0000:01:00.1")->driver);
	assert_null(host_function(host, "0000:01:00.1")->reset_methods);
}

static void facts_are_read(void **state)
{
	struct fixture *fixture = *state;

	build_card(fixture->tree);
	check_card(fixture_read(fixture, 0));
	check_card(fixture_read(fixture, GS_READ_ALL));
	assert_true(LISTED(fixture->host, "0000:00:01.0"));
	assert_int_equal(host_function(fixture->host, "0000:00:01.0")->bus_reset, GS_NO);
	assert_true(host_function(fixture->host, "0000:00:01.0")->on_root_bus);
}

static void absolute_links_do_as_well(void **state)
{
	struct fixture *fixture = *state;

	tree_absolute_links(fixture->tree, true);
	build_card(fixture->tree);
	check_card(fixture_read(fixture, 0));
}

/* What the module lists, too: slot, group and bus of a display function, nothing else. */
static void only_what_belongs_to_a_display_is_listed(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port, *lower;

	port = tree_group(tree_bridge(tree, NULL, "0000:00:01.0"), 1);
	tree_group(tree_function(tree, port, "0000:01:00.0", 0x030000), 2);
	tree_function(tree, port, "0000:01:05.0", 0x010802); /* same bus, other slot */
	lower = tree_bridge(tree, port, "0000:01:06.0");
	tree_function(tree, lower, "0000:02:00.0", 0x020000); /* a bus below the display's */
	tree_group(tree_function(tree, NULL, "0000:00:1f.0", 0x060100), 2); /* same group */
	tree_function(tree, NULL, "0000:00:05.0", 0x0c0330); /* nothing in common */
	port = tree_bridge(tree, NULL, "0000:00:11.0"); /* its address begins like the other's */
	tree_function(tree, port, "0000:03:00.0", 0x010802);

	fixture_read(fixture, 0);
	assert_true(LISTED(fixture->host, "0000:01:00.0"));
	assert_true(LISTED(fixture->host, "0000:01:05.0"));
	assert_true(LISTED(fixture->host, "0000:01:06.0"));
	assert_true(LISTED(fixture->host, "0000:02:00.0"));
	assert_true(LISTED(fixture->host, "0000:00:1f.0"));
	assert_int_equal(fixture->host->n_functions, 5);
	fixture_read(fixture, GS_READ_ALL);
	assert_int_equal(fixture->host->n_functions, 9);
}

static void root_buses_join_nobody(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	tree_function(tree, NULL, "0000:00:02.0", 0x038000);
	tree_function(tree, NULL, "0000:00:02.1", 0x118000); /* the slot does */
	tree_function(tree, NULL, "0000:00:03.0", 0x010601);
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_functions, 2);
	assert_true(LISTED(fixture->host, "0000:00:02.1"));
}

/* A VF's address looks like one of a slot that it does not sit in. */
static void vfs_sit_in_no_slot(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *disk = tree_function(tree, NULL, "0000:00:03.0", 0x010802);

	tree_function(tree, NULL, "0000:00:04.0", 0x030000);
	tree_vf(tree_sriov(disk, 8), "0000:00:04.1", 0x010802);
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_functions, 1);
}

/* The bus that VFs have to themselves counts as one, as the module has it. */
static void vfs_of_a_bus_of_their_own_belong_together(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *pf;

	pf = tree_sriov(tree_function(fixture->tree, NULL, "0000:00:0a.0", 0x118000), 8);
	tree_vf(pf, "0000:01:00.0", 0x038000);
	tree_vf(pf, "0000:01:01.0", 0x118000);
	tree_vf(pf, "0000:02:00.0", 0x118000);
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_functions, 2);
	assert_true(LISTED(fixture->host, "0000:01:01.0"));
}

static void accelerators_are_listed(void **state)
{
	struct fixture *fixture = *state;

	tree_function(fixture->tree, NULL, "0000:00:08.0", 0x120000);
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_functions, 1);
	assert_int_equal(fixture->host->n_cards, 1);
}

static void domains_are_told_apart(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port = tree_bridge(tree, NULL, "10000:e0:06.0");

	tree_function(tree, port, "10000:e1:00.0", 0x030200);
	tree_function(tree, NULL, "0000:e1:00.0", 0x010802);
	tree_function(tree, NULL, "0001:e1:00.0", 0x030200);
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_functions, 2);
	assert_string_equal(fixture->host->functions[0].text, "0001:e1:00.0");
	assert_string_equal(fixture->host->functions[1].text, "10000:e1:00.0");
	assert_int_equal(fixture->host->functions[1].bridge.domain, 0x10000);
	assert_true(fixture->host->functions[0].on_root_bus);
}

static void vfs_are_known(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port = tree_bridge(tree, NULL, "0000:00:01.0");
	struct tree_function *gpu;
	const struct gs_function *near, *far;

	gpu = tree_sriov(tree_function(tree, port, "0000:01:00.0", 0x030200), 16);
	tree_group(tree_vf(gpu, "0000:01:00.4", 0x030200), 30);
	tree_vf(gpu, "0000:02:00.0", 0x030200);
	/* The kernel's own count takes the device lock: it must not be asked. */
	tree_attribute(gpu, "sriov_numvfs", "9\n");
	fixture_read(fixture, 0);
	near = host_function(fixture->host, "0000:01:00.4");
	far = host_function(fixture->host, "0000:02:00.0");
	assert_int_equal(host_function(fixture->host, "0000:01:00.0")->sriov_total, 16);
	assert_int_equal(host_function(fixture->host, "0000:01:00.0")->sriov_enabled, 2);
	assert_true(near->is_vf);
	assert_int_equal(near->physfn.bus, 1);
	assert_int_equal(near->bus_reset, GS_YES);
	/* No bridge leads to a bus that only VFs are on. */
	assert_true(far->on_root_bus);
	assert_int_equal(far->bus_reset, GS_NO);
	assert_int_equal(host_function(fixture->host, "0000:01:00.0")->bus_reset, GS_YES);
}

static void groups_are_read(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *disk = tree_function(tree, NULL, "0000:00:05.0", 0x010802);

	build_card(tree);
	tree_group(disk, 3);
	tree_folder(tree, "sys/kernel/iommu_groups/90/devices/serial8250");
	tree_folder(tree, "sys/kernel/iommu_groups/garbage/devices");
	tree_folder(tree, "sys/kernel/iommu_groups/-4/devices");
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_groups, 1);
	assert_int_equal(fixture->host->groups[0].id, 7);
	assert_null(fixture->host->groups[0].type);
	fixture_read(fixture, GS_READ_ALL | GS_READ_GROUPS);
	assert_int_equal(fixture->host->n_groups, 4);
	assert_string_equal(gs_host_group(fixture->host, 7)->type, "DMA-FQ");
	assert_int_equal(gs_strv_count(gs_host_group(fixture->host, 7)->members), 2);
	assert_string_equal(gs_host_group(fixture->host, 90)->members[0], "serial8250");
	assert_null(gs_host_group(fixture->host, 90)->type);
	assert_null(gs_host_group(fixture->host, 8));
}

static void without_an_iommu_there_are_no_groups(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu;

	gpu = tree_function(fixture->tree, NULL, "0000:00:02.0", 0x030000);
	fixture_read(fixture, GS_READ_GROUPS);
	assert_false(fixture->host->has_iommu);
	assert_int_equal(host_function(fixture->host, "0000:00:02.0")->iommu_group, -1);
	/* A group that VFIO made for a mediated device is no IOMMU. */
	tree_mdev_type(gpu, "x-1", "one", NULL, 1);
	tree_mdev(gpu, "00000000-0000-0000-0000-000000000001", "x-1", 0);
	fixture_read(fixture, GS_READ_GROUPS);
	assert_false(fixture->host->has_iommu);
	assert_int_equal(fixture->host->n_groups, 0);
}

static void missing_files_are_unknown(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_function *function;

	tree_write(fixture->tree, "sys/bus/pci/devices/0000:00:02.0/class", "0x030000\n");
	fixture_read(fixture, GS_READ_ALL | GS_READ_NAMES | GS_READ_DRIVERS | GS_READ_TYPES);
	function = host_function(fixture->host, "0000:00:02.0");
	assert_int_equal(function->vendor_id, 0);
	assert_int_equal(function->iommu_group, -1);
	assert_int_equal(function->numa_node, -1);
	assert_int_equal(function->boot_vga, GS_UNKNOWN);
	assert_int_equal(function->override_known, GS_UNKNOWN);
	assert_null(function->power_control);
	assert_true(function->on_root_bus);
	assert_int_equal(host_card(fixture->host, "0000:00:02.0")->mode, GS_MODE_UNBOUND);
}

static void garbage_is_unknown(void **state)
{
	static const char *const numbers[] = {
		"class", "vendor", "device", "revision", "numa_node", "boot_vga", "sriov_totalvfs",
	};
	static const char *const texts[] = {
		"", "\n", "x\n", "-7\n", "0x\n", "99999999999999999999\n",
	};
	struct fixture *fixture = *state;
	struct tree_function *gpu = tree_function(fixture->tree, NULL, "0000:00:02.0", 0x030000);

	for (size_t t = 0; t < GS_ARRAY_SIZE(texts); t++) {
		for (size_t n = 0; n < GS_ARRAY_SIZE(numbers); n++)
			tree_attribute(gpu, numbers[n], texts[t]);
		fixture_read(fixture, GS_READ_ALL);
		assert_int_equal(fixture->host->n_functions, 1);
		assert_int_equal(fixture->host->functions[0].vendor_id, 0);
		assert_int_equal(fixture->host->functions[0].numa_node, -1);
		assert_int_equal(fixture->host->functions[0].sriov_total, 0);
		assert_int_equal(fixture->host->n_cards, 0);
	}
}

static void hostile_names_are_passed_over(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build_card(tree);
	tree_write(tree, "sys/bus/pci/devices/0000:02:00.0 x/class", "0x030000\n");
	tree_write(tree, "sys/bus/pci/devices/00:03.0/class", "0x030000\n");
	tree_write(tree, "sys/bus/pci/devices/0000:02:AA.0/class", "0x030000\n");
	tree_raw_link(tree, "sys/bus/pci/devices/0000:03:00.0", "0000:03:00.0");
	tree_raw_link(tree, "sys/bus/pci/devices/0000:04:00.0", "../../../../../../etc");
	tree_raw_link(tree, "sys/bus/pci/devices/0000:05:00.0", "../../../devices/../../../etc");
	fixture_read(fixture, 0);
	check_card(fixture->host);
	assert_int_equal(fixture->host->n_functions, 2);
}

static void hostile_links_are_passed_over(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *gpu = tree_function(tree, NULL, "0000:00:02.0", 0x030000);
	char path[256];

	snprintf(path, sizeof(path), "%s/iommu_group", tree_path(gpu));
	tree_raw_link(tree, path, "../../../99999999999999");
	snprintf(path, sizeof(path), "%s/physfn", tree_path(gpu));
	tree_raw_link(tree, path, "physfn");
	snprintf(path, sizeof(path), "%s/driver", tree_path(gpu));
	tree_raw_link(tree, path, "drivers/");
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->functions[0].iommu_group, -1);
	assert_false(fixture->host->functions[0].is_vf);
	assert_null(fixture->host->functions[0].driver);
}

static void unreadable_functions_do_no_harm(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	char path[512];

	build_card(tree);
	tree_function(tree, NULL, "0000:00:02.0", 0x030000);
	tree_function(tree, NULL, "0000:00:03.0", 0x030000);
	snprintf(path, sizeof(path), "%s/sys/devices/pci0000:00/0000:00:02.0", tree_root(tree));
	assert_int_equal(chmod(path, 0), 0);
	fixture_drop_root(fixture);
	fixture_read(fixture, 0);
	fixture_regain_root();
	assert_int_equal(chmod(path, 0755), 0);
	assert_true(LISTED(fixture->host, "0000:00:03.0"));
	check_card(fixture->host);
}

static void a_host_without_pci_is_empty(void **state)
{
	struct fixture *fixture = *state;
	struct gs_host *host = NULL;

	tree_remove(fixture->tree, "sys/bus/pci");
	fixture_read(fixture, GS_READ_ALL);
	assert_int_equal(fixture->host->n_functions, 0);
	tree_remove(fixture->tree, "sys");
	assert_int_equal(gs_inventory_read(fixture_engine(fixture), 0, &host), -ENOENT);
	assert_null(host);
}

static void a_big_host_is_read(void **state)
{
	struct fixture *fixture = *state;

	tree_host(fixture->tree, 16, 238);
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_cards, 16);
	assert_int_equal(fixture->host->n_functions, 32);
	fixture_read(fixture, GS_READ_ALL | GS_READ_NAMES | GS_READ_GROUPS);
	assert_int_equal(fixture->host->n_functions, 238);
	assert_int_equal(gs_host_group(fixture->host, 1000)->members != NULL, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(facts_are_read),
		fixture_test(absolute_links_do_as_well),
		fixture_test(only_what_belongs_to_a_display_is_listed),
		fixture_test(root_buses_join_nobody),
		fixture_test(vfs_sit_in_no_slot),
		fixture_test(vfs_of_a_bus_of_their_own_belong_together),
		fixture_test(accelerators_are_listed),
		fixture_test(domains_are_told_apart),
		fixture_test(vfs_are_known),
		fixture_test(groups_are_read),
		fixture_test(without_an_iommu_there_are_no_groups),
		fixture_test(missing_files_are_unknown),
		fixture_test(garbage_is_unknown),
		fixture_test(hostile_names_are_passed_over),
		fixture_test(hostile_links_are_passed_over),
		fixture_test(unreadable_functions_do_no_harm),
		fixture_test(a_host_without_pci_is_empty),
		fixture_test(a_big_host_is_read),
	};

	return cmocka_run_group_tests_name("inventory_sysfs", tests, NULL, NULL);
}
