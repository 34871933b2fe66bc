// SPDX-License-Identifier: GPL-2.0-or-later
/* driver_override, power/control and modalias of cards and their groups. */
#include <sys/stat.h>

#include "fixture.h"

static struct tree_function *build(struct tree *tree)
{
	struct tree_function *port = tree_bridge(tree, NULL, "0000:00:01.0"), *gpu;

	gpu = tree_group(tree_function(tree, port, "0000:01:00.0", 0x030000), 1);
	tree_override(gpu, "vfio-pci");
	tree_ids(tree_group(tree_function(tree, port, "0000:01:00.1", 0x040300), 1), 0x1234, 2);
	tree_group(port, 1);
	tree_attribute(port, "power/control", "on\n");
	return gpu;
}

static void cards_and_their_groups_are_read(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_function *function;

	build(fixture->tree);
	fixture_read(fixture, 0);
	function = host_function(fixture->host, "0000:01:00.0");
	assert_int_equal(function->override_known, GS_YES);
	assert_string_equal(function->driver_override, "vfio-pci");
	assert_string_equal(function->power_control, "auto");
	assert_non_null(strstr(function->modalias, "pci:v00001234d00001111"));
	function = host_function(fixture->host, "0000:01:00.1");
	assert_int_equal(function->override_known, GS_YES);
	assert_null(function->driver_override);
	function = host_function(fixture->host, "0000:00:01.0");
	assert_int_equal(function->override_known, GS_YES);
	assert_string_equal(function->power_control, "on");
	assert_null(function->modalias);
}

static void others_are_left_alone(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_function *function;

	build(fixture->tree);
	tree_override(tree_function(fixture->tree, NULL, "0000:00:09.0", 0x010802), "vfio-pci");
	fixture_read(fixture, GS_READ_ALL);
	function = host_function(fixture->host, "0000:00:09.0");
	assert_int_equal(function->override_known, GS_UNKNOWN);
	assert_null(function->driver_override);
	assert_null(function->power_control);
}

static void what_the_module_told_is_kept(void **state)
{
	struct fixture *fixture = *state;
	struct gs_function *function;

	build(fixture->tree);
	fixture_read(fixture, 0);
	function = host_function(fixture->host, "0000:01:00.0");
	free(function->driver_override);
	function->driver_override = NULL;
	assert_int_equal(gs_overrides_read(fixture->engine, fixture->host), 0);
	assert_int_equal(function->override_known, GS_YES);
	assert_null(function->driver_override);
}

static void unreadable_overrides_are_unknown(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = build(fixture->tree);
	char path[512];

	tree_override(gpu, "");
	fixture_read(fixture, 0);
	assert_int_equal(host_function(fixture->host, "0000:01:00.0")->override_known, GS_YES);
	assert_null(host_function(fixture->host, "0000:01:00.0")->driver_override);
	snprintf(path, sizeof(path), "%s/driver_override", tree_path(gpu));
	tree_remove(fixture->tree, path);
	tree_raw_link(fixture->tree, path, "driver_override");
	fixture_read(fixture, 0);
	assert_int_equal(host_function(fixture->host, "0000:01:00.0")->override_known, GS_UNKNOWN);
	assert_int_equal(host_function(fixture->host, "0000:01:00.1")->override_known, GS_YES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(cards_and_their_groups_are_read),
		fixture_test(others_are_left_alone),
		fixture_test(what_the_module_told_is_kept),
		fixture_test(unreadable_overrides_are_unknown),
	};

	return cmocka_run_group_tests_name("overrides", tests, NULL, NULL);
}
