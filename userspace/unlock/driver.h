/* SPDX-License-Identifier: GPL-2.0-or-later */
/* driver.h - the branch of NVIDIA's driver that runs. */
#ifndef UNLOCK_DRIVER_H
#define UNLOCK_DRIVER_H

#define UNLOCK_DRIVER_PATH "/sys/module/nvidia/version"

/* unlock_branch_parse - 595 of "595.58.02"; 0: that is no version */
unsigned int unlock_branch_parse(const char *version);

/* unlock_driver_begin - GPUSHIFT_UNLOCK_DRIVER=595.58.02 in the environment says it instead of sysfs */
void unlock_driver_begin(void);

/* unlock_driver_branch - 0 while it is not known */
unsigned int unlock_driver_branch(void);

#endif
