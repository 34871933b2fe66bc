// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * methods.c - whether the kernel accepts each reset method. It looks at the
 * function as it is now and resets nothing. Its own choice is put in place
 * afterwards, so this is not for a state that is to stay.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "judge.h"

static bool accepts(int file, const char *word)
{
	return pwrite(file, word, strlen(word), 0) == (ssize_t)strlen(word);
}

static void ask(const struct host *host, struct function *function, int file)
{
	for (unsigned int method = 0; method < RESET_METHODS - 1; method++) {
		if (!strcmp(method_names[method], "cxl_bus") && !host->has_cxl_bus)
			continue;
		expect(function, FACT_RESET + method, "writing reset_method", "%s",
		       accepts(file, method_names[method]) ? "enabled|disabled" :
							     "impossible,*|stale,*");
	}
	accepts(file, "default");
}

void methods_expect(struct host *host)
{
	char path[512];
	int file;

	for (unsigned int i = 0; i < host->count; i++) {
		snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset_method",
			 host->functions[i].address);
		file = open(path, O_WRONLY | O_CLOEXEC);
		/* Where no method ever was possible there is no such file. */
		if (file < 0)
			continue;
		ask(host, &host->functions[i], file);
		close(file);
	}
}
