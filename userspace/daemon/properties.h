/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * properties.h - the properties of a card on the bus: keys of `list --json` in
 * CamelCase, in D-Bus types.
 *
 * Null has no type on the bus: a text is then empty, a group -1, an answer
 * "unknown". Who uses a card, and what changes without an event, is no
 * property that signals: see docs/DBUS.md.
 */
#ifndef DAEMON_PROPERTIES_H
#define DAEMON_PROPERTIES_H

#include <json-c/json.h>
#include <systemd/sd-bus.h>

#include "base.h"

struct property {
	const char *name; /* on the bus */
	const char *key;  /* in the JSON of the card */
	const char *type;
	int (*append)(sd_bus_message *message, struct json_object *value);
};

/* The end has no name. */
extern const struct property properties[];

/* properties_append - the value of one property; -ENOENT: there is none of this name */
int properties_append(sd_bus_message *message, const char *name,
		      struct json_object *facts) gs_must_check;

/*
 * properties_changed - the names of the properties in which two cards differ
 * @ret: room for all names and a final NULL
 * Returns how many.
 */
size_t properties_changed(struct json_object *before, struct json_object *after,
			  const char **ret);

#define PROPERTIES_MAX 20

#endif
