/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vgpu_facts.h - what a host's files tell of why a card offers vGPU types or none, beside the model.
 *
 * Read for one card, when somebody asks. Reads only.
 */
#ifndef GS_VGPU_FACTS_H
#define GS_VGPU_FACTS_H

#include "engine.h"
#include "model.h"
#include "unlock_types.h"

struct gs_vgpu_facts {
	char *kernel;	     /* its release; NULL: cannot be read */
	enum gs_known mdev;  /* it has mediated devices */
	char *nvidia_version; /* of NVIDIA's driver; NULL: not loaded */
	char **nvidia_host;  /* files that only its vGPU host driver brings */
	struct gs_unlock_types *types; /* of vgpuConfig.xml; NULL: not there, or of no use */
	const char *vgpud;   /* NVIDIA's services: "runs", "is enabled"; NULL: neither */
	const char *manager;
	enum gs_known manager_there; /* a process of it; GS_UNKNOWN: processes could not be read */
	char *unlock;	     /* the library that the services are to preload; NULL: none */
	bool unlock_missing; /* it is not there */
	enum gs_known unlock_loaded; /* by the manager that runs */
	char **instances; /* of MIG, on this card: "gi1" */
	char *gvt;	  /* i915's enable_gvt: "Y"; NULL: has no such parameter */
	bool kvmgt;	  /* loaded */
	char *max_vfs;	  /* of the card's driver; NULL: has no such parameter */
};

/* gs_vgpu_facts_read - about @card; 0, or -ENOMEM */
int gs_vgpu_facts_read(struct gs_engine *engine, const struct gs_card *card,
		       struct gs_vgpu_facts *ret) gs_must_check;
void gs_vgpu_facts_clear(struct gs_vgpu_facts *facts);
#define gs_cleanup_vgpu_facts __attribute__((cleanup(gs_vgpu_facts_clear)))

#endif
