/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.h - texts that come by a pipe or a file, with a limit. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "base.h"

/* cli_read_input - all of @fd, with a NUL behind it; -EFBIG: more than @max bytes */
int cli_read_input(int fd, size_t max, char **ret, size_t *ret_length) gs_must_check;

#endif
