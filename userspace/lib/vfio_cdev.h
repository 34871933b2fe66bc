/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio_cdev.h - the node of a single device that is given to a VM by iommufd, instead of its group's.
 *
 * Many may open it, and the kernel waits for all of them before the device goes. Where groups are
 * there as well, theirs says busy only once somebody has bound it.
 */
#ifndef GS_VFIO_CDEV_H
#define GS_VFIO_CDEV_H

#include "engine.h"

/* gs_vfio_cdev - "/dev/vfio/devices/vfio3" of a device's folder in sysfs, to be freed; NULL: it has none */
char *gs_vfio_cdev(const struct gs_engine *engine, const char *device);

/* gs_vfio_cdev_held - has a process that can be seen the node open? An expendable child looks. */
bool gs_vfio_cdev_held(struct gs_engine *engine, const char *device);

#endif
