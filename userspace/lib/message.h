/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message.h - the attributes of the module's messages (linux/gpushift.h). */
#ifndef GS_MESSAGE_H
#define GS_MESSAGE_H

#include <netlink/attr.h>

#include "events.h"
#include "model.h"

/* gs_message_known - is that version of the family's protocol what these functions read? */
bool gs_message_known(unsigned int version);

/*
 * gs_message_function - the facts of one function
 * @ret: filled also on failure; to be cleared by the caller
 * Returns 0, -ENOMEM, or -EBADMSG: not what linux/gpushift.h promises.
 */
int gs_message_function(struct nlattr *attributes, int length, struct gs_function *ret,
			uint32_t *ret_generation) gs_must_check;

/* gs_message_event - an event; returns 0, -EBADMSG, or -ENOMSG for a kind not known here */
int gs_message_event(struct nlattr *attributes, int length, struct gs_event *ret) gs_must_check;

/* gs_netlink_errno - the negative errno for what libnl returned */
int gs_netlink_errno(int error);

#endif
