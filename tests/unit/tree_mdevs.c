// SPDX-License-Identifier: GPL-2.0-or-later
/* tree_mdevs.c - mediated devices, processes and whole hosts for built trees. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base.h"
#include "tree_builder.h"

#define PATH_SIZE 1024

static const char *last_component(const char *path)
{
	return strrchr(path, '/') + 1;
}

void tree_mdev_type_of(struct tree *tree, const char *folder, const char *id, const char *name,
		       const char *description, unsigned int available)
{
	char type[PATH_SIZE], path[PATH_SIZE * 2];

	snprintf(path, sizeof(path), "sys/class/mdev_bus/%s", last_component(folder));
	tree_link(tree, path, folder);
	snprintf(type, sizeof(type), "%s/mdev_supported_types/%s", folder, id);
	snprintf(path, sizeof(path), "%s/name", type);
	tree_write(tree, path, "%s\n", name);
	snprintf(path, sizeof(path), "%s/available_instances", type);
	tree_write(tree, path, "%u\n", available);
	snprintf(path, sizeof(path), "%s/device_api", type);
	tree_write(tree, path, "vfio-pci\n");
	snprintf(path, sizeof(path), "%s/devices", type);
	tree_folder(tree, path);
	if (!description)
		return;
	snprintf(path, sizeof(path), "%s/description", type);
	tree_write(tree, path, "%s\n", description);
}

void tree_mdev_of(struct tree *tree, const char *folder, const char *uuid, const char *type,
		  int group)
{
	char device[PATH_SIZE], path[PATH_SIZE * 2], to[PATH_SIZE];

	snprintf(device, sizeof(device), "%s/%s", folder, uuid);
	tree_folder(tree, device);
	snprintf(to, sizeof(to), "%s/mdev_supported_types/%s", folder, type);
	snprintf(path, sizeof(path), "%s/mdev_type", device);
	tree_link(tree, path, to);
	snprintf(path, sizeof(path), "%s/devices/%s", to, uuid);
	tree_link(tree, path, device);
	snprintf(path, sizeof(path), "sys/bus/mdev/devices/%s", uuid);
	tree_link(tree, path, device);
	if (group < 0)
		return;
	snprintf(to, sizeof(to), "sys/kernel/iommu_groups/%d", group);
	snprintf(path, sizeof(path), "%s/iommu_group", device);
	tree_link(tree, path, to);
	snprintf(path, sizeof(path), "%s/devices/%s", to, uuid);
	tree_link(tree, path, device);
	snprintf(path, sizeof(path), "%s/name", to);
	tree_write(tree, path, "vfio-noiommu\n");
	tree_group_type(tree, group, "unknown");
}

/* "sys/bus/pci/devices/..." would do as well, but the kernel links to the real folder. */
struct tree_function *tree_mdev_type(struct tree_function *parent, const char *id,
				     const char *name, const char *description,
				     unsigned int available)
{
	tree_mdev_type_of(tree_of(parent), tree_path(parent), id, name, description, available);
	return parent;
}

struct tree_function *tree_mdev(struct tree_function *parent, const char *uuid, const char *type,
				int group)
{
	tree_mdev_of(tree_of(parent), tree_path(parent), uuid, type, group);
	return parent;
}

/* Words become strings that end in NUL each. */
static void write_command_line(struct tree *tree, int pid, const char *words)
{
	char path[PATH_SIZE], bytes[PATH_SIZE];
	size_t length = (size_t)snprintf(bytes, sizeof(bytes), "%s", words) + 1;

	for (size_t i = 0; i < length; i++)
		if (bytes[i] == ' ')
			bytes[i] = '\0';
	snprintf(path, sizeof(path), "proc/%d/cmdline", pid);
	tree_write_bytes(tree, path, bytes, length);
}

void tree_process(struct tree *tree, int pid, const char *name, const char *command_line)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "proc/%d/fd", pid);
	tree_folder(tree, path);
	snprintf(path, sizeof(path), "proc/%d/comm", pid);
	tree_write(tree, path, "%s\n", name);
	snprintf(path, sizeof(path), "proc/%d/stat", pid);
	tree_write(tree, path, "%d (%s) S 1 %d %d 0 -1 4194560 0\n", pid, name, pid, pid);
	write_command_line(tree, pid, command_line);
}

void tree_process_file(struct tree *tree, int pid, int fd, const char *to)
{
	char path[PATH_SIZE];

	snprintf(path, sizeof(path), "proc/%d/fd/%d", pid, fd);
	tree_raw_link(tree, path, to);
}

static struct tree_function *host_gpu(struct tree *tree, unsigned int i)
{
	struct tree_function *port, *gpu;
	char address[32];

	snprintf(address, sizeof(address), "0000:00:%02x.0", i + 1);
	port = tree_group(tree_bridge(tree, NULL, address), (int)i * 2 + 1);
	snprintf(address, sizeof(address), "0000:%02x:00.0", i + 1);
	gpu = tree_function(tree, port, address, 0x030000);
	tree_reset(tree_group(tree_ids(gpu, 0x10de, 0x1b38), (int)i * 2 + 2), "bus");
	tree_driver(gpu, "nouveau");
	snprintf(address, sizeof(address), "0000:%02x:00.1", i + 1);
	gpu = tree_function(tree, port, address, 0x040300);
	tree_group(tree_ids(gpu, 0x10de, 0x10f0), (int)i * 2 + 2);
	return tree_driver(tree_reset(gpu, "bus"), "snd_hda_intel");
}

void tree_host(struct tree *tree, unsigned int gpus, unsigned int functions)
{
	unsigned int made = 0;
	char address[32];

	for (unsigned int i = 0; i < gpus && made < functions; i++, made += 3)
		host_gpu(tree, i);
	for (unsigned int i = 0; made < functions; i++, made++) {
		struct tree_function *function;

		snprintf(address, sizeof(address), "0000:80:%02x.%u", i / 8, i % 8);
		function = tree_function(tree, NULL, address, 0x00ff00);
		tree_group(tree_ids(function, 0x1b36, 0x0005), 1000 + (int)i / 8);
	}
}
