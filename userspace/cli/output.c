// SPDX-License-Identifier: GPL-2.0-or-later
/* output.c - lines, messages, documents */
#include "output.h"

#include "job.h"
#include "json.h"
#include "utf8.h"

static void put_clean(FILE *stream, const char *text)
{
	while (*text) {
		size_t length = gs_utf8_length(text);

		if (!length || gs_utf8_is_control(text)) {
			fputc('?', stream);
			text += length ? length : 1;
			continue;
		}
		fwrite(text, 1, length, stream);
		text += length;
	}
}

static void gs_printf(2, 0) vfragment(FILE *stream, const char *format, va_list args)
{
	gs_cleanup_free char *text = NULL;

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		put_clean(stream, "out of memory");
		return;
	}
	put_clean(stream, text);
}

void cli_line(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfragment(stream, format, args);
	va_end(args);
	fputc('\n', stream);
}

void cli_fragment(FILE *stream, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfragment(stream, format, args);
	va_end(args);
}

static bool takes_colors(const struct cli *cli)
{
	const char *minds = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return !cli->no_color && !(minds && *minds) && terminal && !gs_streq(terminal, "dumb") &&
	       isatty(STDOUT_FILENO);
}

void cli_colored(const struct cli *cli, enum cli_color color, const char *format, ...)
{
	static const char *const codes[] = {
		[CLI_RED] = "\033[31m", [CLI_GREEN] = "\033[32m", [CLI_YELLOW] = "\033[33m"
	};
	bool colored = color != CLI_PLAIN && takes_colors(cli);
	va_list args;

	if (colored)
		fputs(codes[color], stdout);
	va_start(args, format);
	vfragment(stdout, format, args);
	va_end(args);
	if (colored)
		fputs("\033[0m", stdout);
}

static void gs_printf(1, 0) vmessage(const char *format, va_list args)
{
	fputs("gpushift: ", stderr);
	vfragment(stderr, format, args);
	fputc('\n', stderr);
}

void cli_message(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vmessage(format, args);
	va_end(args);
}

void cli_hint(const struct cli *cli, const char *format, ...)
{
	va_list args;

	if (cli->quiet)
		return;
	va_start(args, format);
	vmessage(format, args);
	va_end(args);
}

static void gs_printf(5, 0) vfail(const struct cli *cli, enum gs_exit status, const char *code,
				  const char *fix, const char *format, va_list args)
{
	gs_cleanup_free char *message = NULL;

	if (vasprintf(&message, format, args) < 0)
		message = NULL;
	cli_message("%s", message ? message : "out of memory");
	if (fix)
		cli_line(stderr, "  fix: %s", fix);
	if (cli->json)
		cli_document(gs_json_error(code, message ? message : "out of memory", fix), status);
}

int cli_fail(const struct cli *cli, enum gs_exit status, const char *code, const char *fix,
	     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfail(cli, status, code, fix, format, args);
	va_end(args);
	return status;
}

int cli_usage(const struct cli *cli, const char *format, ...)
{
	gs_cleanup_free char *fix = NULL;
	va_list args;

	if (cli->verb && cli->verb_named && !(cli->verb->flags & CLI_HIDDEN))
		fix = gs_asprintf("gpushift help %s", cli->verb->name);
	va_start(args, format);
	vfail(cli, GS_EXIT_USAGE, "usage", fix ? fix : "gpushift help", format, args);
	va_end(args);
	return GS_EXIT_USAGE;
}

int cli_no_memory(const struct cli *cli)
{
	return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "out of memory");
}

static int print_document(struct json_object *document, int flags)
{
	const char *text;

	if (!document) {
		cli_message("out of memory");
		return -ENOMEM;
	}
	text = json_object_to_json_string_ext(document, flags | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (text)
		printf("%s\n", text);
	else
		cli_message("out of memory");
	json_object_put(document);
	return text ? 0 : -ENOMEM;
}

int cli_document(struct json_object *document, enum gs_exit status)
{
	int r;

	if (document && cli_job_document(document))
		return status;
	r = print_document(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);

	return r < 0 && status == GS_EXIT_DONE ? GS_EXIT_FAILED : status;
}

static int gs_printf(2, 0) result_line(const struct cli *cli, const char *format, va_list args)
{
	gs_cleanup_free char *line = NULL;

	if (vasprintf(&line, format, args) < 0) {
		line = NULL;
		return -ENOMEM;
	}
	cli_job_text(line);
	if (!cli->json)
		cli_line(stdout, "%s", line);
	return 0;
}

void cli_result_line(const struct cli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)!result_line(cli, format, args);
	va_end(args);
}

int cli_result(const struct cli *cli, struct json_object *document, enum gs_exit status,
	       const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = result_line(cli, format, args);
	va_end(args);
	if (cli->json)
		return cli_document(document, status);
	json_object_put(document);
	return r < 0 ? cli_no_memory(cli) : (int)status;
}

int cli_document_line(struct json_object *document)
{
	int r = print_document(document, JSON_C_TO_STRING_PLAIN);

	return r < 0 ? GS_EXIT_FAILED : GS_EXIT_DONE;
}

void cli_blockers(FILE *stream, const char *indent, const struct gs_blocker *blockers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct gs_blocker *blocker = &blockers[i];

		cli_line(stream, "%srefused (%s): %s", indent, gs_refusal_code(blocker->refusal),
			 blocker->message);
		for (char **fact = blocker->evidence; fact && *fact; fact++)
			cli_line(stream, "%s  %s", indent, *fact);
		if (blocker->fix)
			cli_line(stream, "%s  fix: %s", indent, blocker->fix);
		if (blocker->overridable)
			cli_line(stream, "%s  --force overrides it", indent);
	}
}

int cli_finish(int status)
{
	int written_error = 0;

	if (fflush(stdout) == EOF || ferror(stdout))
		written_error = errno ? errno : EIO;
	/* Some file systems tell only now that nothing fitted. */
	if (fclose(stdout) == EOF && !written_error)
		written_error = errno;
	if (written_error) {
		cli_message("write error: %s", strerror(written_error));
		if (status == GS_EXIT_DONE)
			status = GS_EXIT_FAILED;
	}
	return status;
}
