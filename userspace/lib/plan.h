/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan.h - from a model and a want to steps or refusals. A pure function: no
 * I/O, the same model and want give the same plan.
 */
#ifndef GS_PLAN_H
#define GS_PLAN_H

#include "model.h"

/* Refusal codes; gs_blocker_code() gives the names of the contract. */
enum gs_refusal {
	GS_REFUSE_NO_IOMMU,
	GS_REFUSE_OUTSIDE_CARD,
	GS_REFUSE_GROUP_NOT_VIABLE,
	GS_REFUSE_IN_USE,
	GS_REFUSE_NO_RESET,
	GS_REFUSE_NO_VGPU_TYPES,
	GS_REFUSE_TYPE_MISMATCH,
	GS_REFUSE_NO_CAPACITY,
	GS_REFUSE_VGPUS_EXIST,
	GS_REFUSE_VFS_ENABLED,
	GS_REFUSE_DRIVER_MISSING,
	GS_REFUSE_QUARANTINED,
	GS_REFUSE_BUSY,
	GS_REFUSE_NOT_PERMITTED,
	GS_REFUSE_NO_INTERRUPT_REMAPPING,
	GS_REFUSE_RESERVED_REGION,
	GS_REFUSE_LAST_DISPLAY,
	GS_REFUSE_CRITICAL_DEVICE,
	GS_REFUSE_FOREIGN_OWNER,
	GS_REFUSE_IDENTITY_CHANGED,
	GS_REFUSE_REBOOT_REQUIRED,
	GS_REFUSE_UNKNOWN_CARD,
	GS_REFUSE_COUNT,
};

const char *gs_refusal_code(enum gs_refusal refusal);

struct gs_blocker {
	enum gs_refusal refusal;
	char *message;	 /* a sentence */
	char **evidence; /* facts: addresses, processes, file contents */
	char *fix;	 /* the next command to run; NULL: none is known */
	bool overridable;
};

enum gs_op {
	GS_OP_STOP_SERVICE,
	GS_OP_LOAD_MODULE,
	GS_OP_FENCE,
	GS_OP_HOLD_POWER,
	GS_OP_SET_OVERRIDE,
	GS_OP_UNBIND,
	GS_OP_PROBE,
	GS_OP_VERIFY_DRIVER,
	GS_OP_VERIFY_GROUP,
	GS_OP_ENABLE_VFS,
	GS_OP_WAIT,
	GS_OP_CREATE_VGPU,
	GS_OP_REMOVE_VGPU,
	GS_OP_DISABLE_VFS,
	GS_OP_UNFENCE,
	GS_OP_START_SERVICE,
	GS_OP_RECORD,
	/* Of `reset` only, which is no mode. */
	GS_OP_RESET_METHODS,
	GS_OP_RESET,
	GS_OP_SET_DEFINITIONS,
	GS_OP_SET_PARAMS,
	GS_OP_COUNT,
};

const char *gs_op_name(enum gs_op op);
int gs_op_parse(const char *text, enum gs_op *ret) gs_must_check;

enum gs_result {
	GS_RESULT_NOT_RUN,
	GS_RESULT_DONE,
	GS_RESULT_FAILED,
	GS_RESULT_UNDONE,
};

const char *gs_result_name(enum gs_result result);

/*
 * What an op does with target and value (NULL where there is none):
 *
 *  stop-service   unit                   -               undone by start-service
 *  start-service  unit                   -               its failure fails no switch
 *  load-module    module                 another one, for when no module has that name | -
 *  fence          group id               -               holds /dev/vfio/ID open until unfence
 *  unfence        group id               -
 *  fence, unfence address                "unbind-lock" or "drain", see fences.h
 *  hold-power     address                on | auto       power/control
 *  set-override   address                driver | ""     "" clears it
 *  unbind         address                driver it leaves
 *  probe          address                driver | "" | "(any)"   "": whatever the kernel chooses;
 * "(any)": or none verify-driver  address                driver | ""     "": any but a vfio driver
 * | "(none)" verify-group   group id               - wait           parent "vgpu-types" wait
 * address                "settled"       nothing hangs in the kernel, config space answers
 *  wait           card                   "unused", or with --force "unused-by-guests": looked at
 *                                        behind the fence, right before the first unbind
 *  enable-vfs     address                "4 autoprobe=0 exec_quantum_ms=20", see vfs.h
 *  disable-vfs    address                "0 autoprobe=1"
 *  wait           address                "vfs 4": so many are there, and no driver of the host took one
 *  create-vgpu    parent                 TYPE/UUID or TYPE,PARAMS/UUID, see vgpu_params.h
 *  remove-vgpu    UUID                   parent/TYPE
 *  set-params     UUID or VF             PARAMS of a vGPU that is there; "": none
 *  record         card                   mode
 *  set-reset-methods address             "flr bus"
 *  reset          address                -
 *  set-definitions card                  "manual" or "auto": whether mdevctl starts what we defined of it
 */
struct gs_action {
	enum gs_op op;
	char *target;
	char *value;
};

#define GS_NO_DRIVER "(none)"
#define GS_ANY_DRIVER "(any)"
#define GS_WAIT_TYPES "vgpu-types"
#define GS_WAIT_VFS "vfs "
#define GS_DEFINITIONS_MANUAL "manual"
#define GS_DEFINITIONS_AUTO "auto"
#define GS_WAIT_SETTLED "settled"
#define GS_WAIT_UNUSED "unused"
#define GS_WAIT_UNUSED_BY_GUESTS "unused-by-guests"

struct gs_step {
	struct gs_action action;
	struct gs_action *undo; /* NULL: nothing to undo */
	enum gs_result result;
	char *error; /* why it failed, a sentence; NULL: did not */
};

/* A vGPU profile asked for, and how many. */
struct gs_profile_want {
	char *type; /* id or exact name; with parameters behind it, as gs_profile_split() takes them */
	unsigned int count;
};

struct gs_want {
	enum gs_mode mode;
	char *driver;		    /* NULL: not named */
	enum gs_known driver_known; /* from gs_driver_known(), when @driver is set */
	struct gs_address *with;
	size_t n_with;
	struct gs_profile_want *profiles;
	size_t n_profiles;
	unsigned int vfs; /* plain VFs instead of profiles; 0: none */
	char *vf_params; /* of each of them, as gs_vf_params_read() gives them; NULL: nothing is said */
	bool force;
	bool ends_claim; /* of the very thing that is taken away */
	bool stored; /* the profiles are those that are defined, and belong to the want */
	/* Who uses the functions in @with (from gs_want_resolve()). */
	struct gs_holder *with_holders;
	size_t n_with_holders;
	/* The units to quiesce, as they are now (from gs_want_resolve()). */
	struct gs_unit *services;
	size_t n_services;
	/* UUIDs for the devices to create; planning draws no random numbers. */
	char **uuids;
	size_t n_uuids;
	char **keep; /* vGPUs that stay rather than others of their type; NULL: all are alike */
};

/* Longest name of a parent device that is no PCI function, and the final NUL. */
#define GS_CARD_LEN 64

struct gs_plan {
	char card[GS_CARD_LEN]; /* the address, or the name of an mdev parent that is no card */
	enum gs_mode from;
	enum gs_mode to;
	struct gs_blocker *blockers; /* what refuses it; overridden ones are not in it */
	size_t n_blockers;
	char **warnings; /* sentences for a person: overridden blockers, steps without an undo */
	struct gs_step *steps; /* empty when refused, or when nothing is to do */
	size_t n_steps;
	/* What an undo and a recovery need; written to the journal with the steps. */
	struct gs_identity identity;
	struct gs_before *before; /* functions that move: display first, companions, then --with */
	size_t n_before;
	struct gs_remembered *remember; /* stored by the record step; NULL: nothing to store */
};

/* gs_want_error - what is wrong with a want that no model can satisfy (usage errors) */
struct gs_want_error {
	char *message;
	char *fix;
};

/*
 * gs_plan_make - the steps that bring @card to what @want says, or refusals
 *
 * Returns 0 with a plan (see n_blockers), -ENOMEM, or -EINVAL with @error
 * filled: an address in --with that is not in the group, an unknown or ambiguous profile, more
 * devices than UUIDs.
 */
int gs_plan_make(const struct gs_host *host, const struct gs_card *card, const struct gs_want *want,
		 struct gs_plan **ret, struct gs_want_error *error) gs_must_check;
void gs_plan_free(struct gs_plan *plan);

/*
 * gs_plan_vgpu_create - one more vGPU on a parent that is in host or vgpu mode
 * gs_plan_vgpu_remove - take one vGPU away
 * The same kind of plan, for `vgpu create` and `vgpu remove`. @parent may be
 * any mdev parent, also one that is no card.
 */
int gs_plan_vgpu_create(const struct gs_host *host, const struct gs_parent *parent,
			const char *type, const char *uuid, struct gs_plan **ret,
			struct gs_want_error *error) gs_must_check;
int gs_plan_vgpu_remove(const struct gs_host *host, const struct gs_vgpu *vgpu,
			struct gs_plan **ret) gs_must_check;

/* gs_plan_claim_end - the same for what was claimed, by whoever ends the claim */
int gs_plan_claim_end(const struct gs_host *host, const struct gs_vgpu *vgpu,
		      struct gs_plan **ret) gs_must_check;

/* gs_plan_vfs_remove - disable the plain VFs of a card, whoever enabled them */
int gs_plan_vfs_remove(const struct gs_host *host, const struct gs_card *card,
		       struct gs_plan **ret) gs_must_check;

/*
 * gs_plan_vf_give - bind one plain VF of a card to vfio-pci, for a VM
 * gs_plan_vf_take_back - the way back: without a driver, as VFs for guests are
 * Nothing else moves; -ENODEV when the VF is not there. Its driver_override must have been read.
 */
int gs_plan_vf_give(const struct gs_host *host, const struct gs_vgpu *vgpu,
		    struct gs_plan **ret) gs_must_check;
int gs_plan_vf_take_back(const struct gs_host *host, const struct gs_vgpu *vgpu,
			 struct gs_plan **ret) gs_must_check;

/*
 * gs_plan_reset - reset each function of a card that can be
 * @method: for the display function, by its name; NULL: whatever the kernel tries first
 */
int gs_plan_reset(const struct gs_host *host, const struct gs_card *card, const char *method,
		  struct gs_plan **ret) gs_must_check;

/*
 * gs_blockers_for - what is in the way of a mode, for listings
 * @ret is an array of @ret_count that the caller frees with gs_blockers_free().
 */
int gs_blockers_for(const struct gs_host *host, const struct gs_card *card, enum gs_mode mode,
		    struct gs_blocker **ret, size_t *ret_count) gs_must_check;
void gs_blockers_free(struct gs_blocker *blockers, size_t count);
void gs_blocker_clear(struct gs_blocker *blocker);

/* gs_refused_quarantined - is `quarantined` among the refusals? (It decides the exit status.) */
bool gs_refused_quarantined(const struct gs_plan *plan);

/* gs_parent_copy - without what is made and available, for what is remembered */
int gs_parent_copy(const struct gs_parent *from, struct gs_parent **ret) gs_must_check;

/* gs_type_find - by id, else by exact name; -ENOENT, or -ENOTUNIQ for an ambiguous name */
int gs_type_find(const struct gs_parent *parent, const char *id_or_name,
		 const struct gs_vgpu_type **ret) gs_must_check;

#endif
