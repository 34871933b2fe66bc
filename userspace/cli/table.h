/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - columns of text. Only the columns that may shorten do so, when
 * the terminal (else COLUMNS, else nothing) is too narrow.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base.h"

#define CLI_TABLE_COLUMNS 10

enum cli_fit {
	CLI_WHOLE,
	CLI_SHORTENS,
	CLI_NUMBER, /* whole, to the right */
};

struct cli_column {
	const char *title;
	enum cli_fit fit;
};

struct cli_table;

/* cli_table_new - @columns ends with a NULL title; NULL: no memory */
struct cli_table *cli_table_new(const struct cli_column *columns) gs_must_check;
void cli_table_free(struct cli_table *table);

/*
 * cli_table_row - add a row, a cell a column
 * @cells: copied; NULL cells show as "-"
 * Returns 0 or -ENOMEM.
 */
int cli_table_row(struct cli_table *table, const char *const *cells) gs_must_check;

/* cli_table_print - on stdout. Returns 0 or -errno. */
int cli_table_print(struct cli_table *table) gs_must_check;

static inline void cli_table_freep(struct cli_table **table)
{
	cli_table_free(*table);
}
#define cli_cleanup_table __attribute__((cleanup(cli_table_freep)))

#endif
