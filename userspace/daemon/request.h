/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * request.h - calls that need permission: checked first, then allowed or not,
 * then done. Each answers the call, now or later; they return what a method
 * handler returns.
 */
#ifndef DAEMON_REQUEST_H
#define DAEMON_REQUEST_H

#include "daemon.h"
#include "questions.h"

int request_set_mode(struct daemon *daemon, sd_bus_message *call, const char *card,
		     sd_bus_error *error) gs_must_check;
int request_reset(struct daemon *daemon, sd_bus_message *call, const char *card,
		  sd_bus_error *error) gs_must_check;
int request_self_test(struct daemon *daemon, sd_bus_message *call, const char *card,
		      sd_bus_error *error) gs_must_check;
int request_apply(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error) gs_must_check;
int request_create_vgpu(struct daemon *daemon, sd_bus_message *call,
			sd_bus_error *error) gs_must_check;
int request_remove_vgpu(struct daemon *daemon, sd_bus_message *call,
			sd_bus_error *error) gs_must_check;
int request_claim(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error);
int request_release(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error);
int request_vm_start(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error) gs_must_check;
int request_vm_end(struct daemon *daemon, sd_bus_message *call, sd_bus_error *error) gs_must_check;
int request_recover(struct daemon *daemon, sd_bus_message *call,
		    sd_bus_error *error) gs_must_check;

/* request_holders - all of it for those who may inspect, his own for others */
int request_holders(struct daemon *daemon, sd_bus_message *call, const struct question *question,
		    uid_t uid, sd_bus_error *error) gs_must_check;

#endif
