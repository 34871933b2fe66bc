// SPDX-License-Identifier: GPL-2.0-or-later
/* verdict.c - what others say against what the module says. */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

struct expectation {
	struct function *function;
	unsigned int fact;
	const char *source;
	char *value;
};

static struct expectation *expectations;
static size_t expected, room;

void expect(struct function *function, unsigned int fact, const char *source, const char *format,
	    ...)
{
	struct expectation *expectation;
	va_list args;

	if (expected == room) {
		room = room ? 2 * room : 4096;
		expectations = realloc(expectations, room * sizeof(*expectations));
		if (!expectations)
			errx(2, "out of memory");
	}
	expectation = &expectations[expected++];
	*expectation = (struct expectation){.function = function, .fact = fact, .source = source};
	va_start(args, format);
	if (vasprintf(&expectation->value, format, args) < 0)
		errx(2, "out of memory");
	va_end(args);
}

static bool agrees(const struct expectation *expectation)
{
	const char *ours = expectation->function->ours[expectation->fact];
	const char *right = expectation->value;
	size_t length;

	if (!ours)
		ours = "-";
	for (;; right += length + 1) {
		length = strcspn(right, "|");
		if (length && right[length - 1] == '*' && !strncmp(ours, right, length - 1))
			return true;
		if (strlen(ours) == length && !memcmp(ours, right, length))
			return true;
		if (!right[length])
			return false;
	}
}

static void report(const struct expectation *expectation)
{
	const char *ours = expectation->function->ours[expectation->fact];

	printf("%s: %s: the module says '%s', %s '%s'\n", expectation->function->address,
	       fact_names[expectation->fact], ours ? ours : "-", expectation->source,
	       expectation->value);
}

/* Return: how many disagree. */
static unsigned int judge(unsigned int counts[FACTS], bool print)
{
	unsigned int wrong = 0;

	for (size_t i = 0; i < expected; i++) {
		if (counts)
			counts[expectations[i].fact]++;
		if (agrees(&expectations[i]))
			continue;
		wrong++;
		if (print)
			report(&expectations[i]);
	}
	return wrong;
}

unsigned int compare(struct host *host, bool verbose)
{
	unsigned int counts[FACTS] = {0}, wrong = judge(counts, true);

	for (unsigned int fact = 0; fact < FACTS && verbose; fact++)
		printf("compared %s: %u\n", fact_names[fact], counts[fact]);
	printf("%u functions, %zu comparisons, %u disagreements\n", host->count, expected, wrong);
	return wrong;
}

/* The smallest lie: the last character is another one, what is absent is there. */
static char *altered(const char *value)
{
	char *lie = NULL;

	if (!value || !*value) {
		put(&lie, "0");
		return lie;
	}
	put(&lie, "%s", value);
	lie[strlen(lie) - 1] ^= 1;
	return lie;
}

static bool lie_is_caught(const struct expectation *expectation)
{
	char **fact = &expectation->function->ours[expectation->fact];
	char *truth = *fact, *lie = altered(truth);
	bool caught;

	*fact = lie;
	caught = !agrees(expectation) && judge(NULL, false) > 0;
	*fact = truth;
	free(lie);
	return caught;
}

/*
 * For each fact one answer of the module is made wrong, and an answer is left
 * out: both have to be seen. Return: how many lies were not.
 */
unsigned int self_check(struct host *host)
{
	unsigned int missed = 0, caught = 0;
	bool done[FACTS] = {false};

	(void)host;
	for (size_t i = 0; i < expected; i++) {
		if (done[expectations[i].fact] || !agrees(&expectations[i]))
			continue;
		done[expectations[i].fact] = true;
		if (lie_is_caught(&expectations[i])) {
			printf("caught %s\n", fact_names[expectations[i].fact]);
			caught++;
		} else {
			printf("missed %s\n", fact_names[expectations[i].fact]);
			missed++;
		}
	}
	for (unsigned int fact = 0; fact < FACTS; fact++)
		if (!done[fact])
			printf("never compared: %s\n", fact_names[fact]);
	printf("%u lies caught, %u missed\n", caught, missed);
	return missed;
}
