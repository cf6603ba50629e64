/* columns.h - where a column's values are, and whether columns fit what a network reads. */
#ifndef DESCENT_TRAIN_COLUMNS_H
#define DESCENT_TRAIN_COLUMNS_H

#include <descent/examples.h>

#include "ops/op.h"

/* Whether examples lie elsewhere than one behind the other. */
static inline bool dsci_column_has_windows(const dsc_column *column)
{
    return column->starts || (column->stride && column->stride != column->width);
}

/* Where an example's values begin. */
static inline size_t dsci_column_start(const dsc_column *column, size_t example)
{
    if (column->starts)
        return column->starts[example];
    return example * (column->stride ? column->stride : column->width);
}

enum { DSCI_BYTES = 256 };

/* Bytes of an example as floats, width of them. */
void dsci_column_convert(const dsc_column *column, float *dst, const uint8_t *src);

/* Whether each column makes sense by itself; what says who asks, for the message. */
dsc_status dsci_examples_check(dsc_scope *scope, const dsc_examples *examples, const char *what);

/* The column for a tensor that is read from outside: the one of its name. NULL, and the scope fails, if there
   is none or it does not fit. */
const dsc_column *dsci_column_for(dsc_scope *scope, const dsc_examples *examples, const dsci_tensor *tensor,
                                  const char *what);

/* Whether the integers of some examples are classes or words of the tensor; true of reals. */
dsc_status dsci_column_check_integers(dsc_scope *scope, const dsc_column *column, const dsci_tensor *tensor,
                                      size_t first, size_t count, const char *what);

#endif
