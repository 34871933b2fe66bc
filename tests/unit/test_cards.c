// SPDX-License-Identifier: GPL-2.0-or-later
/* Which functions make a card, and the mode it is in. */
#include "fixture.h"
#include "quarantine.h"
#include "remembered.h"

/* A GPU and its sound behind a port of their own. */
static struct tree_function *build(struct tree *tree, const char *driver, const char *sound)
{
	struct tree_function *port = tree_bridge(tree, NULL, "0000:00:01.0"), *gpu, *audio;

	gpu = tree_group(tree_function(tree, port, "0000:01:00.0", 0x030000), 1);
	tree_driver(tree_ids(gpu, 0x10de, 0x1b38), driver);
	audio = tree_group(tree_function(tree, port, "0000:01:00.1", 0x040300), 1);
	tree_driver(tree_ids(audio, 0x10de, 0x10f0), sound);
	return gpu;
}

static void modes_follow_the_drivers(void **state)
{
	static const struct {
		const char *display;
		const char *sound;
		enum gs_mode mode;
		const char *reason;
	} cases[] = {
		{ "nouveau", "snd_hda_intel", GS_MODE_HOST, NULL },
		{ "nouveau", NULL, GS_MODE_HOST, NULL },
		{ "nouveau", "pci-stub", GS_MODE_HOST, NULL },
		{ "nouveau", "vfio-pci", GS_MODE_MIXED,
		  "0000:01:00.0 is on nouveau, 0000:01:00.1 is on vfio-pci" },
		{ "vfio-pci", "vfio-pci", GS_MODE_PASSTHROUGH, NULL },
		{ "nvgrace_gpu_vfio_pci", "vfio-pci", GS_MODE_PASSTHROUGH, NULL },
		{ "vfio-pci", "snd_hda_intel", GS_MODE_MIXED,
		  "0000:01:00.0 is on vfio-pci, 0000:01:00.1 is on snd_hda_intel" },
		{ "vfio-pci", NULL, GS_MODE_MIXED,
		  "0000:01:00.0 is on vfio-pci, 0000:01:00.1 has no driver" },
		{ NULL, NULL, GS_MODE_UNBOUND,
		  "0000:01:00.0 has no driver, 0000:01:00.1 has no driver" },
		{ NULL, "snd_hda_intel", GS_MODE_UNBOUND,
		  "0000:01:00.0 has no driver, 0000:01:00.1 is on snd_hda_intel" },
		{ NULL, "vfio-pci", GS_MODE_MIXED,
		  "0000:01:00.0 has no driver, 0000:01:00.1 is on vfio-pci" },
		{ "pci-stub", "snd_hda_intel", GS_MODE_MIXED,
		  "0000:01:00.0 is on pci-stub, 0000:01:00.1 is on snd_hda_intel" },
		{ "pciback", "pciback", GS_MODE_MIXED,
		  "0000:01:00.0 is on pciback, 0000:01:00.1 is on pciback" },
	};
	struct fixture *fixture = *state;

	build(fixture->tree, NULL, NULL);
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		const struct gs_card *card;

		tree_remove(fixture->tree, "sys/devices");
		build(fixture->tree, cases[i].display, cases[i].sound);
		card = host_card(fixture_read(fixture, 0), "0000:01:00.0");
		assert_int_equal(card->n_functions, 2);
		if (card->mode != cases[i].mode)
			fail_msg("case %zu is %s", i, gs_mode_name(card->mode));
		if (cases[i].reason)
			assert_string_equal(card->reason, cases[i].reason);
		else
			assert_null(card->reason);
	}
}

static void only_kin_are_companions(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port = tree_bridge(tree, NULL, "0000:00:01.0");
	const struct gs_card *card;

	tree_ids(tree_function(tree, port, "0000:01:00.0", 0x030000), 0x10de, 1);
	tree_ids(tree_function(tree, port, "0000:01:00.3", 0x0c8000), 0x10de, 2);
	tree_ids(tree_function(tree, port, "0000:01:00.2", 0x0c0330), 0x10de, 3);
	tree_ids(tree_function(tree, port, "0000:01:00.1", 0x040300), 0x10de, 4);
	tree_ids(tree_function(tree, port, "0000:01:00.4", 0x040300), 0x8086, 5); /* other vendor */
	tree_ids(tree_function(tree, port, "0000:01:00.5", 0x010802), 0x10de, 6); /* other class */
	tree_ids(tree_function(tree, port, "0000:01:01.0", 0x040300), 0x10de, 7); /* other slot */
	card = host_card(fixture_read(fixture, 0), "0000:01:00.0");
	assert_int_equal(card->n_functions, 4);
	assert_string_equal(gs_card_display(card)->text, "0000:01:00.0");
	assert_string_equal(card->functions[1]->text, "0000:01:00.1");
	assert_string_equal(card->functions[3]->text, "0000:01:00.3");
	assert_int_equal(fixture->host->n_cards, 1);
	assert_int_equal(card->n_outside, 0);
}

/* AMD's APUs hold the host's USB and security processor in the display's slot. */
static void an_apu_keeps_its_host(void **state)
{
	static const struct {
		unsigned int class_code, vendor, device;
	} slot[] = {
		{ 0x030000, 0x1002, 0x1638 },
		{ 0x040300, 0x1002, 0x1637 },
		{ 0x108000, 0x1022, 0x15df },
		{ 0x0c0330, 0x1022, 0x1639 },
	};
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port = tree_bridge(tree, NULL, "0000:00:08.1");
	const struct gs_card *card;

	tree_group(port, 4);
	for (size_t i = 0; i < GS_ARRAY_SIZE(slot); i++) {
		struct tree_function *function;
		char address[32];

		snprintf(address, sizeof(address), "0000:04:00.%zu", i);
		function = tree_function(tree, port, address, slot[i].class_code);
		tree_group(tree_ids(function, slot[i].vendor, slot[i].device), 4);
		if (i == 0)
			tree_driver(function, "amdgpu");
	}
	card = host_card(fixture_read(fixture, 0), "0000:04:00.0");
	assert_int_equal(card->n_functions, 2);
	assert_int_equal(card->n_outside, 3);
	assert_string_equal(card->outside[0]->text, "0000:00:08.1");
	assert_string_equal(card->outside[1]->text, "0000:04:00.2");
	assert_string_equal(card->outside[2]->text, "0000:04:00.3");
	assert_int_equal(card->mode, GS_MODE_HOST);
}

static void two_displays_in_a_slot_are_two_cards(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	tree_ids(tree_function(tree, NULL, "0000:00:05.0", 0x030000), 0x1234, 1);
	tree_ids(tree_function(tree, NULL, "0000:00:05.1", 0x040300), 0x1234, 2);
	tree_ids(tree_function(tree, NULL, "0000:00:05.2", 0x038000), 0x1234, 3);
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_cards, 2);
	assert_int_equal(host_card(fixture->host, "0000:00:05.0")->n_functions, 2);
	assert_int_equal(host_card(fixture->host, "0000:00:05.2")->n_functions, 1);
}

static void strangers_of_the_group_are_outside(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	const struct gs_card *card;

	build(tree, "nouveau", "snd_hda_intel");
	tree_driver(tree_group(tree_function(tree, NULL, "0000:00:1f.2", 0x010601), 1), "ahci");
	card = host_card(fixture_read(fixture, 0), "0000:01:00.0");
	assert_int_equal(card->n_outside, 1);
	assert_string_equal(card->outside[0]->text, "0000:00:1f.2");
	/* Without groups nobody shares one. */
	tree_remove(tree, "sys/kernel/iommu_groups");
	tree_remove(tree, "sys/devices");
	tree_driver(tree_function(tree, NULL, "0000:00:02.0", 0x030000), "i915");
	tree_driver(tree_function(tree, NULL, "0000:00:02.1", 0x118000), "proc_thermal");
	card = host_card(fixture_read(fixture, 0), "0000:00:02.0");
	assert_int_equal(card->n_outside, 0);
}

static void vfs_are_no_cards(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;
	struct tree_function *port = tree_bridge(tree, NULL, "0000:00:01.0"), *gpu;
	const struct gs_card *card;

	gpu = tree_driver(tree_function(tree, port, "0000:01:00.0", 0x030000), "xe");
	tree_sriov(gpu, 7);
	assert_int_equal(host_card(fixture_read(fixture, 0), "0000:01:00.0")->mode, GS_MODE_HOST);
	tree_driver(tree_vf(gpu, "0000:01:00.1", 0x030000), "vfio-pci");
	tree_vf(gpu, "0000:01:00.2", 0x030000);
	/* A VF has the address of another slot's function, and is in none. */
	tree_vf(gpu, "0000:01:01.0", 0x040300);
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_cards, 1);
	card = host_card(fixture->host, "0000:01:00.0");
	assert_int_equal(card->n_functions, 1);
	assert_int_equal(card->mode, GS_MODE_VGPU);
	assert_null(card->reason);
	assert_int_equal(card->n_vgpus, 3);
	assert_string_equal(card->vgpus[0]->address, "0000:01:00.1");
	assert_null(card->vgpus[0]->uuid);
	assert_string_equal(card->vgpus[0]->parent, "0000:01:00.0");
	assert_string_equal(card->vgpus[0]->backend, "sriov");
}

static void a_vgpu_makes_the_mode(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = build(fixture->tree, "nvidia", "vfio-pci");

	tree_mdev_type(gpu, "nvidia-46", "GRID P40-1Q", NULL, 24);
	assert_int_equal(host_card(fixture_read(fixture, 0), "0000:01:00.0")->mode, GS_MODE_MIXED);
	tree_mdev(gpu, "8a5b2b0e-0000-4000-8000-000000000001", "nvidia-46", 20);
	assert_int_equal(host_card(fixture_read(fixture, 0), "0000:01:00.0")->mode, GS_MODE_VGPU);
}

static void quarantine_comes_first(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_card *card;

	build(fixture->tree, "vfio-pci", "vfio-pci");
	assert_int_equal(gs_quarantine_store(fixture_engine(fixture), "0000:01:00.0", "unbind hangs",
					     NULL, NULL, 0), 0);
	card = host_card(fixture_read(fixture, 0), "0000:01:00.0");
	assert_int_equal(card->mode, GS_MODE_QUARANTINED);
	assert_string_equal(card->reason, "unbind hangs");
}

static void cards_are_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	tree_function(tree, NULL, "0001:00:02.0", 0x030000);
	tree_function(tree, NULL, "0000:80:02.0", 0x120000);
	tree_function(tree, NULL, "0000:00:02.0", 0x038000);
	fixture_read(fixture, 0);
	assert_int_equal(fixture->host->n_cards, 3);
	assert_string_equal(gs_card_display(&fixture->host->cards[0])->text, "0000:00:02.0");
	assert_string_equal(gs_card_display(&fixture->host->cards[2])->text, "0001:00:02.0");
	assert_int_equal(fixture->host->cards[0].holders_unreadable, -1);
	assert_int_equal(fixture->host->cards[0].candidates_known, GS_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(modes_follow_the_drivers),
		fixture_test(only_kin_are_companions),
		fixture_test(an_apu_keeps_its_host),
		fixture_test(two_displays_in_a_slot_are_two_cards),
		fixture_test(strangers_of_the_group_are_outside),
		fixture_test(vfs_are_no_cards),
		fixture_test(a_vgpu_makes_the_mode),
		fixture_test(quarantine_comes_first),
		fixture_test(cards_are_in_order),
	};

	return cmocka_run_group_tests_name("cards", tests, NULL, NULL);
}
