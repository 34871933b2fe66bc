// SPDX-License-Identifier: GPL-2.0-or-later
/* table.c - libsmartcols with the width rules of the command line */
#include "table.h"

#include <libsmartcols.h>
#include <sys/ioctl.h>

/* What is left of a column that shortens, at least. */
#define SHORTEST 8

struct cli_table {
	struct libscols_table *scols;
	const struct cli_column *columns;
	size_t n_columns;
	size_t widths[CLI_TABLE_COLUMNS]; /* that columns which do not shorten need */
};

/* At most the width: bytes, where UTF-8 has fewer characters. */
static void need(struct cli_table *table, size_t column, const char *text)
{
	size_t width = strlen(text);

	if (table->columns[column].fit == CLI_SHORTENS && width > SHORTEST)
		width = SHORTEST;
	if (table->widths[column] < width)
		table->widths[column] = width;
}

static int add_column(struct cli_table *table, const struct cli_column *column)
{
	static const int flags[] = {
		[CLI_WHOLE] = 0,
		[CLI_SHORTENS] = SCOLS_FL_TRUNC,
		[CLI_NUMBER] = SCOLS_FL_RIGHT,
	};

	if (!scols_table_new_column(table->scols, column->title, 0, flags[column->fit]))
		return -ENOMEM;
	need(table, table->n_columns++, column->title);
	return 0;
}

struct cli_table *cli_table_new(const struct cli_column *columns)
{
	struct cli_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	table->scols = scols_new_table();
	if (!table->scols)
		goto failed;
	scols_table_set_column_separator(table->scols, "  ");
	for (; columns->title && table->n_columns < CLI_TABLE_COLUMNS; columns++) {
		if (add_column(table, columns) < 0)
			goto failed;
	}
	return table;

failed:
	cli_table_free(table);
	return NULL;
}

void cli_table_free(struct cli_table *table)
{
	if (!table)
		return;
	scols_unref_table(table->scols);
	free(table);
}

int cli_table_row(struct cli_table *table, const char *const *cells)
{
	struct libscols_line *line = scols_table_new_line(table->scols, NULL);

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < table->n_columns; i++) {
		const char *text = cells[i] && cells[i][0] ? cells[i] : "-";

		if (scols_line_set_data(line, i, text))
			return -ENOMEM;
		need(table, i, text);
	}
	return 0;
}

/* 0: unlimited. */
static size_t terminal_width(void)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	unsigned long width;
	char *end;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
		return size.ws_col;
	if (!text)
		return 0;
	width = strtoul(text, &end, 10);
	return *end || width > 10000 ? 0 : width;
}

int cli_table_print(struct cli_table *table)
{
	size_t width = terminal_width();
	size_t needed = 2 * (table->n_columns - 1);

	for (size_t i = 0; i < table->n_columns; i++)
		needed += table->widths[i];
	if (width) {
		/* Too narrow a terminal wraps lines; it never cuts an address. */
		scols_table_set_termwidth(table->scols, width > needed ? width : needed);
		scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_ALWAYS);
	} else {
		scols_table_set_termforce(table->scols, SCOLS_TERMFORCE_NEVER);
	}
	return scols_print_table(table->scols);
}
