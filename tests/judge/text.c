// SPDX-License-Identifier: GPL-2.0-or-later
/* text.c - /proc/gpushift, which has to say what netlink says. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

static void unescape(char *value)
{
	char *to = value;

	for (; *value; value++) {
		if (value[0] == '\\' && strlen(value) > 3) {
			*to++ = (char)((value[1] - '0') * 64 + (value[2] - '0') * 8 + value[3] -
				       '0');
			value += 3;
		} else {
			*to++ = *value;
		}
	}
	*to = '\0';
}

static void take_resets(struct function *function, char *items)
{
	char *rest = NULL;

	for (char *item = strtok_r(items, " ", &rest); item; item = strtok_r(NULL, " ", &rest)) {
		size_t length = strcspn(item, ",");

		for (unsigned int i = 0; i < RESET_METHODS; i++)
			if (strlen(method_names[i]) == length &&
			    !memcmp(method_names[i], item, length))
				put(&function->text[FACT_RESET + i], "%s",
				    item + length + (item[length] != 0));
	}
}

static void take_bars(struct function *function, char *items, unsigned int first)
{
	char *rest = NULL;

	for (char *item = strtok_r(items, " ", &rest); item; item = strtok_r(NULL, " ", &rest)) {
		unsigned long index = strtoul(item, &item, 10);

		if (index >= BARS)
			errx(2, "%s: BAR %lu in the text", function->address, index);
		put(&function->text[first + index], "%s", item + (*item == ','));
	}
}

static void take_line(struct function *function, const char *key, char *value)
{
	if (!strcmp(key, "reset"))
		take_resets(function, value);
	else if (!strcmp(key, "bar"))
		take_bars(function, value, FACT_BAR);
	else if (!strcmp(key, "bar-detail"))
		take_bars(function, value, FACT_BAR_DETAIL);
	else if (!strcmp(key, "isolation-cause") || !strcmp(key, "isolation-bridge"))
		put_item(&function->text[FACT_ISOLATION], value, ' ');
	unescape(value);
	for (unsigned int fact = 0; fact < FACTS; fact++)
		if (!strcmp(key, fact_names[fact]))
			put(&function->text[fact], "%s", value);
}

static void compare_text(struct function *function)
{
	for (unsigned int fact = 0; fact < FACTS; fact++) {
		if (fact == FACT_FUNCTION_RESET || fact == FACT_IN_SCOPE)
			continue;
		expect(function, fact, "/proc/gpushift", "%s",
		       function->text[fact] ? function->text[fact] : "-");
	}
}

void module_text(struct host *host)
{
	FILE *file = fopen("/proc/gpushift", "re");
	struct function *function = NULL;
	char *line = NULL, *value;
	size_t size = 0;

	if (!file)
		err(2, "/proc/gpushift");
	while (getline(&line, &size, file) > 0) {
		line[strcspn(line, "\n")] = '\0';
		value = strchr(line, ':');
		if (!value || !strncmp(line, "gpushift ", 9))
			continue;
		*value++ = '\0';
		value += *value == ' ';
		if (!strcmp(line, "address")) {
			function = host_find(host, value);
			if (!function)
				errx(1, "%s is in /proc/gpushift, and not in sysfs", value);
			function->in_text = true;
		}
		if (function)
			take_line(function, line, value);
	}
	free(line);
	fclose(file);
	for (unsigned int i = 0; i < host->count; i++) {
		function = &host->functions[i];
		expect(function, FACT_IN_SCOPE, "/proc/gpushift", "%d", function->in_text);
		if (!function->in_text)
			continue;
		sort_items(&function->text[FACT_IOMMU_GROUP_MEMBER]);
		sort_items(&function->text[FACT_RESET_SCOPE]);
		compare_text(function);
	}
}
