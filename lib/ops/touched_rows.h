/* touched_rows.h - gradients of tables of which a batch touches few rows: embeddings, gathered rows.
 *
 * Such a gradient lies in the model's vector as all others do, and is zero but for the rows that the batch
 * named. Which these are is listed, so that a step zeroes the rows of the step before, adds up those of this
 * one, and the optimizer updates them alone: the cost of a step is that of the rows in it, not of the table.
 *
 * The table is cut into parts of neighbouring rows, a function of its size alone. A part is one thread's: its
 * rows are added up in the order of the tokens, whatever the number of threads.
 */
#ifndef DESCENT_OPS_TOUCHED_ROWS_H
#define DESCENT_OPS_TOUCHED_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/scope.h>

#include "ops/node.h"

typedef struct dsci_touched_rows {
    size_t rows, columns, parts;
    size_t *counts; /* of the rows in each part's list */
    uint32_t *list; /* of rows; a part's list begins at its first row, in the order of first touch */
    bool *whole;    /* of each part: whether other rows may hold something, too */
    bool *touched;  /* of each row: whether it is in a list */
} dsci_touched_rows;

/* Parts of a table of that many rows. */
size_t dsci_table_parts(size_t rows);

/* Of a table (rows, columns), none touched. NULL, and the scope fails, without memory. */
dsci_touched_rows *dsci_touched_rows_make(dsc_scope *scope, size_t rows, size_t columns);

/* Begins a part of a gradient (rows, columns): all its rows are zero then. With touched those of the step
   before are zeroed and forgotten; NULL: all of them are. Returns the part's rows. */
dsci_range dsci_table_part_begin(dsci_touched_rows *touched, size_t rows, size_t columns, size_t part,
                                 float *gradient);

/* To be called when something else than a batch has written into the gradient: the next step zeroes all of
 * it. */
void dsci_touched_rows_spoil(dsci_touched_rows *touched);

/* Notes a row of the part. */
static inline void dsci_touched_rows_add(dsci_touched_rows *touched, size_t part, size_t row)
{
    if (touched->touched[row])
        return;
    touched->touched[row] = true;
    touched->list[dsci_piece(touched->rows, part, touched->parts).first + touched->counts[part]++] =
        (uint32_t)row;
}

/* A part's list; *count rows. */
const uint32_t *dsci_touched_rows_of(const dsci_touched_rows *touched, size_t part, size_t *count);

/* Whether any of the elements first..first + count - 1 of the table lies in a row that was touched. */
bool dsci_touched_rows_any(const dsci_touched_rows *touched, size_t first, size_t count);

#endif
