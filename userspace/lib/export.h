/* SPDX-License-Identifier: GPL-2.0-or-later */
/* export.h - a card or a vGPU in the words of what runs guests. Pure: model in, text out. */
#ifndef GS_EXPORT_H
#define GS_EXPORT_H

#include "model.h"

enum gs_export_format {
	GS_EXPORT_LIBVIRT,     /* <hostdev> elements of a domain */
	GS_EXPORT_QEMU,	       /* -device arguments */
	GS_EXPORT_PVE,	       /* a hostpciN line of a VM of Proxmox VE */
	GS_EXPORT_PVE_MAPPING, /* a section of its /etc/pve/mapping/pci.cfg */
	GS_EXPORT_KUBEVIRT,    /* two YAML documents: parts of the KubeVirt resource, and of a VM */
	GS_EXPORT_FORMATS,
};

/* What is exported: a whole card, or one vGPU. */
struct gs_export {
	const struct gs_host *host;
	const struct gs_card *card; /* NULL: the vGPU */
	const struct gs_vgpu *vgpu;
	const char *node; /* this host's name in its cluster */
	struct gs_export *next; /* of a mapping that has several; else NULL */
};

const char *gs_export_format_name(enum gs_export_format format);

/* gs_export_format_parse - Returns 0 or -EINVAL. */
int gs_export_format_parse(const char *text, enum gs_export_format *ret) gs_must_check;

/*
 * gs_export - the text, each line with its end
 * @ret_why: on -EOPNOTSUPP, why this cannot be said in that format; a static sentence
 *
 * Returns 0, -ENOMEM or -EOPNOTSUPP.
 */
int gs_export(const struct gs_export *export, enum gs_export_format format, char **ret,
	      const char **ret_why) gs_must_check;

/*
 * gs_export_note - what to know before it is used; to be freed, NULL: nothing, or no memory
 */
char *gs_export_note(const struct gs_export *export, enum gs_export_format format) gs_must_check;

/* gs_export_goes_with - can both be in one mapping? Its vGPUs are all made by Proxmox VE, or none is. */
bool gs_export_goes_with(const struct gs_export *export, const struct gs_export *other);

/* gs_export_vf - the function that a VF is; NULL: the vGPU is an mdev, or the function was not read */
const struct gs_function *gs_export_vf(const struct gs_export *export);

/* export_kubevirt.c */
int gs_export_kubevirt(const struct gs_export *export, FILE *out) gs_must_check;

#endif
