// SPDX-License-Identifier: GPL-2.0-or-later
/* selftest.c - times, descriptors, memory, and the state of a card */
#include "selftest.h"

#include <dirent.h>
#include <fcntl.h>

int cli_times_add(struct cli_times *times, uint64_t us)
{
	if (gs_grow(&times->us, times->count, sizeof(*times->us)) < 0)
		return -ENOMEM;
	times->us[times->count++] = us;
	return 0;
}

static int compare_times(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

void cli_times_sort(struct cli_times *times)
{
	if (times->count)
		qsort(times->us, times->count, sizeof(*times->us), compare_times);
}

uint64_t cli_times_median(const struct cli_times *times)
{
	size_t middle = times->count / 2;

	if (!times->count)
		return 0;
	if (times->count % 2)
		return times->us[middle];
	return (times->us[middle - 1] + times->us[middle]) / 2;
}

static int count_fds(unsigned int *ret)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (!dir)
		return -errno;
	*ret = 0;
	while ((entry = readdir(dir)))
		*ret += entry->d_name[0] != '.';
	closedir(dir);
	(*ret)--; /* the one that looked */
	return 0;
}

int cli_usage_read(struct cli_usage_of_us *ret)
{
	gs_cleanup_close int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	unsigned long pages;
	char text[128];
	ssize_t n;
	int r = count_fds(&ret->fds);

	if (r < 0)
		return r;
	n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (n < 0)
		return -errno;
	text[n] = '\0';
	if (sscanf(text, "%*u %lu", &pages) != 1)
		return -EBADMSG;
	ret->rss_kib = pages * (unsigned long)sysconf(_SC_PAGESIZE) / 1024;
	ret->fds--; /* the one above */
	return 0;
}

char *cli_card_snapshot(const struct gs_card *card)
{
	char *text = strdup("");

	for (size_t i = 0; text && i < card->n_functions; i++) {
		const struct gs_function *function = card->functions[i];
		char *longer = gs_asprintf("%s%s%s is on %s with the override %s", text,
					   i ? ", " : "", function->text,
					   function->driver ? function->driver : "no driver",
					   function->driver_override ? function->driver_override
								     : "(null)");

		free(text);
		text = longer;
	}
	return text;
}

int cli_card_compare(const struct gs_card *card, const char *snapshot, char **ret)
{
	gs_cleanup_free char *now = cli_card_snapshot(card);

	*ret = NULL;
	if (!now)
		return -ENOMEM;
	for (size_t i = 0; i < card->n_functions; i++) {
		if (card->functions[i]->facts.config_answers != GS_NO)
			continue;
		*ret = gs_asprintf("%s does not answer", card->functions[i]->text);
		return *ret ? 0 : -ENOMEM;
	}
	if (gs_streq(now, snapshot))
		return 0;
	*ret = gs_asprintf("%s; before: %s", now, snapshot);
	return *ret ? 0 : -ENOMEM;
}
