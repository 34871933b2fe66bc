/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs.h - the facts of all PCI functions from sysfs. */
#ifndef BENCH_SYSFS_H
#define BENCH_SYSFS_H

#include "facts.h"

/*
 * sysfs_read - read them, by as few system calls as can be
 * @host: filled in; tells_override says whether to read overrides
 *
 * Nothing is parsed or copied: values are as sysfs has them until
 * sysfs_tidy(). Returns the number of files, links and folders asked for.
 */
unsigned int sysfs_read(struct host *host);

/* Makes the values comparable. */
void sysfs_tidy(struct host *host);

#endif
