// SPDX-License-Identifier: GPL-2.0-or-later
/* holder_nodes.c - the device nodes, disks and interfaces of a device. */
#include <ctype.h>
#include <fcntl.h>
#include <net/if.h>

#include "holders.h"
#include "address.h"

/* Deeper than any device; a folder that contains itself ends here. */
#define DEPTH_MAX 24

/* A tree made by hand must not keep us for ever. */
#define NODES_MAX 65536

#define NVIDIA_MAJOR 195

/* Where udev puts the nodes of a subsystem, below /dev. */
static const struct {
	const char *subsystem;
	const char *folder;
	bool overridable;
} folders[] = {
	{ "drm", "dri/", true },	    { "sound", "snd/", true }, { "input", "input/", false },
	{ "vfio-dev", "vfio/devices/", false }, { "vfio", "vfio/", false },
};

/* Folders of a device with nothing but attributes, or with the kernel's own view of it. */
static const char *const skipped[] = { "power", "msi_irqs", "mdev_supported_types", "holders" };

struct walk {
	struct gs_engine *engine;
	struct gs_nodes *found;
	size_t target;
};

static int add_disk(struct walk *walk, const char *name, int depth);

static bool parse_number(const char *text, char **rest, unsigned int *ret)
{
	unsigned long value;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	value = strtoul(text, rest, 10);
	*ret = (unsigned int)value;
	return errno == 0 && value <= UINT32_MAX;
}

/* "226:0" */
static int parse_device(const char *text, struct gs_node *node)
{
	char *rest;

	if (!parse_number(text, &rest, &node->major) || *rest != ':' ||
	    !parse_number(rest + 1, &rest, &node->minor) || *rest)
		return -EINVAL;
	return 0;
}

static bool same_node(const struct gs_node *a, const struct gs_node *b)
{
	return a->target == b->target && a->block == b->block && a->major == b->major &&
	       a->minor == b->minor;
}

int gs_node_add(struct gs_nodes *found, const struct gs_node *node)
{
	int r;

	/* A volume may lie on several partitions of one disk. */
	for (size_t i = 0; i < found->n_nodes; i++)
		if (same_node(&found->nodes[i], node))
			return 0;
	if (found->n_nodes >= NODES_MAX)
		return 0;
	r = gs_grow(&found->nodes, found->n_nodes, sizeof(*found->nodes));
	if (r < 0)
		return r;
	found->nodes[found->n_nodes++] = *node;
	return 1;
}

static void name_node(struct gs_node *node, const char *subsystem, const char *name)
{
	const char *folder = "";

	for (size_t i = 0; i < GS_ARRAY_SIZE(folders); i++) {
		if (strcmp(folders[i].subsystem, subsystem) == 0) {
			folder = folders[i].folder;
			node->overridable = folders[i].overridable;
		}
	}
	snprintf(node->path, sizeof(node->path), "/dev/%s%s", folder, name);
	/* The kernel's '!' in a name stands for udev's '/'. */
	for (char *p = node->path; *p; p++)
		if (*p == '!')
			*p = '/';
}

/* What is built upon a disk (LVM, LUKS, RAID) counts as the disk. */
static int add_upper_disks(struct walk *walk, const char *path, int depth)
{
	char folder[GS_PATH_MAX], **names = NULL;
	int r;

	r = gs_path(folder, "%s/holders", path);
	if (r == 0)
		r = gs_tree_list(walk->engine, folder, &names);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t i = 0; names && names[i] && r == 0; i++)
		r = add_disk(walk, names[i], depth + 1);
	gs_strv_free(names);
	return r;
}

/* btrfs mounts name only one of the disks that they lie on. */
static int add_fellow_disks(struct walk *walk, const char *name, int depth)
{
	char path[GS_PATH_MAX], **systems = NULL;
	int r;

	r = gs_tree_list(walk->engine, "sys/fs/btrfs", &systems);
	for (char **system = systems; r == 0 && system && *system; system++) {
		char **disks = NULL;

		if (gs_path(path, "sys/fs/btrfs/%s/devices", *system) < 0)
			continue;
		r = gs_tree_list(walk->engine, path, &disks);
		for (size_t i = 0; r == 0 && gs_strv_has(disks, name) && disks[i]; i++)
			r = add_disk(walk, disks[i], depth + 1);
		gs_strv_free(disks);
		r = r == -ENOMEM ? r : 0;
	}
	gs_strv_free(systems);
	return r == -ENOMEM ? r : 0;
}

/* The text after "E:KEY=" in what udev knows of a device. */
static bool udev_value(const char *text, const char *key, char *ret, size_t size)
{
	const char *found = strstr(text, key);

	if (!found || (found != text && found[-1] != '\n'))
		return false;
	found += strlen(key);
	snprintf(ret, size, "%.*s", (int)strcspn(found, "\n"), found);
	return true;
}

/* ZFS shows nowhere in sysfs what its pools are made of. */
static void find_pool(struct walk *walk, struct gs_node *node)
{
	gs_cleanup_free char *text = NULL;
	char path[GS_PATH_MAX], type[32];

	if (gs_path(path, "run/udev/data/b%u:%u", node->major, node->minor) < 0 ||
	    gs_tree_read(walk->engine, path, &text) < 0 ||
	    !udev_value(text, "E:ID_FS_TYPE=", type, sizeof(type)) ||
	    strcmp(type, "zfs_member") != 0 ||
	    !udev_value(text, "E:ID_FS_LABEL=", node->pool, sizeof(node->pool)))
		node->pool[0] = '\0';
}

static int read_node(struct walk *walk, const struct gs_dir *dir, const char *name, int depth)
{
	char text[GS_ATTRIBUTE_MAX], subsystem[GS_PATH_MAX];
	struct gs_node node = { .target = walk->target };
	int r;

	if (gs_dir_read(dir, "dev", text) < 0 || parse_device(text, &node) < 0)
		return 0;
	if (gs_dir_link_name(dir, "subsystem", subsystem) < 0)
		*subsystem = '\0';
	node.block = strcmp(subsystem, "block") == 0;
	name_node(&node, subsystem, name);
	if (node.block)
		find_pool(walk, &node);
	r = gs_node_add(walk->found, &node);
	if (r <= 0 || !node.block)
		return r < 0 ? r : 0;
	r = add_upper_disks(walk, dir->path, depth);
	return r < 0 ? r : add_fellow_disks(walk, name, depth);
}

static int add_disk(struct walk *walk, const char *name, int depth)
{
	gs_cleanup_dir struct gs_dir dir = { .fd = -1 };
	char path[GS_PATH_MAX];

	if (depth > DEPTH_MAX || gs_path(path, "sys/class/block/%s", name) < 0 ||
	    gs_dir_open(walk->engine, path, &dir) < 0)
		return 0;
	return read_node(walk, &dir, name, depth);
}

static int read_interface(struct walk *walk, const struct gs_dir *dir, const char *name)
{
	struct gs_nodes *found = walk->found;
	uint64_t flags;
	int r;

	if (gs_dir_read_u64(dir, "flags", &flags) < 0 || !(flags & IFF_UP) ||
	    found->n_interfaces >= NODES_MAX)
		return 0;
	r = gs_grow(&found->interfaces, found->n_interfaces, sizeof(*found->interfaces));
	if (r < 0)
		return r;
	found->interfaces[found->n_interfaces].target = walk->target;
	snprintf(found->interfaces[found->n_interfaces].name,
		 sizeof(found->interfaces->name), "%s", name);
	found->n_interfaces++;
	return 0;
}

/*
 * With several paths to an NVMe namespace its disk hangs below no device; the
 * hidden disk of each path, nvme0c1n1, tells the name of the real one, nvme0n1.
 */
static int read_nvme_path(struct walk *walk, const char *name, int depth)
{
	unsigned int subsystem, controller, space;
	char disk[64];
	int end = 0;

	if (sscanf(name, "nvme%uc%un%u%n", &subsystem, &controller, &space, &end) != 3 ||
	    name[end])
		return 0;
	snprintf(disk, sizeof(disk), "nvme%un%u", subsystem, space);
	return add_disk(walk, disk, depth + 1);
}

static bool is_skipped(const char *name)
{
	for (size_t i = 0; i < GS_ARRAY_SIZE(skipped); i++)
		if (strcmp(name, skipped[i]) == 0)
			return true;
	return false;
}

static int walk_below(struct walk *walk, const char *path, int depth);

static int walk_entry(struct walk *walk, const char *path, const struct dirent *entry, int depth)
{
	char below[GS_PATH_MAX];
	int r;

	if (entry->d_type != DT_DIR || entry->d_name[0] == '.' || is_skipped(entry->d_name))
		return 0;
	if (gs_path(below, "%s/%s", path, entry->d_name) < 0)
		return 0;
	r = read_nvme_path(walk, entry->d_name, depth);
	return r < 0 ? r : walk_below(walk, below, depth + 1);
}

static int walk_folder(struct walk *walk, const char *path, int depth)
{
	int fd = gs_tree_open(walk->engine, path, O_RDONLY | O_DIRECTORY);
	struct dirent *entry;
	DIR *folder;
	int r = 0;

	if (fd < 0)
		return 0;
	folder = fdopendir(fd);
	if (!folder) {
		close(fd);
		return -ENOMEM;
	}
	while (r == 0 && (entry = readdir(folder)))
		r = walk_entry(walk, path, entry, depth);
	closedir(folder);
	return r;
}

static int walk_below(struct walk *walk, const char *path, int depth)
{
	gs_cleanup_dir struct gs_dir dir = { .fd = -1 };
	const char *name = strrchr(path, '/') + 1;
	int r = 0;

	if (depth > DEPTH_MAX || gs_dir_open(walk->engine, path, &dir) < 0)
		return 0;
	if (gs_dir_has(&dir, "dev"))
		r = read_node(walk, &dir, name, depth);
	else if (gs_dir_has(&dir, "ifindex"))
		r = read_interface(walk, &dir, name);
	return r < 0 ? r : walk_folder(walk, path, depth);
}

static int add_group_node(struct walk *walk, int group)
{
	gs_cleanup_dir struct gs_dir dir = { .fd = -1 };
	char path[GS_PATH_MAX], name[16], text[GS_ATTRIBUTE_MAX];
	struct gs_node node = { .target = walk->target };

	snprintf(name, sizeof(name), "%d", group);
	if (gs_path(path, "sys/class/vfio/%s", name) < 0)
		return 0;
	if (gs_dir_open(walk->engine, path, &dir) < 0 &&
	    (gs_path(path, "sys/devices/virtual/vfio/%s", name) < 0 ||
	     gs_dir_open(walk->engine, path, &dir) < 0))
		return 0;
	if (gs_dir_read(&dir, "dev", text) < 0 || parse_device(text, &node) < 0)
		return 0;
	name_node(&node, "vfio", name);
	return gs_node_add(walk->found, &node) < 0 ? -ENOMEM : 0;
}

/* NVIDIA's nodes are no devices of the kernel's: the driver tells the minor. */
static int add_nvidia_node(struct walk *walk, const char *device)
{
	static const char key[] = "Device Minor:";
	struct gs_node node = { .target = walk->target, .major = NVIDIA_MAJOR };
	gs_cleanup_free char *text = NULL;
	char path[GS_PATH_MAX], *found, *rest;

	if (gs_path(path, "proc/driver/nvidia/gpus/%s/information", strrchr(device, '/') + 1) < 0 ||
	    gs_tree_read(walk->engine, path, &text) < 0)
		return 0;
	found = strstr(text, key);
	if (!found)
		return 0;
	found += sizeof(key) - 1;
	found += strspn(found, " \t");
	if (!parse_number(found, &rest, &node.minor))
		return 0;
	snprintf(node.path, sizeof(node.path), "/dev/nvidia%u", node.minor);
	return gs_node_add(walk->found, &node) < 0 ? -ENOMEM : 0;
}

int gs_nodes_find(struct gs_engine *engine, const struct gs_target *target, size_t index,
		  struct gs_nodes *nodes)
{
	struct walk walk = { .engine = engine, .found = nodes, .target = index };
	int r = 0;

	for (size_t i = 0; target->devices && target->devices[i] && r == 0; i++) {
		r = walk_below(&walk, target->devices[i], 0);
		if (r == 0)
			r = add_nvidia_node(&walk, target->devices[i]);
	}
	for (size_t i = 0; i < target->n_groups && r == 0; i++)
		r = add_group_node(&walk, target->groups[i]);
	return r;
}

void gs_nodes_clear(struct gs_nodes *nodes)
{
	free(nodes->nodes);
	free(nodes->interfaces);
	free(nodes->gpus);
	*nodes = (struct gs_nodes){ 0 };
}
