/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * redact.h - takes out of a text what tells whose machine it is.
 *
 * UUIDs, machine ids, MAC and IP addresses and homes by their form; host names and
 * serial numbers because they are known. The same UUID gets the same number, so that
 * what belongs together still shows.
 */
#ifndef GS_REDACT_H
#define GS_REDACT_H

#include "engine.h"

/* Words that a host is known by. */
struct gs_secrets {
	char **hosts;
	char **serials;
};

/* gs_secrets_read - those of the engine's host; what cannot be read is in no text of ours */
int gs_secrets_read(struct gs_engine *engine, struct gs_secrets *ret) gs_must_check;
void gs_secrets_clear(struct gs_secrets *secrets);

/* gs_redact - a copy of the JSON document without them; NULL: no memory */
char *gs_redact(const struct gs_secrets *secrets, const char *text) gs_must_check;

/* gs_redact_cmdline - of a kernel's command line: values of keys that do not concern cards are left out */
char *gs_redact_cmdline(const char *text) gs_must_check;

#endif
