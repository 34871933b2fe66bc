// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading below a root that somebody else made. */
#include <fcntl.h>
#include <sys/stat.h>

#include "fixture.h"
#include "tree.h"

static void expect_text(struct fixture *fixture, const char *path, const char *wanted)
{
	gs_cleanup_free char *text = NULL;

	assert_int_equal(gs_tree_read(fixture_engine(fixture), path, &text), 0);
	assert_string_equal(text, wanted);
}

static void expect_error(struct fixture *fixture, const char *path, int error)
{
	gs_cleanup_free char *text = NULL;

	assert_int_equal(gs_tree_read(fixture_engine(fixture), path, &text), error);
	assert_null(text);
}

static void files_are_read_without_their_newline(void **state)
{
	struct fixture *fixture = *state;

	tree_write(fixture->tree, "a/b", "one\ntwo\n\n");
	tree_write(fixture->tree, "empty", "%s", "");
	expect_text(fixture, "a/b", "one\ntwo");
	expect_text(fixture, "/a/b", "one\ntwo");
	expect_text(fixture, "empty", "");
	expect_error(fixture, "missing", -ENOENT);
	expect_error(fixture, "a", -EISDIR);
}

static void links_stay_inside(void **state)
{
	struct fixture *fixture = *state;
	char secret[] = "/tmp/gpushift-outside.XXXXXX";
	int fd = mkstemp(secret);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "outside", 7), 7);
	tree_write(fixture->tree, "inside", "inside\n");
	tree_raw_link(fixture->tree, "a/absolute", "/inside");
	tree_raw_link(fixture->tree, "a/up", "../../../../../../../inside");
	tree_raw_link(fixture->tree, "a/out", secret);
	tree_raw_link(fixture->tree, "a/folder", "/");
	expect_text(fixture, "a/absolute", "inside");
	expect_text(fixture, "a/up", "inside");
	expect_text(fixture, "a/folder/a/folder/inside", "inside");
	expect_text(fixture, "../../inside", "inside");
	expect_error(fixture, "a/out", -ENOENT);
	close(fd);
	unlink(secret);
}

static void magic_links_are_not_followed(void **state)
{
	struct gs_engine *host;
	int fd;

	(void)state;
	/* On the host itself a link of proc leads anywhere; in a path it must not. */
	assert_int_equal(gs_engine_open("/", &host), 0);
	fd = gs_tree_open(host, "proc/self/root/etc", O_PATH);
	assert_true(fd < 0);
	gs_engine_close(host);
}

static void loops_end(void **state)
{
	struct fixture *fixture = *state;
	char **names = NULL;

	tree_raw_link(fixture->tree, "loop", "loop");
	tree_raw_link(fixture->tree, "ping", "pong");
	tree_raw_link(fixture->tree, "pong", "/ping");
	expect_error(fixture, "loop", -ELOOP);
	expect_error(fixture, "ping", -ELOOP);
	assert_int_equal(gs_tree_list(fixture_engine(fixture), "loop", &names), -ELOOP);
	assert_false(gs_tree_exists(fixture_engine(fixture), "ping"));
}

static void huge_files_are_refused(void **state)
{
	struct fixture *fixture = *state;
	char path[128];
	int fd;

	tree_write(fixture->tree, "huge", "x");
	snprintf(path, sizeof(path), "%s/huge", tree_root(fixture->tree));
	fd = open(path, O_WRONLY);
	assert_int_equal(ftruncate(fd, 1L << 40), 0);
	close(fd);
	expect_error(fixture, "huge", -EFBIG);
}

static void what_is_no_file_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char path[128];

	snprintf(path, sizeof(path), "%s/fifo", tree_root(fixture->tree));
	assert_int_equal(mkfifo(path, 0644), 0);
	expect_error(fixture, "fifo", -EINVAL);
}

static void unreadable_files_are_errors(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = fixture_engine(fixture);
	char path[128], **names = NULL;

	tree_write(fixture->tree, "closed/file", "x");
	snprintf(path, sizeof(path), "%s/closed/file", tree_root(fixture->tree));
	assert_int_equal(chmod(path, 0), 0);
	fixture_drop_root(fixture);
	expect_error(fixture, "closed/file", -EACCES);
	fixture_regain_root();
	snprintf(path, sizeof(path), "%s/closed", tree_root(fixture->tree));
	assert_int_equal(chmod(path, 0), 0);
	fixture_drop_root(fixture);
	assert_int_equal(gs_tree_list(engine, "closed", &names), -EACCES);
	fixture_regain_root();
	assert_int_equal(chmod(path, 0755), 0);
}

static void numbers_are_strict(void **state)
{
	static const struct {
		const char *text;
		int r;
		uint64_t value;
	} cases[] = {
		{ "0", 0, 0 },
		{ "18446744073709551615", 0, UINT64_MAX },
		{ "0xFFff", 0, 0xffff },
		{ "010", 0, 10 },
		{ "18446744073709551616", -ERANGE, 0 },
		{ "0x10000000000000000", -ERANGE, 0 },
		{ "", -EINVAL, 0 },
		{ "0x", -EINVAL, 0 },
		{ "-1", -EINVAL, 0 },
		{ "+1", -EINVAL, 0 },
		{ " 1", -EINVAL, 0 },
		{ "1 ", -EINVAL, 0 },
		{ "1x", -EINVAL, 0 },
		{ "0x1g", -EINVAL, 0 },
		{ "0x0x1", -EINVAL, 0 },
		{ "ten", -EINVAL, 0 },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		uint64_t value = 0;

		tree_write(fixture->tree, "number", "%s\n", cases[i].text);
		assert_int_equal(gs_tree_read_u64(fixture_engine(fixture), "number", &value),
				 cases[i].r);
		assert_int_equal(value, cases[i].value);
	}
}

static void links_tell_their_name(void **state)
{
	struct fixture *fixture = *state;
	gs_cleanup_free char *name = NULL, *real = NULL, *none = NULL;

	tree_write(fixture->tree, "far/away", "x");
	tree_raw_link(fixture->tree, "link", "/far/away");
	tree_raw_link(fixture->tree, "chain", "link");
	assert_int_equal(gs_tree_link_name(fixture_engine(fixture), "link", &name), 0);
	assert_string_equal(name, "away");
	assert_int_equal(gs_tree_link_name(fixture_engine(fixture), "far/away", &none), -EINVAL);
	assert_int_equal(gs_tree_link_name(fixture_engine(fixture), "far/off", &none), -ENOENT);
	assert_int_equal(gs_tree_real_path(fixture_engine(fixture), "chain", &real), 0);
	assert_string_equal(real, "far/away");
}

static void folders_are_listed_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct gs_engine *engine = fixture_engine(fixture);
	char **names = NULL;

	tree_write(fixture->tree, "d/b", "x");
	tree_write(fixture->tree, "d/a", "x");
	tree_write(fixture->tree, "d/.c", "x");
	assert_int_equal(gs_tree_list(engine, "d", &names), 0);
	assert_int_equal(gs_strv_count(names), 3);
	assert_string_equal(names[0], ".c");
	assert_string_equal(names[2], "b");
	gs_strv_free(names);
	names = NULL;
	assert_int_equal(gs_tree_list(engine, "none", &names), 0);
	assert_int_equal(gs_strv_count(names), 0);
	gs_strv_free(names);
	assert_int_equal(gs_tree_list(engine, "d/a", &names), -ENOTDIR);
}

static void paths_are_bounded(void **state)
{
	char path[GS_PATH_MAX], name[GS_PATH_MAX];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(gs_path(path, "%s", name), 0);
	assert_int_equal(gs_path(path, "%s/", name), -ENAMETOOLONG);
}

static void the_root_is_known(void **state)
{
	static const char *const roots[] = { "/", "//", "/.", "/proc/self/root" };
	struct fixture *fixture = *state;
	struct gs_engine *engine;

	for (size_t i = 0; i < GS_ARRAY_SIZE(roots); i++) {
		assert_int_equal(gs_engine_open(roots[i], &engine), 0);
		assert_false(engine->foreign_root);
		assert_true(engine->use_module);
		gs_engine_close(engine);
	}
	assert_true(fixture_engine(fixture)->foreign_root);
	assert_false(fixture_engine(fixture)->use_module);
	assert_int_equal(gs_engine_open("/no/such/folder", &engine), -ENOENT);
	assert_int_equal(gs_engine_open("/etc/passwd", &engine), -ENOTDIR);
	gs_engine_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(files_are_read_without_their_newline),
		fixture_test(links_stay_inside),
		cmocka_unit_test(magic_links_are_not_followed),
		fixture_test(loops_end),
		fixture_test(huge_files_are_refused),
		fixture_test(what_is_no_file_is_refused),
		fixture_test(unreadable_files_are_errors),
		fixture_test(numbers_are_strict),
		fixture_test(links_tell_their_name),
		fixture_test(folders_are_listed_in_order),
		cmocka_unit_test(paths_are_bounded),
		fixture_test(the_root_is_known),
	};

	return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
