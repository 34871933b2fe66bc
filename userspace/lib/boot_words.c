// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * boot_words.c - what the kernel's command line needs on this host.
 *
 * Intel's IOMMU is off unless the kernel was built otherwise; AMD's is on wherever
 * the firmware offers one ("amd_iommu=on", which guides ask for, is no word of the
 * kernel). iommu=pt keeps the host's own devices from paying for the translation.
 */
#include "boot.h"
#include "cpu.h"
#include "tree.h"

/* Does the kernel's configuration say so? Distributions put it in one of these places. */
static bool on_by_default(struct gs_engine *engine)
{
	static const struct {
		const char *before, *after;
	} places[] = {
		{ "boot/config-", "" },
		{ "usr/lib/modules/", "/config" },
		{ "lib/modules/", "/config" },
	};
	gs_cleanup_free char *release = NULL;
	char path[GS_PATH_MAX];

	if (gs_tree_read(engine, "proc/sys/kernel/osrelease", &release) < 0)
		return false;
	for (size_t i = 0; i < GS_ARRAY_SIZE(places); i++) {
		gs_cleanup_free char *text = NULL;

		if (gs_path(path, "%s%s%s", places[i].before, release, places[i].after) == 0 &&
		    gs_tree_read(engine, path, &text) == 0)
			return strstr(text, "CONFIG_INTEL_IOMMU_DEFAULT_ON=y");
	}
	return false;
}

int gs_boot_words(struct gs_engine *engine, char ***ret)
{
	struct gs_cpu cpu;
	char **words = NULL;
	int r = 0;

	gs_cpu_read(engine, &cpu);
	if (cpu.vendor == GS_CPU_INTEL && !on_by_default(engine))
		r = gs_strv_add(&words, "intel_iommu=on");
	if (r == 0 && cpu.vendor != GS_CPU_OTHER)
		r = gs_strv_add(&words, "iommu=pt");
	if (r < 0) {
		gs_strv_free(words);
		return r;
	}
	*ret = words;
	return 0;
}

/* How many words come before the last one that says it; -1: none does. "intel_iommu=on,sm_on" says "intel_iommu=on", too. */
static int last_place(struct gs_engine *engine, const char *word)
{
	gs_cleanup_free char *text = NULL;
	size_t length = strlen(word);
	char *rest = NULL;
	int place = 0, last = -1;

	if (gs_tree_read(engine, "proc/cmdline", &text) < 0)
		return -1;
	for (char *one = strtok_r(text, " \n", &rest); one; one = strtok_r(NULL, " \n", &rest)) {
		if (strncmp(one, word, length) == 0 && (!one[length] || one[length] == ','))
			last = place;
		place++;
	}
	return last;
}

bool gs_boot_running(struct gs_engine *engine, const char *word)
{
	return last_place(engine, word) >= 0;
}

bool gs_boot_running_last(struct gs_engine *engine, const char *word, const char *contrary)
{
	return last_place(engine, word) > (contrary ? last_place(engine, contrary) : -1);
}
