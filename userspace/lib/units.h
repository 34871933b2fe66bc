/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * units.h - units of systemd: which of them run, and having them stopped and started
 *
 * By D-Bus: root talks to systemd itself, as systemctl does, anybody else by the
 * system bus. Asking and waiting may take long, so that children do both.
 */
#ifndef GS_UNITS_H
#define GS_UNITS_H

#include "engine.h"
#include "model.h"

/* gs_units_read - the states of @names; what is not answered in time is unknown. 0 or -ENOMEM */
int gs_units_read(struct gs_engine *engine, char *const *names, struct gs_unit **ret,
		  size_t *ret_count) gs_must_check;
void gs_units_free(struct gs_unit *units, size_t count);

/*
 * gs_unit_stop, gs_unit_start - and wait until systemd is done, and look whether it is so
 * @answer: what systemd said when it failed (@size bytes)
 * Have no deadline: for the worker, which has one.
 */
int gs_unit_stop(struct gs_engine *engine, const char *name, char *answer,
		 size_t size) gs_must_check;
int gs_unit_start(struct gs_engine *engine, const char *name, char *answer,
		  size_t size) gs_must_check;

#endif
