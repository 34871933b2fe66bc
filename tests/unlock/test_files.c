// SPDX-License-Identifier: GPL-2.0-or-later
/* Which files are read, when, and what is made of those that are wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#define FRL(n) "[profile.nvidia-46]\nfrl_config = " #n "\n"

/* @frl: 0: as the driver says */
static int has_frl(uint32_t frl)
{
	struct call call;

	type_query(&call, 46);
	if (frl)
		call_put32(&call, FRL_CONFIG_OFFSET, frl);
	return call_make(&call, "the frame rate of a type");
}

static int has_unlock(int unlock)
{
	struct call call;

	call_begin(&call, 0x00800289, 4);
	if (unlock)
		call_put32(&call, 0, 3);
	return call_make(&call, "virtualization mode");
}

/* Nothing in between: not even a tick of the clock that files get their times from. */
static void changes_are_seen_at_once(void **state)
{
	(void)state;
	assert_true(has_frl(0));
	for (int i = 0; i < 200; i++) {
		write_overrides("[profile.nvidia-46]\nfrl_config = %d\n", 100 + i);
		assert_true(has_frl(100 + (uint32_t)i));
	}
	unlink(overrides_path());
	assert_true(has_frl(0));
	write_overrides(FRL(5));
	assert_true(has_frl(5));
}

static void replaced_files_are_seen(void **state)
{
	char other[4096];

	(void)state;
	write_overrides(FRL(5));
	assert_true(has_frl(5));
	snprintf(other, sizeof(other), "%s.new", overrides_path());
	write_file(other, FRL(6));
	assert_int_equal(rename(other, overrides_path()), 0);
	assert_true(has_frl(6));
}

static const char *const wrong_texts[] = {
	"[profile.nvidia-46]\nfrl_config = \n",
	"[profile.nvidia-46]\nfrl_config = 7\nframebuffer = 0x1G\n",
	"[profile.nvidia-46]\nfrl_config = 7\nframeb",
	"[profile.nvidia-46]\nfrl_config = 7\ncard_name = \"GRID",
	"[profile.nvidia-46\n",
	"[profile.nvidia-46]\nfrl_config = '60'\n",
	"[profile.nvidia-46]\nfrl_config = -1\n",
	"[profile.nvidia-46]\nfrl_config = 4294967296\n",
	"[profile.nvidia-46]\nfrl_config = 7\nfrl_config = 8\n",
	"[profile.nvidia-46]\nfrl_config = 7\n[profile.nvidia-46]\n",
	"[profile.nvidia-46]\nfrl_config = 7\n\xff\n",
	"[profile.nvidia-46]\nfrl_config = [7]\n",
};

static void wrong_files_leave_what_was_right(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrong_texts) / sizeof(wrong_texts[0]); i++) {
		remove_files(NULL);
		assert_true(has_frl(0));
		write_overrides("%s", wrong_texts[i]);
		assert_true(has_frl(0));
		write_overrides(FRL(5));
		assert_true(has_frl(5));
		write_overrides("%s", wrong_texts[i]);
		assert_true(has_frl(5));
		write_overrides(FRL(9));
		assert_true(has_frl(9));
	}
}

static void unknown_keys_are_left_aside(void **state)
{
	(void)state;
	write_overrides("[custom]\nx = 1\n[profile.nvidia-46]\nfrl_confg = 1\nfrl_config = 5\n"
			"license_type = 'x'\n[profile.p40]\nfrl_config = 3\n[vm.x]\nfrl_config=3\n");
	assert_true(has_frl(5));
}

static long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

/* How long the file was empty at most, in ns: a disk that is busy can hold up who writes. */
static long long write_slowly(int times)
{
	long long longest = 0;

	for (int i = 0; i < times; i++) {
		long long begin = now_ns(), empty;
		FILE *file = fopen(overrides_path(), "w");

		/* A part of it is no TOML. */
		fputs("[profile.nvidia-46]\nfrl_config = ", file);
		fflush(file);
		empty = now_ns() - begin;
		longest = empty > longest ? empty : longest;
		fputs("51\n", file);
		fclose(file);
	}
	return longest;
}

/* While a writer is at it. Returns how many answers were wrong, -1 when it left the file empty for as long as one that is meant so. */
static int ask_while_it_is_written(unsigned int *asked)
{
	pid_t writer = fork();
	int bad = 0, status;

	if (writer == 0)
		_exit(write_slowly(300) > 500000000);
	assert_true(writer > 0);
	for (; waitpid(writer, &status, WNOHANG) == 0; ++*asked)
		bad += !has_frl(51);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) ? -1 : bad;
}

/* Cut to nothing, or in the middle of a word, it is not taken for what it is to say. */
static void a_file_that_is_being_written(void **state)
{
	unsigned int asked = 0;
	int bad = -1;

	(void)state;
	write_overrides("[profile.nvidia-46]\nfrl_config = 51\n");
	assert_true(has_frl(51));
	for (int i = 0; i < 20 && bad < 0; i++)
		bad = ask_while_it_is_written(&asked);
	assert_int_equal(bad, 0);
	assert_true(asked > 10);
	write_overrides(FRL(5));
	assert_true(has_frl(5));
}

static int changes;

static void change_it(void)
{
	if (changes-- > 0)
		assert_int_equal(chmod(overrides_path(), changes & 1 ? 0600 : 0644), 0);
}

/* Replaced or changed between a look at it and the read, it is read again; not for ever. */
static void a_file_that_changes_while_it_is_read(void **state)
{
	(void)state;
	assert_true(has_frl(0));
	write_overrides(FRL(5));
	answer()->before_read = change_it;
	changes = 5;
	assert_true(has_frl(5));
	assert_true(changes < 0);
	write_overrides(FRL(6));
	changes = 1000000;
	assert_true(has_frl(5));
	assert_in_range(changes, 999000, 999999);
	changes = 0;
	assert_true(has_frl(6));
}

static int says_nothing(void)
{
	struct call call;

	type_query(&call, 46);
	call.quiet = 1;
	return call_make(&call, "untouched");
}

/* Empty for longer it is meant so. */
static void an_empty_file_says_nothing(void **state)
{
	time_t end = time(NULL) + 10;

	(void)state;
	write_overrides(FRL(5));
	assert_true(has_frl(5));
	write_overrides("%s", "");
	assert_true(has_frl(5));
	while (!says_nothing() && time(NULL) < end)
		;
	assert_true(says_nothing());
	/* One that never said anything else. */
	unlink(overrides_path());
	assert_true(has_frl(0));
	write_overrides("%s", "");
	assert_true(has_frl(0));
}

/* Each makes the file, or its folder, one that is not to be trusted. */
static void by_others(void)
{
	assert_int_equal(chmod(overrides_path(), 0646), 0);
}

static void by_a_group(void)
{
	assert_int_equal(chmod(overrides_path(), 0664), 0);
}

static void of_somebody(void)
{
	assert_int_equal(chown(overrides_path(), 1000, 0), 0);
}

static void of_a_folder(mode_t mode)
{
	char folder[4096];

	snprintf(folder, sizeof(folder), "%s", overrides_path());
	*strrchr(folder, '/') = '\0';
	assert_int_equal(chmod(folder, mode), 0);
}

static void in_a_folder(void)
{
	of_a_folder(0777);
}

static void as_a_fifo(void)
{
	unlink(overrides_path());
	assert_int_equal(mkfifo(overrides_path(), 0600), 0);
}

static void as_a_folder(void)
{
	unlink(overrides_path());
	assert_int_equal(mkdir(overrides_path(), 0700), 0);
}

static void as_a_loop(void)
{
	unlink(overrides_path());
	assert_int_equal(symlink(overrides_path(), overrides_path()), 0);
}

static void (*const spoilers[])(void) = { by_others,   by_a_group, of_somebody, in_a_folder,
					  as_a_fifo, as_a_folder, as_a_loop };

/* Not what it says now, nor what it said when it could be trusted. */
static void untrusted_files_are_not_used(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(spoilers) / sizeof(spoilers[0]); i++) {
		of_a_folder(0700);
		rmdir(overrides_path());
		remove_files(NULL);
		write_overrides(FRL(5));
		assert_true(has_frl(5));
		/* A change of the folder alone is seen with the next one of the file. */
		if (spoilers[i] == in_a_folder)
			write_overrides(FRL(6));
		spoilers[i]();
		if (!has_frl(0))
			fail_msg("spoiler %zu", i);
	}
	of_a_folder(0700);
	rmdir(overrides_path());
	unlink(overrides_path());
	write_overrides(FRL(7));
	assert_true(has_frl(7));
}

static void a_link_of_roots_is_followed(void **state)
{
	char other[4096];

	(void)state;
	snprintf(other, sizeof(other), "%s.elsewhere", overrides_path());
	write_file(other, FRL(5));
	assert_int_equal(symlink(other, overrides_path()), 0);
	assert_true(has_frl(5));
	write_file(other, FRL(6));
	assert_true(has_frl(6));
	assert_int_equal(chmod(other, 0666), 0);
	assert_true(has_frl(0));
	unlink(other);
	assert_true(has_frl(0));
}

/* Whoever has the folder that it leads to can put another file of root's there, or a link to one. */
static void a_link_into_others_folders_is_not(void **state)
{
	char folder[4096], other[4200];

	(void)state;
	snprintf(folder, sizeof(folder), "%s.folder", overrides_path());
	snprintf(other, sizeof(other), "%s/file", folder);
	assert_int_equal(mkdir(folder, 0755), 0);
	write_file(other, FRL(5));
	assert_int_equal(symlink(other, overrides_path()), 0);
	assert_true(has_frl(5));
	write_file(other, FRL(6));
	assert_int_equal(chown(folder, 1000, 0), 0);
	assert_true(has_frl(0));
	assert_int_equal(chown(folder, 0, 0), 0);
	assert_int_equal(chmod(folder, 0777), 0);
	write_file(other, FRL(7));
	assert_true(has_frl(0));
	assert_int_equal(chmod(folder, 0755), 0);
	write_file(other, FRL(8));
	assert_true(has_frl(8));
	unlink(other);
	assert_int_equal(rmdir(folder), 0);
}

/* With a configuration that cannot be trusted nothing is rewritten: it may say so. */
static void a_wrong_config_unlocks_nothing(void **state)
{
	(void)state;
	assert_true(has_unlock(1));
	write_file(config_path(), "unlock = false\n");
	assert_true(has_unlock(0));
	write_file(config_path(), "unlock = fals");
	assert_true(has_unlock(0));
	write_file(config_path(), "unlock = true\n");
	assert_true(has_unlock(1));
	write_file(config_path(), "unlock = true\nunlock = true\n");
	assert_true(has_unlock(1));
	assert_int_equal(chmod(config_path(), 0666), 0);
	assert_true(has_unlock(0));
	assert_int_equal(chmod(config_path(), 0600), 0);
	write_file(config_path(), "[pci_info_map.1]\ndevice_id = 2\n");
	assert_true(has_unlock(0));
	unlink(config_path());
	assert_true(has_unlock(1));
}

static void many_profiles(void **state)
{
	FILE *file = fopen(overrides_path(), "w");

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 20000; i++)
		fprintf(file, "[profile.nvidia-%d]\nfrl_config = %d\nvgpu_type = \"Quadro\"\n", 1000 + i,
			2000 + i);
	assert_int_equal(fclose(file), 0);
	for (uint32_t i = 0; i < 20000; i += 1999) {
		struct call call;
		char name[32] = "Quadro";

		type_query(&call, 1000 + i);
		call_put32(&call, FRL_CONFIG_OFFSET, 2000 + i);
		call_put(&call, 8 + 0x24, name, sizeof(name));
		expect_call(&call, "one of many");
	}
}

static long resident_kb(void)
{
	long kb = 0;
	char line[256];
	FILE *file = fopen("/proc/self/status", "r");

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "VmRSS: %ld", &kb) == 1)
			break;
	fclose(file);
	return kb;
}

/* What a file said before is given back. */
static void editing_for_ever_needs_no_memory(void **state)
{
	long before;

	(void)state;
	many_profiles(NULL);
	before = resident_kb();
	for (int i = 0; i < 30; i++)
		many_profiles(NULL);
	if (resident_kb() - before > 20000)
		fail_msg("%ld kB more", resident_kb() - before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(changes_are_seen_at_once, remove_files),
		cmocka_unit_test_setup(replaced_files_are_seen, remove_files),
		cmocka_unit_test_setup(wrong_files_leave_what_was_right, remove_files),
		cmocka_unit_test_setup(unknown_keys_are_left_aside, remove_files),
		cmocka_unit_test_setup(a_file_that_is_being_written, remove_files),
		cmocka_unit_test_setup(a_file_that_changes_while_it_is_read, remove_files),
		cmocka_unit_test_setup(an_empty_file_says_nothing, remove_files),
		cmocka_unit_test_setup(untrusted_files_are_not_used, remove_files),
		cmocka_unit_test_setup(a_link_of_roots_is_followed, remove_files),
		cmocka_unit_test_setup(a_link_into_others_folders_is_not, remove_files),
		cmocka_unit_test_setup(a_wrong_config_unlocks_nothing, remove_files),
		cmocka_unit_test_setup(many_profiles, remove_files),
		cmocka_unit_test_setup(editing_for_ever_needs_no_memory, remove_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
