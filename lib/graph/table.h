/* table.h - aligned tables of text. */
#ifndef DESCENT_GRAPH_TABLE_H
#define DESCENT_GRAPH_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/scope.h>

enum { DSCI_TABLE_COLUMNS = 9, DSCI_TABLE_CELL = 128 };

/* A row's cells; the columns are as wide as their longest cell. */
typedef struct dsci_table_row {
    char cell[DSCI_TABLE_COLUMNS][DSCI_TABLE_CELL];
} dsci_table_row;

/* Headings, ended by NULL, and for each column 'l' or 'r': the side that its cells stand on. */
typedef struct dsci_table_form {
    const char *heading[DSCI_TABLE_COLUMNS + 1];
    const char *alignment;
} dsci_table_form;

/* The table, then the footer. In the scope; NULL if memory is out. */
const char *dsci_table_text(dsc_scope *scope, const dsci_table_form *form, const dsci_table_row *rows,
                            size_t count, const char *footer);

#endif
