/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vgpu.h - what making and removing one vGPU have in common. */
#ifndef CLI_VGPU_H
#define CLI_VGPU_H

#include "cli.h"

/*
 * cli_vgpu_run - refuse or carry out a plan for one vGPU
 * Returns 0 when it was carried out, or the exit status when not and that has been said.
 */
int cli_vgpu_run(struct cli *cli, struct gs_lock *lock, struct gs_plan *plan) gs_must_check;

#endif
