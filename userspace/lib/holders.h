/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * holders.h - who uses a device: shared by the files that find out.
 *
 * holder_nodes.c finds the device nodes, disks and interfaces of a target;
 * holder_scan.c who has them open, holder_kfd.c who computes on an AMD GPU,
 * holder_mounts.c what is mounted from them,
 * holder_network.c what goes through them, holder_kernel.c what the kernel
 * itself does with them. All run in an expendable child of holders.c, which
 * takes the answer.
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
	char pool[64]; /* the ZFS pool that it is a part of; "": none */
	bool overridable; /* a display or sound node */
	bool mounted;	  /* it was told so */
	int seen_pid;	  /* the process that was last told to hold it */
};

struct gs_interface {
	size_t target;
	char name[64];
};

/* An AMD GPU as the compute driver numbers it: all share the node /dev/kfd. */
struct gs_kfd_gpu {
	size_t target;
	unsigned long id;
};

struct gs_nodes {
	struct gs_node *nodes;
	size_t n_nodes;
	struct gs_interface *interfaces; /* only those that are up */
	size_t n_interfaces;
	struct gs_kfd_gpu *gpus;
	size_t n_gpus;
};

/* gs_nodes_find - add the nodes of one target */
int gs_nodes_find(struct gs_engine *engine, const struct gs_target *target, size_t index,
		  struct gs_nodes *nodes) gs_must_check;
void gs_nodes_clear(struct gs_nodes *nodes);

/* gs_kfd_find - the compute driver's GPUs that belong to targets */
int gs_kfd_find(struct gs_engine *engine, const struct gs_target *targets, size_t n_targets,
		struct gs_nodes *nodes) gs_must_check;

/* gs_node_add - 1 when it was not there yet, 0 when it was, or -ENOMEM */
int gs_node_add(struct gs_nodes *nodes, const struct gs_node *node) gs_must_check;

/*
 * Records of the child. Each begins with one of these letters; a holder goes
 * on with the fields of struct gs_found.
 */
#define GS_RECORD_HOLDER "h"
#define GS_RECORD_PROCESSES "n" /* followed by how many there are to look at */
#define GS_RECORD_LOOKED "l"	/* one was looked at */
#define GS_RECORD_UNREADABLE "u" /* one could not be looked at */
#define GS_RECORD_FAILED "f"	/* out of memory */

/* A holder as it is told; texts that are NULL or "" are not there. See struct gs_holder. */
struct gs_found {
	size_t target;
	const char *kind;
	const char *name;
	int pid;
	const char *detail;
	const char *manager;
	const char *command;
	const char *fix;
	const char *critical;
	bool overridable;
	bool yields;
};

struct gs_scan {
	struct gs_engine *engine;
	struct gs_records *records;
	struct gs_nodes *nodes;
	const struct gs_target *targets;
	size_t n_targets;
};

/* These tell what they find; they run in the child. */
void gs_holder_tell(struct gs_scan *scan, const struct gs_found *found);
void gs_scan_processes(struct gs_scan *scan); /* and the mounts of each mount namespace */
/* @pid: whose mount namespace it is; 0: our own */
void gs_scan_mounts(struct gs_scan *scan, const char *mountinfo, int pid);
void gs_scan_swaps(struct gs_scan *scan);
void gs_scan_kfd(struct gs_scan *scan);
/* gs_kfd_elsewhere - a compute process that uses other GPUs, and not this target's */
bool gs_kfd_elsewhere(const struct gs_scan *scan, int pid, size_t target);
/* gs_scan_tell_process - by the name that people know the process by */
void gs_scan_tell_process(struct gs_scan *scan, int pid, size_t target, const char *detail,
			  bool overridable);
void gs_scan_network(struct gs_scan *scan);
void gs_scan_kernel(struct gs_scan *scan);
void gs_scan_keyboards(struct gs_scan *scan);

/* gs_mountinfo_parse - a line's number, device, mount point, type and source, unescaped in place */
struct gs_mount {
	int id;
	unsigned int major;
	unsigned int minor;
	char *point;
	char *type;
	char *source;
};

int gs_mountinfo_parse(char *line, struct gs_mount *ret) gs_must_check;

/* gs_ssh_ports - the words after "Port" in the text of an sshd_config; returns how many */
size_t gs_ssh_ports(const char *text, uint16_t *ret, size_t max);

#endif
