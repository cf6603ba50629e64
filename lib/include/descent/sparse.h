/* sparse.h - matrices of which few elements are not zero, kept by rows. */
#ifndef DESCENT_SPARSE_H
#define DESCENT_SPARSE_H

#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>

/* Compressed rows: row i has the elements starts[i]..starts[i + 1] - 1, each with its column, a column at
   most once and in any order. columns is below 2^32. */
typedef struct dsc_sparse {
    size_t rows, columns;
    const size_t *starts; /* rows + 1 */
    const uint32_t *index;
    const double *values;
} dsc_sparse;

/* Fails the scope, naming what is wrong, if the starts fall or a column does not exist (DSC_ERROR_SHAPE) or a
   value is not finite (DSC_ERROR_NUMERIC). */
DSC_API dsc_status dsc_sparse_check(dsc_scope *scope, const dsc_sparse *x);

/* The transpose, a copy in the scope; its rows have their elements in the order of x's rows. rows is 0 after
   an error. */
DSC_API dsc_sparse dsc_sparse_transpose(dsc_scope *scope, const dsc_sparse *x);

/* The rows named by index, in that order: a copy in the scope. A row that does not exist fails it. */
DSC_API dsc_sparse dsc_sparse_select(dsc_scope *scope, const dsc_sparse *x, const uint32_t *index,
                                     size_t count);

#endif
