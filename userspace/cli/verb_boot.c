// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_boot.c - gpushift boot show, apply, revert: the kernel's command line */
#include "boot.h"

#include "helper.h"
#include "json_build.h"
#include "output.h"
#include "switch.h"
#include "text.h"

/* ---- what would change, as lines ---- */

static int add_lines(char ***diff, const char *sign, const char *from, const char *to)
{
	int r = 0;

	while (r == 0 && from < to) {
		size_t length = strcspn(from, "\n");
		gs_cleanup_free char *line = gs_asprintf("%s%.*s", sign, (int)length, from);

		r = line ? gs_strv_add(diff, line) : -ENOMEM;
		from += length + 1;
	}
	return r;
}

/* Bytes that both begin with, up to the end of a line. */
static size_t common_begin(const char *a, const char *b)
{
	size_t lines = 0;

	for (size_t i = 0; a[i] && a[i] == b[i]; i++)
		if (a[i] == '\n')
			lines = i + 1;
	return lines;
}

/* Bytes that the rests of both end with, from the begin of a line on. */
static size_t common_end(const char *a, const char *b)
{
	size_t left = strlen(a), right = strlen(b), lines = 0;

	for (size_t i = 1; i <= left && i <= right && a[left - i] == b[right - i]; i++)
		if (i < left && i < right && a[left - i - 1] == '\n' && b[right - i - 1] == '\n')
			lines = i;
	return lines;
}

/* One hunk: words are added to a line or two that are near each other. */
static int make_diff(const struct gs_boot_file *file, bool back, char ***ret)
{
	const char *before = back ? file->after : file->before;
	const char *after = back ? file->before : file->after;
	const char *old = before ? before : "", *new = after ? after : "";
	size_t begin = common_begin(old, new), end = common_end(old + begin, new + begin);
	gs_cleanup_free char *from = NULL;
	gs_cleanup_free char *to = NULL;
	int r;

	from = before ? gs_asprintf("--- /%s", file->path) : strdup("--- /dev/null");
	to = after ? gs_asprintf("+++ /%s", file->path) : strdup("+++ /dev/null");
	r = from ? gs_strv_add(ret, from) : -ENOMEM;
	if (r == 0)
		r = to ? gs_strv_add(ret, to) : -ENOMEM;
	if (r == 0)
		r = add_lines(ret, "-", old + begin, old + strlen(old) - end);
	return r == 0 ? add_lines(ret, "+", new + begin, new + strlen(new) - end) : r;
}

/* ---- telling ---- */

static struct json_object *json_files(const struct gs_boot_change *change, bool back)
{
	struct gs_json array;

	gs_json_begin_array(&array);
	for (size_t i = 0; i < change->n_files; i++) {
		struct gs_json json;
		char **diff = NULL;

		gs_json_begin(&json);
		json.failed |= make_diff(&change->files[i], back, &diff) < 0;
		gs_json_put_string(&json, "path", change->files[i].path);
		gs_json_put_strings(&json, "diff", diff);
		gs_json_add(&array, gs_json_end(&json));
		gs_strv_free(diff);
	}
	return gs_json_end(&array);
}

static struct json_object *json_boot(const struct gs_boot *boot, const struct gs_boot_change *change,
				     bool back, const char *result)
{
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "owner", boot->owner);
	gs_json_put_string(&json, "known_by", boot->known_by);
	gs_json_put_strings(&json, "words", boot->words);
	gs_json_put_strings(&json, "missing", boot->missing);
	gs_json_put(&json, "files", json_files(change, back));
	gs_json_put_strings(&json, "command", back ? change->undo : change->command);
	gs_json_put_bool(&json, "applied", boot->applied != NULL);
	gs_json_put_bool(&json, "pending", gs_boot_pending(boot));
	gs_json_put_string(&json, "refusal", boot->refusal);
	gs_json_put_string(&json, "by_hand", boot->by_hand);
	gs_json_put_string(&json, "result", result);
	return gs_json_end(&json);
}

static enum cli_color color_of(const char *line)
{
	return *line == '+' ? CLI_GREEN : *line == '-' ? CLI_RED : CLI_PLAIN;
}

static int print_files(const struct cli *cli, const struct gs_boot_change *change, bool back)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < change->n_files; i++) {
		char **diff = NULL;

		r = make_diff(&change->files[i], back, &diff);
		for (char **line = diff; r == 0 && *line; line++) {
			cli_colored(cli, color_of(*line), "%s", *line);
			cli_line(stdout, "%s", "");
		}
		gs_strv_free(diff);
	}
	return r;
}

static int print_command(const struct cli *cli, char *const *command)
{
	gs_cleanup_free char *text = cli_text_command(command);

	if (!text)
		return -ENOMEM;
	if (!*text)
		return 0;
	if (cli->root)
		cli_line(stdout, "then, in that system: %s", text);
	else
		cli_line(stdout, "then: %s", text);
	return 0;
}

static int print_words(const struct gs_boot *boot)
{
	gs_cleanup_free char *words = cli_text_join(boot->words, " ");
	gs_cleanup_free char *missing = cli_text_join(boot->missing, " ");

	if (!words || !missing)
		return -ENOMEM;
	cli_line(stdout, "wanted: %s", *words ? words : "nothing");
	cli_line(stdout, "running without: %s", *missing ? missing : "none of it");
	if (boot->owner)
		cli_line(stdout, "owner: %s, known by %s", boot->owner, boot->known_by);
	return 0;
}

/* In another system nobody runs what belongs to its files but somebody there. */
static char **left_to_run(const struct gs_boot *boot)
{
	bool left = boot->elsewhere && boot->applied && !boot->applied->finished;

	return left ? boot->applied->command : NULL;
}

static int print_boot(const struct cli *cli, const struct gs_boot *boot)
{
	int r = print_words(boot);

	if (r < 0)
		return r;
	if (boot->applied)
		cli_line(stdout, "applied: yes%s; gpushift boot revert takes it back",
			 boot->applied->finished ? "" : ", but not finished");
	if (boot->refusal) {
		cli_line(stdout, "not to be changed: %s", boot->refusal);
		cli_line(stdout, "by hand: %s", boot->by_hand);
		return 0;
	}
	if (!gs_boot_pending(boot)) {
		if (boot->missing)
			cli_line(stdout, "all is configured; it holds after a reboot");
		return print_command(cli, left_to_run(boot));
	}
	r = print_files(cli, &boot->change, false);
	return r < 0 ? r : print_command(cli, boot->change.command);
}

/* ---- the verbs ---- */

static int read_boot(struct cli *cli, struct gs_boot **ret)
{
	int r = gs_boot_read(cli->engine, ret);

	switch (r < 0 ? r : (*ret)->record_error) {
	case 0:
		return 0;
	case -ENOMEM:
		return cli_no_memory(cli);
	case -EPROTO:
		return cli_fail(cli, GS_EXIT_REFUSED, "newer", "use the newer gpushift",
				"/%s was written by a newer gpushift", GS_BOOT_RECORD);
	case -EBADMSG:
		return cli_fail(cli, GS_EXIT_REFUSED, "damaged", "mv /" GS_BOOT_RECORD " /root/",
				"/%s is damaged: what was there before cannot be told",
				GS_BOOT_RECORD);
	default:
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
				"the command line's configuration cannot be read: %s",
				strerror(r < 0 ? -r : -(*ret)->record_error));
	}
}

int verb_boot_show(struct cli *cli)
{
	gs_cleanup_boot struct gs_boot *boot = NULL;
	int r = read_boot(cli, &boot);

	if (r)
		return r;
	if (cli->json)
		return cli_document(json_boot(boot, &boot->change, false, NULL), GS_EXIT_DONE);
	return print_boot(cli, boot) < 0 ? cli_no_memory(cli) : GS_EXIT_DONE;
}

static int run_helper(void *data, char *const *command)
{
	(void)data;
	return cli_helper_run(command);
}

static int ask_helper(void *data, char *const *command, char **ret)
{
	(void)data;
	return cli_helper_ask(command, ret);
}

static const struct gs_boot_host this_host = {.run = run_helper, .ask = ask_helper};

/* Another tree has no switches; what is changed there is the caller's. */
static int begin(struct cli *cli, struct gs_lock **lock, struct gs_boot **boot)
{
	int r = cli->root ? 0 : cli_switch_lock(cli, lock);

	return r ? r : read_boot(cli, boot);
}

static int finish(struct cli *cli, const struct gs_boot *boot, const struct gs_boot_change *change,
		  bool back, const char *result, const char *sentence)
{
	if (cli->json)
		return cli_document(json_boot(boot, change, back, result), GS_EXIT_DONE);
	if (print_files(cli, change, back) < 0 ||
	    (cli->root && print_command(cli, back ? change->undo : change->command) < 0))
		return cli_no_memory(cli);
	cli_line(stdout, "%s", sentence);
	return GS_EXIT_DONE;
}

static int nothing(struct cli *cli, const struct gs_boot *boot, const char *sentence)
{
	const struct gs_boot_change rest = {.command = left_to_run(boot)};

	return finish(cli, boot, &rest, false, "nothing", sentence);
}

/* How far one came that failed: what to say before and after the reason, and what to do then. */
struct failure {
	const char *what, *rest;
	const char *fix;
};

static int fail(struct cli *cli, const struct failure *failure, int r)
{
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	return cli_fail(cli, GS_EXIT_FAILED, "failed", failure->fix, "%s: %s%s", failure->what,
			r == -EIO ? "the program that applies it failed" : strerror(-r),
			failure->rest);
}

static const struct failure apply_failures[] = {
	[GS_BOOT_NOTHING] = {"the command line was not changed", "; all is as it was",
			     "gpushift boot show"},
	[GS_BOOT_IN_PART] = {"the command line is changed in part", ", and that cannot be taken back",
			     "gpushift boot revert"},
	[GS_BOOT_ALL_BUT_RECORD] = {"the command line is changed, and that cannot be recorded", "",
				    "gpushift boot apply"},
};

int verb_boot_apply(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_boot struct gs_boot *boot = NULL;
	enum gs_boot_reach reach;
	int r = begin(cli, &lock, &boot);

	if (r)
		return r;
	if (boot->refusal)
		return cli_fail(cli, GS_EXIT_REFUSED, "not-recognized", boot->by_hand, "%s",
				boot->refusal);
	if (!gs_boot_pending(boot) && !gs_boot_asks(boot))
		return nothing(cli, boot, boot->missing ? "All is configured; reboot." :
							  "Nothing to do.");
	r = gs_boot_apply(cli->engine, boot, &this_host, &reach);
	if (r < 0)
		return fail(cli, &apply_failures[reach], r);
	return finish(cli, boot, &boot->change, false, "applied",
		      "Done; it holds after a reboot. gpushift boot revert takes it back.");
}

static const struct failure revert_failures[] = {
	[GS_BOOT_NOTHING] = {"the command line was not put back", "", "gpushift boot revert"},
	[GS_BOOT_IN_PART] = {"the command line was put back in part", "; it is still recorded",
			     "gpushift boot revert"},
	[GS_BOOT_ALL_BUT_RECORD] = {"the command line was put back, and is still recorded as changed",
				    "", "gpushift boot revert"},
};

int verb_boot_revert(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_boot struct gs_boot *boot = NULL;
	gs_cleanup_free char *changed = NULL;
	enum gs_boot_reach reach;
	int r = begin(cli, &lock, &boot);

	if (r)
		return r;
	if (!boot->applied)
		return nothing(cli, boot, "Nothing was applied.");
	r = gs_boot_revert(cli->engine, boot, &this_host, &changed, &reach);
	if (r == -ESTALE)
		return cli_fail(cli, GS_EXIT_REFUSED, "changed", "gpushift boot show",
				"/%s was changed by somebody else since; take the words out of it by "
				"hand, then remove /%s",
				changed, GS_BOOT_RECORD);
	if (r < 0)
		return fail(cli, &revert_failures[reach], r);
	return finish(cli, boot, boot->applied, true, "reverted",
		      "Put back; it holds after a reboot.");
}
