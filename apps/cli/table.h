/* table.h - tables on a terminal and on an HTML page. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/text.h>

#include "terminal.h"

/* An aligned table. Columns of numbers stand right; the last column of text is wrapped. Of a table that is
   too wide for a terminal the heads are broken behind underscores and blanks; what still does not fit is
   continued below with the first `keys` columns repeated. Elsewhere (whole_rows) every row is one line. */
typedef struct cli_table_column {
    const char *title; /* NULL: a table without a head */
    bool number;
} cli_table_column;
typedef struct cli_table cli_table;
cli_table *cli_table_make(dsc_scope *scope, const cli_table_column *columns, size_t count, size_t keys);
/* Appends a row of `count` texts, which must live as long as the scope; NULL reads as "". */
void cli_table_row(cli_table *table, const char *const *texts);
void cli_table_print(const cli_table *table, const cli_terminal *terminal, int indent);

/* The same on an HTML page. */
void cli_table_html(const cli_table *table, dsc_text *page);
/* Text on an HTML page, within elements and quoted attributes: markup is escaped, control characters and
   bytes that are not UTF-8 become U+FFFD. NULL: nothing. */
void cli_html_text(dsc_text *page, const char *text);

#endif
