// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_import.c - gpushift import: what modprobe.d and driverctl do at each boot, as wishes */
#include "import.h"

#include "host.h"
#include "initramfs.h"
#include "initramfs_maker.h"
#include "json_build.h"
#include "output.h"
#include "switch.h"
#include "text.h"

/* What is found, and what may stay behind. */
struct found {
	struct gs_bindings bindings;
	struct gs_imports imports;
	const char *rebuild;
};

static const char *state_name(const struct gs_import *import)
{
	static const char *const names[] = {
		[GS_IMPORT_NEW] = "new",
		[GS_IMPORT_THERE] = "already",
		[GS_IMPORT_OTHER] = "other-wish",
		[GS_IMPORT_NOT_NOW] = "not-in-mode",
	};

	return import->stored ? "stored" : names[import->state];
}

/* The command that a person runs for what cannot be taken over as it is. */
static char *set_command(const struct gs_import *import)
{
	char *command = gs_asprintf("gpushift set %s %s%s%s", gs_card_display(import->card)->text,
				    gs_mode_name(import->want.mode),
				    import->driver ? " --driver " : "",
				    import->driver ? import->driver : "");

	for (size_t i = 0; command && i < import->want.n_with; i++) {
		char address[GS_ADDRESS_LEN], *longer;

		gs_address_format(&import->want.with[i], address);
		longer = gs_asprintf("%s --with %s", command, address);
		free(command);
		command = longer;
	}
	if (command) {
		char *longer = gs_asprintf("%s --persist", command);

		free(command);
		command = longer;
	}
	return command;
}

static bool is_open(const struct gs_import *import)
{
	return import->state == GS_IMPORT_OTHER || import->state == GS_IMPORT_NOT_NOW;
}

/* ---- JSON ---- */

static struct json_object *json_import(const struct gs_import *import)
{
	gs_cleanup_free char *fix = is_open(import) ? set_command(import) : NULL;
	struct gs_json json, with;

	gs_json_begin(&json);
	gs_json_put_string(&json, "card", gs_card_display(import->card)->text);
	gs_json_put_string(&json, "mode", gs_mode_name(import->want.mode));
	gs_json_put_string(&json, "driver", import->driver);
	gs_json_begin_array(&with);
	for (size_t i = 0; i < import->want.n_with; i++) {
		char address[GS_ADDRESS_LEN];

		gs_json_add(&with, json_object_new_string(
					   gs_address_format(&import->want.with[i], address)));
	}
	gs_json_put(&json, "with", gs_json_end(&with));
	gs_json_put_strings(&json, "from", import->from);
	gs_json_put_strings(&json, "also", import->also);
	gs_json_put_string(&json, "state", state_name(import));
	gs_json_put_string(&json, "fix", fix);
	return gs_json_end(&json);
}

static struct json_object *json_leftover(const struct gs_binding *line, const char *rebuild)
{
	gs_cleanup_free char *fix = gs_binding_fix(line, rebuild);
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "where", line->where);
	gs_json_put_string(&json, "text", line->text);
	gs_json_put_string(&json, "fix", fix);
	return gs_json_end(&json);
}

static struct json_object *json_found(const struct gs_host *host, const struct found *found)
{
	struct gs_json document, imports, leftovers;

	gs_json_begin_document(&document);
	gs_json_begin_array(&imports);
	for (size_t i = 0; i < found->imports.count; i++)
		gs_json_add(&imports, json_import(&found->imports.list[i]));
	gs_json_put(&document, "imports", gs_json_end(&imports));
	gs_json_begin_array(&leftovers);
	for (size_t i = 0; i < found->bindings.count; i++)
		if (gs_binding_matters(&found->bindings.list[i], host))
			gs_json_add(&leftovers,
				    json_leftover(&found->bindings.list[i], found->rebuild));
	gs_json_put(&document, "leftovers", gs_json_end(&leftovers));
	return gs_json_end(&document);
}

/* ---- text ---- */

static void print_state(const struct gs_import *import, const char *from)
{
	gs_cleanup_free char *command = set_command(import);
	const char *card = gs_card_display(import->card)->text;
	const char *mode = gs_mode_name(import->want.mode);

	switch (import->state) {
	case GS_IMPORT_NEW:
		cli_line(stdout, "%s: %s, by %s: %s", card, mode, from,
			 import->stored ? "is wished for from now on" : "can become a wish");
		return;
	case GS_IMPORT_THERE:
		cli_line(stdout, "%s: %s, by %s: is wished for already", card, mode, from);
		return;
	case GS_IMPORT_OTHER:
		cli_line(stdout, "%s: %s, by %s: it is wished for %s%s, and that stays", card, mode, from,
			 gs_mode_name(import->wished),
			 import->wished == import->want.mode ? " otherwise (driver or --with)" : "");
		break;
	case GS_IMPORT_NOT_NOW:
		cli_line(stdout, "%s: %s, by %s: it is in mode %s now, so that nothing was verified",
			 card, mode, from, gs_mode_name(import->card->mode));
		break;
	}
	cli_line(stdout, "  instead: %s", command ? command : "gpushift help set");
}

static int print_import(const struct gs_import *import)
{
	gs_cleanup_free char *from = cli_text_join(import->from, ", ");
	gs_cleanup_free char *also = cli_text_join(import->also, ", ");

	if (!from || !also)
		return -ENOMEM;
	print_state(import, from);
	if (*also)
		cli_line(stdout,
			 "  the same ids take %s as well; gpushift tells them apart: for one that is "
			 "not meant, gpushift set %s host --persist",
			 also, import->also[0]);
	return 0;
}

static int print_leftovers(const struct gs_host *host, const struct found *found)
{
	bool any = false;

	for (size_t i = 0; i < found->bindings.count; i++) {
		const struct gs_binding *line = &found->bindings.list[i];
		gs_cleanup_free char *fix = NULL;

		if (!gs_binding_matters(line, host))
			continue;
		if (!any)
			cli_line(stdout, "%s", "These decide at each boot until they are taken away:");
		any = true;
		fix = gs_binding_fix(line, found->rebuild);
		if (!fix)
			return -ENOMEM;
		cli_line(stdout, "  %s: %s", line->where, line->text);
		cli_line(stdout, "    %s", fix);
	}
	return 0;
}

static int print_found(const struct cli *cli, const struct gs_host *host, const struct found *found)
{
	bool new = false;

	if (!found->imports.count)
		cli_line(stdout, "%s", "No card is bound by modprobe.d, the command line or driverctl.");
	for (size_t i = 0; i < found->imports.count; i++) {
		new = new || found->imports.list[i].state == GS_IMPORT_NEW;
		if (print_import(&found->imports.list[i]) < 0)
			return -ENOMEM;
	}
	if (print_leftovers(host, found) < 0)
		return -ENOMEM;
	if (new && !cli->apply)
		cli_hint(cli, "nothing was changed; to store the wishes: gpushift import --apply");
	return 0;
}

/* ---- the verb ---- */

static int find(struct cli *cli, const struct gs_host *host, struct found *found)
{
	int r = gs_bindings_read(cli->engine, &found->bindings);

	found->rebuild = gs_initramfs_rebuild(cli->engine);
	if (r == 0)
		r = gs_imports_make(cli->engine, host, &found->bindings, &found->imports);
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read the wishes: %s",
				strerror(-r));
	return 0;
}

static int store(struct cli *cli, const struct gs_host *host, struct found *found)
{
	for (size_t i = 0; i < found->imports.count; i++) {
		struct gs_import *import = &found->imports.list[i];
		int r = import->state == GS_IMPORT_NEW ? gs_import_store(cli->engine, host, import) : 0;

		if (r < 0)
			return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL,
					"the wish for %s cannot be stored: %s",
					gs_card_display(import->card)->text, strerror(-r));
	}
	cli_tell_initramfs(cli, host);
	return 0;
}

static int run(struct cli *cli, struct gs_host *host, struct found *found)
{
	enum gs_exit status = GS_EXIT_DONE;
	int r = find(cli, host, found);

	if (r == 0 && cli->apply)
		r = store(cli, host, found);
	if (r)
		return r;
	/* Asked to take over, and something was not. */
	for (size_t i = 0; cli->apply && i < found->imports.count; i++)
		if (is_open(&found->imports.list[i]))
			status = GS_EXIT_FAILED;
	if (cli->json)
		return cli_document(json_found(host, found), status);
	return print_found(cli, host, found) < 0 ? cli_no_memory(cli) : (int)status;
}

int verb_import(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	gs_cleanup_host struct gs_host *host = NULL;
	struct found found = {0};
	int r = 0;

	if (cli->apply && !cli->root)
		r = cli_switch_lock(cli, &lock);
	if (r == 0)
		r = cli_read_host(cli, 0, &host);
	if (r == 0)
		r = run(cli, host, &found);
	gs_imports_clear(&found.imports);
	gs_bindings_clear(&found.bindings);
	return r;
}
