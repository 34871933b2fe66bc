// SPDX-License-Identifier: GPL-2.0-or-later
/* suggest.c - edit distance (optimal string alignment) */
#include "suggest.h"

#define LONGEST 64

static size_t min(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t cli_distance(const char *a, const char *b)
{
	/* Three rows of the table: the one being filled and the two above it. */
	size_t rows[3][LONGEST + 1];
	size_t *above2 = rows[0], *above = rows[1], *row = rows[2];
	size_t a_length = strlen(a), b_length = strlen(b);

	if (a_length > LONGEST || b_length > LONGEST)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_length; j++)
		above[j] = j;

	for (size_t i = 1; i <= a_length; i++) {
		size_t *oldest = above2;

		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = min(above[j], row[j - 1]) + 1;
			row[j] = min(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min(row[j], above2[j - 2] + 1);
		}
		above2 = above;
		above = row;
		row = oldest;
	}
	return above[b_length];
}

void cli_suggest_begin(struct cli_suggest *suggest, const char *word)
{
	suggest->word = word;
	suggest->best = NULL;
	/* One more than what is still near. */
	suggest->distance = strlen(word) / 3 + 2;
}

void cli_suggest_try(struct cli_suggest *suggest, const char *candidate)
{
	size_t distance = cli_distance(suggest->word, candidate);

	/* A word that shares no letter with what was typed is no help. */
	if (distance < suggest->distance && distance < strlen(candidate)) {
		suggest->best = candidate;
		suggest->distance = distance;
	}
}
