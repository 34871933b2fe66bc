/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suggest.h - the nearest match for a mistyped word. */
#ifndef CLI_SUGGEST_H
#define CLI_SUGGEST_H

#include "base.h"

struct cli_suggest {
	const char *word;
	const char *best; /* NULL: nothing comes near; else one of the candidates given */
	size_t distance;
};

/* cli_suggest_begin - nothing further away than a third of the word counts as near */
void cli_suggest_begin(struct cli_suggest *suggest, const char *word);

/* cli_suggest_try - keep @candidate when it is nearer than those before it */
void cli_suggest_try(struct cli_suggest *suggest, const char *candidate);

/* cli_distance - edits (insert, delete, replace, swap) from @a to @b; large when either is too long
 */
size_t cli_distance(const char *a, const char *b);

#endif
