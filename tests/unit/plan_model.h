/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan_model.h - hosts in memory for the planner, and a kernel that carries its steps out.
 *
 * The functions of a model are added first; model_finish() then makes groups
 * and cards of them, as the inventory does, and no more may be added.
 */
#ifndef PLAN_MODEL_H
#define PLAN_MODEL_H

#include "fixture.h"
#include "plan.h"

struct model {
	struct gs_host *host;
};

/* model_end - as the group's teardown */
int model_end(void **state);

struct model *model_new(void);
void model_free(struct model *model);

/* NULL driver or override: none; group -1: none. The pointer is valid until the next one is added.
 */
struct gs_function *model_function(struct model *model, const char *address,
				   unsigned int class_code, unsigned int vendor, int group,
				   const char *driver);
void model_override(struct gs_function *function, const char *driver);
void model_power(struct gs_function *function, const char *power_control);
void model_reset(struct gs_function *function, const char *method);

/* model_finish - the card at @address */
struct gs_card *model_finish(struct model *model, const char *address);

/* Types that the card offers now, or is remembered to have offered. */
struct gs_vgpu_type *model_type(struct model *model, const char *parent, const char *id,
				const char *name, uint64_t framebuffer_bytes,
				unsigned int available);
void model_vgpu(struct model *model, const char *parent, const char *uuid, const char *type,
		const char *owner, enum gs_known in_use);
/* @count of the @total VFs that the card at @parent can have; by others when @autoprobe_before is GS_UNKNOWN */
void model_vfs(struct gs_function *function, unsigned int total, unsigned int count,
	       enum gs_known autoprobe_before);
void model_vf(struct model *model, const char *parent, const char *address, enum gs_known in_use);
void model_holder(struct gs_card *card, const char *kind, const char *name, int pid,
		  bool overridable);
struct gs_remembered *model_remember(struct gs_card *card, const char *driver);
void model_remember_before(struct gs_remembered *remembered, const char *address,
			   const char *driver, const char *driver_override,
			   const char *power_control);

/* The state that steps change. */
struct sim_function {
	char address[GS_ADDRESS_LEN];
	char driver[64]; /* "": none */
	char driver_override[64];
	char power_control[16];
	unsigned int vfs;
	enum gs_known autoprobe;
};

struct sim {
	struct sim_function functions[16];
	size_t n_functions;
	char vgpus[16][128]; /* "UUID TYPE", sorted */
	size_t n_vgpus;
};

void sim_begin(struct sim *sim, const struct gs_host *host);
struct sim_function *sim_find(struct sim *sim, const char *address);

/* sim_run - as the kernel would; NULL, or what is wrong with the step, to be freed */
char *sim_run(struct sim *sim, const struct gs_action *action);

/* sim_undo - an undo: as the executor does it, which aims what it probes */
char *sim_undo(struct sim *sim, const struct gs_action *action);

/* sim_text - all of it, to be freed */
char *sim_text(const struct sim *sim);

/* sim_store - into the functions of the model */
void sim_store(const struct sim *sim, struct gs_host *host);

/* plan_text - "op target value" a line, to be freed */
char *plan_text(const struct gs_plan *plan);

#endif
