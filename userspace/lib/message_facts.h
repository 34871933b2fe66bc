/* SPDX-License-Identifier: GPL-2.0-or-later */
/* message_facts.h - the part of message.c that fills struct gs_facts. */
#ifndef GS_MESSAGE_FACTS_H
#define GS_MESSAGE_FACTS_H

#include <netlink/attr.h>

#include "facts.h"

/* gs_message_facts - from attributes checked by a policy, by their numbers; -ENOMEM, -EBADMSG */
int gs_message_facts(struct nlattr *const *given, struct gs_facts *facts) gs_must_check;

/* gs_message_nests - resets and BARs, from all attributes; -ENOMEM, -EBADMSG */
int gs_message_nests(struct nlattr *attributes, int length, struct gs_facts *facts) gs_must_check;

#endif
