// SPDX-License-Identifier: GPL-2.0-or-later
/* verb_recover.c - gpushift recover */
#include "json_build.h"
#include "output.h"
#include "switch.h"

static const char *outcome_name(enum gs_recovered outcome)
{
	switch (outcome) {
	case GS_RECOVERED_NOTHING:
		return "nothing";
	case GS_RECOVERED_FINISHED:
		return "finished";
	case GS_RECOVERED_UNDONE:
		return "undone";
	case GS_RECOVERED_REPORTED:
		return "reported";
	case GS_RECOVERED_SET_ASIDE:
		return "set-aside";
	case GS_RECOVERED_FAILED:
		return "failed";
	}
	return NULL;
}

static int print(const struct cli *cli, const struct gs_recovery *recovery)
{
	struct gs_json json;

	gs_json_begin_document(&json);
	gs_json_put_string(&json, "outcome", outcome_name(recovery->outcome));
	gs_json_put_string(&json, "card", recovery->card);
	gs_json_put_string(&json, "from", recovery->from);
	gs_json_put_string(&json, "to", recovery->to);
	gs_json_put_string(&json, "detail", recovery->detail);
	if (recovery->outcome == GS_RECOVERED_NOTHING)
		return cli_result(cli, gs_json_end(&json), GS_EXIT_DONE,
				  "No switch was interrupted.");
	return cli_result(cli, gs_json_end(&json), GS_EXIT_DONE, "%s: %s",
			  recovery->card ? recovery->card : "journal",
			  outcome_name(recovery->outcome));
}

int verb_recover(struct cli *cli)
{
	cli_cleanup_lock struct gs_lock *lock = NULL;
	struct gs_recovery recovery;
	int r;

	r = cli_switch_lock(cli, &lock);
	if (r)
		return r;
	r = cli_switch_recover(cli, lock, &recovery);
	if (r == 0)
		r = print(cli, &recovery);
	gs_recovery_clear(&recovery);
	return r;
}
