/* touched_rows.c - gradients of tables of which a batch touches few rows. */
#include "ops/touched_rows.h"

#include <string.h>

#include "ops/parts.h"

size_t dsci_table_parts(size_t rows)
{
    return dsci_least(dsci_ceiling(rows, dsci_limits.rows_of_tables), DSCI_MOST_PARTS);
}

dsci_touched_rows *dsci_touched_rows_make(dsc_scope *scope, size_t rows, size_t columns)
{
    dsci_touched_rows *touched = dsc_scope_alloc(scope, 1, sizeof *touched);
    if (!touched)
        return NULL;
    *touched =
        (dsci_touched_rows){ .rows = rows,
                             .columns = columns,
                             .parts = dsci_table_parts(rows),
                             .counts = dsc_scope_alloc(scope, DSCI_MOST_PARTS, sizeof *touched->counts),
                             .whole = dsc_scope_alloc(scope, DSCI_MOST_PARTS, sizeof *touched->whole),
                             .list = dsc_scope_alloc(scope, rows, sizeof *touched->list),
                             .touched = dsc_scope_alloc(scope, rows, sizeof *touched->touched) };
    return touched->counts && touched->whole && touched->list && touched->touched ? touched : NULL;
}

const uint32_t *dsci_touched_rows_of(const dsci_touched_rows *touched, size_t part, size_t *count)
{
    *count = touched->counts[part];
    return touched->list + dsci_piece(touched->rows, part, touched->parts).first;
}

/* Zeroes the rows in a part's list, or all of a part that something else has written into. */
static void clear(dsci_touched_rows *touched, size_t part, dsci_range rows, float *gradient)
{
    size_t count;
    const uint32_t *list = dsci_touched_rows_of(touched, part, &count);
    if (touched->whole[part])
        memset(gradient + rows.first * touched->columns, 0, rows.count * touched->columns * sizeof *gradient);
    touched->whole[part] = false;
    for (size_t i = 0; i < count; i++) {
        memset(gradient + list[i] * touched->columns, 0, touched->columns * sizeof *gradient);
        touched->touched[list[i]] = false;
    }
    touched->counts[part] = 0;
}

dsci_range dsci_table_part_begin(dsci_touched_rows *touched, size_t rows, size_t columns, size_t part,
                                 float *gradient)
{
    const dsci_range own = dsci_piece(rows, part, dsci_table_parts(rows));
    if (touched)
        clear(touched, part, own, gradient);
    else
        memset(gradient + own.first * columns, 0, own.count * columns * sizeof *gradient);
    return own;
}

void dsci_touched_rows_spoil(dsci_touched_rows *touched)
{
    for (size_t part = 0; part < touched->parts; part++)
        touched->whole[part] = true;
}

bool dsci_touched_rows_any(const dsci_touched_rows *touched, size_t first, size_t count)
{
    const size_t row = first / touched->columns, last = (first + count - 1) / touched->columns;
    return memchr(touched->touched + row, true, last - row + 1) != NULL;
}
