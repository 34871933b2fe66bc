/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_PROC_H
#define _GPUSHIFT_PROC_H

int gpushift_proc_init(void);
void gpushift_proc_exit(void);

#endif /* _GPUSHIFT_PROC_H */
