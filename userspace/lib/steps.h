/* SPDX-License-Identifier: GPL-2.0-or-later */
/* steps.h - how each op of a plan is done and verified; used by the executor only. */
#ifndef GS_STEPS_H
#define GS_STEPS_H

#include "execute.h"
#include "worker.h"

struct json_object;
/*
 * Where the last vGPU was made, as the next one most often is to be, too. A
 * device that offers the type no more refuses it itself.
 */
struct gs_last_place {
	const char *target; /* of the plan; NULL: none */
	const struct gs_vgpu_backend *backend;
	bool defined; /* there are definitions for it */
	char asked[128];
	char type[128];
	char ownership[512]; /* see gs_vgpu_ownership() */
};

/* The device that a vGPU is made on, the id of its type, and how. */
struct gs_vgpu_place {
	char *device;
	char *type;
	const struct gs_vgpu_backend *backend;
	bool defined;	 /* there are definitions for this device */
	char *ownership; /* see gs_vgpu_ownership() */
};

struct gs_executor {
	struct gs_engine *engine;
	struct gs_lock *lock;	  /* NULL in tests */
	struct gs_worker *worker; /* NULL: none was needed yet */
	const struct gs_execute_options *options;
	struct gs_plan *plan;
	int journal; /* where gs_execute() marks each step; below 0: nowhere */
	bool journal_stays; /* nothing else tells that the card needs attention */
	unsigned int next_vf; /* where to look first for a VF that is free */
	struct gs_last_place last_place;
};

/*
 * gs_step_run - do one action and verify it by a fresh read
 * @error: a sentence that says what failed (allocated), untouched on success
 *
 * Returns 0 or -errno; -ETIMEDOUT when the kernel did not come back.
 */
int gs_step_run(struct gs_executor *executor, const struct gs_action *action,
		char **error) gs_must_check;

/* What the kernel shows now. A driver of NULL: none is bound. */
int gs_live_driver(struct gs_engine *engine, const char *address, char **ret) gs_must_check;
int gs_live_override(struct gs_executor *executor, const char *address, char **ret) gs_must_check;
bool gs_live_vgpu(struct gs_executor *executor, const char *name);

/* gs_value_split - "TYPE/UUID" or "PARENT/TYPE" at the last slash; both allocated */
int gs_value_split(const char *value, char **ret_left, char **ret_right) gs_must_check;

/*
 * For the files that do steps. A worker that was killed in time, or died, is
 * replaced; one that is stuck is not.
 */
int gs_step_job(struct gs_executor *executor, enum gs_job_kind kind, const char *path,
		const char *data, char answer[GS_JOB_TEXT]) gs_must_check;
int gs_step_write(struct gs_executor *executor, const char *path, const char *data,
		  char **error) gs_must_check;
int gs_step_stuck(const struct gs_executor *executor);

/* gs_step_may_have_run - of a plan that is undone; nothing is known of one that others left */
bool gs_step_may_have_run(const struct gs_plan *plan, size_t at);

/* gs_step_fail - returns @r; takes over @sentence, which replaces *@error */
int gs_step_fail(char **error, int r, char *sentence);

/* gs_step_refuse - the refusal that the plan would have given, had it known; takes over what is in @blocker */
void gs_step_refuse(struct gs_executor *executor, struct gs_blocker *blocker);

/* steps_fence.c; -EOPNOTSUPP: `nvidia-smi drain` does not work here, which fails no switch */
int gs_step_fence(struct gs_executor *executor, const struct gs_action *action,
		  char **error) gs_must_check;
int gs_step_unfence(struct gs_executor *executor, const struct gs_action *action,
		    char **error) gs_must_check;
/*
 * gs_lift_fences - whatever driver the plan fences takes users again
 * Returns -errno when one does not. A drain that cannot be cleared, and may
 * never have been set, is said in its step only.
 */
int gs_lift_fences(struct gs_executor *executor, char **error) gs_must_check;

/* steps_group.c */
int gs_step_fence_group(struct gs_executor *executor, const struct gs_action *action,
			char **error) gs_must_check;
int gs_step_unfence_group(struct gs_executor *executor, const struct gs_action *action,
			  char **error) gs_must_check;
int gs_step_verify_group(struct gs_executor *executor, const struct gs_action *action,
			 char **error) gs_must_check;

/* steps_service.c */
int gs_step_stop_service(struct gs_executor *executor, const struct gs_action *action,
			 char **error) gs_must_check;
int gs_step_start_service(struct gs_executor *executor, const struct gs_action *action,
			  char **error) gs_must_check;
/* gs_start_services - whatever the plan stops runs again; what does not is said in its step */
void gs_start_services(struct gs_executor *executor);

/* steps_vfs.c */
int gs_step_enable_vfs(struct gs_executor *executor, const struct gs_action *action,
		       char **error) gs_must_check;
int gs_step_disable_vfs(struct gs_executor *executor, const struct gs_action *action,
			char **error) gs_must_check;
int gs_step_wait_vfs(struct gs_executor *executor, const struct gs_action *action,
		     char **error) gs_must_check;
/* gs_vfs_told - how many there are as the kernel tells it, through the worker; 0 when it does not */
unsigned int gs_vfs_told(struct gs_executor *executor, const char *pf);
/* The undo: the new ones go before the functions move back, the old ones come after that. */
int gs_vfs_undo_enabled(struct gs_executor *executor, char **error) gs_must_check;
int gs_vfs_undo_disabled(struct gs_executor *executor, char **error) gs_must_check;
bool gs_vfs_shown_enabled(struct gs_executor *executor, const struct gs_action *action);
bool gs_vfs_shown_disabled(struct gs_executor *executor, const struct gs_action *action);
/* steps_provision.c: the parameters of VFs; what was before them, into their record, written, put back */
int gs_provision_note(struct gs_executor *executor, const char *pf, const struct gs_vfs *vfs,
		      struct json_object **ret, char **error) gs_must_check;
int gs_provision(struct gs_executor *executor, const char *pf, const struct gs_vfs *vfs,
		 char **error) gs_must_check;
int gs_provision_put_back(struct gs_executor *executor, const char *pf, char **error) gs_must_check;
/* steps_definition.c */
int gs_step_set_definitions(struct gs_executor *executor, const struct gs_action *action,
			    char **error) gs_must_check;
bool gs_shows_definitions(struct gs_executor *executor, const struct gs_action *action);
/* gs_step_write_attributes - what the definition of a vGPU says that is to be written into it, if there is one */
int gs_step_write_attributes(struct gs_executor *executor, const char *parent, const char *uuid,
			     char **error) gs_must_check;

/* steps_params.c */
int gs_step_set_params(struct gs_executor *executor, const struct gs_action *action,
		       char **error) gs_must_check;
bool gs_shows_params(struct gs_executor *executor, const struct gs_action *action);
/* gs_params_put_back - as they were, of vGPUs that were there all the time */
int gs_params_put_back(struct gs_executor *executor, char **error) gs_must_check;
/* The same for a vGPU that is made of @profile: TYPE, or TYPE,PARAMS. */
int gs_step_write_params(struct gs_executor *executor, const char *profile, const char *name,
			 char **error) gs_must_check;
bool gs_shows_created_params(struct gs_executor *executor, const char *profile, const char *name);
/* gs_params_write - write parameters into their file, where they are not in it yet, and read them back */
int gs_params_write(struct gs_executor *executor, const char *path, const char *params,
		    char **error) gs_must_check;

int gs_step_wait(struct gs_executor *executor, const struct gs_action *action,
		 char **error) gs_must_check;
/* gs_step_unused - nobody uses what is about to move; else -EBUSY, and a refusal in the plan */
int gs_step_unused(struct gs_executor *executor, const struct gs_action *action,
		   char **error) gs_must_check;
/*
 * gs_find_place - for a type of @target, a device or a card with VFs, that is named by id or by name
 * -ENOSPC: no VF of it has room; -ENOENT: there is no such type
 */
int gs_find_place(struct gs_executor *executor, const char *target, const char *asked,
		  struct gs_vgpu_place *ret) gs_must_check;
void gs_vgpu_place_clear(struct gs_vgpu_place *place);
#define gs_cleanup_vgpu_place __attribute__((cleanup(gs_vgpu_place_clear)))
int gs_step_create_vgpu_now(struct gs_executor *executor, const struct gs_action *action,
			    char **error) gs_must_check;
int gs_step_remove_vgpu_now(struct gs_executor *executor, const struct gs_action *action,
			    char **error) gs_must_check;
/*
 * gs_forget_removed - vGPUs that the plan removed and that are not there are nobody's any more
 * gs_forget_unmade - those that it was to make, when it did not do it all
 *
 * At the end, and not when one is removed: an undo that makes it again may find
 * the disk full.
 */
void gs_forget_removed(struct gs_executor *executor);
void gs_forget_unmade(struct gs_executor *executor);

#endif
