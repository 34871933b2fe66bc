/* SPDX-License-Identifier: GPL-2.0-or-later */
/* control.h - what is changed in the answer to a call of RM control. */
#ifndef UNLOCK_CONTROL_H
#define UNLOCK_CONTROL_H

#include "rm.h"

/* unlock_control_begin - read the configuration for the first time */
void unlock_control_begin(void);

/* unlock_control - the driver has answered, and said that it took the call */
void unlock_control(struct rm_control *control);

#endif
