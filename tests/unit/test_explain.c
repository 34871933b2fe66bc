// SPDX-License-Identifier: GPL-2.0-or-later
/* Why a card offers no vGPU types: each cause is found where it is, alone, and not where it is not. */
#include "fixture.h"

#include "json_explain.h"

#define GPU "0000:01:00.0"
#define READS (GS_READ_HOLDERS | GS_READ_TYPES | GS_READ_DRIVERS | GS_READ_GROUPS)
#define LIST "usr/share/nvidia/vgpu/vgpuConfig.xml"
#define LIBRARY "/usr/lib/gpushift/libgpushift-unlock.so"
#define DROP_IN "etc/systemd/system/nvidia-vgpu-mgr.service.d/unlock.conf"

static struct tree_function *gpu;

/* A card of NVIDIA on a driver. */
static void build(struct fixture *fixture, unsigned int device, const char *driver)
{
	struct tree *tree = fixture->tree;

	tree_write(tree, "proc/sys/kernel/osrelease", "6.12.1-x\n");
	tree_write(tree, "lib/modules/6.12.1-x/modules.dep", "kernel/drivers/vfio/mdev/mdev.ko.xz:\n");
	gpu = tree_ids(tree_reset(tree_group(tree_function(tree, NULL, GPU, 0x030000), 7), "flr"),
		       0x10de, device);
	if (driver)
		tree_driver(gpu, driver);
	tree_register_driver(tree, "vfio-pci");
}

/* Its vGPU host driver, which lists two cards: 1b38, and 2235, which is split by VFs; its manager runs. */
static void add_host_driver(struct fixture *fixture)
{
	struct tree *tree = fixture->tree;

	tree_write(tree, LIST,
		   "<vgpuconfig><vgpuType id=\"46\" name=\"GRID P40-1Q\" class=\"Quadro\"/>"
		   "<pgpu><devId deviceId=\"0x1b38\"/><supportedVgpu vgpuId=\"46\"/></pgpu>"
		   "<pgpu hostVgpuMode=\"sriov\"><devId deviceId=\"0x2235\"/>"
		   "<supportedVgpu vgpuId=\"46\"/></pgpu></vgpuconfig>");
	tree_write(tree, "sys/module/nvidia/version", "535.129.03\n");
	tree_process(tree, 700, "nvidia-vgpu-mgr", "/usr/bin/nvidia-vgpu-mgr");
}

static char words[512];

/* The ids of all causes, each after a blank. */
static const char *causes_of(struct fixture *fixture)
{
	gs_cleanup_vgpu_facts struct gs_vgpu_facts facts = { 0 };
	gs_cleanup_causes struct gs_causes causes = { 0 };
	struct gs_host *host = fixture_read(fixture, READS);
	struct gs_card *card = host_card(host, GPU);

	assert_int_equal(gs_vgpu_facts_read(fixture->engine, card, &facts), 0);
	assert_int_equal(gs_why_no_types(host, card, &facts, &causes), 0);
	words[0] = '\0';
	for (size_t i = 0; i < causes.count; i++) {
		assert_non_null(causes.list[i].fix);
		assert_true(causes.list[i].message[0] && causes.list[i].evidence);
		strcat(strcat(words, " "), causes.list[i].id);
	}
	return words;
}

static void drivers_that_split_nothing(void **state)
{
	struct fixture *fixture = *state;

	build(fixture, 0x1b38, NULL);
	assert_string_equal(causes_of(fixture), " no-driver");
	tree_driver(gpu, "vfio-pci");
	assert_string_equal(causes_of(fixture), " away");
	tree_driver(gpu, "nouveau");
	assert_string_equal(causes_of(fixture), " driver-flavour");
	tree_driver(gpu, "nvidia");
	assert_string_equal(causes_of(fixture), " driver-flavour");
	add_host_driver(fixture);
	assert_string_equal(causes_of(fixture), " driver");
	tree_driver(gpu, "nouveau");
	assert_string_equal(causes_of(fixture), " driver-flavour");
}

static void none_for_a_card_with_types(void **state)
{
	struct fixture *fixture = *state;

	build(fixture, 0x1b02, "nvidia");
	tree_mdev_type(gpu, "nvidia-46", "GRID P40-1Q", NULL, 24);
	assert_string_equal(causes_of(fixture), "");
}

static void a_kernel_without_mdev(void **state)
{
	struct fixture *fixture = *state;

	build(fixture, 0x1b38, "nvidia");
	add_host_driver(fixture);
	tree_write(fixture->tree, "lib/modules/6.12.1-x/modules.dep",
		   "kernel/drivers/vfio/pci/vfio-pci.ko.xz:\n");
	assert_string_equal(causes_of(fixture), " no-mdev");
	/* Where there is no index it cannot be told. */
	tree_remove(fixture->tree, "lib/modules");
	assert_string_equal(causes_of(fixture), " driver");
	tree_write(fixture->tree, "lib/modules/6.12.1-x/modules.dep", "%s", "");
	tree_folder(fixture->tree, "sys/bus/mdev/devices");
	assert_string_equal(causes_of(fixture), " driver");
}

static void cards_that_are_not_listed(void **state)
{
	struct fixture *fixture = *state;

	build(fixture, 0x1b02, "nvidia");
	add_host_driver(fixture);
	assert_string_equal(causes_of(fixture), " not-listed");
	tree_write(fixture->tree, DROP_IN, "[Service]\nEnvironment=LD_PRELOAD=" LIBRARY "\n");
	assert_string_equal(causes_of(fixture), " unlock-missing");
	tree_write(fixture->tree, LIBRARY + 1, "%s", "");
	/* What it has in its memory cannot be seen. */
	assert_string_equal(causes_of(fixture), " driver");
	tree_write(fixture->tree, "proc/700/maps", "00400000-0040b000 r-xp 0 0:0 1 /lib/libc.so.6\n");
	assert_string_equal(causes_of(fixture), " unlock-not-loaded");
	tree_write(fixture->tree, "proc/700/maps", "00400000-0040b000 r-xp 0 0:0 1 " LIBRARY "\n");
	assert_string_equal(causes_of(fixture), " driver");
}

static void services_that_do_not_run(void **state)
{
	struct fixture *fixture = *state;

	build(fixture, 0x1b38, "nvidia");
	add_host_driver(fixture);
	tree_remove(fixture->tree, "proc/700");
	assert_string_equal(causes_of(fixture), " services");
}

static void instances_of_mig(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(fixture, 0x1b38, "nvidia");
	add_host_driver(fixture);
	tree_write(tree, "proc/driver/nvidia/gpus/" GPU "/information",
		   "Model: \t\t NVIDIA\nDevice Minor: \t 3\n");
	tree_folder(tree, "proc/driver/nvidia/capabilities/gpu3/mig");
	/* Another card's are its own. */
	tree_folder(tree, "proc/driver/nvidia/capabilities/gpu0/mig/gi1");
	assert_string_equal(causes_of(fixture), " driver");
	tree_folder(tree, "proc/driver/nvidia/capabilities/gpu3/mig/gi2");
	assert_string_equal(causes_of(fixture), " mig");
}

static void cards_that_are_split_by_vfs(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *vf;

	build(fixture, 0x2235, "nvidia");
	add_host_driver(fixture);
	assert_string_equal(causes_of(fixture), " no-sriov");
	tree_sriov(gpu, 7);
	assert_string_equal(causes_of(fixture), " vfs-off");
	tree_attribute(gpu, "sriov_numvfs", "1\n");
	vf = tree_ids(tree_vf(gpu, "0000:01:00.4", 0x030000), 0x10de, 0x2235);
	assert_string_equal(causes_of(fixture), " vfs-elsewhere");
	tree_driver(vf, "nvidia");
	assert_string_equal(causes_of(fixture), " driver");
	/* They are of no use to anybody then. */
	tree_remove(fixture->tree, "sys/kernel/iommu_groups");
	assert_string_equal(causes_of(fixture), " no-iommu");
}

static void others_than_nvidia(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	build(fixture, 0x3e92, "i915");
	tree_ids(gpu, 0x8086, 0x3e92);
	assert_string_equal(causes_of(fixture), " driver");
	tree_write(tree, "sys/module/i915/parameters/enable_gvt", "N\n");
	assert_string_equal(causes_of(fixture), " gvt-off");
	tree_write(tree, "sys/module/i915/parameters/enable_gvt", "Y\n");
	assert_string_equal(causes_of(fixture), " gvt-off");
	tree_folder(tree, "sys/module/kvmgt");
	assert_string_equal(causes_of(fixture), " driver");
	tree_driver(gpu, "xe");
	tree_sriov(gpu, 7);
	assert_string_equal(causes_of(fixture), " plain-vfs");
	tree_write(tree, "sys/module/xe/parameters/max_vfs", "0\n");
	assert_string_equal(causes_of(fixture), " max-vfs plain-vfs");
	tree_ids(tree_driver(gpu, "amdgpu"), 0x1002, 0x73a1);
	assert_string_equal(causes_of(fixture), " driver-flavour");
}

/* The command of a mode is there where nothing is in its way. */
static void the_document(void **state)
{
	struct fixture *fixture = *state;
	gs_cleanup_vgpu_facts struct gs_vgpu_facts facts = { 0 };
	gs_cleanup_causes struct gs_causes causes = { 0 };
	struct json_object *json, *modes, *mode, *value;
	struct gs_host *host;

	build(fixture, 0x2235, "nvidia");
	add_host_driver(fixture);
	tree_sriov(gpu, 7);
	host = fixture_read(fixture, READS);
	assert_int_equal(gs_vgpu_facts_read(fixture->engine, host_card(host, GPU), &facts), 0);
	assert_int_equal(gs_why_no_types(host, host_card(host, GPU), &facts, &causes), 0);
	json = gs_json_explain(host, host_card(host, GPU), &facts, &causes);
	assert_true(json_object_object_get_ex(json, "modes", &modes));
	assert_true(json_object_object_get_ex(modes, "host", &mode));
	assert_true(json_object_object_get_ex(mode, "command", &value) && !value);
	assert_true(json_object_object_get_ex(modes, "passthrough", &mode));
	json_object_object_get_ex(mode, "blockers", &value);
	/* The only display of the host. */
	assert_int_equal(json_object_array_length(value) > 0,
			 !json_object_get_boolean(json_object_object_get(mode, "available")));
	assert_true(json_object_object_get_ex(modes, "vgpu", &mode));
	assert_true(json_object_object_get_ex(mode, "command", &value));
	assert_string_equal(json_object_get_string(value), "gpushift set " GPU " vgpu --profile TYPE");
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(drivers_that_split_nothing),
		fixture_test(none_for_a_card_with_types),
		fixture_test(a_kernel_without_mdev),
		fixture_test(cards_that_are_not_listed),
		fixture_test(services_that_do_not_run),
		fixture_test(instances_of_mig),
		fixture_test(cards_that_are_split_by_vfs),
		fixture_test(others_than_nvidia),
		fixture_test(the_document),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
