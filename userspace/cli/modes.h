/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * modes.h - which card changes its mode: as the daemon says it, where one
 * runs; else as the host shows it after an event.
 */
#ifndef CLI_MODES_H
#define CLI_MODES_H

#include <poll.h>

#include "cli.h"

struct cli_modes;

/* cli_modes_told - a card went @from one mode @to another; what it returns is returned to who asked */
typedef int (*cli_modes_told)(struct cli *cli, const char *card, const char *from, const char *to);

/*
 * cli_modes_open - from here on changes are known
 * @host: as it is now, for where no daemon runs. A daemon is not started for this.
 * Returns 0 or -ENOMEM.
 */
int cli_modes_open(struct cli *cli, const struct gs_host *host, cli_modes_told told,
		   struct cli_modes **ret) gs_must_check;
void cli_modes_close(struct cli_modes *modes);

/* cli_modes_poll - what to poll for; an fd of -1 when there is no daemon */
struct pollfd cli_modes_poll(const struct cli_modes *modes);

/*
 * cli_modes_next - tell of what the daemon said meanwhile
 * cli_modes_read - tell of what is different on the host now; nothing where a daemon tells
 * Both return 0, or what @told returned.
 */
int cli_modes_next(struct cli_modes *modes) gs_must_check;
int cli_modes_read(struct cli_modes *modes) gs_must_check;

#endif
