/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _GPUSHIFT_EVENTS_H
#define _GPUSHIFT_EVENTS_H

int gpushift_events_init(void);
void gpushift_events_exit(void);

#endif /* _GPUSHIFT_EVENTS_H */
