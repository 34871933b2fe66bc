/* SPDX-License-Identifier: GPL-2.0-or-later */
/* show_facts.h - resets, power, link and BARs of a card, for `gpushift show`. */
#ifndef CLI_SHOW_FACTS_H
#define CLI_SHOW_FACTS_H

#include "model.h"

/* Each prints lines, or a section with its title; -ENOMEM. */
int cli_show_power(const struct gs_function *function);
int cli_show_link(const struct gs_function *function);
int cli_show_resets(const struct gs_card *card);
int cli_show_bars(const struct gs_card *card);

#endif
