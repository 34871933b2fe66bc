// SPDX-License-Identifier: GPL-2.0-or-later
/* Why no more vGPUs can be made, and what a card could be by its driver's list. */
#include "fixture.h"

#include "capacity.h"
#include "listed_types.h"

#define GPU "0000:01:00.0"
#define GIB (1024ULL * 1024 * 1024)

static struct gs_vgpu_type type_of(const char *id, const char *name, unsigned int gib,
				   unsigned int made, unsigned int available)
{
	return (struct gs_vgpu_type){ .id = (char *)id,
				      .name = (char *)name,
				      .framebuffer_bytes = gib * GIB,
				      .made = made,
				      .available = available };
}

static void expect_reason(const struct gs_parent *parent, size_t type, const char *expected)
{
	gs_cleanup_free char *reason = NULL;

	assert_int_equal(gs_why_no_more(parent, &parent->types[type], GS_TYPES_NOW, &reason), 0);
	if (!expected)
		assert_null(reason);
	else
		assert_string_equal(reason, expected);
}

static void reasons(void **state)
{
	struct gs_vgpu_type types[] = { type_of("nvidia-46", "GRID P40-1Q", 1, 0, 24),
					type_of("nvidia-47", "GRID P40-2Q", 2, 0, 12),
					type_of("nvidia-156", "GRID P40-2B", 2, 0, 12) };
	struct gs_parent parent = { .types = types, .n_types = GS_ARRAY_SIZE(types) };

	(void)state;
	expect_reason(&parent, 0, NULL);
	types[1].made = 3;
	types[1].available = 9;
	types[0].available = 0;
	expect_reason(&parent, 0, "one size at a time: 3 of GRID P40-2Q are there");
	expect_reason(&parent, 1, NULL);
	/* The same size: it is the memory that is used up. */
	types[2].available = 0;
	expect_reason(&parent, 2, "the vGPUs of GRID P40-2Q leave no room");
	types[1].made = 1;
	expect_reason(&parent, 0, "one size at a time: 1 of GRID P40-2Q is there");
	/* Its own are all there are. */
	types[1].made = 12;
	types[1].available = 0;
	expect_reason(&parent, 1, "all that fit are made");
	types[1].description = (char *)"num_heads=4, framebuffer=2048M, max_instance=12";
	expect_reason(&parent, 1, "all 12 that fit are made");
	types[1].made = 0;
	expect_reason(&parent, 1, "the driver offers none now, and no vGPU is in the way");
}

/* Room in memory is of no use without a function for it. */
static void reasons_of_vfs(void **state)
{
	struct gs_vgpu_type types[] = { type_of("nvidia-557", "NVIDIA A40-1Q", 1, 4, 0),
					type_of("nvidia-558", "NVIDIA A40-2Q", 2, 0, 0) };
	struct gs_parent parent = {
		.types = types, .n_types = GS_ARRAY_SIZE(types), .on_vfs = true, .vfs = 4
	};

	(void)state;
	expect_reason(&parent, 0, "each of the 4 virtual functions holds a vGPU");
	expect_reason(&parent, 1, "one size at a time: 4 of NVIDIA A40-1Q are there");
	parent.vfs = 8;
	expect_reason(&parent, 0, "all that fit are made");
	/* Intel's do live beside each other. */
	types[0].id = (char *)"i915-GVTg_V5_4";
	types[1].id = (char *)"i915-GVTg_V5_8";
	expect_reason(&parent, 1, "the vGPUs of NVIDIA A40-1Q leave no room");
}

static void what_was_not_seen(void **state)
{
	struct gs_vgpu_type type = type_of("nvidia-46", "GRID P40-1Q", 1, 0, 0);
	struct gs_parent parent = { .types = &type, .n_types = 1 };
	gs_cleanup_free char *remembered = NULL;
	gs_cleanup_free char *listed = NULL;

	(void)state;
	type.description = (char *)"max_instance=24";
	assert_int_equal(gs_why_no_more(&parent, &type, GS_TYPES_REMEMBERED, &remembered), 0);
	assert_string_equal(remembered, "remembered from when the card was last a vGPU host");
	assert_int_equal(gs_why_no_more(&parent, &type, GS_TYPES_LISTED, &listed), 0);
	assert_string_equal(listed, "listed for this card, at most 24");
}

static struct gs_parent *listed_for(struct fixture *fixture, unsigned int vendor,
				    unsigned int device, unsigned int subsystem)
{
	struct gs_function display = { .vendor_id = (uint16_t)vendor,
				       .device_id = (uint16_t)device,
				       .subsystem_device_id = (uint16_t)subsystem,
				       .text = GPU };
	struct gs_parent *parent;

	assert_int_equal(gs_types_listed_read(fixture_engine(fixture), &display, &parent), 0);
	return parent;
}

static void lists(void **state)
{
	struct fixture *fixture = *state;
	struct gs_parent *parent;

	assert_null(listed_for(fixture, 0x10de, 0x1b38, 0));
	tree_write(fixture->tree, GS_UNLOCK_TYPES_PATH,
		   "<vgpuconfig><vgpuType id=\"46\" name=\"GRID P40-1Q\"/>"
		   "<vgpuType id=\"900\" name=\"of no size\"><framebuffer>0x1a000000</framebuffer>"
		   "<fbReservation>0x6000000</fbReservation></vgpuType>"
		   "<pgpu><devId deviceId=\"0x1b38\" subsystemId=\"0\"/>"
		   "<supportedVgpu vgpuId=\"46\"><maxVgpus>24</maxVgpus></supportedVgpu>"
		   "<supportedVgpu vgpuId=\"46\"/><supportedVgpu vgpuId=\"47\"/></pgpu>"
		   "<pgpu hostVgpuMode=\"sriov\"><devId deviceId=\"0x2235\" subsystemId=\"0x145a\"/>"
		   "<supportedVgpu vgpuId=\"900\"/></pgpu></vgpuconfig>");
	parent = listed_for(fixture, 0x10de, 0x1b38, 0x11d9);
	/* Once, and what nobody described not at all. */
	assert_int_equal(parent->n_types, 1);
	assert_false(parent->on_vfs);
	assert_string_equal(parent->types[0].id, "nvidia-46");
	assert_string_equal(parent->types[0].name, "GRID P40-1Q");
	assert_string_equal(parent->types[0].description, "max_instance=24");
	assert_int_equal(parent->types[0].framebuffer_bytes, GIB);
	gs_listed_free(parent);
	parent = listed_for(fixture, 0x10de, 0x2235, 0x145a);
	assert_true(parent->on_vfs);
	assert_int_equal(parent->types[0].framebuffer_bytes, GIB / 2);
	gs_listed_free(parent);
	/* Another board, another vendor; a file that is none. */
	assert_null(listed_for(fixture, 0x10de, 0x2235, 0x1111));
	assert_null(listed_for(fixture, 0x1002, 0x1b38, 0));
	tree_write(fixture->tree, GS_UNLOCK_TYPES_PATH, "<vgpuconfig><pgpu>");
	assert_null(listed_for(fixture, 0x10de, 0x1b38, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reasons),
		cmocka_unit_test(reasons_of_vfs),
		cmocka_unit_test(what_was_not_seen),
		fixture_test(lists),
	};

	return cmocka_run_group_tests_name("capacity", tests, NULL, NULL);
}
