/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * doctor_units.h - units of systemd by their files and links: of another tree, too,
 * and without asking systemd, which may be busy with the boot.
 */
#ifndef GS_DOCTOR_UNITS_H
#define GS_DOCTOR_UNITS_H

#include "engine.h"

bool gs_unit_runs(struct gs_engine *engine, const char *unit);
bool gs_unit_exists(struct gs_engine *engine, const char *unit);

/* gs_unit_state - "runs", "is enabled"; NULL: neither */
const char *gs_unit_state(struct gs_engine *engine, const char *unit);

#endif
