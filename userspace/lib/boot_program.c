// SPDX-License-Identifier: GPL-2.0-or-later
/* boot_program.c - programs that apply the command line, and those that keep it themselves. */
#include "boot_ways.h"

#include "tree.h"

/* ---- lists of commands ---- */

#define NEXT ";"

/* Words of the first command of the list. */
static size_t count_words(char *const *list)
{
	size_t n = 0;

	while (list[n] && !gs_streq(list[n], NEXT))
		n++;
	return n;
}

static char *const *next_command(char *const *list)
{
	list += count_words(list);
	return *list ? list + 1 : list;
}

static bool same_command(char *const *a, char *const *b)
{
	size_t n = count_words(a);

	if (count_words(b) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!gs_streq(a[i], b[i]))
			return false;
	return true;
}

static bool has_command(char *const *list, char *const *command)
{
	for (; list && *list; list = next_command(list))
		if (same_command(list, command))
			return true;
	return false;
}

static int add_command(char ***list, char *const *command)
{
	size_t n = count_words(command);
	int r = *list ? gs_strv_add(list, NEXT) : 0;

	for (size_t i = 0; r == 0 && i < n; i++)
		r = gs_strv_add(list, command[i]);
	return r;
}

int gs_boot_commands_add(char ***list, char *const *more)
{
	int r = 0;

	for (; r == 0 && more && *more; more = next_command(more))
		if (!has_command(*list, more))
			r = add_command(list, more);
	return r;
}

/* ---- kernel-install ---- */

/* The image of a kernel, where packages put it; NULL: there is none */
static char *find_image(struct gs_engine *engine, const char *release)
{
	char path[GS_PATH_MAX];

	if (gs_path(path, "usr/lib/modules/%s/vmlinuz", release) == 0 &&
	    gs_tree_exists(engine, path))
		return gs_asprintf("/%s", path);
	if (gs_path(path, "boot/vmlinuz-%s", release) == 0 && gs_tree_exists(engine, path))
		return gs_asprintf("/%s", path);
	return NULL;
}

int gs_boot_kernel_install(struct gs_engine *engine, char ***ret)
{
	char **releases = NULL;
	int r;

	r = gs_tree_list(engine, "usr/lib/modules", &releases);
	for (char **release = releases; r == 0 && release && *release; release++) {
		gs_cleanup_free char *image = find_image(engine, *release);
		char *command[] = { (char *)"kernel-install", (char *)"add", *release, image, NULL };

		if (image)
			r = add_command(ret, command);
	}
	gs_strv_free(releases);
	return r == 0 && !*ret ? -ENOENT : r;
}

/* What was recorded may name a kernel that is gone, and lack one that has come. */
static int commands_now(struct gs_engine *engine, char *const *list, char ***ret)
{
	int r = 0;

	for (; r == 0 && list && *list; list = next_command(list)) {
		char **kernels = NULL;

		if (!gs_streq(*list, "kernel-install")) {
			r = has_command(*ret, list) ? 0 : add_command(ret, list);
			continue;
		}
		r = gs_boot_kernel_install(engine, &kernels);
		if (r == 0)
			r = gs_boot_commands_add(ret, kernels);
		gs_strv_free(kernels);
	}
	return r;
}

int gs_boot_commands_run(struct gs_engine *engine, const struct gs_boot_host *host,
			 char *const *list)
{
	char **commands = NULL;
	int r;

	r = commands_now(engine, list, &commands);
	for (char *const *at = commands; r == 0 && at && *at; at = next_command(at)) {
		char **command = NULL;

		r = add_command(&command, at);
		if (r == 0)
			r = host->run(host->data, command);
		gs_strv_free(command);
	}
	gs_strv_free(commands);
	return r;
}

/* ---- programs that keep the command line themselves ---- */

/* Each gets the words, and takes them away again. */
static const struct keeper {
	const char *owner;
	const char *const ask[3], *const add[4], *const remove[4]; /* the last word is begun */
	const char *begin; /* of each line of the answer that holds a kernel's words */
	bool one_argument;
} keepers[] = {
	{ "grubby",
	  { "grubby", "--info=ALL" },
	  { "grubby", "--update-kernel=ALL", "--args=" },
	  { "grubby", "--update-kernel=ALL", "--remove-args=" },
	  "args=",
	  true },
	{ "rpm-ostree",
	  { "rpm-ostree", "kargs" },
	  { "rpm-ostree", "kargs", "--append-if-missing=" },
	  { "rpm-ostree", "kargs", "--delete-if-present=" },
	  "",
	  false },
};

static const struct keeper *find_keeper(const struct gs_boot *boot)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(keepers); i++)
		if (gs_streq(keepers[i].owner, boot->owner))
			return &keepers[i];
	return NULL;
}

/* @parts with the words after the last of them; nothing for no words */
static int add_words(const struct keeper *keeper, const char *const *parts, char *const *words,
		     char ***ret)
{
	gs_cleanup_free char *all = gs_boot_join(words);
	int r = 0;

	if (!all)
		return -ENOMEM;
	if (!words)
		return 0;
	for (; r == 0 && parts[1]; parts++)
		r = gs_strv_add(ret, *parts);
	for (; r == 0 && *words; words++) {
		gs_cleanup_free char *part =
			gs_asprintf("%s%s", *parts, keeper->one_argument ? all : *words);

		r = part ? gs_strv_add(ret, part) : -ENOMEM;
		if (keeper->one_argument)
			break;
	}
	return r;
}

/* How many kernels have the word? @word NULL: how many are there? */
static size_t count_kernels(const struct keeper *keeper, const char *answer, const char *word)
{
	size_t begin = strlen(keeper->begin), count = 0;

	for (const char *line = answer; *line; line += line[0] == '\n') {
		size_t length = strcspn(line, "\n");

		if (length && length >= begin && strncmp(line, keeper->begin, begin) == 0)
			count += !word || gs_boot_has_word(line + begin, length - begin, word);
		line += length;
	}
	return count;
}

static int change_for(const struct keeper *keeper, const char *answer, char *const *words,
		      struct gs_boot_change *ret)
{
	size_t kernels = count_kernels(keeper, answer, NULL);
	char **lacking = NULL, **nowhere = NULL;
	int r = kernels ? 0 : -EBADMSG;

	for (; r == 0 && words && *words; words++) {
		size_t count = count_kernels(keeper, answer, *words);

		if (count < kernels)
			r = gs_strv_add(&lacking, *words);
		/* Where somebody gave it to one of them it stays. */
		if (r == 0 && count == 0)
			r = gs_strv_add(&nowhere, *words);
	}
	if (r == 0)
		r = add_words(keeper, keeper->add, lacking, &ret->command);
	if (r == 0)
		r = add_words(keeper, keeper->remove, nowhere, &ret->undo);
	gs_strv_free(lacking);
	gs_strv_free(nowhere);
	return r;
}

int gs_boot_ask(const struct gs_boot *boot, const struct gs_boot_host *host,
		struct gs_boot_change *ret)
{
	const struct keeper *keeper = find_keeper(boot);
	gs_cleanup_free char *answer = NULL;
	char **command = NULL;
	int r = keeper ? 0 : -EINVAL;

	for (size_t i = 0; r == 0 && keeper->ask[i]; i++)
		r = gs_strv_add(&command, keeper->ask[i]);
	if (r == 0)
		r = host->ask(host->data, command, &answer);
	gs_strv_free(command);
	return r == 0 ? change_for(keeper, answer, boot->words, ret) : r;
}

/* What is shown, of which the program is not asked yet: reading runs nothing. */
static int use_keeper(struct gs_boot *boot)
{
	const struct keeper *keeper = find_keeper(boot);
	int r = keeper ? 0 : -EINVAL;

	if (r == 0)
		r = add_words(keeper, keeper->add, boot->missing, &boot->change.command);
	return r == 0 ? add_words(keeper, keeper->remove, boot->missing, &boot->change.undo) : r;
}

int gs_boot_use_grubby(struct gs_engine *engine, struct gs_boot *boot)
{
	(void)engine;
	return use_keeper(boot);
}

int gs_boot_use_rpm_ostree(struct gs_engine *engine, struct gs_boot *boot)
{
	(void)engine;
	return use_keeper(boot);
}
