/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fake_kernel.h - makes a built tree answer to writes as the kernel does.
 *
 * Programs that use it are linked with --wrap=write, ioctl and syscall: what
 * is written below the tree's sys/ changes drivers, overrides and vGPUs at
 * once, in the process that writes, whichever it is. What a test asks for is
 * kept in shared memory, so that it reaches workers that run already.
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include "tree_builder.h"

/* fake_kernel_start - for this tree only; everything below is forgotten */
void fake_kernel_start(struct tree *tree);
void fake_kernel_stop(void);

/* fake_kernel_driver - register a driver, and let it be bound */
void fake_kernel_driver(struct tree *tree, const char *driver);

/* fake_kernel_native - the driver that matches a function by its ids; bound at once when @bind */
void fake_kernel_native(struct tree_function *function, const char *driver, bool bind);

/* fake_kernel_vgpu_driver - a driver that makes what it binds an mdev parent, with one type of
 * @instances */
void fake_kernel_vgpu_driver(struct tree *tree, const char *driver, const char *type,
			     unsigned int instances);

/* How many writes there were, and what shall happen to the @nth from now on (from 1; 0: nothing).
 */
unsigned int fake_kernel_writes(void);
void fake_kernel_fail(unsigned int nth, int error);	 /* only it */
void fake_kernel_fail_from(unsigned int nth, int error); /* it and all after it */
void fake_kernel_hang(unsigned int nth);		 /* it never returns */
void fake_kernel_kill_parent(unsigned int nth,
			     bool before); /* of the writer: before or after it is done */

/* fake_kernel_refuse - the driver's probe fails */
void fake_kernel_refuse(const char *driver, int error);

/* fake_kernel_busy - a VM has the group open; -1: none */
void fake_kernel_busy(int group);

/* fake_kernel_fewer_vfs - the driver enables so many fewer than it is asked for */
void fake_kernel_fewer_vfs(unsigned int fewer);

/* fake_kernel_vf_types - VFs that are enabled with autoprobe on can become vGPUs, @most of them (0: none) */
void fake_kernel_vf_types(unsigned int most);

/* fake_kernel_params - what becomes of the parameters of a vGPU: by default its driver takes them */
enum fake_params {
	FAKE_PARAMS_TAKEN,
	FAKE_PARAMS_IGNORED, /* it says yes, and does nothing */
	FAKE_PARAMS_NONE,    /* vGPUs that are made from now on have no such file */
};
void fake_kernel_params(enum fake_params params);

/* fake_kernel_refuse_ioctl - one of VFIO's fails; 0: none */
void fake_kernel_refuse_ioctl(unsigned long request, int error);

/* fake_kernel_keep_lock - whether unbindLock stays as it is; and what was written to it since */
void fake_kernel_keep_lock(bool keep);
const char *fake_kernel_lock_values(void);

/* fake_kernel_state - drivers, overrides, power and vGPUs as text, to be freed */
char *fake_kernel_state(void);

#endif
