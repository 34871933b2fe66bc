// SPDX-License-Identifier: GPL-2.0-or-later
/* Names, drivers, look-ups and the small helpers. */
#include "fixture.h"

static void modes_have_names(void **state)
{
	enum gs_mode mode;

	(void)state;
	assert_string_equal(gs_mode_name(GS_MODE_HOST), "host");
	assert_string_equal(gs_mode_name(GS_MODE_QUARANTINED), "quarantined");
	assert_string_equal(gs_mode_name((enum gs_mode)-1), "unknown");
	for (int i = 0; i < GS_MODE_WANTABLE; i++) {
		assert_int_equal(gs_mode_parse(gs_mode_name((enum gs_mode)i), &mode), 0);
		assert_int_equal(mode, i);
	}
	assert_int_equal(gs_mode_parse("mixed", &mode), -EINVAL);
	assert_int_equal(gs_mode_parse("", &mode), -EINVAL);
	assert_int_equal(gs_mode_parse("Host", &mode), -EINVAL);
}

static void vfio_drivers_are_known(void **state)
{
	static const char *const vfio[] = {
		"vfio-pci", "vfio_pci", "mlx5_vfio_pci", "nvgrace_gpu_vfio_pci", "xe-vfio-pci",
	};
	static const char *const others[] = {
		"nvidia", "vfio", "pci", "", "myvfio-pci", "vfio-pci-core", "nvidia_vgpu_vfio",
		"vfio-platform",
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(vfio); i++)
		assert_true(gs_driver_is_vfio(vfio[i]));
	for (size_t i = 0; i < GS_ARRAY_SIZE(others); i++)
		assert_false(gs_driver_is_vfio(others[i]));
	assert_false(gs_driver_is_vfio(NULL));
}

static void dma_owners_are_known(void **state)
{
	(void)state;
	assert_false(gs_driver_owns_dma(NULL));
	assert_false(gs_driver_owns_dma("vfio-pci"));
	assert_false(gs_driver_owns_dma("pci-stub"));
	assert_false(gs_driver_owns_dma("pcieport"));
	assert_true(gs_driver_owns_dma("shpchp"));
	assert_true(gs_driver_owns_dma("snd_hda_intel"));
	assert_true(gs_driver_owns_dma("pci-pf-stub"));
}

static void classes_are_known(void **state)
{
	struct gs_function function = { .class_code = 0x030000 };

	(void)state;
	assert_true(gs_function_is_display(&function));
	function.class_code = 0x120000;
	assert_true(gs_function_is_display(&function));
	function.class_code = 0x060400;
	assert_false(gs_function_is_display(&function));
	assert_true(gs_function_is_bridge(&function));
	function.class_code = 0;
	assert_false(gs_function_is_display(&function));
}

static void empty_hosts_hold_nothing(void **state)
{
	struct gs_host host = { 0 };
	struct gs_address address = { 0 };

	(void)state;
	assert_null(gs_host_function(&host, &address));
	assert_null(gs_host_card(&host, &address));
	assert_null(gs_host_group(&host, 0));
	assert_null(gs_host_parent(&host, "x"));
	assert_null(gs_host_vgpu(&host, "x"));
	gs_host_sort_functions(&host);
	gs_host_free(NULL);
	gs_remembered_free(NULL);
}

static void arrays_grow(void **state)
{
	struct element { uint64_t a, b; } *array = NULL;

	(void)state;
	for (size_t i = 0; i < 1000; i++) {
		assert_int_equal(gs_grow(&array, i, sizeof(*array)), 0);
		assert_int_equal(array[i].a | array[i].b, 0);
		array[i].a = array[i].b = i;
	}
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(array[i].b, i);
	assert_int_equal(gs_grow(&array, (size_t)1 << 62, sizeof(*array)), -ENOMEM);
	assert_int_equal(array[999].a, 999);
	free(array);
}

static void lists_of_strings_work(void **state)
{
	char **list = NULL;

	(void)state;
	assert_int_equal(gs_strv_count(list), 0);
	assert_false(gs_strv_has(list, "x"));
	assert_int_equal(gs_strv_add(&list, "x"), 0);
	assert_int_equal(gs_strv_add(&list, ""), 0);
	assert_int_equal(gs_strv_count(list), 2);
	assert_true(gs_strv_has(list, ""));
	gs_strv_free(list);
	gs_strv_free(NULL);
	assert_true(gs_streq(NULL, NULL));
	assert_false(gs_streq("", NULL));
}

static void drivers_of_a_tree_are_known(void **state)
{
	struct fixture *fixture = *state;
	struct gs_host *host;

	tree_register_driver(fixture->tree, "vfio-pci");
	tree_register_driver(fixture->tree, "snd_hda_intel");
	tree_function(fixture->tree, NULL, "0000:00:02.0", 0x030000);
	host = fixture_read(fixture, GS_READ_DRIVERS);
	assert_int_equal(gs_strv_count(host->drivers), 2);
	assert_int_equal(host->vfio_loadable, GS_YES);
	assert_int_equal(gs_driver_known(fixture->engine, host, "vfio_pci"), GS_YES);
	assert_int_equal(gs_driver_known(fixture->engine, host, "snd-hda-intel"), GS_YES);
	/* Nobody knows what kernel another tree will run. */
	assert_int_equal(gs_driver_known(fixture->engine, host, "nouveau"), GS_UNKNOWN);
	assert_int_equal(gs_driver_known(fixture->engine, host, "../nouveau"), GS_NO);
	assert_int_equal(gs_driver_known(fixture->engine, host, "pci:v000010DEd*"), GS_NO);
	assert_int_equal(gs_driver_known(fixture->engine, host, ""), GS_NO);
	assert_int_equal(host_card(host, "0000:00:02.0")->candidates_known, GS_UNKNOWN);
	assert_false(host->type1_loaded);
	tree_folder(fixture->tree, "sys/module/vfio_iommu_type1");
	assert_true(fixture_read(fixture, GS_READ_DRIVERS)->type1_loaded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(modes_have_names),
		cmocka_unit_test(vfio_drivers_are_known),
		cmocka_unit_test(dma_owners_are_known),
		cmocka_unit_test(classes_are_known),
		cmocka_unit_test(empty_hosts_hold_nothing),
		cmocka_unit_test(arrays_grow),
		cmocka_unit_test(lists_of_strings_work),
		fixture_test(drivers_of_a_tree_are_known),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
