/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysfs_facts.h - struct gs_facts from sysfs, as far as it tells them. */
#ifndef GS_SYSFS_FACTS_H
#define GS_SYSFS_FACTS_H

#include "model.h"
#include "scope.h"

/* gs_sysfs_facts - power, BARs, link, from the folder of a function that was looked at */
void gs_sysfs_facts(const struct gs_dir *dir, const struct gs_scope *scope,
		    const struct gs_scope_entry *entry, struct gs_function *function);

/* gs_sysfs_isolation - what put it into one group with others, as the kernel makes groups */
void gs_sysfs_isolation(const struct gs_scope *scope, const struct gs_scope_entry *entry,
			struct gs_isolation *ret);

/*
 * gs_sysfs_resets - what is known of each method, and whom a reset of the bus hits
 * @slots: addresses of hotplug slots, "0000:01:00"; NULL: not known
 */
int gs_sysfs_resets(const struct gs_scope *scope, const struct gs_scope_entry *entry,
		    char *const *slots, struct gs_function *function) gs_must_check;

#endif
