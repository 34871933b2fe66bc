// SPDX-License-Identifier: GPL-2.0-or-later
/* The configuration: what it says, what is wrong in it, and whose files are read. */
#include <sys/stat.h>

#include "config.h"
#include "fixture.h"

#define CONF "etc/gpushift/gpushift.conf"
#define DROP_INS "etc/gpushift/gpushift.conf.d"

struct wrong {
	const char *text;
	int line; /* 0: of the section that the message is about */
	const char *message;
};

static const struct wrong wrongs[] = {
	{ "[card a]\naddress=0000:01:00.0\ndrvier=nvidia\n", 3, "unknown key 'drvier'; there are: address" },
	{ "[gpushfit]\n", 1, "unknown section [gpushfit]" },
	{ "timeout = 3\n", 1, "stands before any section" },
	{ "\n\n[gpushift]\ntimeout = 0\n", 4, "from 1 to 86400" },
	{ "[gpushift]\ntimeout = 5x\n", 2, "not '5x'" },
	{ "[gpushift]\ntimeout\n", 2, "neither a [section] nor KEY = VALUE" },
	{ "[gpushift\ntimeout = 5\n", 1, "a section ends in ]" },
	{ "[gpushift] x\n", 1, "text after the section" },
	{ "[gpushift]\ntimeout = 5\ntimeout = 6\n", 3, "'timeout' is given twice" },
	{ "[gpushift]\n[gpushift]\n", 2, "[gpushift] is there twice" },
	{ "[gpushift]\nquiesce = a.service b\n", 2, "'b' is not the name of a unit" },
	{ "[gpushift]\nquiesce = ../a.service\n", 2, "is not the name of a unit" },
	{ "[gpushift]\nquiesce = a.service\n  b.service\n", 3, "begins with a blank" },
	{ "[card a]\naddress=01:00.0\n[card a]\n", 3, "[card a] is there twice" },
	{ "[card a]\n", 1, "[card a] has no address" },
	{ "[card a]\naddress = eth0\n", 2, "is a PCI address" },
	{ "[card 0000:01:00.0]\n", 1, "cannot name a card" },
	{ "[card 01:00.0]\n", 1, "cannot name a card" },
	{ "[card a/b]\n", 1, "cannot name a card" },
	{ "[card]\n", 1, "unknown section [card]" },
	{ "[card a]\naddress=01:00.0\n\n[card b]\naddress=0000:01:00.0\n", 4,
	  "[card b] has the address of [card a]" },
	{ "[card a]\naddress=01:00.0\ndriver=vfio-pci\n", 3, "gives it away" },
	{ "[card a]\naddress=01:00.0\ndriver=../x\n", 3, "not the name of a driver" },
	{ "\xef\xbb\xbf[gpushift]\n", 1, "byte order mark" },
};

static void expect_wrong(struct fixture *fixture, const char *file, int line, const char *message)
{
	struct gs_configuration *configuration;
	struct gs_config_error error;
	char where[512];

	assert_int_equal(gs_configuration_read(fixture_engine(fixture), &configuration, &error),
			 -EINVAL);
	snprintf(where, sizeof(where), "%s/%s:%d: ", tree_root(fixture->tree), file, line);
	if (strncmp(error.message, where, strlen(where)) != 0 || !strstr(error.message, message))
		fail_msg("'%s' is not '%s...%s'", error.message, where, message);
	gs_config_error_clear(&error);
}

static void errors_have_file_and_line(void **state)
{
	struct fixture *fixture = *state;
	char longer[400];

	for (size_t i = 0; i < GS_ARRAY_SIZE(wrongs); i++) {
		tree_write(fixture->tree, CONF, "%s", wrongs[i].text);
		expect_wrong(fixture, CONF, wrongs[i].line, wrongs[i].message);
	}
	/* inih would read the rest of such a line as a line of its own. */
	snprintf(longer, sizeof(longer), "[gpushift]\nquiesce = %0200d.service\n", 7);
	tree_write(fixture->tree, CONF, "%s", longer);
	expect_wrong(fixture, CONF, 2, "longer than");
	tree_write_bytes(fixture->tree, CONF, "[gpushift]\n\0timeout=\n", 21);
	expect_wrong(fixture, CONF, 2, "NUL");
	tree_write(fixture->tree, CONF, "[gpushift]\n");
	tree_write(fixture->tree, DROP_INS "/10-x.conf", "# fine\n[card x]\nadress=1\n");
	expect_wrong(fixture, DROP_INS "/10-x.conf", 3, "unknown key 'adress'");
}

static void nothing_is_no_error(void **state)
{
	struct fixture *fixture = *state;
	struct gs_config_error error;

	assert_int_equal(gs_engine_configure(fixture_engine(fixture), &error), 0);
	assert_int_equal(fixture->engine->configuration->n_cards, 0);
	assert_int_equal(fixture->engine->configuration->timeout_ms, 0);
	tree_folder(fixture->tree, "etc/gpushift");
	assert_int_equal(gs_engine_configure(fixture->engine, &error), 0);
}

static void later_files_win(void **state)
{
	struct fixture *fixture = *state;
	const struct gs_configuration *configuration;
	const struct gs_card_config *card;
	struct gs_config_error error;

	tree_write(fixture->tree, CONF,
		   "# comment\n[gpushift]\ntimeout=5\nquiesce = a.service b.service\n\n"
		   "[card render]\r\naddress=0000:01:00.0 ; why\ndriver : nouveau\n"
		   "quiesce=c.service\nquiesce=d@1.service\n");
	tree_write(fixture->tree, DROP_INS "/20-b.conf", "[gpushift]\ntimeout = 7\n");
	tree_write(fixture->tree, DROP_INS "/10-a.conf",
		   "[card render]\ndriver = nvidia\nquiesce=\nquiesce=e.service\n"
		   "[gpushift]\ntimeout=6\nquiesce = c.service a.service\n");
	tree_write(fixture->tree, DROP_INS "/30-c.conf.bak", "nonsense");
	tree_write(fixture->tree, DROP_INS "/.hidden.conf", "nonsense");
	assert_int_equal(gs_engine_configure(fixture_engine(fixture), &error), 0);
	configuration = fixture->engine->configuration;
	assert_int_equal(configuration->timeout_ms, 7000);
	assert_int_equal(gs_strv_count(configuration->quiesce), 3);
	assert_string_equal(configuration->quiesce[2], "c.service");
	assert_int_equal(configuration->n_cards, 1);
	card = gs_configuration_alias(configuration, "render");
	assert_non_null(card);
	assert_ptr_equal(gs_configuration_card(configuration, &card->address), card);
	assert_string_equal(card->driver, "nvidia");
	assert_int_equal(gs_strv_count(card->quiesce), 1);
	assert_string_equal(card->quiesce[0], "e.service");
	assert_null(gs_configuration_alias(configuration, "rendering"));
}

static void a_failed_reload_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct gs_config_error error;

	tree_write(fixture->tree, CONF, "[gpushift]\ntimeout = 9\n");
	assert_int_equal(gs_engine_configure(fixture_engine(fixture), &error), 0);
	tree_write(fixture->tree, CONF, "[gpushift]\ntimeout = 10\nx = 1\n");
	assert_int_equal(gs_engine_configure(fixture->engine, &error), -EINVAL);
	gs_config_error_clear(&error);
	assert_int_equal(fixture->engine->configuration->timeout_ms, 9000);
}

static void expect_insecure(struct fixture *fixture, const char *path, const char *fix)
{
	struct gs_configuration *configuration;
	struct gs_config_error error;
	char whole[512];

	assert_int_equal(gs_configuration_read(fixture_engine(fixture), &configuration, &error),
			 -EINVAL);
	snprintf(whole, sizeof(whole), "%s %s/%s", fix, tree_root(fixture->tree), path);
	assert_string_equal(error.fix, whole);
	assert_non_null(strstr(error.message, "not read"));
	gs_config_error_clear(&error);
}

static void set_mode(struct fixture *fixture, const char *path, mode_t mode, uid_t owner)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", tree_root(fixture->tree), path);
	assert_int_equal(chmod(full, mode), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(full, owner, (gid_t)-1), 0);
}

static void files_that_others_can_write_are_not_read(void **state)
{
	static const struct {
		const char *path;
		mode_t good, bad;
	} files[] = {
		{ CONF, 0644, 0664 },
		{ CONF, 0600, 0602 },
		{ DROP_INS "/a.conf", 0644, 0646 },
		{ DROP_INS, 0755, 0775 },
		{ "etc/gpushift", 0755, 0777 },
	};
	struct fixture *fixture = *state;
	struct gs_config_error error;

	tree_write(fixture->tree, CONF, "[gpushift]\n");
	tree_write(fixture->tree, DROP_INS "/a.conf", "[gpushift]\n");
	for (size_t i = 0; i < GS_ARRAY_SIZE(files); i++) {
		set_mode(fixture, files[i].path, files[i].bad, geteuid());
		expect_insecure(fixture, files[i].path, "chmod go-w");
		set_mode(fixture, files[i].path, files[i].good, geteuid());
	}
	assert_int_equal(gs_engine_configure(fixture_engine(fixture), &error), 0);
	if (geteuid() != 0)
		return;
	for (size_t i = 0; i < GS_ARRAY_SIZE(files); i++) {
		set_mode(fixture, files[i].path, files[i].good, 65534);
		expect_insecure(fixture, files[i].path, "chown root:root");
		set_mode(fixture, files[i].path, files[i].good, 0);
	}
}

static void no_file_at_all(void **state)
{
	struct fixture *fixture = *state;
	struct gs_configuration *configuration;
	struct gs_config_error error;

	tree_folder(fixture->tree, CONF);
	assert_int_equal(gs_configuration_read(fixture_engine(fixture), &configuration, &error),
			 -EINVAL);
	assert_non_null(strstr(error.message, "not a file"));
	gs_config_error_clear(&error);
}

static void cards_carry_what_is_configured(void **state)
{
	struct fixture *fixture = *state;
	struct tree_function *gpu = tree_function(fixture->tree, NULL, "0000:00:02.0", 0x030000);
	struct gs_config_error error;
	const struct gs_card *card;

	tree_driver(tree_ids(gpu, 0x10de, 0x1b38), "vfio-pci");
	tree_ids(tree_function(fixture->tree, NULL, "0000:00:03.0", 0x030000), 0x10de, 0x1b38);
	tree_register_driver(fixture->tree, "nouveau");
	tree_write(fixture->tree, CONF,
		   "[gpushift]\nquiesce=a.service\n[card render]\naddress=00:02.0\ndriver=nouveau\n"
		   "quiesce=b.service a.service\n");
	fixture_read(fixture, 0);
	assert_null(host_card(fixture->host, "0000:00:02.0")->alias);
	assert_int_equal(gs_engine_configure(fixture->engine, &error), 0);
	fixture_read(fixture, GS_READ_DRIVERS);
	card = host_card(fixture->host, "0000:00:02.0");
	assert_string_equal(card->alias, "render");
	assert_string_equal(card->host_driver, "nouveau");
	assert_int_equal(card->host_driver_known, GS_YES);
	assert_int_equal(gs_strv_count(card->quiesce), 2);
	assert_string_equal(card->quiesce[0], "a.service");
	card = host_card(fixture->host, "0000:00:03.0");
	assert_null(card->alias);
	assert_null(card->host_driver);
	assert_int_equal(gs_strv_count(card->quiesce), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(errors_have_file_and_line),
		fixture_test(nothing_is_no_error),
		fixture_test(later_files_win),
		fixture_test(a_failed_reload_changes_nothing),
		fixture_test(files_that_others_can_write_are_not_read),
		fixture_test(no_file_at_all),
		fixture_test(cards_carry_what_is_configured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
