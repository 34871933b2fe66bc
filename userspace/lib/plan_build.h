/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_build.h - what the files of the planner share. */
#ifndef GS_PLAN_BUILD_H
#define GS_PLAN_BUILD_H

#include "plan.h"

#define GS_VFIO_DRIVER "vfio-pci"

/* A plan in the making. The first -ENOMEM sticks in @failed; callers look once, at the end. */
struct gs_planner {
	const struct gs_host *host;
	const struct gs_card *card;
	const struct gs_want *want;
	struct gs_plan *plan;
	struct gs_want_error *error;
	struct gs_function **moving; /* display function, companions, then --with */
	size_t n_moving;
	int failed;
};

/* gs_plan_new - NULL when out of memory, or for a name that is too long */
struct gs_plan *gs_plan_new(const char *card, enum gs_mode from, enum gs_mode to);
void gs_plan_clear_steps(struct gs_plan *plan);

/* Adds to the plan; @undo_op GS_OP_COUNT: there is none. Strings are copied; values may be NULL. */
void gs_planner_step(struct gs_planner *planner, enum gs_op op, const char *target,
		     const char *value, enum gs_op undo_op, const char *undo_target,
		     const char *undo_value);

/* Adds a refusal, or a warning when --force overrides it. Takes over message, evidence and fix. */
void gs_planner_refuse(struct gs_planner *planner, enum gs_refusal refusal, bool overridable,
		       char *message, char **evidence, char *fix);

/* Notes -ENOMEM when @value is NULL or an error; returns @value. */
char *gs_planner_text(struct gs_planner *planner, char *value);
void gs_planner_note(struct gs_planner *planner, char ***list, const char *text);

/* Fills @error and returns -EINVAL. */
int gs_planner_usage(struct gs_planner *planner, char *message, char *fix);

/* The address of the card; the vGPU types it offers, or did when it was last a vGPU host. */
const char *gs_planner_card(const struct gs_planner *planner);
const struct gs_parent *gs_planner_types(const struct gs_planner *planner);

/* preconditions.c: what is in the way of each mode */
void gs_note_owned(struct gs_planner *planner, char ***evidence, char *text); /* frees @text */
void gs_check_group(struct gs_planner *planner);	/* preconditions_group.c */
void gs_check_assignable(struct gs_planner *planner);	/* of it what concerns no others */
void gs_check_holders(struct gs_planner *planner);	/* preconditions_use.c, these three */
void gs_check_owners(struct gs_planner *planner);
void gs_check_last_display(struct gs_planner *planner);
void gs_check_passthrough(struct gs_planner *planner);
void gs_check_host(struct gs_planner *planner);
void gs_check_vgpu(struct gs_planner *planner);
void gs_refuse_quarantined(struct gs_planner *planner, const struct gs_card *card);
void gs_check_removal(struct gs_planner *planner, const struct gs_vgpu *vgpu);

/* plan_steps.c: steps of a move between drivers; nothing when a function is where it should be */
void gs_steps_to_passthrough(struct gs_planner *planner);
void gs_steps_to_host(struct gs_planner *planner);
bool gs_needs_passthrough(const struct gs_planner *planner);
bool gs_needs_host(const struct gs_planner *planner);
bool gs_display_moves(const struct gs_planner *planner); /* on a way to host or vgpu */
/* The host driver that the display function goes back to; "": the kernel's own choice. */
const char *gs_return_driver(const struct gs_planner *planner);
/* What --driver asks for on the way to passthrough, for the display function; else vfio-pci. */
const char *gs_vfio_driver(const struct gs_planner *planner, const struct gs_function *function);

/* plan_fences.c: keeps others off what a route takes from its driver, or lets them on again */
typedef bool (*gs_takes_fn)(const struct gs_planner *planner, const struct gs_function *function);
void gs_steps_fence(struct gs_planner *planner, gs_takes_fn takes, enum gs_op op);
void gs_steps_lift_fences(struct gs_planner *planner); /* of a quarantined card */

/* plan_services.c: what is stopped before anything moves, and started once it has */
void gs_steps_stop_services(struct gs_planner *planner);
void gs_steps_start_services(struct gs_planner *planner);
bool gs_stops_holder(const struct gs_planner *planner, const struct gs_holder *holder);

int gs_steps_to_vgpu(struct gs_planner *planner); /* plan_vgpu_set.c */
/* plan_vgpu.c */
int gs_vgpu_no_profile(struct gs_planner *planner);
/* A profile that is asked for: its type, and what the driver takes as its parameters; NULL: not said. */
int gs_vgpu_profile(struct gs_planner *planner, const char *text, char **ret_type,
		    char **ret_params);
int gs_vgpu_no_params(struct gs_planner *planner, const char *name,
		      const struct gs_vgpu_type *type);
void gs_steps_remove_all(struct gs_planner *planner);
void gs_step_create_vgpu(struct gs_planner *planner, const char *parent, const char *type,
			 const char *params, const char *uuid);
void gs_step_remove_vgpu(struct gs_planner *planner, const struct gs_vgpu *vgpu);
int gs_vgpu_bad_type(struct gs_planner *planner, const struct gs_parent *parent, const char *name,
		     const char *type, int r);
void gs_vgpu_refuse_mismatch(struct gs_planner *planner, const char *name,
			     const struct gs_vgpu_type *a, const struct gs_vgpu_type *b);
void gs_vgpu_refuse_capacity(struct gs_planner *planner, const char *name,
			     const struct gs_vgpu_type *type, unsigned int asked,
			     unsigned int possible);

/* plan_vfs.c: plain VFs; those of others are never touched by a mode */
void gs_check_vfs(struct gs_planner *planner);
void gs_check_wanted_vfs(struct gs_planner *planner);
bool gs_has_vfs(const struct gs_card *card);
bool gs_keeps_vfs(const struct gs_planner *planner); /* as many are wanted as there are */
void gs_steps_disable_vfs(struct gs_planner *planner);
/* Types that only VFs offer: is it to be split so, and the steps that bring them. */
bool gs_needs_vfs(const struct gs_planner *planner);
void gs_steps_prepare_vfs(struct gs_planner *planner);
void gs_steps_enable_vfs(struct gs_planner *planner, const struct gs_vfs *wanted);
int gs_steps_to_vfs(struct gs_planner *planner);
/* plan_definitions.c: what mdevctl would start by itself, held while the card is not split */
void gs_steps_hold_definitions(struct gs_planner *planner);
void gs_steps_release_definitions(struct gs_planner *planner);

/* plan_memory.c: what the record step stores */
void gs_plan_remember(struct gs_planner *planner);
void gs_plan_note_before(struct gs_planner *planner); /* only what an undo needs */
int gs_text_copy(const char *text, char **ret) gs_must_check; /* of NULL, NULL */
int gs_before_copy(const struct gs_before *from, struct gs_before *to) gs_must_check;
const struct gs_before *gs_before_find(const struct gs_before *list, size_t count,
				       const char *address);

#endif
