// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs of vendors: what they may write where systemd runs them. */
#include "lab.h"

#include <sys/stat.h>

#include "stand_in_systemd.h"
#include "vendor_tool.h"

#define PROGRAM "usr/bin/tool"
#define WRITTEN "var/written"

static struct systemd *systemd;

static int setup(void **state)
{
	int r = lab_setup(state);

	if (r == 0)
		systemd = systemd_start(((struct lab *)*state)->tree);
	return r;
}

static int teardown(void **state)
{
	systemd_stop();
	return lab_teardown(state);
}

#define tool_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int run(struct lab *lab, const char *what, bool writes_files, char *answer, size_t size)
{
	const char *const arguments[] = { PROGRAM, "to", NULL };
	const struct gs_tool tool = { .unit = "test", .arguments = arguments, .limit_ms = 60000,
				      .writes_files = writes_files };
	char path[256];

	tree_folder(lab->tree, "var");
	tree_write(lab->tree, PROGRAM, "#!/bin/sh\ncd \"${0%%/usr/*}/var\" || exit 1\n%s\n", what);
	snprintf(path, sizeof(path), "%s/" PROGRAM, tree_root(lab->tree));
	assert_int_equal(chmod(path, 0755), 0);
	return gs_vendor_tool(lab->engine, &tool, answer, size);
}

/* As large as a driver's module. */
static void one_that_builds_writes_what_it_likes(void **state)
{
	struct lab *lab = *state;
	char answer[128] = "", path[256];
	struct stat st;

	assert_int_equal(run(lab, "head -c 60000000 /dev/zero >written; echo built", true, answer,
			     sizeof(answer)), 0);
	snprintf(path, sizeof(path), "%s/" WRITTEN, tree_root(lab->tree));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 60000000);
	assert_int_equal(systemd->transient, 1);
}

static void one_that_talks_on_and_on_is_ended(void **state)
{
	struct lab *lab = *state;
	char answer[128] = "";

	assert_int_equal(run(lab, "exec cat /dev/zero", false, answer, sizeof(answer)), -EIO);
	assert_int_equal(run(lab, "yes | head -c 1000000; echo no such card; exit 1", false,
			     answer, sizeof(answer)), -EIO);
	assert_string_equal(answer, "no such card");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		tool_test(one_that_builds_writes_what_it_likes),
		tool_test(one_that_talks_on_and_on_is_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
