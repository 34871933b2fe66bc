/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory.h - reads a host into the model. Reading never writes.
 *
 * Two sources tell the same facts: the kernel module by generic netlink, and
 * sysfs. What only one of them knows is marked unknown by the other.
 */
#ifndef GS_INVENTORY_H
#define GS_INVENTORY_H

#include "engine.h"
#include "model.h"

enum gs_read_flags {
	GS_READ_ALL = 1 << 0,	  /* every PCI function, not only cards and what shares their slot, group or bus */
	GS_READ_NAMES = 1 << 1,	  /* function names from pci.ids */
	GS_READ_HOLDERS = 1 << 2, /* who uses each card, and who looks at it */
	GS_READ_TYPES = 1 << 3,	  /* vGPU types of each parent */
	GS_READ_DRIVERS = 1 << 4, /* registered drivers, candidates by modalias, vfio-pci's module, foreign owners */
	GS_READ_GROUPS = 1 << 5,  /* the groups' types (one sysfs file a group) */
	GS_READ_PARAMS = 1 << 6,  /* parameters of vGPUs; GS_READ_TYPES reads them, too */
};

/*
 * gs_inventory_read - read the host
 * @flags: or of enum gs_read_flags
 *
 * Overrides, remembered cards, interrupted switches and quarantine are always
 * read. Returns 0, -ENOMEM, or -errno when neither source can be read
 * (-ENOENT: no sysfs).
 */
int gs_inventory_read(struct gs_engine *engine, unsigned int flags, struct gs_host **ret) gs_must_check;

/*
 * The parts, one file each. They fill or complete @host in this order:
 * functions (one source), groups, names, vgpus, cards, then the rest.
 */
int gs_source_kmod_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host) gs_must_check;
int gs_source_sysfs_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host) gs_must_check;
int gs_groups_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host) gs_must_check;
int gs_names_read(struct gs_engine *engine, struct gs_host *host) gs_must_check;
int gs_vgpus_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host) gs_must_check;
/* Of host->parents, by gs_vgpus_read(). */
int gs_mdevs_read(struct gs_engine *engine, unsigned int flags, struct gs_host *host) gs_must_check;
int gs_cards_build(struct gs_engine *engine, struct gs_host *host) gs_must_check;
int gs_drivers_read(struct gs_engine *engine, struct gs_host *host) gs_must_check;

/* gs_displays_read - which cards have something connected that shows a picture */
int gs_displays_read(struct gs_engine *engine, struct gs_host *host) gs_must_check;

/* gs_card_judge - mode and reason again, after drivers of its functions changed */
int gs_card_judge(struct gs_engine *engine, struct gs_card *card) gs_must_check;

/*
 * gs_holders_read - who uses one card, and which of its vGPUs are in use
 * gs_holders_read_all - the same for all cards and all vGPUs, in one scan
 * Both replace what was read before.
 */
int gs_holders_read(struct gs_engine *engine, struct gs_host *host, struct gs_card *card) gs_must_check;
int gs_holders_read_all(struct gs_engine *engine, struct gs_host *host) gs_must_check;

/*
 * gs_holders_of_functions - who uses any of these functions, or what lies below them
 * @ret_unreadable: processes that could not be read
 * The caller frees the array with gs_holders_free().
 */
int gs_holders_of_functions(struct gs_engine *engine, struct gs_function *const *functions, size_t count,
			    struct gs_holder **ret, size_t *ret_count, int *ret_unreadable) gs_must_check;

/* gs_holders_below - the same of what is below one folder in sysfs */
int gs_holders_below(struct gs_engine *engine, const char *device, struct gs_holder **ret,
		     size_t *ret_count) gs_must_check;

/*
 * gs_overrides_read - driver_override and power/control of the functions of
 * cards and their groups, read in an expendable child: the files may take the device lock.
 */
int gs_overrides_read(struct gs_engine *engine, struct gs_host *host) gs_must_check;
/* gs_override_read - the same of a function of neither, if it is not known yet */
int gs_override_read(struct gs_engine *engine, struct gs_function *function) gs_must_check;

/*
 * gs_types_read - the vGPU types that one parent device offers now
 * @parent: its name as in struct gs_parent
 * Returns 0; -ENOENT: it is no parent.
 */
int gs_types_read(struct gs_engine *engine, const char *parent, struct gs_parent *ret) gs_must_check;

/*
 * gs_driver_known - can a driver of this name be had: registered, or a module
 * of that name exists? GS_UNKNOWN when there is no module index.
 */
enum gs_known gs_driver_known(struct gs_engine *engine, const struct gs_host *host, const char *driver);

#endif
