// SPDX-License-Identifier: GPL-2.0-or-later
/* vGPUs, their parents and types. */
#include "fixture.h"
#include "plan.h"
#include "vgpu_types.h"

#define UUID_A "8a5b2b0e-0000-4000-8000-00000000000a"
#define UUID_B "8a5b2b0e-0000-4000-8000-00000000000b"
#define MTTY "sys/devices/virtual/mtty/mtty"
#define MIB (1024ULL * 1024)

static void framebuffers_are_understood(void **state)
{
	static const struct {
		const char *name;
		const char *description;
		uint64_t mib;
	} cases[] = {
		{ "GRID P40-2Q", "num_heads=4, framebuffer=2048M, max_instance=12", 2048 },
		{ "GRID P40-2Q", "framebuffer=3072M", 3072 },
		{ "x", "framebuffer=2G", 2048 },
		{ "x", "framebuffer=1024K", 1 },
		{ "x", "framebuffer=512", 512 },
		{ "x", "framebuffer=", 0 },
		{ "x", "framebuffer=99999999999999999999M", 0 },
		{ "GRID P40-2Q", NULL, 2048 },
		{ "GRID M60-0Q", NULL, 512 },
		{ "GRID M10-0B", "no hint", 512 },
		{ "GRID V100D-16C", NULL, 16384 },
		{ "GRID T4-2B4", NULL, 2048 },
		{ "NVIDIA A100-1-5C", NULL, 5120 },
		{ "NVIDIA A100-1-5CME", NULL, 5120 },
		{ "NVIDIA H100XM-80C", NULL, 81920 },
		{ "NVIDIA RTX6000-Ada-48Q", NULL, 49152 },
		{ "mtty-2", NULL, 0 },
		{ "mdpy-vga", NULL, 0 },
		{ "i915-GVTg_V5_4", "low_gm_size: 128MB", 0 },
		{ "GRID P40-2X", NULL, 0 },
		{ "GRID P40-2Qx", NULL, 0 },
		{ "GRID P40-999999999Q", NULL, 0 },
		{ "", NULL, 0 },
		{ "-", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++)
		if (gs_framebuffer_bytes(cases[i].name, cases[i].description) != cases[i].mib * MIB)
			fail_msg("%s, %s", cases[i].name, cases[i].description);
}

static struct tree_function *build(struct tree *tree)
{
	struct tree_function *gpu = tree_function(tree, NULL, "0000:00:05.0", 0x030000);

	tree_driver(gpu, "nvidia");
	tree_mdev_type(gpu, "nvidia-47", "GRID P40-2Q", "framebuffer=2048M", 11);
	tree_mdev_type(gpu, "nvidia-46", "GRID P40-1Q", NULL, 0);
	return gpu;
}

static void types_are_read_when_asked_for(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_parent *parent;

	tree_mdev(build(fixture->tree), UUID_A, "nvidia-47", 12);
	fixture_read(fixture, 0);
	parent = host_card(fixture->host, "0000:00:05.0")->parent;
	assert_non_null(parent);
	assert_int_equal(parent->n_types, 0);
	fixture_read(fixture, GS_READ_TYPES);
	parent = host_card(fixture->host, "0000:00:05.0")->parent;
	assert_string_equal(parent->name, "0000:00:05.0");
	assert_int_equal(parent->n_types, 2);
	assert_string_equal(parent->types[0].id, "nvidia-46");
	assert_string_equal(parent->types[0].name, "GRID P40-1Q");
	assert_null(parent->types[0].description);
	assert_int_equal(parent->types[0].framebuffer_bytes, 1024 * MIB);
	assert_int_equal(parent->types[0].made, 0);
	assert_int_equal(parent->types[0].available, 0);
	assert_int_equal(parent->types[1].made, 1);
	assert_int_equal(parent->types[1].available, 11);
	assert_true(host_function(fixture->host, "0000:00:05.0")->mdev_parent);
}

static void mdevs_are_read(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_vgpu *vgpu;

	tree_mdev(build(fixture->tree), UUID_B, "nvidia-47", 12);
	tree_mdev_type_of(fixture->tree, MTTY, "mtty-2", "Dual port serial", NULL, 11);
	tree_mdev_of(fixture->tree, MTTY, UUID_A, "mtty-2", -1);
	fixture_read(fixture, GS_READ_TYPES);
	assert_int_equal(fixture->host->n_vgpus, 2);
	vgpu = gs_host_vgpu(fixture->host, UUID_A);
	assert_string_equal(vgpu->parent, "mtty");
	assert_string_equal(vgpu->type, "mtty-2");
	assert_string_equal(vgpu->type_name, "Dual port serial");
	assert_string_equal(vgpu->backend, "mdev");
	assert_string_equal(vgpu->owner, "other");
	assert_int_equal(vgpu->iommu_group, -1);
	assert_int_equal(vgpu->in_use, GS_UNKNOWN);
	assert_null(vgpu->address);
	vgpu = gs_host_vgpu(fixture->host, UUID_B);
	assert_string_equal(vgpu->parent, "0000:00:05.0");
	assert_int_equal(vgpu->iommu_group, -1);
	assert_int_equal(host_card(fixture->host, "0000:00:05.0")->n_vgpus, 1);
	assert_ptr_equal(host_card(fixture->host, "0000:00:05.0")->vgpus[0], vgpu);
	assert_int_equal(fixture->host->n_parents, 2);
	assert_non_null(gs_host_parent(fixture->host, "mtty"));
	assert_null(gs_host_vgpu(fixture->host, "nobody"));
	/* The group tells who uses it. */
	fixture_read(fixture, GS_READ_HOLDERS);
	assert_int_equal(gs_host_vgpu(fixture->host, UUID_B)->iommu_group, 12);
	assert_int_equal(gs_host_vgpu(fixture->host, UUID_A)->iommu_group, -1);
}

/* Since Ampere the VFs are the parents. */
static void mdevs_of_vfs_belong_to_the_card(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = tree_sriov(build(fixture->tree), 16);
	struct tree_function *vf = tree_vf(gpu, "0000:00:05.4", 0x030200);

	tree_mdev_type(vf, "nvidia-500", "NVIDIA A40-4Q", NULL, 0);
	tree_mdev(vf, UUID_A, "nvidia-500", 30);
	fixture_read(fixture, 0);
	/* The VF, which it is on, is none. */
	assert_int_equal(host_card(fixture->host, "0000:00:05.0")->n_vgpus, 1);
	assert_int_equal(host_card(fixture->host, "0000:00:05.0")->mode, GS_MODE_VGPU);
	assert_false(host_card(fixture->host, "0000:00:05.0")->parent->on_vfs);
}

static struct tree_function *build_pf(struct tree *tree)
{
	struct tree_function *gpu = tree_function(tree, NULL, "0000:00:05.0", 0x030000);

	return tree_sriov(tree_driver(gpu, "nvidia"), 16);
}

static const struct gs_vgpu_type *type_of(const struct gs_host *host, const char *id)
{
	const struct gs_vgpu_type *type;

	assert_int_equal(gs_type_find(host_card(host, "0000:00:05.0")->parent, id, &type), 0);
	return type;
}

/* Three could each take one; the card has room for two. */
static void a_card_offers_what_its_vfs_do(void **state)
{
	static const char *const vfs[] = { "0000:00:05.4", "0000:00:05.5", "0000:00:05.6" };
	struct fixture *fixture = *state;
	struct tree_function *gpu = build_pf(fixture->tree);
	struct gs_parent parent = { 0 };

	for (size_t i = 0; i < GS_ARRAY_SIZE(vfs); i++) {
		struct tree_function *vf = tree_vf(gpu, vfs[i], 0x030200);

		tree_mdev_type(vf, "nvidia-500", "NVIDIA A40-24Q", "max_instance=2", 1);
		tree_mdev_type(vf, "nvidia-501", "NVIDIA A40-1Q", "max_instance=32", 1);
	}
	fixture_read(fixture, GS_READ_TYPES);
	assert_true(host_card(fixture->host, "0000:00:05.0")->parent->on_vfs);
	assert_int_equal(host_card(fixture->host, "0000:00:05.0")->n_vgpus, 0);
	assert_int_equal(host_card(fixture->host, "0000:00:05.0")->parent->n_types, 2);
	assert_int_equal(type_of(fixture->host, "nvidia-500")->available, 2);
	assert_int_equal(type_of(fixture->host, "nvidia-501")->available, 3);
	assert_int_equal(type_of(fixture->host, "nvidia-501")->framebuffer_bytes, 1024 * MIB);
	assert_int_equal(gs_types_read(fixture_engine(fixture), "0000:00:05.0", &parent), 0);
	assert_true(parent.on_vfs);
	assert_int_equal(parent.n_types, 2);
	gs_parent_clear(&parent);
}

static void nvidia_files(struct tree_function *vf, const char *creatable, const char *current)
{
	tree_attribute(vf, "nvidia/creatable_vgpu_types", creatable);
	tree_attribute(vf, "nvidia/current_vgpu_type", current);
}

static void vfs_that_are_vgpus(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = build_pf(fixture->tree);
	const struct gs_vgpu *vgpu;
	const struct gs_card *card;

	nvidia_files(tree_group(tree_vf(gpu, "0000:00:05.4", 0x030200), 31),
		     "ID    : vGPU Name\n", "558\n");
	nvidia_files(tree_vf(gpu, "0000:00:05.5", 0x030200),
		     "ID    : vGPU Name\n557   : NVIDIA A40-1Q\n558   : NVIDIA A40-2Q\n", "0\n");
	tree_vf(gpu, "0000:00:05.6", 0x030200);
	fixture_read(fixture, GS_READ_TYPES);
	card = host_card(fixture->host, "0000:00:05.0");
	/* One is a vGPU, one can become one, and one is a plain VF. */
	assert_int_equal(card->n_vgpus, 2);
	vgpu = gs_host_vgpu(fixture->host, "0000:00:05.4");
	assert_string_equal(vgpu->backend, "nvidia-vfio");
	assert_string_equal(vgpu->type, "nvidia-558");
	assert_string_equal(vgpu->parent, "0000:00:05.0");
	assert_string_equal(vgpu->owner, "other");
	assert_int_equal(vgpu->iommu_group, 31);
	assert_false(gs_vgpu_is_plain(vgpu));
	assert_true(gs_vgpu_is_plain(gs_host_vgpu(fixture->host, "0000:00:05.6")));
	assert_int_equal(type_of(fixture->host, "nvidia-558")->made, 1);
	assert_int_equal(type_of(fixture->host, "nvidia-558")->available, 1);
	assert_string_equal(type_of(fixture->host, "nvidia-558")->name, "NVIDIA A40-2Q");
	assert_int_equal(type_of(fixture->host, "nvidia-557")->available, 1);
	/* Without types it is a vGPU all the same. */
	fixture_read(fixture, 0);
	assert_int_equal(host_card(fixture->host, "0000:00:05.0")->n_vgpus, 2);
}

/* What vendors print is no format. */
static void lists_are_read_loosely(void **state)
{
	static const struct {
		const char *text;
		const char *ids; /* and names */
	} cases[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "ID : vGPU Name\n", "" },
		{ "558", "nvidia-558 nvidia-558;" },
		{ "  558:NVIDIA A40-2Q  \r\n", "nvidia-558 NVIDIA A40-2Q;" },
		{ "\t558 \t NVIDIA A40-2Q: x\n", "nvidia-558 NVIDIA A40-2Q: x;" },
		{ "5589999999 : too large\n-1 : no\n0x5 : hex\n",
		  "nvidia-0 x5 : hex;" },
		{ "1 : a\n1 : b\n", "nvidia-1 a;nvidia-1 b;" },
	};
	struct fixture *fixture = *state;
	struct tree_function *vf = tree_vf(build_pf(fixture->tree), "0000:00:05.4", 0x030200);

	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		struct gs_parent parent = { 0 };
		char text[256] = "";

		nvidia_files(vf, cases[i].text, i % 2 ? "0\n" : "junk\n");
		assert_int_equal(gs_types_read(fixture_engine(fixture), "0000:00:05.4", &parent),
				 0);
		for (size_t t = 0; t < parent.n_types; t++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s %s;",
				 parent.types[t].id, parent.types[t].name);
		assert_string_equal(text, cases[i].ids);
		gs_parent_clear(&parent);
	}
}

static void one_parent_is_read(void **state)
{
	static const char *const wrong[] = { "", ".", "..", "mtty/..", "../mdev_bus/mtty", "none" };
	struct fixture *fixture = *state;
	struct gs_parent parent = { 0 };

	tree_mdev_type_of(fixture->tree, MTTY, "mtty-1", "Single port serial", NULL, 24);
	for (size_t i = 0; i < GS_ARRAY_SIZE(wrong); i++)
		assert_int_equal(gs_types_read(fixture_engine(fixture), wrong[i], &parent),
				 -ENOENT);
	assert_null(parent.name);
	assert_int_equal(gs_types_read(fixture_engine(fixture), "mtty", &parent), 0);
	assert_string_equal(parent.name, "mtty");
	assert_int_equal(parent.n_types, 1);
	assert_int_equal(parent.types[0].available, 24);
	gs_parent_clear(&parent);
}

static void hostile_types_do_no_harm(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	const struct gs_parent *parent;

	tree_mdev_type_of(tree, MTTY, "mtty-1", "", "two\nlines", 1);
	tree_mdev_type_of(tree, MTTY, "mtty-2", "Dual", NULL, 1);
	tree_write(tree, MTTY "/mdev_supported_types/mtty-2/available_instances", "many\n");
	tree_remove(tree, MTTY "/mdev_supported_types/mtty-2/devices");
	tree_raw_link(tree, MTTY "/mdev_supported_types/mtty-2/devices", "devices");
	tree_write(tree, MTTY "/mdev_supported_types/mtty-3", "a file\n");
	tree_raw_link(tree, "sys/class/mdev_bus/loop", "loop");
	tree_raw_link(tree, "sys/bus/mdev/devices/loop", "loop");
	tree_raw_link(tree, "sys/bus/mdev/devices/out", "/proc");
	tree_folder(tree, "sys/bus/mdev/devices/plain");
	fixture_read(fixture, GS_READ_TYPES);
	parent = gs_host_parent(fixture->host, "mtty");
	assert_int_equal(parent->n_types, 3);
	assert_string_equal(parent->types[0].name, "mtty-1");
	assert_string_equal(parent->types[0].description, "two\nlines");
	assert_int_equal(parent->types[1].available, 0);
	assert_int_equal(parent->types[1].made, 0);
	assert_int_equal(gs_host_parent(fixture->host, "loop")->n_types, 0);
	assert_null(gs_host_vgpu(fixture->host, "loop"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framebuffers_are_understood),
		fixture_test(types_are_read_when_asked_for),
		fixture_test(mdevs_are_read),
		fixture_test(mdevs_of_vfs_belong_to_the_card),
		fixture_test(a_card_offers_what_its_vfs_do),
		fixture_test(vfs_that_are_vgpus),
		fixture_test(lists_are_read_loosely),
		fixture_test(one_parent_is_read),
		fixture_test(hostile_types_do_no_harm),
	};

	return cmocka_run_group_tests_name("vgpus", tests, NULL, NULL);
}
