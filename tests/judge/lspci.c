// SPDX-License-Identifier: GPL-2.0-or-later
/* lspci.c - what `lspci -D -n -vvv` prints. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

/* The bits of ACS control in the order in which lspci writes them. */
static const struct acs_word {
	const char *word;
	unsigned int bit;
} acs_words[] = {
	{"SrcValid", 1},     {"TransBlk", 2},	 {"ReqRedir", 4},     {"CmpltRedir", 8},
	{"UpstreamFwd", 16}, {"EgressCtrl", 32}, {"DirectTrans", 64},
};

static bool has_flag(const char *line, const char *word)
{
	const char *at = strstr(line, word);

	return at && at[strlen(word)] == '+';
}

static unsigned long long size_of(const char *line)
{
	const char *at = strstr(line, "[size=");
	char *unit;
	unsigned long long size;

	if (!at)
		return 0;
	size = strtoull(at + 6, &unit, 10);
	return size << (*unit == 'K'   ? 10
			: *unit == 'M' ? 20
			: *unit == 'G' ? 30
			: *unit == 'T' ? 40
				       : 0);
}

/* Without a size it is one of the virtual functions, in the capability of their PF. */
static void take_region(struct function *function, const char *line)
{
	unsigned int index;
	unsigned long long start;
	const char *type;

	if (!size_of(line))
		return;
	if (sscanf(line, "Region %u: I/O ports at %llx", &index, &start) == 2) {
		expect(function, FACT_BAR + index, "lspci's Region", "io,%llx,%llx", start,
		       size_of(line));
	} else if (sscanf(line, "Region %u: Memory at %llx", &index, &start) == 2) {
		type = strstr(line, "(64-bit")
			       ? strstr(line, "non-prefetchable") ? "mem64" : "mem64-pref"
		       : strstr(line, "non-prefetchable") ? "mem32"
							  : "mem32-pref";
		expect(function, FACT_BAR + index, "lspci's Region", "%s,%llx,%llx", type, start,
		       size_of(line));
	}
}

static void take_link(struct function *function, const char *line, unsigned int speed,
		      unsigned int width, const char *source)
{
	const char *at = strstr(line, "Speed ");
	double rate = 0;
	unsigned int lanes = 0;

	if (!at)
		return;
	/* "unknown", and a width of none, are what a function inside the root complex shows. */
	if (sscanf(at, "Speed %lf", &rate) == 1)
		expect(function, speed, source, "%d", (int)(rate * 1000));
	else
		expect(function, speed, source, "-");
	at = strstr(line, "Width x");
	if (at && sscanf(at, "Width x%u", &lanes) == 1 && lanes)
		expect(function, width, source, "%u", lanes);
	else
		expect(function, width, source, "-");
}

static bool path_is_awake(const struct function *function)
{
	for (; function; function = function->bridge)
		if (!function->awake)
			return false;
	return true;
}

static void take_acs(struct function *function, const char *line)
{
	function->lspci_acs = 0;
	for (size_t i = 0; i < ARRAY_SIZE(acs_words); i++)
		if (has_flag(line, acs_words[i].word))
			function->lspci_acs |= (int)acs_words[i].bit;
}

/* What lspci tells of a reset is whether there is such a capability; the module's answer has to
 * fit. */
static void take_reset(struct function *function, unsigned int method, bool possible,
		       const char *source)
{
	if (possible)
		expect(function, FACT_RESET + method, source, "enabled|disabled");
	else
		expect(function, FACT_RESET + method, source, "impossible,no-capability");
}

static void take_power(struct function *function, const char *line)
{
	expect(function, FACT_NO_SOFT_RESET, "lspci's NoSoftRst", "%d",
	       has_flag(line, "NoSoftRst"));
	if (has_flag(line, "NoSoftRst"))
		expect(function, FACT_RESET + 4, "lspci's NoSoftRst", "impossible,no-soft-reset");
}

static void take_line(struct function *function, const char *line)
{
	unsigned int number;
	char word[64];

	if (!strncmp(line, "Region ", 7))
		take_region(function, line);
	else if (!strncmp(line, "Expansion ROM at", 16) && size_of(line))
		expect(function, FACT_ROM_SIZE, "lspci's Expansion ROM", "%llu", size_of(line));
	else if (!strncmp(line, "LnkCap:", 7))
		take_link(function, line, FACT_LINK_SPEED_MAX, FACT_LINK_WIDTH_MAX,
			  "lspci's LnkCap");
	else if (!strncmp(line, "LnkSta:", 7) && path_is_awake(function))
		take_link(function, line, FACT_LINK_SPEED, FACT_LINK_WIDTH, "lspci's LnkSta");
	else if (!strncmp(line, "ACSCtl:", 7))
		take_acs(function, line);
	else if (!strncmp(line, "AFCap:", 6))
		take_reset(function, 3, has_flag(line, "TP") && has_flag(line, "FLR"),
			   "lspci's AFCap");
	else if (sscanf(line, "IOMMU group: %u", &number) == 1)
		expect(function, FACT_IOMMU_GROUP, "lspci", "%u", number);
	else if (sscanf(line, "NUMA node: %u", &number) == 1)
		expect(function, FACT_NUMA_NODE, "lspci", "%u", number);
	else if (sscanf(line, "Kernel driver in use: %63s", word) == 1)
		expect(function, FACT_DRIVER, "lspci", "%s", word);
	/* Not that of the control register, which has no such neighbour. */
	if (strstr(line, "FLReset") && strstr(line, "RBE"))
		take_reset(function, 2, has_flag(line, "FLReset"), "lspci's FLReset");
	if (strstr(line, "NoSoftRst"))
		take_power(function, line);
}

void lspci_expect(struct host *host, const char *path)
{
	FILE *file = fopen(path, "re");
	struct function *function = NULL;
	unsigned int blocks = 0;
	char *line = NULL;
	size_t size = 0;

	if (!file)
		err(2, "%s", path);
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line && *line != '\t' && *line != ' ') {
			line[strcspn(line, " ")] = '\0';
			function = host_find(host, line);
			if (!function)
				errx(1, "%s is in %s, and not in sysfs", line, path);
			blocks++;
		} else if (function && !function->dead) {
			take_line(function, line + strspn(line, " \t"));
		}
	}
	if (blocks != host->count)
		errx(1, "lspci shows %u functions, sysfs %u", blocks, host->count);
	free(line);
	fclose(file);
}
