/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * module_index.h - which modules a kernel has, by the texts of its index.
 *
 * In another tree, too, whose kernel is the one that its proc/sys/kernel/osrelease names.
 */
#ifndef GS_MODULE_INDEX_H
#define GS_MODULE_INDEX_H

#include "engine.h"

enum gs_module_place {
	GS_MODULE_NOWHERE,
	GS_MODULE_FILE,
	GS_MODULE_BUILT_IN,
};

/* gs_module_index_there - is there an index of this kernel? */
bool gs_module_index_there(struct gs_engine *engine, const char *release);

/* gs_module_place - where a module of this kernel is; '-' and '_' are the same */
enum gs_module_place gs_module_place(struct gs_engine *engine, const char *release,
				     const char *module);

#endif
