/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domain.h - what a VM that starts is to have of the host's cards, by the description that whoever
 * runs VMs has of it.
 *
 * A domain of libvirt asks by an element of its metadata, in the namespace GS_DOMAIN_NAMESPACE:
 *
 *	<gpushift:hook xmlns:gpushift='urn:gpushift:1' with='0000:05:00.1'>
 *	  <gpushift:vgpu uuid='...' profile='GRID P40-2Q'/>
 *	</gpushift:hook>
 *
 * Without it nothing is done for the domain, whatever devices it has. A vGPU of the domain that is
 * described there is made as it says, others as they are defined for mdevctl. What may leave the host
 * with a card is what the domain has itself, and what @with names. A VM of Proxmox VE asks by having
 * the hookscript.
 *
 * The texts are others': limits hold for their size and depth, and nothing in them becomes a path.
 */
#ifndef GS_DOMAIN_H
#define GS_DOMAIN_H

#include "claim.h"

#define GS_DOMAIN_NAMESPACE "urn:gpushift:1"
#define GS_DOMAIN_MAX_BYTES (1024 * 1024)
#define GS_DOMAIN_MAX_DEVICES 256

struct gs_domain_device {
	char uuid[37];		   /* of a vGPU; "": it is none, and passed through */
	bool at;		   /* there is an address: always, but for vGPUs where libvirt has them */
	struct gs_address address;
	bool whole_slot;  /* all functions of the address' slot */
	bool one_of_many; /* of several like it one is taken, and nobody knows yet which */
	/* How the vGPU is made; none of them: as it is defined. */
	char *type;
	uint64_t framebuffer;
	enum gs_claim_policy policy;
	char **on;
};

struct gs_domain {
	bool asks;
	struct gs_domain_device *devices;
	size_t count;
	struct gs_address *with; /* functions that may go along with a card, whoever gets them */
	size_t n_with;
};

/*
 * gs_domain_libvirt - a domain's XML
 * gs_domain_proxmox - the configuration of the VM @vmid
 * @maps: text of mapping/pci.cfg; @node: the name of this host, whose cards are looked for
 *
 * Both return 0; -EINVAL with a sentence in *@error; or -ENOMEM. @ret is to be cleared in any case:
 * what was read of it before the mistake says whether it asks.
 */
int gs_domain_libvirt(const char *text, size_t length, struct gs_domain *ret,
		      char **error) gs_must_check;
int gs_domain_proxmox(const char *vmid, const char *text, const char *maps, const char *node,
		      struct gs_domain *ret, char **error) gs_must_check;

/* gs_domain_add - one more device, of which @ret is to be filled; -E2BIG: there are too many */
int gs_domain_add(struct gs_domain *domain, struct gs_domain_device **ret) gs_must_check;

void gs_domain_clear(struct gs_domain *domain);
#define gs_cleanup_domain __attribute__((cleanup(gs_domain_clear)))

#endif
