/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.h - config.toml: what is rewritten at all, and what cards are shown as. */
#ifndef UNLOCK_SETTINGS_H
#define UNLOCK_SETTINGS_H

#include "ids.h"
#include "report.h"

#include <stddef.h>

/* [pci_info_map.ID] */
struct unlock_mapping {
	uint32_t device;
	struct unlock_ids ids;
	int line;
	unsigned int set;
};

struct unlock_settings {
	bool unlock;
	bool unlock_migration;
	unsigned int set;
	int lines[2];
	uint32_t count, max;
	struct unlock_mapping *mappings;
};

/* Without a file. */
extern const struct unlock_settings unlock_default_settings;

/* As unlock_overrides_room() and unlock_overrides_parse(). */
size_t unlock_settings_room(const char *text, size_t length);
int unlock_settings_parse(void *memory, char *text, size_t length,
			  const struct unlock_report *report);

/* unlock_settings_ids - what a card is shown as: by the file, else by the built-in map */
bool unlock_settings_ids(const struct unlock_settings *settings, uint16_t device,
			 struct unlock_ids *ret);

#endif
