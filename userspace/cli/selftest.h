/* SPDX-License-Identifier: GPL-2.0-or-later */
/* selftest.h - what a hand-over self-test measures and compares. */
#ifndef CLI_SELFTEST_H
#define CLI_SELFTEST_H

#include "cli.h"

/* One way, of all rounds. */
struct cli_times {
	uint64_t *us;
	size_t count;
};

int cli_times_add(struct cli_times *times, uint64_t us) gs_must_check;

/* cli_times_sort - from then on the first is the least; cli_times_median - of sorted ones */
void cli_times_sort(struct cli_times *times);
uint64_t cli_times_median(const struct cli_times *times);

/* What this process holds. */
struct cli_usage_of_us {
	unsigned int fds;
	unsigned long rss_kib;
};

int cli_usage_read(struct cli_usage_of_us *ret) gs_must_check;

/*
 * cli_card_snapshot - driver and override of each function of the card, as text
 * cli_card_compare - how it is not as in the snapshot, or does not answer; a
 *                    sentence in @ret, NULL: it is, and does
 */
char *cli_card_snapshot(const struct gs_card *card) gs_must_check;
int cli_card_compare(const struct gs_card *card, const char *snapshot, char **ret) gs_must_check;

#endif
