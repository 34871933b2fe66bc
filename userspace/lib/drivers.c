// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * drivers.c - which PCI drivers there are: the registered ones, and those
 * that the module index of the running kernel promises.
 */
#include <sys/utsname.h>

#include "fences.h"
#include "inventory.h"
#include "modules.h"
#include "tree.h"

static void kmod_unrefp(struct kmod_ctx **kmod)
{
	if (*kmod)
		kmod_unref(*kmod);
}
#define cleanup_kmod __attribute__((cleanup(kmod_unrefp)))

/*
 * The module index, or NULL when there is none that counts: another tree's
 * belongs to a kernel that nobody told us.
 */
static struct kmod_ctx *open_index(struct gs_engine *engine)
{
	struct utsname name;
	char path[GS_PATH_MAX];

	if (engine->foreign_root || uname(&name) < 0)
		return NULL;
	if (gs_path(path, "lib/modules/%s/modules.dep.bin", name.release) < 0 ||
	    !gs_tree_exists(engine, path))
		return NULL;
	return gs_modules_open();
}

/* Modules with this name or alias; the list may be NULL. */
static int look_up(struct kmod_ctx *kmod, const char *alias, struct kmod_list **ret)
{
	*ret = NULL;
	return kmod_module_new_from_lookup(kmod, alias, ret);
}

static bool module_exists(struct kmod_ctx *kmod, const char *name)
{
	struct kmod_list *list;
	bool found;

	found = look_up(kmod, name, &list) >= 0 && list;
	kmod_module_unref_list(list);
	return found;
}

/* The kernel takes '-' and '_' in module names for the same; drivers follow suit. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++) {
		char x = *a == '-' ? '_' : *a;
		char y = *b == '-' ? '_' : *b;

		if (x != y)
			return false;
	}
	return *a == *b;
}

static bool is_registered(const struct gs_host *host, const char *driver)
{
	for (size_t i = 0; host->drivers && host->drivers[i]; i++)
		if (same_name(host->drivers[i], driver))
			return true;
	return false;
}

/* No alias of a device, no path: "pci:v000010DE*" would match modules as well. */
static bool is_driver_name(const char *name)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return *name && strlen(name) < 64 && !name[strspn(name, allowed)];
}

static enum gs_known driver_known(struct kmod_ctx *kmod, const struct gs_host *host,
				  const char *driver)
{
	if (is_registered(host, driver))
		return GS_YES;
	if (!is_driver_name(driver))
		return GS_NO;
	if (!kmod)
		return GS_UNKNOWN;
	return module_exists(kmod, driver) ? GS_YES : GS_NO;
}

enum gs_known gs_driver_known(struct gs_engine *engine, const struct gs_host *host,
			      const char *driver)
{
	cleanup_kmod struct kmod_ctx *kmod = open_index(engine);

	return driver_known(kmod, host, driver);
}

static int add_once(char ***list, const char *name)
{
	return gs_strv_has(*list, name) ? 0 : gs_strv_add(list, name);
}

/*
 * A loaded module names its drivers itself (xhci_pci's is xhci_hcd); one that
 * is not loaded is taken to call its driver by its own name.
 */
static int add_drivers_of(struct gs_engine *engine, const char *module, bool *loaded,
			  char ***candidates)
{
	char path[GS_PATH_MAX], **names = NULL;
	int r;

	*loaded = false;
	r = gs_path(path, "sys/module/%s/drivers", module);
	if (r == 0)
		r = gs_tree_list(engine, path, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; names && names[i] && r == 0; i++) {
		if (strncmp(names[i], "pci:", 4) != 0)
			continue;
		*loaded = true;
		r = add_once(candidates, names[i] + 4);
	}
	gs_strv_free(names);
	return r;
}

static int add_candidate(struct gs_engine *engine, struct kmod_module *module, char ***candidates)
{
	const char *name = kmod_module_get_name(module);
	bool loaded;
	int r;

	r = add_drivers_of(engine, name, &loaded, candidates);
	return r < 0 || loaded ? r : add_once(candidates, name);
}

/* Blacklisted modules are not loaded for a device, but drive it once loaded. */
static int add_blacklisted(struct gs_engine *engine, struct kmod_module *module,
			   char ***candidates)
{
	bool loaded;

	return add_drivers_of(engine, kmod_module_get_name(module), &loaded, candidates);
}

static bool is_listed(const struct kmod_list *list, struct kmod_module *module)
{
	const struct kmod_list *item;
	bool found = false;

	kmod_list_foreach(item, list) {
		struct kmod_module *other = kmod_module_get_module(item);

		if (gs_streq(kmod_module_get_name(other), kmod_module_get_name(module)))
			found = true;
		kmod_module_unref(other);
	}
	return found;
}

static int find_candidates(struct gs_engine *engine, struct kmod_ctx *kmod, struct gs_card *card)
{
	struct kmod_list *list, *allowed = NULL;
	struct kmod_list *item;
	int r;

	/* Without a modalias nothing can be told. */
	if (!gs_card_display(card)->modalias ||
	    look_up(kmod, gs_card_display(card)->modalias, &list) < 0)
		return 0;
	card->candidates_known = GS_YES;
	r = 0;
	if (list && kmod_module_apply_filter(kmod, KMOD_FILTER_BLACKLIST, list, &allowed) < 0)
		allowed = NULL;
	kmod_list_foreach(item, list) {
		struct kmod_module *module = kmod_module_get_module(item);

		if (r == 0)
			r = is_listed(allowed, module) ?
				    add_candidate(engine, module, &card->candidates) :
				    add_blacklisted(engine, module, &card->candidates);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(allowed);
	kmod_module_unref_list(list);
	return r;
}

int gs_drivers_read(struct gs_engine *engine, struct gs_host *host)
{
	cleanup_kmod struct kmod_ctx *kmod = open_index(engine);
	int r;

	r = gs_tree_list(engine, "sys/bus/pci/drivers", &host->drivers);
	if (r == -ENOMEM)
		return r;
	host->vfio_loadable = driver_known(kmod, host, "vfio-pci");
	gs_fences_read(engine, host);
	host->type1_loaded = gs_tree_exists(engine, "sys/module/vfio_iommu_type1");
	r = 0;
	for (size_t i = 0; i < host->n_cards && r == 0; i++) {
		struct gs_card *card = &host->cards[i];

		if (card->host_driver)
			card->host_driver_known = driver_known(kmod, host, card->host_driver);
		if (kmod)
			r = find_candidates(engine, kmod, card);
	}
	return r;
}
