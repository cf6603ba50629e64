/* sparse.c - sparse matrices: checked, transposed, rows chosen. */
#include <descent/sparse.h>

#include <math.h>
#include <string.h>

dsc_status dsc_sparse_check(dsc_scope *scope, const dsc_sparse *x)
{
    if (!x || !x->starts || !x->index || !x->values || x->columns > UINT32_MAX || x->starts[0] != 0)
        return dsc_scope_fail(
            scope, DSC_ERROR_ARGUMENT,
            "sparse matrix: expected starts from 0, columns below 2^32 and values, found %s",
            x ? "others" : "NULL");
    for (size_t i = 0; i < x->rows; i++)
        if (x->starts[i + 1] < x->starts[i])
            return dsc_scope_fail(scope, DSC_ERROR_SHAPE, "sparse matrix: row %zu ends before it begins", i);
    for (size_t e = 0; e < x->starts[x->rows]; e++) {
        if (x->index[e] >= x->columns)
            return dsc_scope_fail(scope, DSC_ERROR_SHAPE,
                                  "sparse matrix: element %zu is in column %u; there are %zu", e, x->index[e],
                                  x->columns);
        if (!isfinite(x->values[e]))
            return dsc_scope_fail(scope, DSC_ERROR_NUMERIC, "sparse matrix: element %zu is %g", e,
                                  x->values[e]);
    }
    return dsc_scope_status(scope);
}

dsc_sparse dsc_sparse_transpose(dsc_scope *scope, const dsc_sparse *x)
{
    const size_t elements = x->starts[x->rows];
    size_t *starts = dsc_scope_alloc(scope, x->columns + 2, sizeof *starts);
    uint32_t *index = dsc_scope_alloc(scope, elements, sizeof *index);
    double *values = dsc_scope_alloc(scope, elements, sizeof *values);
    if (!starts || !index || !values)
        return (dsc_sparse){ 0 };
    /* starts[c + 1] is where the next element of column c goes, and in the end where column c + 1 begins. */
    for (size_t e = 0; e < elements; e++)
        starts[x->index[e] + (size_t)2]++;
    for (size_t c = 0; c < x->columns; c++)
        starts[c + 2] += starts[c + 1];
    for (size_t row = 0; row < x->rows; row++)
        for (size_t e = x->starts[row]; e < x->starts[row + 1]; e++) {
            const size_t to = starts[x->index[e] + (size_t)1]++;
            index[to] = (uint32_t)row;
            values[to] = x->values[e];
        }
    return (dsc_sparse){
        .rows = x->columns, .columns = x->rows, .starts = starts, .index = index, .values = values
    };
}

dsc_sparse dsc_sparse_select(dsc_scope *scope, const dsc_sparse *x, const uint32_t *index, size_t count)
{
    size_t elements = 0;
    for (size_t i = 0; i < count; i++) {
        if (index[i] >= x->rows) {
            dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "sparse matrix: row %u was chosen; there are %zu",
                           index[i], x->rows);
            return (dsc_sparse){ 0 };
        }
        elements += x->starts[index[i] + (size_t)1] - x->starts[index[i]];
    }
    size_t *starts = dsc_scope_alloc(scope, count + 1, sizeof *starts);
    uint32_t *columns = dsc_scope_alloc(scope, elements, sizeof *columns);
    double *values = dsc_scope_alloc(scope, elements, sizeof *values);
    if (!starts || !columns || !values)
        return (dsc_sparse){ 0 };
    for (size_t i = 0; i < count; i++) {
        const size_t from = x->starts[index[i]], size = x->starts[index[i] + (size_t)1] - from;
        if (size) {
            memcpy(columns + starts[i], x->index + from, size * sizeof *columns);
            memcpy(values + starts[i], x->values + from, size * sizeof *values);
        }
        starts[i + 1] = starts[i] + size;
    }
    return (dsc_sparse){
        .rows = count, .columns = x->columns, .starts = starts, .index = columns, .values = values
    };
}
