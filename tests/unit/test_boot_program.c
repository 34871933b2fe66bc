// SPDX-License-Identifier: GPL-2.0-or-later
/* Programs that apply the command line: what they are told, that they fail, and what is undone then. */
#include "fixture.h"

#include <sys/stat.h>

#include "boot.h"
#include "tree.h"

#define GRUB "etc/default/grub"
#define GRUB_TEXT "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\n"
#define ENTRY "boot/loader/entries/a.conf"
#define LOADER_INFO "sys/firmware/efi/efivars/LoaderInfo-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
#define WORDS "intel_iommu=on iommu=pt"

/* ---- the programs of a host: a grubby with two kernels, and others that are only noted ---- */

static struct {
	char said[2048];    /* the commands, a line each */
	char kernels[2][256];
	int fail_from, fail_to; /* which calls fail, from 1 */
	int calls;
	void (*meanwhile)(struct tree *tree); /* what happens while one runs */
	struct tree *tree;
} programs;

static enum gs_boot_reach reach;

/* "--args=a b" to each kernel, until it fails behind the first one */
static void change_kernels(char *const *command, bool all)
{
	bool remove = strncmp(command[2], "--remove-args=", 14) == 0;
	char words[128], *rest = NULL;

	snprintf(words, sizeof(words), "%s", strchr(command[2], '=') + 1);
	for (char *word = strtok_r(words, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		for (int i = 0; i < (all ? 2 : 1); i++) {
			char *at = strstr(programs.kernels[i], word);

			if (remove && at)
				memmove(at - 1, at + strlen(word), strlen(at + strlen(word)) + 1);
			else if (!remove && !at)
				sprintf(programs.kernels[i] + strlen(programs.kernels[i]), " %s", word);
		}
	}
}

static int run(void *data, char *const *command)
{
	bool fails = ++programs.calls >= programs.fail_from && programs.calls <= programs.fail_to;

	assert_ptr_equal(data, &programs);
	if (gs_streq(command[0], "grubby"))
		change_kernels(command, !fails);
	for (; *command; command++)
		sprintf(programs.said + strlen(programs.said), "%s%s", *command, command[1] ? " " : "\n");
	if (programs.meanwhile)
		programs.meanwhile(programs.tree);
	return fails ? -EIO : 0;
}

static int ask(void *data, char *const *command, char **ret)
{
	assert_ptr_equal(data, &programs);
	if (gs_streq(command[0], "rpm-ostree"))
		*ret = gs_asprintf("%s\n", programs.kernels[0]);
	else
		*ret = gs_asprintf("index=0\nargs=\"%s\"\nroot=\"x\"\nindex=1\nargs=\"%s\"\n",
				   programs.kernels[0], programs.kernels[1]);
	return 0;
}

static const struct gs_boot_host host = { .run = run, .ask = ask, .data = &programs };

/* ---- hosts ---- */

static struct gs_engine *build(struct fixture *fixture)
{
	struct tree *tree = fixture->tree;

	memset(&programs, 0, sizeof(programs));
	programs.tree = tree;
	strcpy(programs.kernels[0], "root=x");
	strcpy(programs.kernels[1], "root=x");
	tree_write(tree, "proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: fpu vmx\n");
	tree_write(tree, "proc/cmdline", "quiet\n");
	tree_write(tree, "proc/sys/kernel/osrelease", "6.12.1-x\n");
	fixture_engine(fixture)->foreign_root = false;
	return fixture->engine;
}

static struct gs_engine *build_grub(struct fixture *fixture)
{
	tree_folder(fixture->tree, "sys/firmware/acpi");
	tree_write(fixture->tree, "usr/sbin/update-grub", "#!/bin/sh\n");
	tree_write(fixture->tree, GRUB, "%s", GRUB_TEXT);
	return build(fixture);
}

static struct gs_engine *build_grubby(struct fixture *fixture)
{
	tree_write(fixture->tree, "usr/sbin/grubby", "#!/bin/sh\n");
	return build(fixture);
}

static void systemd_boot(struct tree *tree)
{
	static const char bytes[] = "\7\0\0\0s\0y\0s\0t\0e\0m\0d\0-\0b\0o\0o\0t\0 \0002\0";

	tree_write_bytes(tree, LOADER_INFO, bytes, sizeof(bytes) - 1);
}

static struct gs_boot *read_boot(struct fixture *fixture)
{
	struct gs_boot *boot = NULL;

	assert_int_equal(gs_boot_read(fixture->engine, &boot), 0);
	return boot;
}

static int apply(struct fixture *fixture)
{
	struct gs_boot *boot = read_boot(fixture);
	int r;

	assert_null(boot->refusal);
	assert_true(gs_boot_pending(boot) || gs_boot_asks(boot));
	r = gs_boot_apply(fixture->engine, boot, &host, &reach);
	gs_boot_free(boot);
	return r;
}

static int revert(struct fixture *fixture)
{
	struct gs_boot *boot = read_boot(fixture);
	char *changed = NULL;
	int r;

	assert_non_null(boot->applied);
	r = gs_boot_revert(fixture->engine, boot, &host, &changed, &reach);
	assert_null(changed);
	gs_boot_free(boot);
	return r;
}

static void expect_text(struct fixture *fixture, const char *path, const char *wanted)
{
	char *now = tree_read(fixture->tree, path);

	assert_string_equal(now ? now : "nothing", wanted);
	free(now);
}

static void expect_record(struct fixture *fixture, bool there)
{
	assert_int_equal(gs_tree_exists(fixture->engine, GS_BOOT_RECORD), there);
}

static void expect_said(const char *wanted)
{
	assert_string_equal(programs.said, wanted);
	programs.said[0] = '\0';
}

/* ---- that fail ---- */

static void a_failing_program_is_run_on_the_old_files_too(void **state)
{
	struct fixture *fixture = *state;

	build_grub(fixture);
	programs.fail_from = programs.fail_to = 1;
	assert_int_equal(apply(fixture), -EIO);
	assert_int_equal(reach, GS_BOOT_NOTHING);
	expect_said("update-grub\nupdate-grub\n");
	expect_text(fixture, GRUB, GRUB_TEXT);
	expect_record(fixture, false);
}

static void what_cannot_be_undone_stays_on_record(void **state)
{
	struct fixture *fixture = *state;

	build_grub(fixture);
	programs.fail_from = 1;
	programs.fail_to = 2;
	assert_int_equal(apply(fixture), -EIO);
	assert_int_equal(reach, GS_BOOT_IN_PART);
	expect_text(fixture, GRUB, GRUB_TEXT);
	expect_record(fixture, true);
	programs.fail_to = 3;
	assert_int_equal(revert(fixture), -EIO);
	assert_int_equal(reach, GS_BOOT_IN_PART);
	expect_record(fixture, true);
	assert_int_equal(revert(fixture), 0);
	expect_record(fixture, false);
}

/* Of two kernels one has got the words. */
static void half_of_the_kernels_are_undone(void **state)
{
	struct fixture *fixture = *state;

	build_grubby(fixture);
	programs.fail_from = programs.fail_to = 1;
	assert_int_equal(apply(fixture), -EIO);
	assert_int_equal(reach, GS_BOOT_NOTHING);
	assert_string_equal(programs.kernels[0], "root=x");
	assert_string_equal(programs.kernels[1], "root=x");
	expect_record(fixture, false);
}

static void make_a_folder_of_it(struct tree *tree)
{
	tree_remove(tree, GRUB);
	tree_folder(tree, GRUB);
}

static void a_file_that_cannot_be_put_back(void **state)
{
	struct fixture *fixture = *state;

	build_grub(fixture);
	programs.fail_from = programs.fail_to = 1;
	programs.meanwhile = make_a_folder_of_it;
	assert_int_equal(apply(fixture), -EIO);
	assert_int_equal(reach, GS_BOOT_IN_PART);
	expect_record(fixture, true);
}

static void fill_the_disk(struct tree *tree)
{
	tree_remove(tree, "var/lib/gpushift");
	tree_write(tree, "var/lib/gpushift", "no folder");
}

static void a_last_record_that_cannot_be_written(void **state)
{
	struct fixture *fixture = *state;

	build_grub(fixture);
	programs.meanwhile = fill_the_disk;
	assert_true(apply(fixture) < 0);
	assert_int_equal(reach, GS_BOOT_ALL_BUT_RECORD);
	expect_text(fixture, GRUB, "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet " WORDS "\"\n");
	expect_said("update-grub\n");
}

/* ---- that keep the command line themselves ---- */

static void they_are_told_and_told_back(void **state)
{
	struct fixture *fixture = *state;
	struct gs_boot *boot;

	build_grubby(fixture);
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id", "%s", "00000000-0000-0000-0000-000000000001\n");
	assert_int_equal(apply(fixture), 0);
	expect_said("grubby --update-kernel=ALL --args=" WORDS "\n");
	/* It has them, and what runs has not: a reboot is lacking. */
	boot = read_boot(fixture);
	assert_non_null(boot->missing);
	assert_false(gs_boot_pending(boot));
	gs_boot_free(boot);
	/* That was one, and somebody has taken them away. */
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id", "%s", "00000000-0000-0000-0000-000000000002\n");
	boot = read_boot(fixture);
	assert_true(gs_boot_pending(boot));
	gs_boot_free(boot);
	/* After the reboot it has them, and still knows what to take away. */
	tree_write(fixture->tree, "proc/cmdline", "quiet " WORDS "\n");
	boot = read_boot(fixture);
	assert_false(gs_boot_pending(boot));
	gs_boot_free(boot);
	assert_int_equal(revert(fixture), 0);
	expect_said("grubby --update-kernel=ALL --remove-args=" WORDS "\n");
	expect_record(fixture, false);
}

/* Configured by somebody, and not booted with yet: nobody's business but his. */
static void a_word_that_is_there_stays(void **state)
{
	struct fixture *fixture = *state;

	build_grubby(fixture);
	strcpy(programs.kernels[0], "root=x iommu=pt");
	strcpy(programs.kernels[1], "root=x iommu=pt");
	assert_int_equal(apply(fixture), 0);
	expect_said("grubby --update-kernel=ALL --args=intel_iommu=on\n");
	assert_int_equal(revert(fixture), 0);
	assert_string_equal(programs.kernels[0], "root=x iommu=pt");
	assert_string_equal(programs.kernels[1], "root=x iommu=pt");
}

static void a_second_apply_remembers_the_first(void **state)
{
	struct fixture *fixture = *state;

	build_grubby(fixture);
	/* With the kernel's own default first, then with one that lacks it. */
	tree_write(fixture->tree, "boot/config-6.12.1-x", "CONFIG_INTEL_IOMMU_DEFAULT_ON=y\n");
	assert_int_equal(apply(fixture), 0);
	expect_said("grubby --update-kernel=ALL --args=iommu=pt\n");
	tree_write(fixture->tree, "boot/config-6.12.1-x", "CONFIG_X=y\n");
	assert_int_equal(apply(fixture), 0);
	expect_said("grubby --update-kernel=ALL --args=intel_iommu=on\n");
	/* And once more, before any reboot: nothing is lacking. */
	assert_int_equal(apply(fixture), 0);
	expect_said("");
	assert_int_equal(revert(fixture), 0);
	expect_said("grubby --update-kernel=ALL --remove-args=iommu=pt\n"
		    "grubby --update-kernel=ALL --remove-args=intel_iommu=on\n");
	assert_string_equal(programs.kernels[0], "root=x");
	assert_string_equal(programs.kernels[1], "root=x");
}

static void rpm_ostree_is_asked_as_well(void **state)
{
	struct fixture *fixture = *state;

	tree_write(fixture->tree, "usr/bin/rpm-ostree", "#!/bin/sh\n");
	tree_write(fixture->tree, "run/ostree-booted", "%s", "");
	build(fixture);
	strcpy(programs.kernels[0], "root=x iommu=pt");
	assert_int_equal(apply(fixture), 0);
	expect_said("rpm-ostree kargs --append-if-missing=intel_iommu=on\n");
	assert_int_equal(revert(fixture), 0);
	expect_said("rpm-ostree kargs --delete-if-present=intel_iommu=on\n");
}

/* ---- kernels that come and go ---- */

#define INSTALL(release) "kernel-install add " release " /usr/lib/modules/" release "/vmlinuz\n"

static void the_kernels_of_now_are_installed(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	systemd_boot(tree);
	tree_write(tree, "usr/bin/kernel-install", "#!/bin/sh\n");
	tree_write(tree, "usr/lib/modules/6.12.1-x/vmlinuz", "MZ");
	tree_write(tree, "usr/lib/modules/6.12.2-x/vmlinuz", "MZ");
	tree_write(tree, "etc/kernel/cmdline", "root=x\n");
	build(fixture);
	assert_int_equal(apply(fixture), 0);
	expect_said(INSTALL("6.12.1-x") INSTALL("6.12.2-x"));
	tree_remove(tree, "usr/lib/modules/6.12.1-x");
	tree_write(tree, "usr/lib/modules/6.12.3-x/vmlinuz", "MZ");
	assert_int_equal(revert(fixture), 0);
	expect_said(INSTALL("6.12.2-x") INSTALL("6.12.3-x"));
	expect_text(fixture, "etc/kernel/cmdline", "root=x\n");
}

static void an_entry_that_went_with_its_kernel(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = fixture->tree;

	systemd_boot(tree);
	tree_write(tree, ENTRY, "linux /a\noptions root=x\n");
	tree_write(tree, "boot/loader/entries/b.conf", "linux /b\noptions root=x\n");
	build(fixture);
	assert_int_equal(apply(fixture), 0);
	tree_remove(tree, "boot/loader/entries/b.conf");
	assert_int_equal(revert(fixture), 0);
	expect_text(fixture, ENTRY, "linux /a\noptions root=x\n");
	expect_text(fixture, "boot/loader/entries/b.conf", "nothing");
	expect_record(fixture, false);
}

/* ---- another tree ---- */

static void what_nobody_ran_is_not_finished(void **state)
{
	struct fixture *fixture = *state;
	struct gs_boot *boot;

	build_grub(fixture)->foreign_root = true;
	assert_int_equal(apply(fixture), 0);
	expect_said("");
	boot = read_boot(fixture);
	assert_false(boot->applied->finished);
	/* There is nothing more to do from here. */
	assert_false(gs_boot_pending(boot));
	gs_boot_free(boot);
	/* In that system there is. */
	fixture->engine->foreign_root = false;
	assert_int_equal(apply(fixture), 0);
	expect_said("update-grub\n");
	boot = read_boot(fixture);
	assert_true(boot->applied->finished);
	assert_false(gs_boot_pending(boot));
	gs_boot_free(boot);
}

/* ---- what is seen ---- */

static void a_plain_user_is_told_so(void **state)
{
	struct fixture *fixture = *state;
	struct gs_boot *boot;
	char path[1024];

	if (getuid() != 0)
		skip();
	systemd_boot(fixture->tree);
	tree_write(fixture->tree, ENTRY, "linux /a\noptions root=x\n");
	build(fixture);
	snprintf(path, sizeof(path), "%s/boot", tree_root(fixture->tree));
	assert_int_equal(chmod(path, 0700), 0);
	fixture_drop_root(fixture);
	boot = read_boot(fixture);
	fixture_regain_root();
	assert_non_null(boot->refusal);
	assert_non_null(strstr(boot->refusal, "needs root to be seen"));
	assert_string_equal(boot->by_hand, "sudo gpushift boot show");
	gs_boot_free(boot);
	boot = read_boot(fixture);
	assert_null(boot->refusal);
	assert_int_equal(boot->change.n_files, 1);
	gs_boot_free(boot);
}

/* GRUB's files in their order: what is set anew forgets what was before. */
static void a_word_that_is_overwritten_is_not_there(void **state)
{
#define USUALLY "GRUB_CMDLINE_LINUX_DEFAULT="
	static const struct {
		const char *texts[2];
		bool there;
	} cases[] = {
		{ { USUALLY "\"a iommu=pt\"\n", NULL }, true },
		{ { "GRUB_CMDLINE_LINUX=\"iommu=pt\"\n", USUALLY "\"quiet\"\n" }, true },
		{ { USUALLY "\"iommu=pt\"\n", USUALLY "\"console=ttyS0\"\n" }, false },
		{ { USUALLY "\"iommu=pt\"\n" USUALLY "\"console=ttyS0\"\n", NULL }, false },
		{ { USUALLY "\"iommu=pt\"\n", USUALLY "\"$GRUB_CMDLINE_LINUX_DEFAULT b\"\n" }, true },
		{ { USUALLY "\"iommu=pt\"\n", USUALLY "\"b ${GRUB_CMDLINE_LINUX_DEFAULT}\"\n" }, true },
		{ { "GRUB_CMDLINE_LINUX=\"iommu=pt\"\n",
		    "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX_DEFAULT\"\n" }, false },
		{ { USUALLY "\"iommu=pt\"\n", "GRUB_CMDLINE_LINUX_DEFAULT+=\" b\"\n" }, true },
		{ { USUALLY "\"b\"\n", "GRUB_CMDLINE_LINUX_DEFAULT+=\" iommu=pt\"\n" }, true },
		{ { USUALLY "\"iommu=pt\"\n", "\texport " USUALLY "\"b\"\n" }, false },
		{ { USUALLY "\"iommu=pt\"\n", "#" USUALLY "\"b\"\n" }, true },
		{ { "  [ x ] && " USUALLY "\"iommu=pt\"\n", NULL }, false },
		{ { USUALLY "\"iommu=pt\"\n", USUALLY "\n" }, false },
	};

	(void)state;
	for (size_t i = 0; i < GS_ARRAY_SIZE(cases); i++) {
		struct gs_boot_grub seen = { 0 };

		for (size_t j = 0; j < 2 && cases[i].texts[j]; j++)
			gs_boot_grub_read(cases[i].texts[j], "iommu=pt", &seen);
		if ((seen.always || seen.usually) != cases[i].there)
			fail_msg("case %zu", i);
	}
}

/* As images for clouds have it. */
static void a_drop_in_that_overwrites_is_made_up_for(void **state)
{
	struct fixture *fixture = *state;
	struct gs_boot *boot;

	tree_write(fixture->tree, "usr/sbin/grub-mkconfig", "default/grub.d\n");
	build_grub(fixture);
	tree_write(fixture->tree, GRUB, "GRUB_CMDLINE_LINUX_DEFAULT=\"" WORDS "\"\n");
	tree_write(fixture->tree, "etc/default/grub.d/15-cloud.cfg",
		   "GRUB_CMDLINE_LINUX_DEFAULT=\"console=ttyS0\"\n");
	boot = read_boot(fixture);
	assert_null(boot->refusal);
	assert_int_equal(boot->change.n_files, 1);
	assert_non_null(strstr(boot->change.files[0].after, WORDS));
	gs_boot_free(boot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_failing_program_is_run_on_the_old_files_too),
		fixture_test(what_cannot_be_undone_stays_on_record),
		fixture_test(half_of_the_kernels_are_undone),
		fixture_test(a_file_that_cannot_be_put_back),
		fixture_test(a_last_record_that_cannot_be_written),
		fixture_test(they_are_told_and_told_back),
		fixture_test(a_word_that_is_there_stays),
		fixture_test(a_second_apply_remembers_the_first),
		fixture_test(rpm_ostree_is_asked_as_well),
		fixture_test(the_kernels_of_now_are_installed),
		fixture_test(an_entry_that_went_with_its_kernel),
		fixture_test(what_nobody_ran_is_not_finished),
		fixture_test(a_plain_user_is_told_so),
		fixture_test(a_word_that_is_overwritten_is_not_there),
		fixture_test(a_drop_in_that_overwrites_is_made_up_for),
	};

	return cmocka_run_group_tests_name("boot_program", tests, NULL, NULL);
}
