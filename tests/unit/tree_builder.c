// SPDX-License-Identifier: GPL-2.0-or-later
/* tree_builder.c - builds trees that look like a host. */
#include "tree_builder.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base.h"

#define PATH_SIZE 4096
#define BOOT_ID "5f0b1c9e-7d3a-4f5e-9b60-0123456789ab"

struct tree_function {
	struct tree *tree;
	struct tree_function *next;
	char *path;
	char *address;
	unsigned int vendor, device, class_code;
	unsigned int vfs;
};

struct tree {
	char root[64];
	int fd;
	bool absolute_links;
	struct tree_function *functions;
};

static void __attribute__((noreturn)) die(const char *what, const char *path)
{
	fprintf(stderr, "tree_builder: %s %s: %s\n", what, path, strerror(errno));
	abort();
}

static char *print(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		die("format", format);
	va_end(arguments);
	return text;
}

/* Makes the folders above @path. */
static void make_parents(struct tree *tree, const char *path)
{
	char part[PATH_SIZE];

	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		if (mkdirat(tree->fd, part, 0755) < 0 && errno != EEXIST)
			die("mkdir", part);
	}
}

void tree_folder(struct tree *tree, const char *path)
{
	make_parents(tree, path);
	if (mkdirat(tree->fd, path, 0755) < 0 && errno != EEXIST)
		die("mkdir", path);
}

void tree_write_bytes(struct tree *tree, const char *path, const char *bytes, size_t length)
{
	int fd;

	make_parents(tree, path);
	fd = openat(tree->fd, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length)
		die("write", path);
	close(fd);
}

void tree_write(struct tree *tree, const char *path, const char *format, ...)
{
	va_list arguments;
	char *text;
	int n;

	va_start(arguments, format);
	n = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (n < 0)
		die("format", path);
	tree_write_bytes(tree, path, text, (size_t)n);
	free(text);
}

void tree_raw_link(struct tree *tree, const char *path, const char *text)
{
	make_parents(tree, path);
	if (unlinkat(tree->fd, path, 0) < 0 && errno != ENOENT)
		die("unlink", path);
	if (symlinkat(text, tree->fd, path) < 0)
		die("symlink", path);
}

void tree_link(struct tree *tree, const char *path, const char *to)
{
	char text[PATH_SIZE] = "";

	if (tree->absolute_links)
		strcat(text, "/");
	for (const char *p = strchr(path, '/'); p && !tree->absolute_links; p = strchr(p + 1, '/'))
		strcat(text, "../");
	strcat(text, to);
	tree_raw_link(tree, path, text);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	/* A test may have made it unreadable. */
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

void tree_remove(struct tree *tree, const char *path)
{
	char *full = print("%s/%s", tree->root, path);

	if (nftw(full, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		die("remove", full);
	free(full);
}

char *tree_read(struct tree *tree, const char *path)
{
	char *text = calloc(1, PATH_SIZE);
	int fd = openat(tree->fd, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || !text || read(fd, text, PATH_SIZE - 1) < 0) {
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

struct tree *tree_new(void)
{
	static const char *const folders[] = {
		"sys/bus/pci/devices", "sys/bus/pci/drivers", "sys/class", "sys/devices",
		"sys/kernel",	       "proc/self",	      "dev",	   "etc",
	};
	struct tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		die("calloc", "tree");
	snprintf(tree->root, sizeof(tree->root), "/tmp/gpushift-tree.XXXXXX");
	if (!mkdtemp(tree->root))
		die("mkdtemp", tree->root);
	tree->fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tree->fd < 0)
		die("open", tree->root);
	for (size_t i = 0; i < GS_ARRAY_SIZE(folders); i++)
		tree_folder(tree, folders[i]);
	tree_write(tree, "proc/sys/kernel/random/boot_id", "%s\n", BOOT_ID);
	return tree;
}

void tree_free(struct tree *tree)
{
	struct tree_function *next;

	if (!tree)
		return;
	for (struct tree_function *function = tree->functions; function; function = next) {
		next = function->next;
		free(function->path);
		free(function->address);
		free(function);
	}
	close(tree->fd);
	if (nftw(tree->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS) < 0)
		die("remove", tree->root);
	free(tree);
}

const char *tree_root(const struct tree *tree)
{
	return tree->root;
}

void tree_absolute_links(struct tree *tree, bool absolute)
{
	tree->absolute_links = absolute;
}

struct tree *tree_of(const struct tree_function *function)
{
	return function->tree;
}

const char *tree_path(const struct tree_function *function)
{
	return function->path;
}

const char *tree_address(const struct tree_function *function)
{
	return function->address;
}

struct tree_function *tree_attribute(struct tree_function *function, const char *name,
				     const char *text)
{
	char *path = print("%s/%s", function->path, name);

	tree_write(function->tree, path, "%s", text);
	free(path);
	return function;
}

static void link_attribute(struct tree_function *function, const char *name, const char *to)
{
	char *path = print("%s/%s", function->path, name);

	tree_link(function->tree, path, to);
	free(path);
}

static void write_modalias(struct tree_function *function)
{
	char text[128];

	snprintf(text, sizeof(text), "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n",
		 function->vendor, function->device, 0, 0, function->class_code >> 16,
		 function->class_code >> 8 & 0xff, function->class_code & 0xff);
	tree_attribute(function, "modalias", text);
}

static void write_defaults(struct tree_function *function)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%06x\n", function->class_code);
	tree_attribute(function, "class", text);
	tree_attribute(function, "revision", "0x00\n");
	tree_attribute(function, "numa_node", "-1\n");
	tree_attribute(function, "driver_override", "(null)\n");
	tree_attribute(function, "power/control", "auto\n");
	tree_attribute(function, "d3cold_allowed", "1\n");
	tree_subsystem(tree_ids(function, 0x1234, 0x1111), 0x1af4, 0x1100);
	if (function->class_code >> 8 == 0x0300)
		tree_boot_vga(function, false);
}

/* Takes @path, where it lies. */
static struct tree_function *make_function(struct tree *tree, char *path, const char *address,
					   unsigned int class_code)
{
	struct tree_function *function = calloc(1, sizeof(*function));
	char *link = print("sys/bus/pci/devices/%s", address);

	if (!function)
		die("calloc", address);
	function->tree = tree;
	function->next = tree->functions;
	tree->functions = function;
	function->address = print("%s", address);
	function->path = path;
	function->class_code = class_code;
	write_defaults(function);
	link_attribute(function, "subsystem", "sys/bus/pci");
	tree_link(tree, link, path);
	free(link);
	return function;
}

struct tree_function *tree_function(struct tree *tree, struct tree_function *bridge,
				    const char *address, unsigned int class_code)
{
	int bus = (int)(strrchr(address, ':') - address);
	char *path;

	/* "pci0000:00" is the root bus of "0000:00:01.0" */
	path = bridge ? print("%s/%s", bridge->path, address) :
			print("sys/devices/pci%.*s/%s", bus, address, address);
	return make_function(tree, path, address, class_code);
}

struct tree_function *tree_bridge(struct tree *tree, struct tree_function *bridge,
				  const char *address)
{
	struct tree_function *function = tree_function(tree, bridge, address, 0x060400);

	return tree_driver(tree_ids(function, 0x8086, 0x1901), "pcieport");
}

struct tree_function *tree_ids(struct tree_function *function, unsigned int vendor,
			       unsigned int device)
{
	char text[16];

	function->vendor = vendor;
	function->device = device;
	snprintf(text, sizeof(text), "0x%04x\n", vendor);
	tree_attribute(function, "vendor", text);
	snprintf(text, sizeof(text), "0x%04x\n", device);
	tree_attribute(function, "device", text);
	write_modalias(function);
	return function;
}

struct tree_function *tree_subsystem(struct tree_function *function, unsigned int vendor,
				     unsigned int device)
{
	char text[16];

	snprintf(text, sizeof(text), "0x%04x\n", vendor);
	tree_attribute(function, "subsystem_vendor", text);
	snprintf(text, sizeof(text), "0x%04x\n", device);
	return tree_attribute(function, "subsystem_device", text);
}

void tree_register_driver(struct tree *tree, const char *driver)
{
	char *path = print("sys/bus/pci/drivers/%s", driver);

	tree_folder(tree, path);
	free(path);
}

struct tree_function *tree_driver(struct tree_function *function, const char *driver)
{
	char *link = print("%s/driver", function->path), *to, *back;

	if (driver) {
		tree_register_driver(function->tree, driver);
		to = print("sys/bus/pci/drivers/%s", driver);
		back = print("%s/%s", to, function->address);
		tree_link(function->tree, link, to);
		tree_link(function->tree, back, function->path);
		free(to);
		free(back);
	} else {
		tree_remove(function->tree, link);
	}
	free(link);
	return function;
}

struct tree_function *tree_override(struct tree_function *function, const char *driver)
{
	char text[128];

	snprintf(text, sizeof(text), "%s\n", driver ? driver : "(null)");
	return tree_attribute(function, "driver_override", text);
}

void tree_group_type(struct tree *tree, int group, const char *type)
{
	char *path = print("sys/kernel/iommu_groups/%d/type", group);

	tree_write(tree, path, "%s\n", type);
	free(path);
}

struct tree_function *tree_group(struct tree_function *function, int group)
{
	char *folder = print("sys/kernel/iommu_groups/%d", group);
	char *member = print("%s/devices/%s", folder, function->address);

	tree_link(function->tree, member, function->path);
	link_attribute(function, "iommu_group", folder);
	tree_group_type(function->tree, group, "DMA-FQ");
	free(member);
	free(folder);
	return function;
}

struct tree_function *tree_reset(struct tree_function *function, const char *methods)
{
	char text[128];

	snprintf(text, sizeof(text), "%s\n", methods);
	return tree_attribute(function, "reset_method", text);
}

struct tree_function *tree_boot_vga(struct tree_function *function, bool is)
{
	return tree_attribute(function, "boot_vga", is ? "1\n" : "0\n");
}

struct tree_function *tree_numa(struct tree_function *function, int node)
{
	char text[32];

	snprintf(text, sizeof(text), "%d\n", node);
	return tree_attribute(function, "numa_node", text);
}

struct tree_function *tree_sriov(struct tree_function *function, unsigned int total)
{
	char text[32];

	snprintf(text, sizeof(text), "%u\n", total);
	tree_attribute(function, "sriov_totalvfs", text);
	tree_attribute(function, "sriov_drivers_autoprobe", "1\n");
	return tree_attribute(function, "sriov_numvfs", "0\n");
}

struct tree_function *tree_vf(struct tree_function *pf, const char *address,
			      unsigned int class_code)
{
	int folder = (int)(strrchr(pf->path, '/') - pf->path);
	struct tree_function *vf;
	char name[32];

	/* A VF lies beside its PF, whatever bus its address says. */
	vf = make_function(pf->tree, print("%.*s/%s", folder, pf->path, address), address,
			   class_code);
	link_attribute(vf, "physfn", pf->path);
	snprintf(name, sizeof(name), "virtfn%u", pf->vfs++);
	link_attribute(pf, name, vf->path);
	snprintf(name, sizeof(name), "%u\n", pf->vfs);
	tree_attribute(pf, "sriov_numvfs", name);
	return tree_ids(vf, pf->vendor, pf->device);
}

void tree_vfio_node(struct tree *tree, int group, unsigned int minor)
{
	char *folder = print("sys/devices/virtual/vfio/%d", group);
	char *path = print("%s/dev", folder), *link = print("sys/class/vfio/%d", group);

	tree_write(tree, path, "240:%u\n", minor);
	tree_link(tree, link, folder);
	free(link);
	free(path);
	free(folder);
}

struct tree_function *tree_node(struct tree_function *function, const char *subsystem,
				const char *place, unsigned int major, unsigned int minor)
{
	char *name = print("%s/dev", place), *class = print("sys/class/%s", subsystem);
	char *link = print("%s/subsystem", place), text[32];

	snprintf(text, sizeof(text), "%u:%u\n", major, minor);
	tree_attribute(function, name, text);
	tree_folder(function->tree, class);
	link_attribute(function, link, class);
	free(link);
	free(class);
	free(name);
	return function;
}
