// SPDX-License-Identifier: GPL-2.0-or-later
/* Wishes: what is stored, and which card a stored wish is about after things have changed. */
#include "fixture.h"
#include "wish.h"

#define FOLDER GS_WISHES

/* A card below a port of its own: at "0000:BUS:00.0", behind "0000:00:PORT.0". */
static struct tree_function *add_card(struct fixture *fixture, unsigned int port, unsigned int bus,
				      unsigned int device)
{
	struct tree_function *bridge, *gpu;
	char address[32];

	snprintf(address, sizeof(address), "0000:00:%02x.0", port);
	bridge = tree_bridge(fixture->tree, NULL, address);
	snprintf(address, sizeof(address), "0000:%02x:00.0", bus);
	gpu = tree_ids(tree_function(fixture->tree, bridge, address, 0x030000), 0x10de, device);
	return tree_group(tree_driver(tree_subsystem(gpu, 0x10de, 0x11d9), "nouveau"), (int)bus);
}

static void add_slot(struct fixture *fixture, const char *name, unsigned int bus)
{
	char path[64];

	snprintf(path, sizeof(path), "sys/bus/pci/slots/%s/address", name);
	tree_write(fixture->tree, path, "0000:%02x:00\n", bus);
}

/* The same state on another host: what a reboot with other hardware is. */
static void other_host(struct fixture *fixture)
{
	char command[512];
	struct tree *old = fixture->tree;

	gs_host_free(fixture->host);
	gs_engine_close(fixture->engine);
	fixture->host = NULL;
	fixture->engine = NULL;
	fixture->tree = tree_new();
	tree_folder(fixture->tree, "var/lib/gpushift");
	snprintf(command, sizeof(command), "cp -a %s/var/lib/gpushift %s/var/lib/", tree_root(old),
		 tree_root(fixture->tree));
	assert_int_equal(system(command), 0);
	tree_free(old);
}

static int store_verified(struct fixture *fixture, const char *address, const struct gs_want *want)
{
	fixture_read(fixture, GS_READ_PARAMS);
	return gs_wish_store_verified(fixture->engine, fixture->host, address, want);
}

static void store(struct fixture *fixture, const char *address)
{
	struct gs_want want = { .mode = GS_MODE_HOST };

	assert_int_equal(store_verified(fixture, address, &want), 0);
}

static struct gs_wishes *match(struct fixture *fixture)
{
	struct gs_wishes *wishes;

	fixture_read(fixture, 0);
	assert_int_equal(gs_wishes_read(fixture->engine, &wishes), 0);
	assert_int_equal(gs_wishes_match(fixture->engine, fixture->host, wishes), 0);
	return wishes;
}

/* Each wish, in their order: "0000:01:00.0=0000:02:00.0" or the word for why not. */
static void expect(struct fixture *fixture, const char *expected)
{
	static const char *const words[] = { "it", "nothing", "other", "ambiguous" };
	struct gs_wishes *wishes = match(fixture);
	char text[512] = "";

	for (size_t i = 0; i < wishes->n_wishes; i++) {
		const struct gs_wish *wish = &wishes->wishes[i];

		assert_int_equal(wish->found == GS_FOUND_IT, wish->now[0] != '\0');
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s=%s", i ? " " : "",
			 wish->place.address, wish->now[0] ? wish->now : words[wish->found]);
	}
	assert_string_equal(text, expected);
	gs_wishes_free(wishes);
}

static void refresh(struct fixture *fixture)
{
	struct gs_wishes *wishes = match(fixture);

	for (size_t i = 0; i < wishes->n_wishes; i++)
		if (wishes->wishes[i].found == GS_FOUND_IT)
			assert_int_equal(gs_wish_refresh(fixture->engine, fixture->host,
							 &wishes->wishes[i]),
					 0);
	gs_wishes_free(wishes);
}

static void the_same_place(void **state)
{
	struct fixture *fixture = *state;

	add_card(fixture, 1, 1, 0x1b38);
	store(fixture, "0000:01:00.0");
	expect(fixture, "0000:01:00.0=0000:01:00.0");
	/* A bus more below another port, and all later ones have other numbers. */
	other_host(fixture);
	add_card(fixture, 1, 5, 0x1b38);
	expect(fixture, "0000:01:00.0=0000:05:00.0");
	/* The address of before now has another one like it, which came since. */
	add_card(fixture, 2, 1, 0x1b38);
	expect(fixture, "0000:01:00.0=0000:05:00.0");
}

static void a_card_that_moved(void **state)
{
	struct fixture *fixture = *state;

	add_card(fixture, 1, 1, 0x1b38);
	store(fixture, "0000:01:00.0");
	other_host(fixture);
	add_card(fixture, 1, 1, 0x2204);
	add_card(fixture, 3, 3, 0x1b38);
	expect(fixture, "0000:01:00.0=0000:03:00.0");
	refresh(fixture);
	expect(fixture, "0000:03:00.0=0000:03:00.0");
}

static void a_card_that_was_replaced(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu;

	add_card(fixture, 1, 1, 0x1b38);
	store(fixture, "0000:01:00.0");
	other_host(fixture);
	add_card(fixture, 1, 1, 0x2204);
	expect(fixture, "0000:01:00.0=other");
	other_host(fixture);
	gpu = add_card(fixture, 1, 1, 0x1b38);
	tree_subsystem(gpu, 0x1043, 1);
	expect(fixture, "0000:01:00.0=other");
	other_host(fixture);
	tree_ids(tree_function(fixture->tree, NULL, "0000:01:00.0", 0x020000), 0x8086, 0x10d3);
	expect(fixture, "0000:01:00.0=other");
	other_host(fixture);
	add_card(fixture, 2, 2, 0x2204);
	expect(fixture, "0000:01:00.0=nothing");
}

static void cards_that_are_alike(void **state)
{
	struct fixture *fixture = *state;

	add_card(fixture, 1, 1, 0x1b38);
	add_card(fixture, 2, 2, 0x1b38);
	store(fixture, "0000:02:00.0");
	expect(fixture, "0000:02:00.0=0000:02:00.0");
	/* Addresses swapped: places tell them apart. */
	other_host(fixture);
	add_card(fixture, 1, 2, 0x1b38);
	add_card(fixture, 2, 1, 0x1b38);
	expect(fixture, "0000:02:00.0=0000:01:00.0");
	/* Gone: the one that was always there is not it, though it has its address. */
	other_host(fixture);
	add_card(fixture, 1, 2, 0x1b38);
	expect(fixture, "0000:02:00.0=other");
	/* Moved: the other one is known not to be it. */
	other_host(fixture);
	add_card(fixture, 1, 1, 0x1b38);
	add_card(fixture, 4, 2, 0x1b38);
	expect(fixture, "0000:02:00.0=0000:02:00.0");
	/* Both moved: nobody can tell. */
	other_host(fixture);
	add_card(fixture, 3, 1, 0x1b38);
	add_card(fixture, 4, 2, 0x1b38);
	expect(fixture, "0000:02:00.0=ambiguous");
}

static void another_one_that_came_later(void **state)
{
	struct fixture *fixture = *state;

	add_card(fixture, 1, 1, 0x1b38);
	store(fixture, "0000:01:00.0");
	add_card(fixture, 2, 2, 0x1b38);
	refresh(fixture);
	other_host(fixture);
	add_card(fixture, 2, 1, 0x1b38);
	expect(fixture, "0000:01:00.0=other");
	/* That it is away for one boot does not make it forgotten. */
	other_host(fixture);
	add_card(fixture, 1, 1, 0x1b38);
	refresh(fixture);
	other_host(fixture);
	add_card(fixture, 2, 1, 0x1b38);
	expect(fixture, "0000:01:00.0=other");
}

static void two_wishes_for_cards_that_are_alike(void **state)
{
	struct fixture *fixture = *state;

	add_card(fixture, 1, 1, 0x1b38);
	add_card(fixture, 2, 2, 0x1b38);
	store(fixture, "0000:01:00.0");
	store(fixture, "0000:02:00.0");
	expect(fixture, "0000:01:00.0=0000:01:00.0 0000:02:00.0=0000:02:00.0");
	other_host(fixture);
	add_card(fixture, 1, 7, 0x1b38);
	expect(fixture, "0000:01:00.0=0000:07:00.0 0000:02:00.0=nothing");
	other_host(fixture);
	add_card(fixture, 5, 1, 0x1b38);
	expect(fixture, "0000:01:00.0=ambiguous 0000:02:00.0=ambiguous");
}

static void physical_slots(void **state)
{
	struct fixture *fixture = *state;

	add_card(fixture, 1, 1, 0x1b38);
	add_card(fixture, 2, 2, 0x1b38);
	add_slot(fixture, "4", 1);
	add_slot(fixture, "5-1", 2);
	store(fixture, "0000:01:00.0");
	store(fixture, "0000:02:00.0");
	/* The firmware gave all ports other numbers. */
	other_host(fixture);
	add_card(fixture, 8, 1, 0x1b38);
	add_card(fixture, 9, 2, 0x1b38);
	expect(fixture, "0000:01:00.0=ambiguous 0000:02:00.0=ambiguous");
	add_slot(fixture, "4", 2);
	add_slot(fixture, "5-1", 1);
	expect(fixture, "0000:01:00.0=0000:02:00.0 0000:02:00.0=0000:01:00.0");
}

static void one_wish_a_card(void **state)
{
	struct fixture *fixture = *state;
	struct gs_wishes *wishes;

	add_card(fixture, 1, 1, 0x1b38);
	store(fixture, "0000:01:00.0");
	store(fixture, "0000:01:00.0");
	expect(fixture, "0000:01:00.0=0000:01:00.0");
	/* Moved away; what comes to its place gets a file of its own. */
	other_host(fixture);
	add_card(fixture, 6, 6, 0x1b38);
	refresh(fixture);
	add_card(fixture, 1, 1, 0x1b38);
	store(fixture, "0000:01:00.0");
	expect(fixture, "0000:01:00.0=0000:01:00.0 0000:06:00.0=0000:06:00.0");
	wishes = match(fixture);
	assert_string_not_equal(wishes->wishes[0].file, wishes->wishes[1].file);
	gs_wishes_free(wishes);
}

static void not_in_that_mode(void **state)
{
	struct gs_want want = { .mode = GS_MODE_PASSTHROUGH };
	struct fixture *fixture = *state;

	add_card(fixture, 1, 1, 0x1b38);
	assert_int_equal(store_verified(fixture, "0000:01:00.0", &want), -ESTALE);
	expect(fixture, "");
}

/* Everything that a want can hold comes back, under the addresses of now. */
static void what_was_wanted_comes_back(void **state)
{
	struct fixture *fixture = *state;
	struct gs_want want = { .mode = GS_MODE_PASSTHROUGH,
				.driver = (char *)"nvgrace-vfio",
				.force = true },
		       again;
	struct gs_address with;
	struct gs_wish *wish;
	struct tree_function *gpu, *usb;

	gpu = tree_driver(add_card(fixture, 1, 1, 0x1b38), "vfio-pci");
	usb = tree_function(fixture->tree, NULL, "0000:00:1f.2", 0x0c0330);
	tree_group(tree_ids(usb, 0x8086, 0x1111), 1);
	assert_non_null(gpu);
	assert_int_equal(gs_address_parse("0000:00:1f.2", &with), 0);
	want.with = &with;
	want.n_with = 1;
	assert_int_equal(store_verified(fixture, "0000:01:00.0", &want), 0);

	other_host(fixture);
	add_card(fixture, 1, 4, 0x1b38);
	usb = tree_function(fixture->tree, NULL, "0000:00:1e.0", 0x0c0330);
	tree_group(tree_ids(usb, 0x8086, 0x1111), 4);
	fixture_read(fixture, 0);
	assert_int_equal(gs_wish_for(fixture->engine, fixture->host,
				     host_card(fixture->host, "0000:04:00.0"), &wish),
			 0);
	assert_non_null(wish);
	assert_int_equal(gs_wish_want(fixture->engine, fixture->host,
				      host_card(fixture->host, "0000:04:00.0"), wish, &again),
			 0);
	assert_int_equal(again.mode, GS_MODE_PASSTHROUGH);
	assert_string_equal(again.driver, "nvgrace-vfio");
	assert_true(again.force);
	assert_int_equal(again.n_with, 1);
	assert_int_equal(again.with[0].slot, 0x1e);
	gs_wish_want_clear(&again);
	gs_wish_free(wish);
}

#define UUID_A "11111111-2222-3333-4444-55555555555a"
#define UUID_B "11111111-2222-3333-4444-55555555555b"
#define UUID_C "11111111-2222-3333-4444-55555555555c"

static void vgpus_come_back(void **state)
{
	struct fixture *fixture = *state;
	struct gs_want want = { .mode = GS_MODE_VGPU };
	struct tree_function *gpu = add_card(fixture, 1, 1, 0x1b38);
	const struct gs_vgpu created = { .uuid = (char *)UUID_C, .type = (char *)"nvidia-46" };
	const struct gs_card *card;
	struct gs_wish *wish;

	tree_mdev_type(gpu, "nvidia-46", "P40-1Q", NULL, 20);
	tree_mdev_type(gpu, "nvidia-47", "P40-2Q", NULL, 10);
	tree_mdev(gpu, UUID_A, "nvidia-46", -1);
	tree_mdev(gpu, UUID_B, "nvidia-47", -1);
	assert_int_equal(store_verified(fixture, "0000:01:00.0", &want), 0);
	fixture_read(fixture, 0);
	assert_int_equal(gs_wish_store_vgpu(fixture->engine, fixture->host,
					    host_card(fixture->host, "0000:01:00.0"), &created),
			 0);

	other_host(fixture);
	gpu = add_card(fixture, 1, 1, 0x1b38);
	tree_mdev_type(gpu, "nvidia-46", "P40-1Q", NULL, 20);
	tree_mdev(gpu, UUID_A, "nvidia-46", -1);
	fixture_read(fixture, 0);
	card = host_card(fixture->host, "0000:01:00.0");
	assert_int_equal(gs_wish_for(fixture->engine, fixture->host, card, &wish), 0);
	assert_non_null(wish);
	assert_int_equal(gs_wish_want(fixture->engine, fixture->host, card, wish, &want), 0);
	assert_int_equal(want.n_profiles, 2);
	assert_string_equal(want.profiles[0].type, "nvidia-46");
	assert_int_equal(want.profiles[0].count, 2);
	assert_int_equal(want.profiles[1].count, 1);
	/* The one that exists is not made again. */
	assert_int_equal(want.n_uuids, 2);
	assert_string_equal(want.uuids[0], UUID_C);
	assert_string_equal(want.uuids[1], UUID_B);
	assert_int_equal(gs_strv_count(want.keep), 1);
	assert_string_equal(want.keep[0], UUID_A);
	gs_wish_want_clear(&want);
	gs_wish_free(wish);
}

static char *only_file(struct fixture *fixture)
{
	struct gs_wishes *wishes = match(fixture);
	char *path;

	assert_int_equal(wishes->n_wishes, 1);
	path = gs_asprintf(FOLDER "/%s", wishes->wishes[0].file);
	gs_wishes_free(wishes);
	return path;
}

static void odd_files_are_told_and_kept(void **state)
{
	static const char *const damaged[] = {
		"", "{", "[]", "{\"version\":1}", "{\"version\":1,\"identity\":\"10de:1b38:10de:11d9\"}",
	};
	struct fixture *fixture = *state;
	struct gs_wishes *wishes;
	char *path, *newer, *text;

	add_card(fixture, 1, 1, 0x1b38);
	store(fixture, "0000:01:00.0");
	path = only_file(fixture);
	for (size_t i = 0; i < GS_ARRAY_SIZE(damaged); i++) {
		tree_write(fixture->tree, path, "%s", damaged[i]);
		wishes = match(fixture);
		assert_int_equal(wishes->n_wishes, 0);
		assert_int_equal(wishes->n_odd, 1);
		assert_int_equal(wishes->odd[0].error, -EBADMSG);
		assert_int_equal(gs_wishes_set_aside(fixture->engine, wishes), 0);
		gs_wishes_free(wishes);
		expect(fixture, "");
	}
	/* A newer one stays where it is, until its card gets another wish. */
	tree_write(fixture->tree, path, "{\"version\":2}");
	wishes = match(fixture);
	assert_int_equal(wishes->odd[0].error, -EPROTO);
	assert_int_equal(gs_wishes_set_aside(fixture->engine, wishes), 0);
	gs_wishes_free(wishes);
	text = tree_read(fixture->tree, path);
	assert_string_equal(text, "{\"version\":2}");
	free(text);
	store(fixture, "0000:01:00.0");
	expect(fixture, "0000:01:00.0=0000:01:00.0");
	newer = gs_asprintf("%s.newer", path);
	text = tree_read(fixture->tree, newer);
	assert_string_equal(text, "{\"version\":2}");
	free(text);
	free(newer);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(the_same_place),
		fixture_test(a_card_that_moved),
		fixture_test(a_card_that_was_replaced),
		fixture_test(cards_that_are_alike),
		fixture_test(another_one_that_came_later),
		fixture_test(two_wishes_for_cards_that_are_alike),
		fixture_test(physical_slots),
		fixture_test(one_wish_a_card),
		fixture_test(not_in_that_mode),
		fixture_test(what_was_wanted_comes_back),
		fixture_test(vgpus_come_back),
		fixture_test(odd_files_are_told_and_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
