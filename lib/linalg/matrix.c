/* matrix.c - dense matrices: products, singular values, eigenvalues. */
#include "linalg/matrix.h"

#include <limits.h>
#include <math.h>
#include <string.h>

dsc_matrix dsc_matrix_make(dsc_scope *scope, size_t rows, size_t cols)
{
    if (cols && rows > SIZE_MAX / cols) {
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "matrix: %zu x %zu elements overflow", rows, cols);
        return (dsc_matrix){ 0 };
    }
    double *data = dsc_scope_alloc(scope, rows * cols, sizeof *data);
    return data ? (dsc_matrix){ rows, cols, data } : (dsc_matrix){ 0 };
}

dsc_status dsci_matrix_check(dsc_scope *scope, dsc_matrix x, const char *function, const char *name)
{
    if (x.rows == 0 || x.cols == 0 || !x.data)
        return dsc_scope_fail(scope, DSC_ERROR_SHAPE, "%s: %s is %zu x %zu; expected at least 1 x 1",
                              function, name, x.rows, x.cols);
    if (x.rows > INT_MAX || x.cols > INT_MAX)
        return dsc_scope_fail(scope, DSC_ERROR_SHAPE,
                              "%s: %s is %zu x %zu; LAPACK takes at most %d rows and columns", function, name,
                              x.rows, x.cols, INT_MAX);
    for (size_t i = 0; i < x.rows * x.cols; i++)
        if (!isfinite(x.data[i]))
            return dsc_scope_fail(scope, DSC_ERROR_NUMERIC,
                                  "%s: %s holds %g at row %zu, column %zu; expected finite numbers", function,
                                  name, x.data[i], i / x.cols, i % x.cols);
    return dsc_scope_status(scope);
}

dsc_scope *dsci_work_open(dsc_scope *scope)
{
    if (dsc_scope_status(scope) != DSC_OK)
        return NULL;
    dsc_scope *work = dsc_scope_open(NULL);
    if (!work)
        dsc_scope_fail(scope, DSC_ERROR_MEMORY, "linear algebra: out of memory");
    return work;
}

void dsci_work_close(dsc_scope *scope, dsc_scope **work)
{
    if (*work)
        dsc_scope_adopt_error(scope, *work);
    dsc_scope_close(work);
}

static int dimension(size_t size)
{
    return size ? (int)size : 1; /* BLAS wants leading dimensions of at least 1, even of nothing */
}

dsc_status dsc_matrix_product(dsc_scope *scope, dsc_matrix dst, dsc_matrix a, dsc_matrix b,
                              const dsc_matrix_product_options *options)
{
    const dsc_matrix_product_options o = options ? *options : (dsc_matrix_product_options){ 0 };
    const size_t m = o.transpose_a ? a.cols : a.rows, k = o.transpose_a ? a.rows : a.cols;
    const size_t inner = o.transpose_b ? b.cols : b.rows, n = o.transpose_b ? b.rows : b.cols;
    if (k != inner || dst.rows != m || dst.cols != n)
        return dsc_scope_fail(
            scope, DSC_ERROR_SHAPE,
            "matmul: op(a) is %zu x %zu, op(b) is %zu x %zu, dst is %zu x %zu; expected m x k, k x n "
            "and m x n",
            m, k, inner, n, dst.rows, dst.cols);
    if (m > INT_MAX || n > INT_MAX || k > INT_MAX)
        return dsc_scope_fail(scope, DSC_ERROR_SHAPE,
                              "matmul: %zu x %zu x %zu; BLAS takes sizes of at most %d", m, n, k, INT_MAX);
    const dsci_blas *blas = dsci_blas_get(scope);
    if (!blas || m == 0 || n == 0)
        return dsc_scope_status(scope);
    if (!dst.data || (k && (!a.data || !b.data)))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT, "matmul: a matrix has no data");
    if (k && (dst.data == a.data || dst.data == b.data))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "matmul: dst is one of the factors; give it its own memory");

    const dsci_blas_mode mode = dsci_blas_enter();
    blas->dgemm(DSCI_ROW_MAJOR, o.transpose_a ? DSCI_TRANS : DSCI_NO_TRANS,
                o.transpose_b ? DSCI_TRANS : DSCI_NO_TRANS, (int)m, (int)n, (int)k,
                o.alpha == 0 ? 1 : o.alpha, a.data, dimension(a.cols), b.data, dimension(b.cols), o.beta,
                dst.data, (int)n);
    dsci_blas_leave(mode);
    return DSC_OK;
}

dsc_status dsci_svd(dsc_scope *work, const dsci_blas *blas, dsc_matrix a, double *s, double *v, double *ut)
{
    /* A row-major matrix is its transpose in LAPACK's eyes: the left vectors found there belong to the
     * columns. */
    const int rows = (int)a.cols, cols = (int)a.rows, small = rows < cols ? rows : cols;
    const char *job = ut ? "S" : "N";
    int *integers = dsc_scope_alloc(work, (size_t)small, 8 * sizeof *integers), query = -1, info = 0;
    double wanted = 0;
    if (!integers)
        return dsc_scope_status(work);
    const dsci_blas_mode mode = dsci_blas_enter();
    blas->dgesdd(job, &rows, &cols, a.data, &rows, s, ut, &rows, v, &small, &wanted, &query, integers, &info,
                 1);
    double *space = NULL;
    if (info == 0 && wanted >= 1 && wanted < INT_MAX)
        space = dsc_scope_alloc(work, (size_t)wanted, sizeof *space);
    if (space) {
        const int size = (int)wanted;
        blas->dgesdd(job, &rows, &cols, a.data, &rows, s, ut, &rows, v, &small, space, &size, integers, &info,
                     1);
    }
    dsci_blas_leave(mode);
    if (info != 0 || !space)
        return dsc_scope_fail(
            work, DSC_ERROR_NUMERIC,
            "singular values of a %zu x %zu matrix: LAPACK's dgesdd ended with info %d; rescale the "
            "matrix or make it smaller",
            a.rows, a.cols, info);
    return DSC_OK;
}

double *dsc_singular_vectors(dsc_scope *scope, dsc_matrix x, dsc_matrix *u, dsc_matrix *vt)
{
    const dsci_blas *blas = dsci_blas_get(scope);
    if (!blas || dsci_matrix_check(scope, x, "singular values", "x") != DSC_OK)
        return NULL;
    const size_t small = x.rows < x.cols ? x.rows : x.cols;
    double *s = dsc_scope_alloc(scope, small, sizeof *s);
    if (u)
        *u = dsc_matrix_make(scope, x.rows, small);
    if (vt)
        *vt = dsc_matrix_make(scope, small, x.cols);
    dsc_scope *work = dsci_work_open(scope);
    const dsc_matrix copy = dsc_matrix_make(work, x.rows, x.cols);
    if (dsc_scope_status(scope) == DSC_OK && copy.data) {
        memcpy(copy.data, x.data, x.rows * x.cols * sizeof *s);
        dsci_svd(work, blas, copy, s, u ? u->data : NULL, vt ? vt->data : NULL);
    }
    dsci_work_close(scope, &work);
    return dsc_scope_status(scope) == DSC_OK ? s : NULL;
}

double *dsc_singular_values(dsc_scope *scope, dsc_matrix x)
{
    return dsc_singular_vectors(scope, x, NULL, NULL);
}

/* Eigenvalues of the lower triangle of a, which the vectors overwrite: row i of a is the i-th one. */
static dsc_status eigen(dsc_scope *work, const dsci_blas *blas, dsc_matrix a, double *values,
                        int want_vectors)
{
    const char *job = want_vectors ? "V" : "N";
    int n = (int)a.rows, query = -1, wanted_integers = 0, info = 0;
    double wanted = 0;
    const dsci_blas_mode mode = dsci_blas_enter();
    /* "U" of the transpose that LAPACK sees is the row-major lower triangle. */
    blas->dsyevd(job, "U", &n, a.data, &n, values, &wanted, &query, &wanted_integers, &query, &info, 1, 1);
    double *space = NULL;
    int *integers = NULL;
    if (info == 0 && wanted >= 1 && wanted < INT_MAX && wanted_integers >= 1) {
        space = dsc_scope_alloc(work, (size_t)wanted, sizeof *space);
        integers = dsc_scope_alloc(work, (size_t)wanted_integers, sizeof *integers);
    }
    if (space && integers) {
        const int size = (int)wanted;
        blas->dsyevd(job, "U", &n, a.data, &n, values, space, &size, integers, &wanted_integers, &info, 1, 1);
    }
    dsci_blas_leave(mode);
    if (info != 0 || !integers)
        return dsc_scope_fail(
            work, DSC_ERROR_NUMERIC,
            "eigenvalues of a %d x %d matrix: LAPACK's dsyevd ended with info %d; rescale the matrix "
            "or make it smaller",
            n, n, info);
    return DSC_OK;
}

double *dsc_symmetric_eigen(dsc_scope *scope, dsc_matrix a, dsc_matrix *vectors)
{
    const dsci_blas *blas = dsci_blas_get(scope);
    if (!blas || dsci_matrix_check(scope, a, "eigenvalues", "a") != DSC_OK)
        return NULL;
    if (a.rows != a.cols) {
        dsc_scope_fail(scope, DSC_ERROR_SHAPE, "eigenvalues: a is %zu x %zu; expected a square matrix",
                       a.rows, a.cols);
        return NULL;
    }
    const size_t n = a.rows;
    double *values = dsc_scope_alloc(scope, n, sizeof *values);
    if (vectors)
        *vectors = dsc_matrix_make(scope, n, n);
    dsc_scope *work = dsci_work_open(scope);
    const dsc_matrix copy = dsc_matrix_make(work, n, n);
    if (copy.data) {
        memcpy(copy.data, a.data, n * n * sizeof *values);
        if (eigen(work, blas, copy, values, vectors != NULL) == DSC_OK && vectors)
            for (size_t i = 0; i < n; i++)
                for (size_t j = 0; j < n; j++)
                    vectors->data[j * n + i] = copy.data[i * n + j];
    }
    dsci_work_close(scope, &work);
    return dsc_scope_status(scope) == DSC_OK ? values : NULL;
}
