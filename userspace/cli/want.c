// SPDX-License-Identifier: GPL-2.0-or-later
/* want.c - wants and plans for plan, set and vgpu */
#include "want.h"

#include <systemd/sd-id128.h>

#include "definition.h"
#include "host.h"
#include "output.h"
#include "suggest.h"
#include "want_resolve.h"
#include "wish.h"

/* As many devices as one command may ask for. */
#define MAX_DEVICES 1000000

int cli_random_uuid(char uuid[37])
{
	sd_id128_t id;
	int r = sd_id128_randomize(&id);

	if (r < 0)
		return r;
	snprintf(uuid, 37, SD_ID128_UUID_FORMAT_STR, SD_ID128_FORMAT_VAL(id));
	return 0;
}

static int unknown_mode(struct cli *cli, const char *text)
{
	struct cli_suggest suggest;

	cli_suggest_begin(&suggest, text);
	for (int mode = 0; mode < GS_MODE_WANTABLE; mode++)
		cli_suggest_try(&suggest, gs_mode_name(mode));
	if (suggest.best)
		return cli_usage(cli, "there is no mode '%s'; did you mean '%s'?", text,
				 suggest.best);
	return cli_usage(cli, "there is no mode '%s'; the modes are host, passthrough and vgpu",
			 text);
}

/* The UUIDs of all devices that may be made; planning draws no random numbers. */
static int make_uuids(struct gs_want *want)
{
	size_t total = 0;

	for (size_t i = 0; i < want->n_profiles; i++)
		total += want->profiles[i].count;
	if (!total)
		return 0;
	if (total > MAX_DEVICES)
		return -E2BIG;
	want->uuids = calloc(total + 1, sizeof(*want->uuids));
	if (!want->uuids)
		return -ENOMEM;
	for (; want->n_uuids < total; want->n_uuids++) {
		char uuid[37];
		int r = cli_random_uuid(uuid);

		if (r < 0)
			return r;
		want->uuids[want->n_uuids] = strdup(uuid);
		if (!want->uuids[want->n_uuids])
			return -ENOMEM;
	}
	return 0;
}

int cli_want_uuids(struct cli *cli, struct gs_want *want)
{
	int r = make_uuids(want);

	if (r == -E2BIG)
		return cli_usage(cli, "these are more than %d vGPUs", MAX_DEVICES);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot make UUIDs: %s",
				strerror(-r));
	return 0;
}

int cli_want_begin(struct cli *cli, struct gs_want *want)
{

	*want = (struct gs_want){
		.driver = (char *)cli->driver,
		.with = cli->with,
		.n_with = cli->n_with,
		.profiles = cli->profiles,
		.n_profiles = cli->n_profiles,
		.vfs = cli->vfs,
		.vf_params = cli->vf_params,
		.force = cli->force,
	};
	if (gs_mode_parse(cli->arguments[1], &want->mode) < 0)
		return unknown_mode(cli, cli->arguments[1]);
	if (want->n_profiles && want->mode != GS_MODE_VGPU)
		return cli_usage(cli, "--profile goes with the mode vgpu, not with %s",
				 gs_mode_name(want->mode));
	if (want->vfs && want->mode != GS_MODE_VGPU)
		return cli_usage(cli, "--count goes with the mode vgpu, not with %s",
				 gs_mode_name(want->mode));
	if (want->vfs && want->n_profiles)
		return cli_usage(cli, "--count belongs to the --profile before it");
	return cli_want_uuids(cli, want);
}

void cli_want_end(struct gs_want *want)
{
	gs_want_clear(want);
	gs_strv_free(want->uuids);
	if (!want->stored)
		return;
	for (size_t i = 0; i < want->n_profiles; i++)
		free(want->profiles[i].type);
	free(want->profiles);
	gs_strv_free(want->keep);
}

int cli_want_error(struct cli *cli, struct gs_want_error *error)
{
	int status;

	status = cli_fail(cli, GS_EXIT_USAGE, "usage", error->fix, "%s",
			  error->message ? error->message : "this cannot be wanted");
	free(error->message);
	free(error->fix);
	*error = (struct gs_want_error){0};
	return status;
}

/* The set that is stored, for a card that is to be split into no matter what. */
static int add_stored(const struct gs_host *host, const struct gs_card *card, struct gs_want *want)
{
	if (want->mode != GS_MODE_VGPU || want->n_profiles || want->vfs ||
	    card->mode == GS_MODE_VGPU)
		return 0;
	want->stored = true;
	return gs_definitions_want(host, gs_card_display(card)->text, want);
}

/* Has mdevctl been told to forget all that a wish would make? */
static bool is_undefined(const struct gs_wish *wish, const struct gs_want *want)
{
	struct gs_address address;

	/* A VF that is a vGPU itself was never defined. */
	for (size_t i = 0; i < wish->n_vgpus; i++)
		if (gs_address_parse(wish->vgpus[i].uuid, &address) == 0)
			return false;
	return wish->mode == GS_MODE_VGPU && wish->n_vgpus && !want->n_profiles;
}

/* A set that was stored, and that somebody has told mdevctl to forget: nothing else is said of types. */
static int check_undefined(struct cli *cli, const struct gs_host *host, const struct gs_card *card,
			   const struct gs_want *want)
{
	gs_cleanup_free char *fix = NULL;
	struct gs_wish *wish = NULL;
	int r;

	if (!want->stored || want->n_profiles)
		return 0;
	r = gs_wish_for(cli->engine, host, card, &wish);
	if (r < 0 || !wish || !is_undefined(wish, want)) {
		gs_wish_free(wish);
		return r == -ENOMEM ? cli_no_memory(cli) : 0;
	}
	fix = gs_asprintf("gpushift set %s vgpu --profile %s", gs_card_display(card)->text,
			  wish->vgpus[0].type);
	r = cli_fail(cli, GS_EXIT_USAGE, "undefined", fix,
		     "the %zu vGPUs that %s was to be split into are no longer defined: mdevctl was "
		     "told so; say which ones are wanted",
		     wish->n_vgpus, gs_card_display(card)->text);
	gs_wish_free(wish);
	return r;
}

/* Only a refusal names what is in the way, and names are long to look up: then it is made again with them. */
static int make_plan(struct cli *cli, struct gs_host *host, struct gs_card *card,
		     const struct gs_want *want, struct gs_plan **ret, struct gs_want_error *error)
{
	int r = gs_plan_make(host, card, want, ret, error);

	if (r < 0 || !(*ret)->n_blockers)
		return r;
	gs_plan_free(*ret);
	*ret = NULL;
	r = gs_names_read(cli->engine, host);
	return r < 0 ? r : gs_plan_make(host, card, want, ret, error);
}

int cli_want_plan(struct cli *cli, struct gs_host *host, struct gs_want *want,
		  struct gs_plan **ret)
{
	struct gs_want_error error = {0};
	struct gs_card *card;
	int r;

	r = cli_find_card(cli, host, cli->arguments[0], &card);
	if (r)
		return r;
	r = add_stored(host, card, want);
	if (r == 0) {
		r = check_undefined(cli, host, card, want);
		if (r)
			return r;
	}
	if (r == 0)
		r = gs_want_resolve(cli->engine, host, card, want);
	if (r == 0)
		r = make_plan(cli, host, card, want, ret, &error);
	if (r == -EINVAL)
		return cli_want_error(cli, &error);
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	if (r < 0)
		return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot plan: %s",
				strerror(-r));
	return 0;
}

enum gs_exit cli_refused_status(const struct gs_plan *plan)
{
	enum gs_exit status = GS_EXIT_REFUSED;

	for (size_t i = 0; i < plan->n_blockers; i++) {
		enum gs_refusal refusal = plan->blockers[i].refusal;

		if (refusal == GS_REFUSE_QUARANTINED)
			return GS_EXIT_ATTENTION;
		if (refusal == GS_REFUSE_REBOOT_REQUIRED)
			status = GS_EXIT_REBOOT;
		if (refusal == GS_REFUSE_BUSY && status != GS_EXIT_REBOOT)
			status = GS_EXIT_BUSY;
	}
	return status;
}

void cli_plan_warnings(const struct gs_plan *plan)
{
	for (char **warning = plan->warnings; warning && *warning; warning++)
		cli_message("%s", *warning);
}
