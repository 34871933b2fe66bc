// SPDX-License-Identifier: GPL-2.0-or-later
/* The wanted state of a host: what a file says, what is wrong in it, and how a card differs. */
#include "fixture.h"
#include "wanted_state.h"

static const struct {
	const char *text;
	int line;
	const char *message;
} wrongs[] = {
	{ "[card a]\nmodus = host\n", 2, "unknown key 'modus'" },
	{ "[crad a]\n", 1, "unknown section [crad a]" },
	{ "mode = host\n", 1, "stands in no [card CARD]" },
	{ "[profile p]\nmode = host\n", 2, "stands in no [card CARD]" },
	{ "[card a]\nmode = hots\n", 2, "there is no mode 'hots'" },
	{ "[card a]\nmode = quarantined\n", 2, "there is no mode" },
	{ "[card a]\nmode = host\nmode = host\n", 3, "'mode' is given twice" },
	{ "[card a]\n[card b]\nmode=host\n", 2, "[card a] before this says no mode" },
	{ "[card b]\nmode=host\n\n[card a]\n", 4, "says no mode" },
	{ "[card a]\nmode=host\nvgpu=nvidia-1\n[profile x]\n", 4, "vgpu and the mode host" },
	{ "[card a]\nmode=host\n[card a]\n", 3, "[card a] is there twice" },
	{ "[profile a]\n[profile a]\n", 2, "[profile a] is there twice" },
	{ "[card a]\nwith = 01:00.1 eth0\n", 2, "not 'eth0'" },
	{ "[card a]\nvgpu = 0 nvidia-1\n", 2, "from 1 to" },
	{ "[card a]\nvgpu =\n", 2, "needs the id" },
	{ "[card a]\nvfs = 2\nvf-params = stop=1\n", 3, "no known VF parameter 'stop'" },
	{ "[card a]\nmode = vgpu\nvf-params = exec_quantum_ms=1\n[card b]\n", 4, "vf-params and no vfs" },
	{ "[card a]\nforce = maybe\n", 2, "force is yes or no" },
	{ "[card a]\ndriver = a/b\n", 2, "not the name of a driver" },
};

static void mistakes_have_their_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(wrongs); i++) {
		struct gs_wanted *wanted;
		char *error = NULL;
		int line = 0;

		assert_int_equal(gs_wanted_parse(wrongs[i].text, strlen(wrongs[i].text), &wanted,
						 &line, &error),
				 -EINVAL);
		if (line != wrongs[i].line || !strstr(error, wrongs[i].message))
			fail_msg("%d: %s, not %d: %s", line, error, wrongs[i].line,
				 wrongs[i].message);
		free(error);
	}
}

static struct gs_wanted *parse(const char *text)
{
	struct gs_wanted *wanted = NULL;
	char *error = NULL;
	int line;

	if (gs_wanted_parse(text, strlen(text), &wanted, &line, &error) < 0)
		fail_msg("%d: %s", line, error);
	return wanted;
}

static void expect_held(const struct gs_wanted *wanted, const char *profile, const char *expected)
{
	char text[256] = "";

	for (size_t i = 0; i < wanted->n_cards; i++) {
		const struct gs_wanted_card *card = &wanted->cards[i];

		if (gs_wanted_holds(wanted, card, profile))
			snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s=%s;",
				 card->card, gs_mode_name(card->mode));
	}
	assert_string_equal(text, expected);
}

static void profiles(void **state)
{
	struct gs_wanted *wanted = parse("# all\n[card a]\nmode = host\n[card b]\nmode = host\n"
					 "[profile work]\n[card c]\nmode=vgpu\nvgpu = 2 GRID P40-2Q\n"
					 "vgpu=nvidia-46\nforce=yes\n"
					 "[profile play time]\n[card a]\nmode = passthrough\n"
					 "with = 01:00.1 01:00.2\nwith=02:00.0\ndriver=nvidia\n"
					 "[profile vms]\n[card d]\nmode = vgpu\nvfs = 2\n"
					 "vf-params = exec_quantum_ms=20, sched_priority=low\n");
	const struct gs_wanted_card *card;

	(void)state;
	expect_held(wanted, NULL, "a=host;b=host;");
	expect_held(wanted, "work", "a=host;b=host;c=vgpu;");
	expect_held(wanted, "play time", "b=host;a=passthrough;");
	card = &wanted->cards[2];
	assert_true(card->force);
	assert_int_equal(card->n_vgpus, 2);
	assert_int_equal(card->vgpus[0].count, 2);
	assert_string_equal(card->vgpus[0].type, "GRID P40-2Q");
	assert_int_equal(card->vgpus[1].count, 1);
	card = &wanted->cards[3];
	assert_int_equal(card->n_with, 3);
	assert_string_equal(card->driver, "nvidia");
	card = &wanted->cards[4];
	assert_int_equal(card->vfs, 2);
	assert_string_equal(card->vf_params, "exec_quantum_ms=20,sched_priority=low");
	gs_wanted_free(wanted);
}

static void expect_difference(struct fixture *fixture, const char *text, const char *expected)
{
	struct gs_wanted *wanted = parse(text);
	char *how = NULL;

	assert_int_equal(gs_wanted_differs(fixture->host, host_card(fixture->host, "0000:01:00.0"),
					   &wanted->cards[0], &how),
			 0);
	if (!expected[0])
		assert_null(how);
	else if (!how || !strstr(how, expected))
		fail_msg("'%s' does not say '%s'", how ? how : "", expected);
	free(how);
	gs_wanted_free(wanted);
}

#define UUID "11111111-2222-3333-4444-55555555555a"

static void differences(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = tree_function(fixture->tree, NULL, "0000:01:00.0", 0x030000);

	tree_driver(tree_group(gpu, 1), "nvidia");
	tree_driver(tree_group(tree_function(fixture->tree, NULL, "0000:01:00.2", 0x020000), 1),
		    "e1000e");
	fixture_read(fixture, 0);
	expect_difference(fixture, "[card x]\nmode=host\n", "");
	expect_difference(fixture, "[card x]\nmode=passthrough\n", "it is in mode host");
	expect_difference(fixture, "[card x]\nmode=host\ndriver=nvidia\n", "");
	expect_difference(fixture, "[card x]\nmode=host\ndriver=nouveau\n", "on nvidia, not on nouveau");
	tree_mdev_type(gpu, "nvidia-46", "P40-1Q", NULL, 20);
	tree_mdev(gpu, UUID, "nvidia-46", -1);
	fixture_read(fixture, GS_READ_TYPES);
	expect_difference(fixture, "[card x]\nmode=vgpu\n", "");
	expect_difference(fixture, "[card x]\nmode=vgpu\nvgpu=nvidia-46\n", "");
	expect_difference(fixture, "[card x]\nmode=vgpu\nvgpu=2 nvidia-46\n", "it has 1 of nvidia-46");
	expect_difference(fixture, "[card x]\nmode=vgpu\nvgpu=nvidia-47\n", "it has 0 of nvidia-47");
	tree_remove(fixture->tree, "sys/bus/mdev");
	tree_driver(gpu, "vfio-pci");
	fixture_read(fixture, 0);
	expect_difference(fixture, "[card x]\nmode=passthrough\nwith=01:00.2\n", "01:00.2 is on e1000e");
	expect_difference(fixture, "[card x]\nmode=passthrough\nwith=01:00.3\n", "there is no");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_have_their_line),
		cmocka_unit_test(profiles),
		fixture_test(differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
