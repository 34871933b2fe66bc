/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts.h - what is known of a function's resets, isolation, power, BARs, link.
 *
 * Numbers are those of the module's protocol; the sysfs source fills in the
 * same. Everything can be unknown: an older module does not tell it, sysfs
 * keeps some of it for root, and a sleeping device is not asked.
 */
#ifndef GS_FACTS_H
#define GS_FACTS_H

#include <linux/gpushift.h>
#include <linux/pci_regs.h>

#include "address.h"

/* A fact that a source may not be able to tell. */
enum gs_known {
	GS_UNKNOWN = -1,
	GS_NO = 0,
	GS_YES = 1,
};

/* Known methods; each at most once, in the order of their numbers. */
#define GS_RESET_METHODS GPUSHIFT_RESET_METHOD_SLOT

struct gs_reset {
	enum gpushift_reset_method method;
	enum gpushift_reset_state state;   /* UNSPEC: one not known here */
	enum gpushift_reset_reason reason; /* UNSPEC: none, or one not known here */
	char *detail;			   /* NULL: none */
};

/* The ACS bits without which the kernel merges a group: see gs_acs_names(). */
#define GS_ACS_WANTED (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

/* What put a function into one IOMMU group with others. */
struct gs_isolation {
	enum gpushift_isolation_cause cause; /* UNSPEC: alone in its group, or not known */
	struct gs_address bridge;	     /* the port, bridge or function to blame */
	bool missing_known;
	uint16_t missing; /* of GS_ACS_WANTED */
};

struct gs_power {
	int state; /* enum gpushift_power_state; -1: not told */
	enum gs_known d3cold_allowed;
	enum gs_known runtime_control; /* yes: "auto", no: "on" */
	int runtime_status; /* enum gpushift_runtime_status; -1: not told */
	enum gs_known no_soft_reset;
};

#define GS_BARS 6

struct gs_bar {
	unsigned int index;
	enum gpushift_bar_type type; /* UNSPEC: one not known here */
	bool has_start;
	uint64_t start;
	uint64_t size;
	uint64_t resizable; /* bit N: can be resized to 2^N MiB; 0: it cannot, or not known */
	char *claimant;	    /* NULL: nobody, or not known */
};

/* Zeros are unknown, or there is no link. */
struct gs_link {
	uint32_t speed; /* MT/s */
	uint32_t speed_max;
	unsigned int width; /* lanes */
	unsigned int width_max;
};

struct gs_facts {
	struct gs_reset resets[GS_RESET_METHODS];
	size_t n_resets;
	enum gpushift_reset_reason bus_reason; /* why the bus cannot be reset */
	char *bus_detail;
	char **reset_scope; /* whom a reset of the bus or slot hits; NULL: not known, or none can be made */
	enum gs_known outside_group; /* one of them is not in the IOMMU group */
	struct gs_isolation isolation;
	struct gs_power power;
	bool bars_known; /* BARs and ROM */
	struct gs_bar bars[GS_BARS];
	size_t n_bars;
	uint64_t rom_size; /* 0: it has none */
	struct gs_link link;
	int mdev_types; /* -1: not known */
	enum gs_known config_answers;
	enum gs_known for_root; /* no: the source kept back what is for root */
};

void gs_facts_init(struct gs_facts *facts);
void gs_facts_clear(struct gs_facts *facts);

/* gs_facts_reset - what is known of a method; NULL: nothing */
const struct gs_reset *gs_facts_reset(const struct gs_facts *facts,
				      enum gpushift_reset_method method);

/*
 * gs_facts_add_reset - in the order of the methods; a second one of the same
 * method is passed over
 * @detail: copied; NULL or "": none
 */
int gs_facts_add_reset(struct gs_facts *facts, enum gpushift_reset_method method,
		       enum gpushift_reset_state state, enum gpushift_reset_reason reason,
		       const char *detail) gs_must_check;

/* gs_facts_bar - the BAR of this number, made when there is none; NULL: no such number */
struct gs_bar *gs_facts_bar(struct gs_facts *facts, unsigned int index);

/* Words of the protocol, as in /proc/gpushift; NULL for what is none, or not known here. */
const char *gs_reset_method_name(unsigned int method);
const char *gs_reset_state_name(unsigned int state);
const char *gs_reset_reason_name(unsigned int reason);
const char *gs_isolation_cause_name(unsigned int cause);
const char *gs_power_state_name(int state);
const char *gs_runtime_status_name(int status);
const char *gs_bar_type_name(unsigned int type);

/* gs_word_find - the number of a word by one of the functions above's tables; -1: none */
int gs_reset_method_find(const char *name);
int gs_power_state_find(const char *name);
int gs_runtime_status_find(const char *name);

/* gs_acs_names - the words of lspci for ACS bits, as a list; NULL for none */
int gs_acs_names(uint16_t bits, char ***ret) gs_must_check;

#endif
