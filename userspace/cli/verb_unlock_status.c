// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_unlock_status.c - gpushift unlock status */
#include "json_build.h"
#include "output.h"
#include "unlock_parts.h"
#include "unlock_rebuild.h"
#include "unlock_redo.h"

struct status {
	struct cli *cli;
	struct unlock_host host;
	struct unlock_store store;
	char *redo; /* what must be done again, and why; NULL: nothing */
};

static const char *sentence_of(const struct unlock_card *card)
{
	if (card->listed)
		return "on NVIDIA's list: needs no unlocking (unlock = false in /etc/vgpu_unlock/config.toml)";
	return card->why_not ? card->why_not : unlock_prospects[card->generation].sentence;
}

static struct json_object *card_json(const struct unlock_card *card)
{
	struct gs_json json;

	gs_json_begin(&json);
	gs_json_put_string(&json, "address", card->function->text);
	gs_json_put_id(&json, "device_id", card->function->device_id);
	gs_json_put_string(&json, "generation", unlock_prospects[card->generation].name);
	gs_json_put_bool(&json, "listed", card->listed);
	gs_json_put_bool(&json, "can_work", !card->why_not);
	gs_json_put_string(&json, "detail", sentence_of(card));
	return gs_json_end(&json);
}

static struct json_object *files_json(struct status *status)
{
	struct gs_json list;

	gs_json_begin_array(&list);
	for (size_t i = 0; i < unlock_store_count(&status->store); i++) {
		int state = unlock_store_state(&status->store, i);
		struct gs_json json;

		gs_json_begin(&json);
		gs_json_put_string(&json, "path", unlock_store_path(&status->store, i));
		gs_json_put_string(&json, "state", state < 0 ? "unreadable" : unlock_state_names[state]);
		gs_json_add(&list, gs_json_end(&json));
	}
	return gs_json_end(&list);
}

static int print_json(struct status *status, enum gs_exit exit_status)
{
	struct gs_json document, cards;

	gs_json_begin_document(&document);
	gs_json_put_bool(&document, "installed", unlock_store_count(&status->store) > 0);
	gs_json_put_string(&document, "driver", status->host.version);
	gs_json_put_string(&document, "release", status->host.release);
	gs_json_put_string(&document, "library", status->host.library);
	gs_json_put_string(&document, "library_problem", status->host.library_why);
	gs_json_put_string(&document, "hooks", unlock_store_noted(&status->store, "hooks"));
	gs_json_begin_array(&cards);
	for (size_t i = 0; i < status->host.n_cards; i++)
		gs_json_add(&cards, card_json(&status->host.cards[i]));
	gs_json_put(&document, "cards", gs_json_end(&cards));
	gs_json_put(&document, "files", files_json(status));
	unlock_owed_json(&document, "owed", &status->store);
	gs_json_put_string(&document, "redo", status->redo);
	return cli_document(gs_json_end(&document), exit_status);
}

static void print_lines(struct status *status)
{
	const struct unlock_host *host = &status->host;

	if (host->version && host->release)
		cli_line(stdout, "driver: %s (vGPU %s)", host->version, host->release);
	else
		cli_line(stdout, "driver: %s", host->version ? host->version : "none");
	cli_line(stdout, "library: %s%s%s", host->library ? host->library : "not installed: make install, or the package gpushift-unlock",
		 host->library_why ? ": not to be used: " : "",
		 host->library_why ? host->library_why : "");
	for (size_t i = 0; i < host->n_cards; i++)
		cli_line(stdout, "%s: %s: %s", host->cards[i].function->text,
			 unlock_prospects[host->cards[i].generation].name,
			 sentence_of(&host->cards[i]));
	for (size_t i = 0; i < unlock_store_count(&status->store); i++) {
		int state = unlock_store_state(&status->store, i);

		cli_line(stdout, "/%s: %s", unlock_store_path(&status->store, i),
			 state < 0 ? strerror(-state) : unlock_state_names[state]);
	}
	if (!unlock_store_count(&status->store))
		cli_line(stdout, "Nothing is installed.");
	if (status->redo)
		cli_line(stdout, "To be done: %s", status->redo);
}

static int run(struct status *status)
{
	enum gs_exit exit_status;
	int r = unlock_host_read(status->cli, &status->host);

	if (r)
		return r;
	r = unlock_store_open(status->cli->engine, false, &status->store);
	if (r == -EACCES)
		return cli_fail(status->cli, GS_EXIT_REFUSED, "not-permitted", "sudo gpushift unlock status",
				"only root may read /" UNLOCK_STORE);
	if (r == 0)
		r = unlock_redo_find(&status->host, &status->store, &status->redo);
	if (r < 0)
		return unlock_store_fail(status->cli, r);
	exit_status = status->redo ? GS_EXIT_FAILED : GS_EXIT_DONE;
	if (status->cli->json)
		return print_json(status, exit_status);
	print_lines(status);
	return exit_status;
}

int verb_unlock_status(struct cli *cli)
{
	struct status status = { .cli = cli, .store = { .lock = -1 } };
	int r = run(&status);

	unlock_store_close(&status.store);
	unlock_host_clear(&status.host);
	free(status.redo);
	return r;
}
