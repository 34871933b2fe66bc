// SPDX-License-Identifier: GPL-2.0-or-later
#include "distribution.h"

#include "tree.h"

/* A package's name that ends with "-" is followed by the kernel's. */
static const struct {
	const char *id;	    /* ID, or a word of ID_LIKE; the first that fits */
	const char *kernel; /* of such kernels only; NULL: of all */
	const char *fixes[GS_LACKS];
} distributions[] = {
	{ "debian", "-pve", { "apt install proxmox-headers-", NULL } },
	{ "ubuntu", NULL, { "apt install linux-headers-", "apt install linux-modules-extra-" } },
	/* Its kernels for clouds are without VFIO. */
	{ "debian", "-cloud-", { "apt install linux-headers-",
				 "apt install linux-image-amd64, and boot that kernel" } },
	{ "debian", NULL, { "apt install linux-headers-", NULL } },
	{ "fedora", NULL, { "dnf install kernel-devel-", "dnf install kernel-modules-" } },
	{ "rhel", NULL, { "dnf install kernel-devel-", "dnf install kernel-modules-" } },
	{ "suse", NULL, { "zypper install kernel-default-devel", NULL } },
	/* Each of its kernels has a package of its own. */
	{ "arch", "-lts", { "pacman -S linux-lts-headers", NULL } },
	{ "arch", "-zen", { "pacman -S linux-zen-headers", NULL } },
	{ "arch", "-hardened", { "pacman -S linux-hardened-headers", NULL } },
	{ "arch", NULL, { "pacman -S linux-headers", NULL } },
};

/* Is the word among those of ID or ID_LIKE? "ID_LIKE=\"rhel fedora\"" */
static bool is_like(const char *os, const char *id)
{
	size_t length = strlen(id);

	for (const char *line = os; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		size_t end = strcspn(line, "\n");

		if (strncmp(line, "ID=", 3) != 0 && strncmp(line, "ID_LIKE=", 8) != 0)
			continue;
		for (size_t i = 3; i + length <= end; i++)
			if (strchr("=\" ", line[i - 1]) && strncmp(line + i, id, length) == 0 &&
			    (i + length == end || strchr("\" ", line[i + length])))
				return true;
	}
	return false;
}

int gs_distribution_fix(struct gs_engine *engine, const char *release, enum gs_lack lack, char **ret)
{
	gs_cleanup_free char *os = NULL;
	const char *fix = NULL;

	/* A system that is delivered as a whole takes no single package. */
	if (gs_tree_exists(engine, "run/ostree-booted") ||
	    gs_tree_read(engine, "etc/os-release", &os) < 0)
		return -ENOENT;
	for (size_t i = 0; !fix && i < GS_ARRAY_SIZE(distributions); i++)
		if (is_like(os, distributions[i].id) &&
		    (!distributions[i].kernel || strstr(release, distributions[i].kernel)))
			fix = distributions[i].fixes[lack];
	if (!fix)
		return -ENOENT;
	*ret = gs_asprintf("%s%s", fix, fix[strlen(fix) - 1] == '-' ? release : "");
	return *ret ? 0 : -ENOMEM;
}
