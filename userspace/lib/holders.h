/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holders.h - who uses a device: shared by the three files that find out.
 *
 * holder_nodes.c finds the device nodes, disks and interfaces of a target,
 * holder_scan.c who has them open or mounted; both run in an expendable child
 * of holders.c, which takes the answer.
 */
#ifndef GS_HOLDERS_H
#define GS_HOLDERS_H

#include "child.h"
#include "tree.h"

/* What is asked about: a card, a vGPU, some functions. */
struct gs_target {
	char **devices; /* folders in sysfs; everything below them counts */
	int *groups;	/* IOMMU groups, whose VFIO nodes count */
	size_t n_groups;
};

/* A device node, by number; the path is what udev calls it. */
struct gs_node {
	size_t target; /* index of the target that it belongs to */
	bool block;
	unsigned int major;
	unsigned int minor;
	char path[256];
	bool overridable; /* a display or sound node */
	int seen_pid;	  /* the process that was last told to hold it */
};

struct gs_interface {
	size_t target;
	char name[64];
};

struct gs_nodes {
	struct gs_node *nodes;
	size_t n_nodes;
	struct gs_interface *interfaces; /* only those that are up */
	size_t n_interfaces;
};

/* gs_nodes_find - add the nodes of one target */
int gs_nodes_find(struct gs_engine *engine, const struct gs_target *target, size_t index,
		  struct gs_nodes *nodes) gs_must_check;
void gs_nodes_clear(struct gs_nodes *nodes);

/*
 * Records of the child. Each begins with one of these letters; a holder goes
 * on with target, kind, pid, name, detail, overridable.
 */
#define GS_RECORD_HOLDER "h"
#define GS_RECORD_PROCESSES "n" /* followed by how many there are to look at */
#define GS_RECORD_LOOKED "l"	/* one was looked at */
#define GS_RECORD_UNREADABLE "u" /* one could not be looked at */
#define GS_RECORD_FAILED "f"	/* out of memory */

/* gs_holders_scan - tell who holds the nodes; runs in the child */
void gs_holders_scan(struct gs_engine *engine, struct gs_records *records, struct gs_nodes *nodes);

/* gs_mountinfo_parse - a line's device, mount point and source, unescaped in place */
struct gs_mount {
	unsigned int major;
	unsigned int minor;
	char *point;
	char *source;
};

int gs_mountinfo_parse(char *line, struct gs_mount *ret) gs_must_check;

#endif
