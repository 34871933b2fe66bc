/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tree_builder.h - builds trees that look like a host, for gs_engine_open().
 *
 *	struct tree *tree = tree_new();
 *	struct tree_function *port = tree_bridge(tree, NULL, "0000:00:01.0");
 *	struct tree_function *gpu = tree_function(tree, port, "0000:01:00.0", 0x030000);
 *
 *	tree_ids(gpu, 0x10de, 0x1b38);
 *	tree_driver(tree_group(gpu, 1), "nouveau");
 *
 * Calls about a function return it, so that they can be nested. Files hold
 * what the kernel prints, newlines included. What can not be built ends the
 * process: a test on half a tree would prove nothing.
 */
#ifndef TREE_BUILDER_H
#define TREE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>

struct tree;
struct tree_function;

/* tree_new - an empty host: sysfs with a PCI bus, a proc without processes */
struct tree *tree_new(void);

/* tree_free - the folder is removed too */
void tree_free(struct tree *tree);
const char *tree_root(const struct tree *tree);

/* tree_absolute_links - from now on, links begin with "/" (the kernel's are relative) */
void tree_absolute_links(struct tree *tree, bool absolute);

/* Any file, folder or link; paths are relative to the root and folders on the way are made. */
void tree_write(struct tree *tree, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void tree_write_bytes(struct tree *tree, const char *path, const char *bytes, size_t length);
void tree_folder(struct tree *tree, const char *path);
/* tree_link - a link to a path of the tree, as the kernel would write it */
void tree_link(struct tree *tree, const char *path, const char *to);
/* tree_raw_link - a link with exactly this text */
void tree_raw_link(struct tree *tree, const char *path, const char *text);
void tree_remove(struct tree *tree, const char *path);
/* tree_read - the text of a file, to be freed; NULL: no such file */
char *tree_read(struct tree *tree, const char *path);

/* tree_function - a PCI function below a bridge, or on the root bus of its domain (NULL) */
struct tree_function *tree_function(struct tree *tree, struct tree_function *bridge,
				    const char *address, unsigned int class_code);
/* tree_bridge - a PCI bridge, on pcieport */
struct tree_function *tree_bridge(struct tree *tree, struct tree_function *bridge,
				  const char *address);

struct tree_function *tree_ids(struct tree_function *function, unsigned int vendor,
			       unsigned int device);
struct tree_function *tree_subsystem(struct tree_function *function, unsigned int vendor,
				     unsigned int device);
/* tree_driver - bind it; the driver is registered on the way. NULL unbinds. */
struct tree_function *tree_driver(struct tree_function *function, const char *driver);
struct tree_function *tree_override(struct tree_function *function, const char *driver);
struct tree_function *tree_group(struct tree_function *function, int group);
/* tree_reset - "flr bus" */
struct tree_function *tree_reset(struct tree_function *function, const char *methods);
struct tree_function *tree_boot_vga(struct tree_function *function, bool is);
struct tree_function *tree_numa(struct tree_function *function, int node);
/* tree_sriov - it can have so many VFs */
struct tree_function *tree_sriov(struct tree_function *function, unsigned int total);
/* tree_vf - a VF of this PF, linked to it */
struct tree_function *tree_vf(struct tree_function *pf, const char *address,
			      unsigned int class_code);
/* tree_attribute - any file of the function's folder */
struct tree_function *tree_attribute(struct tree_function *function, const char *name,
				     const char *text);
struct tree *tree_of(const struct tree_function *function);
const char *tree_path(const struct tree_function *function);
const char *tree_address(const struct tree_function *function);

/* tree_register_driver - a driver that nothing is bound to */
void tree_register_driver(struct tree *tree, const char *driver);
void tree_group_type(struct tree *tree, int group, const char *type);

/*
 * A vGPU type of a parent, which becomes an mdev parent by its first one.
 * @description: NULL for none
 */
struct tree_function *tree_mdev_type(struct tree_function *parent, const char *id,
				     const char *name, const char *description,
				     unsigned int available);
/* tree_mdev - a vGPU; @group: -1 for none */
struct tree_function *tree_mdev(struct tree_function *parent, const char *uuid, const char *type,
				int group);
/* The same for a parent that is no PCI function: a folder "sys/devices/virtual/mtty/mtty". */
void tree_mdev_type_of(struct tree *tree, const char *folder, const char *id, const char *name,
		       const char *description, unsigned int available);
void tree_mdev_of(struct tree *tree, const char *folder, const char *uuid, const char *type,
		  int group);

/* tree_node - a device node below a function: subsystem, its place there, its number */
struct tree_function *tree_node(struct tree_function *function, const char *subsystem,
				const char *place, unsigned int major, unsigned int minor);
/* tree_vfio_node - the node of a VFIO group */
void tree_vfio_node(struct tree *tree, int group, unsigned int minor);

/* tree_process - a process; @command_line: words parted by blanks */
void tree_process(struct tree *tree, int pid, const char *name, const char *command_line);
void tree_process_file(struct tree *tree, int pid, int fd, const char *to);

/*
 * tree_host - a host of @functions functions: @gpus ports with a GPU and its
 * sound each, the rest in slots of the root bus
 */
void tree_host(struct tree *tree, unsigned int gpus, unsigned int functions);

#endif
