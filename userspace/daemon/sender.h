/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sender.h - who calls. */
#ifndef DAEMON_SENDER_H
#define DAEMON_SENDER_H

#include <systemd/sd-bus.h>

#include "base.h"

/* sender_uid - the user that the bus says sent @message; 0 or -errno with @error set */
int sender_uid(sd_bus_message *message, uid_t *ret, sd_bus_error *error) gs_must_check;

#endif
