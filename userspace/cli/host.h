/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.h - reads the host and finds in it what the command line names. */
#ifndef CLI_HOST_H
#define CLI_HOST_H

#include "cli.h"
#include "inventory.h"

/*
 * cli_read_host - read the inventory
 * @flags: of enum gs_read_flags
 *
 * Returns 0, or the exit status when that failed and has been said.
 */
int cli_read_host(struct cli *cli, unsigned int flags, struct gs_host **ret) gs_must_check;

/* cli_tell_interrupted - reading verbs say that a switch did not end; nothing is changed */
void cli_tell_interrupted(const struct gs_host *host);

/*
 * cli_tell_root - a plain user learns what root would add
 * @facts: what only root reads of resets and isolation was asked for, too
 */
void cli_tell_root(const struct cli *cli, const struct gs_host *host, bool facts);

/*
 * cli_find_card - the card that @text names
 * cli_find_parent - the device to split that @text names: *@ret_card is NULL
 *                   when it is no card, *@ret NULL when it is a card that offers no types
 * Both return 0, or the exit status when there is none and that has been said.
 */
int cli_find_card(struct cli *cli, const struct gs_host *host, const char *text,
		  struct gs_card **ret) gs_must_check;
int cli_find_parent(struct cli *cli, const struct gs_host *host, const char *text,
		    struct gs_parent **ret, struct gs_card **ret_card) gs_must_check;

#endif
