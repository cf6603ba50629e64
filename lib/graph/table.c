/* table.c - aligned tables of text. */
#include "graph/table.h"

#include <string.h>

#include <descent/text.h>

static size_t column_count(const dsci_table_form *form)
{
    size_t count = 0;
    while (form->heading[count])
        count++;
    return count;
}

static int column_width(const dsci_table_form *form, size_t column, const dsci_table_row *rows, size_t count)
{
    size_t width = strlen(form->heading[column]);
    for (size_t i = 0; i < count; i++)
        width = strlen(rows[i].cell[column]) > width ? strlen(rows[i].cell[column]) : width;
    return (int)width;
}

/* Nothing is padded at the end of a line. */
static void write_cell(dsc_text *out, const char *text, int width, bool left, bool last)
{
    dsc_text_format(out, "%*s%s", left && !last ? -width : left ? 0 : width, text, last ? "\n" : "  ");
}

const char *dsci_table_text(dsc_scope *scope, const dsci_table_form *form, const dsci_table_row *rows,
                            size_t count, const char *footer)
{
    const size_t columns = column_count(form);
    int width[DSCI_TABLE_COLUMNS];
    dsc_text *text = dsc_text_open(scope);
    for (size_t c = 0; c < columns; c++)
        width[c] = column_width(form, c, rows, count);
    for (size_t c = 0; c < columns; c++)
        write_cell(text, form->heading[c], width[c], form->alignment[c] == 'l', c + 1 == columns);
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; c < columns; c++)
            write_cell(text, rows[i].cell[c], width[c], form->alignment[c] == 'l', c + 1 == columns);
    dsc_text_format(text, "\n%s\n", footer);
    return dsc_text_string(text);
}
