/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lab.h - a host with a fake kernel, on which switches are carried out.
 *
 * One card: 0000:01:00.0 (GPU on "nouveau") and .1 (its sound, on
 * "snd_hda_intel"), in group 1 with a foreign network function .2 (on
 * "e1000e") and a driverless neighbour .3, behind a port. Each call that
 * switches takes the lock, reads the host, plans, and executes.
 */
#ifndef LAB_H
#define LAB_H

#include "fake_kernel.h"
#include "fixture.h"
#include "execute.h"

#define GPU "0000:01:00.0"
#define SOUND "0000:01:00.1"
#define FOREIGN "0000:01:00.2"
#define NEIGHBOUR "0000:01:00.3"

struct lab {
	struct tree *tree;
	struct gs_engine *engine;
	struct tree_function *gpu, *sound, *foreign, *neighbour;
	struct gs_plan *plan; /* of the last switch */
	struct gs_execute_options options;
};

#define lab_test(f) cmocka_unit_test_setup_teardown(f, lab_setup, lab_teardown)

int lab_setup(void **state);
int lab_teardown(void **state);

/* A want for the mode; with the foreign function for passthrough. */
struct gs_want lab_want(enum gs_mode mode);

/* lab_plan - the inventory, and a plan that must not be refused unless @refused */
void lab_plan(struct lab *lab, const struct gs_want *want, bool refused);

/* lab_switch - plan and execute; the exit status or -errno */
int lab_switch(struct lab *lab, const struct gs_want *want);
int lab_set(struct lab *lab, enum gs_mode mode);

/* lab_mode - what the inventory says now */
enum gs_mode lab_mode(struct lab *lab);

/* lab_recover - under the lock, which waits for a worker that still writes */
struct gs_recovery lab_recover(struct lab *lab);

/* lab_fork_switch - lab_set() in a process of its own; its wait status */
int lab_fork_switch(struct lab *lab, const struct gs_want *want);

/* lab_process - /proc of the calling process, in the tree; lab_process_gone - of another one */
void lab_process(struct lab *lab);
void lab_process_gone(struct lab *lab, int pid);

/* The state now must be @expected, which is freed then. */
void lab_expect(char *expected);

#endif
