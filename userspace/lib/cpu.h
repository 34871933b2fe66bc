/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu.h - what /proc/cpuinfo says of the first CPU; all are alike. */
#ifndef GS_CPU_H
#define GS_CPU_H

#include "engine.h"
#include "facts.h"

enum gs_cpu_vendor {
	GS_CPU_OTHER, /* not x86, or not told */
	GS_CPU_INTEL,
	GS_CPU_AMD, /* and Hygon, whose IOMMU is AMD's */
};

struct gs_cpu {
	enum gs_cpu_vendor vendor;
	const char *virtualization; /* the flag: "vmx", "svm"; NULL: none */
	bool guest;		    /* of a hypervisor: this host is a VM itself */
	enum gs_known flags;	    /* were there any? */
};

void gs_cpu_read(struct gs_engine *engine, struct gs_cpu *ret);

#endif

