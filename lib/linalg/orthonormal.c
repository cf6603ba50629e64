/* orthonormal.c - an orthonormal basis of a tall matrix's columns: blocks of rows first, then their
 * triangles.
 *
 * A row-major block is its transpose in LAPACK's eyes, so what it sees as L Q of that is q r of the block:
 * r lies where L does.
 */
#include <descent/linalg.h>

#include <string.h>

#include "base/region.h"
#include "base/sizes.h"
#include "linalg/blas.h"
#include "linalg/matrix.h"

enum { BLOCK_ROWS = 2048 }; /* of a block at least; part of the numerics contract */

struct blocks {
    dsc_matrix x;
    size_t count;
    double *triangles; /* cols x cols of each block, one below the other */
    dsc_scope **work;  /* one a thread */
};

static dsc_matrix block_of(const struct blocks *b, size_t i)
{
    const size_t first = b->x.rows * i / b->count, end = b->x.rows * (i + 1) / b->count;
    return (dsc_matrix){ end - first, b->x.cols, b->x.data + first * b->x.cols };
}

/* x becomes q, triangle (cols x cols) r. */
static dsc_status factor(dsc_scope *work, dsc_matrix x, double *triangle)
{
    enum { COLUMNS_AT_ONCE = 64 };
    const dsci_blas *blas = dsci_blas_get(work);
    const int n = (int)x.rows, m = (int)x.cols, length = COLUMNS_AT_ONCE * m;
    double *scale = dsc_scope_alloc(work, x.cols, (1 + COLUMNS_AT_ONCE) * sizeof *scale);
    if (!blas || !scale)
        return dsc_scope_status(work);
    double *space = scale + x.cols;
    int info = 0;
    const dsci_blas_mode mode = dsci_blas_enter();
    blas->dgelqf(&m, &n, x.data, &m, scale, space, &length, &info);
    for (size_t i = 0; i < x.cols; i++) {
        memset(triangle + i * x.cols, 0, i * sizeof *triangle);
        memcpy(triangle + i * x.cols + i, x.data + i * x.cols + i, (x.cols - i) * sizeof *triangle);
    }
    if (info == 0)
        blas->dorglq(&m, &n, &m, x.data, &m, scale, space, &length, &info);
    dsci_blas_leave(mode);
    if (info != 0)
        dsc_scope_fail(work, DSC_ERROR_NUMERIC,
                       "orthonormal columns of a %zu x %zu matrix: LAPACK ended with info %d", x.rows, x.cols,
                       info);
    return dsc_scope_status(work);
}

static void factor_blocks(void *user, dsci_region region)
{
    const struct blocks *b = user;
    for (size_t i = dsci_region_begin(region, b->count); i < dsci_region_end(region, b->count); i++)
        factor(b->work[region.thread], block_of(b, i), b->triangles + i * b->x.cols * b->x.cols);
}

/* Each block's q times its rows of the triangles' q. */
static void combine_blocks(void *user, dsci_region region)
{
    const struct blocks *b = user;
    const size_t cols = b->x.cols;
    dsc_scope *work = b->work[region.thread];
    const dsc_matrix space = dsc_matrix_make(work, b->x.rows / b->count + 1, cols);
    for (size_t i = dsci_region_begin(region, b->count); i < dsci_region_end(region, b->count); i++) {
        const dsc_matrix block = block_of(b, i), product = { block.rows, cols, space.data };
        const dsc_matrix own = { cols, cols, b->triangles + i * cols * cols };
        if (dsc_matrix_product(work, product, block, own, NULL) == DSC_OK)
            memcpy(block.data, product.data, block.rows * cols * sizeof *block.data);
    }
}

static void run(dsc_scope *work, struct blocks *b, int threads, dsci_region_fn *function)
{
    if (dsc_scope_status(work) != DSC_OK)
        return;
    for (int t = 0; t < threads; t++)
        b->work[t] = dsc_scope_open(NULL);
    dsci_region_run(threads, function, b);
    for (int t = 0; t < threads; t++) {
        dsc_scope_adopt_error(work, b->work[t]);
        dsc_scope_close(&b->work[t]);
    }
}

static void orthonormalize(dsc_scope *work, dsc_matrix x, double *triangle, int threads)
{
    const size_t least = dsci_largest(BLOCK_ROWS, 4 * x.cols);
    struct blocks b = { .x = x, .count = dsci_largest(x.rows / least, 1) };
    const size_t most = dsci_least((size_t)dsci_largest((size_t)threads, 1), b.count);
    b.work = dsc_scope_alloc(work, most, sizeof(dsc_scope *));
    const dsc_matrix triangles = dsc_matrix_make(work, b.count * x.cols, x.cols);
    b.triangles = triangles.data;
    run(work, &b, (int)most, factor_blocks);
    if (dsc_scope_status(work) != DSC_OK)
        return;
    if (b.count == 1) {
        memcpy(triangle, b.triangles, x.cols * x.cols * sizeof *triangle);
        return;
    }
    factor(work, triangles, triangle);
    run(work, &b, (int)most, combine_blocks);
}

dsc_status dsc_orthonormalize(dsc_scope *scope, dsc_matrix x, dsc_matrix *r, int threads)
{
    if (dsci_matrix_check(scope, x, "orthonormal columns", "x") != DSC_OK)
        return dsc_scope_status(scope);
    if (x.rows < x.cols)
        return dsc_scope_fail(
            scope, DSC_ERROR_SHAPE,
            "orthonormal columns: x is %zu x %zu; expected at least as many rows as columns", x.rows, x.cols);
    dsc_scope *work = dsci_work_open(scope);
    const dsc_matrix triangle = dsc_matrix_make(r ? scope : work, x.cols, x.cols);
    if (triangle.data)
        orthonormalize(work, x, triangle.data, threads);
    dsci_work_close(scope, &work);
    if (r)
        *r = triangle;
    return dsc_scope_status(scope);
}
