/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model.h - what a host looks like: functions, IOMMU groups, cards, vGPUs.
 *
 * The model is plain data. The inventory fills it (inventory.h), the planner
 * reads it (plan.h), nothing here does any I/O. A gs_host owns everything
 * that hangs below it; gs_host_free() frees it all.
 */
#ifndef GS_MODEL_H
#define GS_MODEL_H

#include "address.h"
#include "facts.h"

enum gs_source {
	GS_SOURCE_SYSFS,
	GS_SOURCE_KMOD,
};

enum gs_mode {
	GS_MODE_HOST,
	GS_MODE_PASSTHROUGH,
	GS_MODE_VGPU,
	/* The three above can be asked for, the three below are found. */
	GS_MODE_UNBOUND,
	GS_MODE_MIXED,
	GS_MODE_QUARANTINED,
};
#define GS_MODE_WANTABLE 3

/* gs_mode_name - "host", "passthrough", ...; never NULL */
const char *gs_mode_name(enum gs_mode mode);

/* gs_mode_parse - a mode that can be asked for. Returns 0 or -EINVAL. */
int gs_mode_parse(const char *text, enum gs_mode *ret) gs_must_check;

enum gs_dma_owner {
	GS_DMA_UNKNOWN,
	GS_DMA_NONE,
	GS_DMA_KERNEL,
	GS_DMA_USER,
};

/* How a driver is kept from taking new users, see fences.h. */
enum gs_fence {
	GS_FENCE_NONE,
	GS_FENCE_UNBIND_LOCK,
	GS_FENCE_DRAIN,
};

/* All that are known, with their longest values. */
#define GS_VFS_PARAMS 160

/* Virtual functions: how many, and does the kernel bind new ones to drivers by itself? */
struct gs_vfs {
	unsigned int count;
	enum gs_known autoprobe;
	bool by_tool; /* NVIDIA's sriov-manage, in steps only */
	char params[GS_VFS_PARAMS]; /* of each of them, see vgpu_params.h; "": what their driver gives them */
};

/* One PCI function. */
struct gs_function {
	struct gs_address address;
	char text[GS_ADDRESS_LEN]; /* the address as printed */
	uint16_t vendor_id;
	uint16_t device_id;
	uint16_t subsystem_vendor_id;
	uint16_t subsystem_device_id;
	uint32_t class_code; /* 24 bits: base class, subclass, programming interface */
	uint8_t revision;
	char *name;   /* from pci.ids, "Vendor Device"; NULL when not asked for */
	char *driver; /* NULL: none bound */
	/* GS_UNKNOWN: could not be read (timed out); driver_override is then NULL. */
	enum gs_known override_known;
	char *driver_override; /* NULL: none set */
	char *power_control;   /* "auto" or "on"; NULL: unknown. Only for functions of cards and their groups. */
	int iommu_group;       /* -1: none */
	char **group_members;  /* addresses, in order, this function included */
	char *domain_type;     /* of the current domain; NULL: unknown (always from sysfs) */
	char *default_domain_type; /* of the group, as the module saw it; NULL: unknown */
	enum gs_dma_owner dma_owner;
	char **reset_methods; /* enabled ones, in the order tried; NULL: none */
	/*
	 * Whether a reset of the whole bus or hotplug slot is possible at all,
	 * whatever else it hits. From sysfs: bus by topology, slot unknown.
	 */
	enum gs_known bus_reset;
	enum gs_known slot_reset;
	bool on_root_bus;
	struct gs_address bridge; /* the bridge above it; only when !on_root_bus */
	enum gs_known boot_vga;   /* GS_UNKNOWN: not a VGA function */
	bool is_vf;
	struct gs_address physfn; /* the PF of a VF */
	unsigned int sriov_total; /* 0: not a PF */
	unsigned int sriov_enabled;
	enum gs_known sriov_autoprobe; /* for PFs that are cards */
	/* Those that gpushift enabled (0: it did not), and what autoprobe was before; GS_UNKNOWN: not told. */
	struct gs_vfs own_vfs;
	unsigned int vf_params; /* a bit for each that its driver has for VFs, see gs_vf_param_key() */
	bool mdev_parent;
	int numa_node;  /* -1: none */
	char *modalias; /* only for functions of cards; NULL: unknown */
	enum gs_fence fence; /* with GS_READ_DRIVERS */
	struct gs_facts facts;
};

/* What must be the same for a stored fact to be about the same card. */
struct gs_identity {
	uint16_t vendor_id;
	uint16_t device_id;
	uint16_t subsystem_vendor_id;
	uint16_t subsystem_device_id;
};

static inline struct gs_identity gs_function_identity(const struct gs_function *function)
{
	return (struct gs_identity){
		.vendor_id = function->vendor_id,
		.device_id = function->device_id,
		.subsystem_vendor_id = function->subsystem_vendor_id,
		.subsystem_device_id = function->subsystem_device_id,
	};
}

/* gs_function_init - a function of which only the address is known */
void gs_function_init(struct gs_function *function, const struct gs_address *address);

/* gs_function_is_display - class 03xx or 12xx: what makes a card */
bool gs_function_is_display(const struct gs_function *function);

/* gs_function_is_bridge - class 06xx */
bool gs_function_is_bridge(const struct gs_function *function);

/* gs_driver_is_vfio - vfio-pci or a variant driver of it (by name) */
bool gs_driver_is_vfio(const char *driver);

/*
 * gs_driver_owns_dma - whether a function bound to @driver makes its IOMMU
 * group unusable for user space. False for no driver (NULL), vfio drivers,
 * pci-stub and pcieport. Source: driver_managed_dma in the kernel, 5.19 and later.
 */
bool gs_driver_owns_dma(const char *driver);

struct gs_group {
	int id;
	char *type;     /* the default domain's type as sysfs says it; NULL: unknown */
	char **members; /* addresses, in order */
	/* Regions for which the kernel gives it to nobody, see assignable.h; with GS_READ_DRIVERS. */
	char **direct;
};

/* Whether a guest's interrupts are kept from others, see assignable.h. */
struct gs_interrupts {
	bool plain;	     /* nothing remaps them; false: something does, or it cannot be told */
	bool unsafe_allowed; /* VFIO is told to do without */
	char *seen;	     /* who sends them: "IO-APIC" */
	char *switched_off;  /* the word of the kernel's command line that asks for it; NULL: none */
};

/* Claimed for a VM, which need not run yet: see claim.h. */
struct gs_reserved {
	char *claim; /* NULL: it is not */
	char *vm;    /* NULL: not named */
};

/* A mediated device, or a VF of a card. */
struct gs_vgpu {
	char *uuid; /* NULL for a VF */
	char *address; /* NULL for an mdev */
	char *parent;  /* name of the parent device: an address, or what sysfs calls it (mtty) */
	char *type;      /* vGPU type id, e.g. nvidia-46; NULL: none, for plain VFs only */
	char *type_name; /* e.g. GRID P40-1Q; NULL: unknown */
	char *params;	 /* see vgpu_params.h; "": none are set; NULL: not read, or it takes none */
	const char *backend; /* "mdev", "nvidia-vfio" or "sriov" */
	const char *owner;   /* "gpushift" or "other" */
	const char *start;   /* "auto" or "manual", as it is defined for mdevctl; NULL: it is not */
	enum gs_known in_use;
	int iommu_group; /* -1: none, or not read: that of an mdev with GS_READ_HOLDERS only */
	struct gs_reserved reserved;
};

struct gs_vgpu_type {
	char *id;
	char *name; /* equals id when the driver names none */
	char *description; /* NULL: none */
	uint64_t framebuffer_bytes; /* 0: unknown */
	unsigned int made;
	unsigned int available;
};

/* A device that can be split: a card, or any other mdev parent (mtty). */
struct gs_parent {
	char *name; /* of the device in sysfs: an address for a PCI function */
	struct gs_vgpu_type *types;
	size_t n_types;
	bool on_vfs; /* a card whose VFs offer them, one vGPU each */
	unsigned int vfs; /* so many do now */
};

/* Something that uses a card. */
struct gs_holder {
	/* "process", "unit", "container", "vm", "mount", "swap", "network", "input" or "kernel" */
	const char *kind;
	char *name; /* unit, container, VM, process; interface, mount point, ... */
	int pid;    /* 0: not a process */
	char *detail;  /* the node or what is known of it, e.g. /dev/vfio/7 */
	char *manager; /* "libvirt", "proxmox", "docker", "systemd", ...; NULL: none */
	char *command; /* the process' own name; NULL: not a process */
	char *fix;     /* the command that ends the use; NULL: none is known */
	char *critical; /* why the host itself needs it: "/ lies on it"; NULL: it does not */
	/* May --force override it: a user-space display or sound client. */
	bool overridable;
	/* Lets go by itself when the driver does; shown, and in nobody's way. */
	bool yields;
};

/* A unit of systemd, see units.h. */
enum gs_unit_state {
	GS_UNIT_UNKNOWN, /* no systemd here, or no answer */
	GS_UNIT_MISSING, /* there is no such unit */
	GS_UNIT_IDLE,
	GS_UNIT_RUNNING, /* or on its way there */
};

struct gs_unit {
	char *name;
	enum gs_unit_state state;
};

/* How a function was before a switch: what an undo brings back. */
struct gs_before {
	char *address;
	char *driver;	       /* NULL: none was bound */
	char *driver_override; /* NULL: none was set */
	char *power_control;   /* NULL: unknown, left alone */
};

/*
 * What gpushift remembers of a card since it last moved it away from the
 * host: see remembered.h.
 */
struct gs_remembered {
	char *driver;	/* host driver of the display function; NULL: none known */
	char **with;	/* functions outside the card that went along, this boot only */
	bool same_boot; /* written since the host booted */
	bool passed;	/* it was in passthrough in that boot: a guest may have left its state in it */
	struct gs_before *before; /* per function that moved, this boot only */
	size_t n_before;
	/* Types it offered as a vGPU host. */
	struct gs_parent *parent; /* NULL: none known */
};

/* A display or accelerator PF plus its companions. */
struct gs_card {
	struct gs_function **functions; /* display function first, then the companions by address; not owned */
	size_t n_functions;
	/* The other members of their groups, by address; bridges included; not owned. */
	struct gs_function **outside;
	size_t n_outside;
	enum gs_mode mode;
	char *reason; /* why it is in none of the three wanted modes, else NULL */
	struct gs_stuck *stuck; /* what hangs at it (quarantine.h): facts may be stale; NULL: nothing */
	struct gs_vgpu **vgpus; /* not owned */
	size_t n_vgpus;
	struct gs_parent *parent; /* types offered now; NULL: none; not owned */
	struct gs_reserved reserved; /* as a whole */
	/* Only with GS_READ_HOLDERS, else holders_unreadable is -1. */
	struct gs_holder *holders;
	size_t n_holders;
	int holders_unreadable; /* processes that could not be read */
	/* Does somebody look at it? With GS_READ_HOLDERS; the connectors say where. */
	enum gs_known lit;
	char **lit_connectors;
	struct gs_remembered *remembered; /* NULL: nothing */
	/* From the configuration, see config.h. */
	char *alias;	   /* NULL: none */
	char *host_driver; /* what it goes back to; NULL: not configured */
	enum gs_known host_driver_known; /* with GS_READ_DRIVERS: can it be had? */
	char **quiesce;	   /* units to stop before it moves */
	/* Drivers the kernel would choose by modalias; NULL + GS_UNKNOWN: cannot be told. */
	char **candidates;
	enum gs_known candidates_known;
};

/* gs_card_display - the function that a card is named after */
static inline struct gs_function *gs_card_display(const struct gs_card *card)
{
	return card->functions[0];
}

static inline bool gs_passed_in_this_boot(const struct gs_card *card)
{
	return card->remembered && card->remembered->same_boot && card->remembered->passed;
}

/* Somebody else who means to move a device: libvirt, driverctl, mdevctl, Proxmox, KubeVirt. */
struct gs_owner {
	const char *who;
	struct gs_address address; /* unless @group tells */
	bool whole_slot;	   /* all functions of the address' slot */
	int group;		   /* an IOMMU group; -1: the address counts */
	unsigned int modes;	   /* which switches it is at odds with: 1 << enum gs_mode */
	char *evidence;
	char *fix;
};

/* A vGPU that may be started, or is: one of mdevctl's files, see definition.h. */
struct gs_definition {
	char *uuid;
	char *parent;
	char *card; /* ours: which card it splits; else NULL */
	char *type;
	bool automatic; /* mdevctl starts it when its parent comes */
	bool ours;	/* gpushift wrote it */
	bool wanted;	/* ours: to start by itself while its card is split */
	bool changed;	/* ours: somebody else has rewritten it */
};

/* A switch that did not end: its writer died, or could not finish. */
struct gs_interrupted {
	char *card;
	char *from;
	char *to;
	bool other_boot;
	bool running; /* somebody is still at it */
	int damaged;  /* the journal cannot be read: errno, else 0 */
};

struct gs_host {
	enum gs_source source;
	bool generation_known;
	uint32_t generation;
	bool has_iommu; /* any IOMMU group exists */
	struct gs_function *functions; /* by address */
	size_t n_functions;
	struct gs_group *groups; /* by id */
	size_t n_groups;
	struct gs_card *cards; /* by address */
	size_t n_cards;
	struct gs_vgpu *vgpus;
	size_t n_vgpus;
	struct gs_parent *parents;
	size_t n_parents;
	char **drivers; /* registered PCI drivers */
	bool sriov_manage; /* NVIDIA's tool for VFs is installed */
	bool type1_loaded; /* the module vfio_iommu_type1 is loaded */
	enum gs_known vfio_loadable; /* vfio-pci is registered, or a module of that name exists */
	struct gs_interrupts interrupts; /* with GS_READ_DRIVERS */
	struct gs_owner *owners; /* with GS_READ_DRIVERS */
	size_t n_owners;
	struct gs_definition *definitions;
	size_t n_definitions;
	struct gs_interrupted *interrupted; /* NULL: none */
};

/* gs_host_sort_functions - by address, as the lookups expect; pointers to functions change */
void gs_host_sort_functions(struct gs_host *host);

struct gs_function *gs_host_function(const struct gs_host *host, const struct gs_address *address);
struct gs_group *gs_host_group(const struct gs_host *host, int id);
struct gs_card *gs_host_card(const struct gs_host *host, const struct gs_address *address);
struct gs_parent *gs_host_parent(const struct gs_host *host, const char *name);
struct gs_vgpu *gs_host_vgpu(const struct gs_host *host, const char *uuid_or_address);
/* gs_host_add_vgpu - one of which nothing is known yet; NULL: out of memory */
struct gs_vgpu *gs_host_add_vgpu(struct gs_host *host);

/* gs_vgpu_is_plain - a VF and nothing more, which comes and goes with the others */
static inline bool gs_vgpu_is_plain(const struct gs_vgpu *vgpu)
{
	return !vgpu->uuid && !vgpu->type;
}

/* gs_vgpu_name - its UUID or address */
const char *gs_vgpu_name(const struct gs_vgpu *vgpu);

void gs_function_clear(struct gs_function *function);
/* gs_holder_describe - "docker container 0123456789ab (python3, pid 7): /dev/nvidia0"; NULL: no memory */
char *gs_holder_describe(const struct gs_holder *holder) gs_must_check;
void gs_holders_free(struct gs_holder *holders, size_t count);
void gs_vgpu_type_clear(struct gs_vgpu_type *type);
void gs_parent_clear(struct gs_parent *parent);
void gs_before_clear(struct gs_before *before);
void gs_remembered_free(struct gs_remembered *remembered);
void gs_definitions_free(struct gs_definition *definitions, size_t count);
void gs_host_free(struct gs_host *host);

static inline void gs_host_freep(struct gs_host **host)
{
	gs_host_free(*host);
}
#define gs_cleanup_host __attribute__((cleanup(gs_host_freep)))

#endif
