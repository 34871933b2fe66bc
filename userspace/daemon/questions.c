// SPDX-License-Identifier: GPL-2.0-or-later
/* questions.c - runs in a child with the rights of whoever asks */
#include "questions.h"

#include <systemd/sd-id128.h>

#include "ask.h"
#include "inventory.h"
#include "json.h"
#include "json_build.h"
#include "want_resolve.h"

#define PLAN_READS (GS_READ_HOLDERS | GS_READ_TYPES | GS_READ_DRIVERS)

static struct json_object *failure(const char *what, int r)
{
	gs_cleanup_free char *message = gs_asprintf("%s: %s", what, strerror(-r));

	return message ? gs_json_error("failed", message, NULL) : NULL;
}

static struct json_object *no_card(const char *card)
{
	gs_cleanup_free char *message = gs_asprintf("there is no card '%s'", card);

	return message ? gs_json_error("unknown-card", message, "gpushift list") : NULL;
}

static struct gs_card *find_card(const struct gs_host *host, const char *text)
{
	struct gs_address address;

	return gs_address_parse(text, &address) < 0 ? NULL : gs_host_card(host, &address);
}

/* --- plans ------------------------------------------------------------------------------------- */

/* The names that the daemon has looked up; a child of a plain user may not open the file again. */
static void take_names(struct gs_host *host, const struct gs_host *known)
{
	for (size_t i = 0; i < host->n_functions; i++) {
		struct gs_function *function = &host->functions[i];
		const struct gs_function *same = gs_host_function(known, &function->address);

		if (same && same->name)
			function->name = strdup(same->name);
	}
}

/* A plan needs a name for each device that it would make; it is not carried out. */
static int add_uuids(struct gs_want *want)
{
	for (size_t i = 0; i < want->n_profiles; i++) {
		for (unsigned int n = 0; n < want->profiles[i].count; n++) {
			char text[SD_ID128_UUID_STRING_MAX];
			sd_id128_t id;
			int r = sd_id128_randomize(&id);

			if (r == 0)
				r = gs_strv_add(&want->uuids, sd_id128_to_uuid_string(id, text));
			if (r < 0)
				return r;
			want->n_uuids++;
		}
	}
	return 0;
}

static struct json_object *wrong_want(struct gs_want_error *error)
{
	return gs_json_error("usage", error->message ? error->message : "this cannot be wanted",
			     error->fix);
}

static struct json_object *plan(struct gs_engine *engine, struct gs_host *host,
				struct question *question)
{
	struct gs_card *card = find_card(host, question->card);
	struct gs_want *want = &question->options.want;
	struct gs_want_error error = { 0 };
	struct gs_plan *made;
	int r;

	if (!card)
		return no_card(question->card);
	r = add_uuids(want);
	if (r == 0)
		r = gs_want_resolve(engine, host, card, want);
	if (r == 0)
		r = gs_plan_make(host, card, want, &made, &error);
	if (r == -EINVAL)
		return wrong_want(&error);
	return r < 0 ? failure("cannot plan", r) : gs_json_plan(made);
}

struct json_object *question_plan(struct gs_engine *engine, void *data)
{
	struct question *question = data;
	struct gs_host *host;
	int r = gs_inventory_read(engine, PLAN_READS, &host);

	if (r < 0)
		return failure("cannot read the host", r);
	take_names(host, question->known);
	return plan(engine, host, question);
}

/* --- holders ----------------------------------------------------------------------------------- */

static struct json_object *counts_of(struct json_object *holders)
{
	struct json_object *counts = json_object_new_object();

	for (size_t i = 0; counts && i < json_object_array_length(holders); i++) {
		struct json_object *holder = json_object_array_get_idx(holders, i);
		const char *kind =
			json_object_get_string(json_object_object_get(holder, "kind"));
		int n = json_object_get_int(json_object_object_get(counts, kind)) + 1;

		json_object_object_add(counts, kind, json_object_new_int(n));
	}
	return counts;
}

/* The card with its holders, as far as the process can see; an error document where that fails. */
static struct json_object *read_card(struct gs_engine *engine, const char *address)
{
	struct gs_host *host;
	struct gs_card *card;
	int r = gs_inventory_read(engine, 0, &host);

	if (r < 0)
		return failure("cannot read the host", r);
	card = find_card(host, address);
	if (!card)
		return no_card(address);
	r = gs_holders_read(engine, host, card);
	return r < 0 ? failure("cannot look for users", r) : gs_json_card(host, card);
}

static struct json_object *document(const struct question *question, struct json_object *holders,
				    struct json_object *counts, struct json_object *unreadable)
{
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "card", question->card);
	gs_json_put(&json, "holders", json_object_get(holders));
	gs_json_put(&json, "counts", counts);
	if (unreadable)
		gs_json_put(&json, "unreadable", json_object_get(unreadable));
	else
		gs_json_put_null(&json, "unreadable");
	return gs_json_end(&json);
}

struct json_object *question_holders(struct gs_engine *engine, void *data)
{
	const struct question *question = data;
	struct json_object *all = read_card(engine, question->card);
	struct json_object *seen = all, *counts;

	if (!all || json_object_object_get(all, "error"))
		return all;
	counts = counts_of(json_object_object_get(all, "holders"));
	/* What he may see is what he sees himself. */
	if (question->uid) {
		if (ask_drop_rights(question->uid) < 0)
			return NULL;
		seen = read_card(engine, question->card);
		if (!seen || json_object_object_get(seen, "error"))
			return seen;
	}
	return document(question, json_object_object_get(seen, "holders"), counts,
			json_object_object_get(all, "holders_unreadable"));
}
