// SPDX-License-Identifier: GPL-2.0-or-later
/* names.c - the names of functions by libpci, from the tree's pci.ids or else the host's. */
#include <fcntl.h>
#include <pci/pci.h>
#include <setjmp.h>
#include <sys/stat.h>

#include "inventory.h"
#include "tree.h"

#define NAME_LEN 256

/* Debian; Fedora, Arch and others; the libpci default. */
static const char *const places[] = {
	"usr/share/misc/pci.ids",
	"usr/share/hwdata/pci.ids",
	"usr/share/pci.ids",
};

/*
 * libpci ends the process when pci.ids is damaged, unless its error handler
 * does not return. The handler gets no argument of ours, hence the variable,
 * which is set only while a name is looked up, in this thread.
 */
static __thread jmp_buf *damaged;

static _Noreturn void leave_damaged_file(char *message, ...)
{
	(void)message;
	longjmp(*damaged, 1);
}

static void say_nothing(char *message, ...)
{
	(void)message;
}

static int open_ids(struct gs_engine *engine)
{
	char path[GS_PATH_MAX];
	int fd = -ENOENT;

	for (size_t i = 0; i < GS_ARRAY_SIZE(places) && fd < 0; i++)
		fd = gs_tree_open(engine, places[i], O_RDONLY | O_NONBLOCK);
	for (size_t i = 0; i < GS_ARRAY_SIZE(places) && fd < 0 && engine->foreign_root; i++) {
		if (gs_path(path, "/%s", places[i]) == 0)
			fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	}
	return fd;
}

/* The file that @fd has open; libpci wants a path. */
static struct pci_access *open_access(int fd)
{
	struct pci_access *access;
	struct stat st;
	char *path;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	path = gs_asprintf("/proc/self/fd/%d", fd);
	access = path ? pci_alloc() : NULL;
	if (!access) {
		free(path);
		return NULL;
	}
	access->error = leave_damaged_file;
	access->warning = say_nothing;
	access->debug = say_nothing;
	pci_set_name_list_path(access, path, 1);
	return access;
}

/* "Vendor Device", or with numbers for what is unknown; false when the file is damaged. */
static bool look_up(struct pci_access *access, const struct gs_function *function, char name[NAME_LEN])
{
	jmp_buf here;
	volatile bool found = false; /* set between setjmp and longjmp */

	damaged = &here;
	if (setjmp(here) == 0)
		found = pci_lookup_name(access, name, NAME_LEN,
					PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE | PCI_LOOKUP_NO_HWDB,
					function->vendor_id, function->device_id) != NULL;
	damaged = NULL;
	return found;
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

static char *name_of(struct pci_access **access, const struct gs_host *host,
		     const struct gs_function *function)
{
	const char *known = known_name(host, function);
	char name[NAME_LEN];

	if (known)
		return strdup(known);
	if (*access && look_up(*access, function, name))
		return strdup(name);
	if (*access)
		pci_cleanup(gs_steal(*access));
	return gs_asprintf("Device %04x:%04x", function->vendor_id, function->device_id);
}

int gs_names_read(struct gs_engine *engine, struct gs_host *host)
{
	gs_cleanup_close int fd = open_ids(engine);
	struct pci_access *access = open_access(fd);
	int r = 0;

	for (size_t i = 0; i < host->n_functions && r == 0; i++) {
		struct gs_function *function = &host->functions[i];

		function->name = name_of(&access, host, function);
		r = function->name ? 0 : -ENOMEM;
	}
	if (access)
		pci_cleanup(access);
	return r;
}
