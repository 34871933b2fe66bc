/* SPDX-License-Identifier: GPL-2.0-or-later */
/* holder_names.h - what a person calls a process: VM, container, systemd unit. Pure functions of texts. */
#ifndef GS_HOLDER_NAMES_H
#define GS_HOLDER_NAMES_H

#include "base.h"

#define GS_HOLDER_NAME_MAX 256

struct gs_holder_name {
	const char *kind;    /* "vm", "container", "unit" or "process"; static */
	const char *manager; /* "libvirt", "docker", "systemd", ...; "": none; static */
	char name[GS_HOLDER_NAME_MAX];
};

/*
 * gs_holder_name - name a process
 * @comm: its name as the kernel has it
 * @command_line: its words, each ending in NUL, @length bytes and one more NUL; may be empty
 * @cgroup: text of /proc/PID/cgroup; may be empty
 *
 * A guest is called by its libvirt domain, its Proxmox VMID or QEMU's -name; a
 * container by the first twelve digits of its id, or its name; a service of
 * the system by its unit; anything else by @comm.
 */
void gs_holder_name(const char *comm, const char *command_line, size_t length, const char *cgroup,
		    struct gs_holder_name *ret);

/*
 * gs_holder_stop_command - the command that makes it let go; to be freed, NULL: no memory
 * @pid: for what only its number tells
 */
char *gs_holder_stop_command(const char *kind, const char *manager, const char *name,
			     int pid) gs_must_check;

/* gs_holder_edit_command - how a libvirt domain is edited; to be freed, NULL: no memory */
char *gs_holder_edit_command(const char *domain) gs_must_check;

/*
 * gs_holder_setting - the setting that makes a compositor leave a card alone
 * NULL: @comm is no compositor that is known.
 */
const char *gs_holder_setting(const char *comm);

#endif
