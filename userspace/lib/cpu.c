// SPDX-License-Identifier: GPL-2.0-or-later
#include "cpu.h"

#include "tree.h"

/* All that is said of the first CPU. */
#define HEAD_MAX 65536

static enum gs_cpu_vendor vendor_of(const char *name)
{
	static const struct {
		const char *name;
		enum gs_cpu_vendor vendor;
	} vendors[] = {
		{ "GenuineIntel", GS_CPU_INTEL },
		{ "AuthenticAMD", GS_CPU_AMD },
		{ "HygonGenuine", GS_CPU_AMD },
	};

	for (size_t i = 0; i < GS_ARRAY_SIZE(vendors); i++)
		if (strcmp(name, vendors[i].name) == 0)
			return vendors[i].vendor;
	return GS_CPU_OTHER;
}

static void read_flags(char *flags, struct gs_cpu *ret)
{
	char *rest = NULL;

	ret->flags = GS_YES;
	for (char *flag = strtok_r(flags, " ", &rest); flag; flag = strtok_r(NULL, " ", &rest)) {
		if (strcmp(flag, "vmx") == 0)
			ret->virtualization = "vmx";
		else if (strcmp(flag, "svm") == 0)
			ret->virtualization = "svm";
		else if (strcmp(flag, "hypervisor") == 0)
			ret->guest = true;
	}
}

void gs_cpu_read(struct gs_engine *engine, struct gs_cpu *ret)
{
	gs_cleanup_free char *text = NULL;
	char *rest = NULL;

	*ret = (struct gs_cpu){ .flags = GS_UNKNOWN };
	if (gs_tree_read_head(engine, "proc/cpuinfo", HEAD_MAX, &text) < 0)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char *value = strstr(line, ": ");

		if (!value)
			continue;
		value += 2;
		if (strncmp(line, "vendor_id", 9) == 0)
			ret->vendor = vendor_of(value);
		/* The last of what matters; other CPUs would only repeat it. */
		if (strncmp(line, "flags", 5) == 0) {
			read_flags(value, ret);
			return;
		}
	}
}
