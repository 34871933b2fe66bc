// SPDX-License-Identifier: GPL-2.0-or-later
/* measure.c - medians. */
#include <err.h>
#include <stdlib.h>
#include <time.h>

#include "measure.h"

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

uint64_t median_ns(uint64_t *took, unsigned int count)
{
	qsort(took, count, sizeof(*took), compare);
	return took[count / 2];
}

uint64_t measure(unsigned int rounds, int (*run)(void *data), void *data)
{
	uint64_t *took = calloc(rounds, sizeof(*took));
	uint64_t median, start;

	if (!took || !rounds)
		errx(1, "no rounds to measure");
	if (rounds > 1 && run(data) < 0)
		errx(1, "what is measured failed");
	for (unsigned int i = 0; i < rounds; i++) {
		start = now_ns();
		if (run(data) < 0)
			errx(1, "what is measured failed in round %u", i + 1);
		took[i] = now_ns() - start;
	}
	median = median_ns(took, rounds);
	free(took);
	return median;
}
