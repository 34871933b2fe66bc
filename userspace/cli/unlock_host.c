// SPDX-License-Identifier: GPL-2.0-or-later
#include "unlock_host.h"

#include "output.h"
#include "tree.h"
#include "unlock/driver.h"
#include "unlock_trust.h"

#define NVIDIA 0x10de
#define LIBRARY "libgpushift-unlock.so"

/* What vGPU software brought which driver. */
static const struct release {
	const char *version, *name;
} releases[] = {
	{ "510.47.03", "14.0" },  { "510.85.03", "14.2" },  { "510.108.03", "14.3" },
	{ "525.60.12", "15.0" },  { "525.85.07", "15.1" },  { "535.54.06", "16.0" },
	{ "535.104.06", "16.1" }, { "535.129.03", "16.2" }, { "535.154.02", "16.3" },
	{ "535.161.05", "16.4" }, { "535.183.04", "16.7" }, { "535.216.01", "16.8" },
	{ "535.230.02", "16.9" }, { "550.54.10", "17.0" },  { "550.54.16", "17.1" },
	{ "550.90.05", "17.3" },  { "550.127.06", "17.4" }, { "550.144.02", "17.5" },
	{ "550.163.02", "17.6" }, { "570.124.03", "18.0" }, { "570.133.10", "18.1" },
	{ "570.148.06", "18.2" }, { "570.158.02", "18.3" }, { "570.172.07", "18.4" },
	{ "580.65.05", "19.0" },  { "580.82.02", "19.1" },  { "580.95.02", "19.2" },
	{ "580.105.06", "19.3" }, { "580.126.08", "19.4" }, { "580.159.01", "19.5" },
	{ "595.58.02", "20.0" },  { "595.71.03", "20.1" },
};

static const struct branch {
	unsigned int number;
	enum unlock_hooking hooking;
} branches[] = {
	{ 430, UNLOCK_HOOKS_WORK },	  { 440, UNLOCK_HOOKS_WORK },
	{ 450, UNLOCK_HOOKS_WORK },	  { 460, UNLOCK_HOOKS_WORK },
	{ 470, UNLOCK_HOOKS_NEED_PATCH }, { 510, UNLOCK_HOOKS_NEED_PATCH },
	{ 525, UNLOCK_HOOKS_NEED_PATCH }, { 535, UNLOCK_HOOKS_NEED_PATCH },
	{ 550, UNLOCK_HOOKS_NEED_PATCH }, { 570, UNLOCK_HOOKS_USELESS },
	{ 575, UNLOCK_HOOKS_USELESS },	  { 580, UNLOCK_HOOKS_USELESS },
	{ 590, UNLOCK_HOOKS_USELESS },	  { 595, UNLOCK_HOOKS_USELESS },
};

bool unlock_branch_known(unsigned int branch, enum unlock_hooking *ret)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(branches); i++) {
		if (branches[i].number != branch)
			continue;
		*ret = branches[i].hooking;
		return true;
	}
	return false;
}

static const char *release_of(const char *version)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(releases); i++)
		if (gs_streq(releases[i].version, version))
			return releases[i].name;
	return NULL;
}

/* The one that runs has a tree, or there is one tree only. */
static int find_source(struct gs_engine *engine, struct unlock_host *host)
{
	static const char prefix[] = "nvidia-";
	char path[GS_PATH_MAX];
	char **names = NULL;
	size_t found = 0;
	int r = gs_tree_list(engine, "usr/src", &names);

	for (char **name = names; r == 0 && name && *name; name++) {
		const char *version = *name + sizeof(prefix) - 1;

		if (strncmp(*name, prefix, sizeof(prefix) - 1) != 0 ||
		    !unlock_branch_parse(version) ||
		    gs_path(path, "usr/src/%s/dkms.conf", *name) < 0 ||
		    !gs_tree_exists(engine, path))
			continue;
		if (host->version && !gs_streq(version, host->version))
			continue;
		free(host->source);
		host->source = gs_asprintf("usr/src/%s", *name);
		found++;
		if (!host->source)
			r = -ENOMEM;
	}
	gs_strv_free(names);
	if (r == 0 && found > 1) {
		free(host->source);
		host->source = NULL;
	}
	if (r == 0 && host->source && !host->version) {
		host->version = strdup(host->source + strlen("usr/src/nvidia-"));
		if (!host->version)
			r = -ENOMEM;
	}
	return r;
}

/* It belongs where the command is, and is looked for where `make install` puts it. */
static int find_library(struct cli *cli, struct unlock_host *host)
{
	static const char *const folders[] = { "usr/local/lib/gpushift", "usr/lib/gpushift" };
	char path[GS_PATH_MAX], own[GS_PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *bin;

	own[n > 0 ? n : 0] = '\0';
	bin = strstr(own, "/bin/gpushift");
	if (bin)
		*bin = '\0';
	if (bin && gs_path(path, "%s/lib/gpushift/" LIBRARY, own) == 0 &&
	    gs_tree_exists(cli->engine, path + 1))
		host->library = strdup(path);
	for (size_t i = 0; !host->library && i < GS_ARRAY_SIZE(folders); i++) {
		if (gs_path(path, "/%s/" LIBRARY, folders[i]) == 0 &&
		    gs_tree_exists(cli->engine, path + 1))
			host->library = strdup(path);
	}
	/* Whoever can put another one there can do what those daemons of root's can. */
	return host->library ? unlock_trust(cli->engine, host->library, &host->library_why) : 0;
}

static char *why_not(const struct unlock_host *host, const struct unlock_card *card)
{
	const struct unlock_prospect *prospect = &unlock_prospects[card->generation];

	if (card->listed)
		return NULL;
	if (prospect->hopeless)
		return gs_asprintf("%s", prospect->sentence);
	if (host->branch > prospect->last_branch)
		return gs_asprintf("%s; this host has driver %s, with which no such card is known to work",
				   prospect->sentence, host->version);
	return NULL;
}

static int add_card(struct unlock_host *host, const struct gs_function *function)
{
	struct unlock_card *card;
	int r = gs_grow(&host->cards, host->n_cards, sizeof(*host->cards));

	if (r < 0)
		return r;
	card = &host->cards[host->n_cards++];
	card->function = function;
	card->generation = unlock_generation(function->device_id);
	card->listed = host->types && gs_unlock_card_listed(host->types, function->device_id);
	card->why_not = why_not(host, card);
	return 0;
}

static int read_all(struct cli *cli, struct unlock_host *host)
{
	int r = gs_unlock_types_read(cli->engine, &host->types);

	if (r == -ENOMEM)
		return r;
	r = gs_tree_read(cli->engine, UNLOCK_DRIVER_PATH + 1, &host->version);
	if (r == -ENOMEM)
		return r;
	r = find_source(cli->engine, host);
	if (r == 0)
		r = find_library(cli, host);
	if (host->version) {
		host->branch = unlock_branch_parse(host->version);
		host->release = release_of(host->version);
	}
	for (size_t i = 0; r == 0 && i < host->host->n_cards; i++) {
		const struct gs_function *function = gs_card_display(&host->host->cards[i]);

		if (function->vendor_id == NVIDIA)
			r = add_card(host, function);
	}
	return r;
}

int unlock_host_read(struct cli *cli, struct unlock_host *ret)
{
	int r;

	*ret = (struct unlock_host){ 0 };
	r = cli_read_host(cli, GS_READ_NAMES, &ret->host);
	if (r)
		return r;
	r = read_all(cli, ret);
	if (r == 0)
		return 0;
	unlock_host_clear(ret);
	if (r == -ENOMEM)
		return cli_no_memory(cli);
	return cli_fail(cli, GS_EXIT_FAILED, "failed", NULL, "cannot read the host's driver: %s",
			strerror(-r));
}

void unlock_host_clear(struct unlock_host *host)
{
	for (size_t i = 0; i < host->n_cards; i++)
		free(host->cards[i].why_not);
	free(host->cards);
	free(host->version);
	free(host->source);
	free(host->library);
	free(host->library_why);
	gs_unlock_types_free(host->types);
	gs_host_free(host->host);
	*host = (struct unlock_host){ 0 };
}

/* Where systemd reads units and drop-ins; what stands earlier wins. */
const char *const unlock_unit_folders[] = { "etc/systemd/system", "run/systemd/system",
					    "usr/local/lib/systemd/system",
					    "usr/lib/systemd/system", "lib/systemd/system", NULL };

const char *unlock_host_service(struct gs_engine *engine, const char *service)
{
	char path[GS_PATH_MAX];

	for (const char *const *folder = unlock_unit_folders; *folder; folder++)
		if (gs_path(path, "%s/%s", *folder, service) == 0 && gs_tree_exists(engine, path))
			return *folder;
	return NULL;
}
