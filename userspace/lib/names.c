// SPDX-License-Identifier: GPL-2.0-or-later
/* names.c - the names of functions, from the tree's pci.ids or else the host's. */
#include <fcntl.h>
#include <sys/mman.h>

#include "inventory.h"
#include "pci_ids.h"
#include "tree.h"

/* The real file has 1.5 MB. */
#define IDS_MAX (64 * 1024 * 1024)

/* Debian; Fedora, Arch and others; the libpci default. */
static const char *const places[] = {
	"usr/share/misc/pci.ids",
	"usr/share/hwdata/pci.ids",
	"usr/share/pci.ids",
};

static int open_ids(struct gs_engine *engine)
{
	char path[GS_PATH_MAX];
	int fd = -ENOENT;

	for (size_t i = 0; i < GS_ARRAY_SIZE(places) && fd < 0; i++)
		fd = gs_tree_open(engine, places[i], O_RDONLY);
	for (size_t i = 0; i < GS_ARRAY_SIZE(places) && fd < 0 && engine->foreign_root; i++) {
		if (gs_path(path, "/%s", places[i]) == 0)
			fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

/* A private mapping costs only the pages that are looked at. */
static void *map_ids(struct gs_engine *engine, struct gs_pci_ids *ids)
{
	gs_cleanup_close int fd = open_ids(engine);
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= 0 ||
	    st.st_size > IDS_MAX)
		return MAP_FAILED;
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map != MAP_FAILED)
		*ids = (struct gs_pci_ids){ .text = map, .length = (size_t)st.st_size };
	return map;
}

/* Many functions of a host are alike: each kind is looked up once. */
static const char *known_name(const struct gs_host *host, const struct gs_function *function)
{
	for (const struct gs_function *other = host->functions; other < function; other++)
		if (other->vendor_id == function->vendor_id &&
		    other->device_id == function->device_id)
			return other->name;
	return NULL;
}

int gs_names_read(struct gs_engine *engine, struct gs_host *host)
{
	struct gs_pci_ids ids = { .text = "" };
	void *map = map_ids(engine, &ids);
	int r = 0;

	for (size_t i = 0; i < host->n_functions && r == 0; i++) {
		struct gs_function *function = &host->functions[i];
		const char *known = known_name(host, function);

		function->name = known ? strdup(known) :
					 gs_pci_ids_name(&ids, function->vendor_id,
							 function->device_id);
		r = function->name ? 0 : -ENOMEM;
	}
	if (map != MAP_FAILED)
		munmap(map, ids.length);
	return r;
}
