/* least_squares.c - minimum-norm and ridge least squares: Cholesky of the smaller Gram matrix, an orthogonal
 * factor, or singular values.
 *
 * Which path: singular values when min(n, p) <= SVD_LIMIT or a tolerance is given, since they are exact about
 * rank; else the Gram matrix of the smaller side, whose cost is a tenth. The Gram matrix squares the
 * condition number, so each of its solutions is refined: the residual of the problem itself (of x, not of the
 * Gram matrix) is solved for again until the correction is a rounding error (Bjorck's corrected seminormal
 * equations). The Gram path gives way to an orthogonal factor of x if the factorisation breaks down, if
 * LAPACK's estimate of its reciprocal condition number is under 16 sqrt(m) epsilon (a rank-deficient Gram
 * matrix is regular by rounding errors of that size), or if refinement does not converge; that gives way to
 * singular values if x itself is rank-deficient, or if there is a ridge.
 */
#include <descent/linalg.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "linalg/blas.h"
#include "linalg/matrix.h"

enum {
    SVD_LIMIT = 256,
    REFINEMENTS = 8 /* at most; two or three are the rule */
};

/* Right-hand sides and unknowns are kept transposed, one row for each target: the columns that LAPACK wants.
 */
struct problem {
    const dsci_blas *blas;
    int n, p, k, m; /* examples, features, targets, min(n, p) */
    int dual;       /* p > n: unknowns are n multipliers c with w = x' c */
    double ridge, tolerance;
    const double *x, *yt; /* n x p, k x n */
    double *wt, *rt;      /* k x p, k x n: weights and residual y - x w */
};

/* c = alpha op(a) op(b) + beta c on dense row-major matrices, c: m x n. */
static void multiply(const dsci_blas *blas, int transpose_a, int transpose_b, int m, int n, int k,
                     double alpha, const double *a, const double *b, double beta, double *c)
{
    blas->dgemm(DSCI_ROW_MAJOR, transpose_a ? DSCI_TRANS : DSCI_NO_TRANS,
                transpose_b ? DSCI_TRANS : DSCI_NO_TRANS, m, n, k, alpha, a, transpose_a ? m : k, b,
                transpose_b ? k : n, beta, c, n);
}

static double sum_of_squares(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

static void transpose(double *dst, const double *src, size_t rows, size_t cols)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++)
            dst[j * rows + i] = src[i * cols + j];
}

/* rt = yt - wt x'. */
static void update_residual(const struct problem *q)
{
    memcpy(q->rt, q->yt, (size_t)q->k * (size_t)q->n * sizeof *q->rt);
    multiply(q->blas, 0, 1, q->k, q->n, q->p, -1, q->wt, q->x, 1, q->rt);
}

/* The Gram matrix of the smaller side plus ridge, its 1-norm in *norm. The upper triangle that is written is
   the lower one to LAPACK. */
static void form_gram(const struct problem *q, double *gram, double *column, double *norm)
{
    const size_t m = (size_t)q->m;
    q->blas->dsyrk(DSCI_ROW_MAJOR, DSCI_UPPER, q->dual ? DSCI_NO_TRANS : DSCI_TRANS, q->m,
                   q->dual ? q->p : q->n, 1, q->x, q->p, 0, gram, q->m);
    memset(column, 0, m * sizeof *column);
    for (size_t i = 0; i < m; i++) {
        gram[i * m + i] += q->ridge;
        column[i] += fabs(gram[i * m + i]);
        for (size_t j = i + 1; j < m; j++) {
            column[i] += fabs(gram[i * m + j]);
            column[j] += fabs(gram[i * m + j]);
        }
    }
    *norm = 0;
    for (size_t i = 0; i < m; i++)
        *norm = fmax(*norm, column[i]);
}

/* Overwrites the Gram matrix by its Cholesky factor; 0 if it is singular to working precision. */
static int factor_gram(dsc_scope *work, const struct problem *q, double *gram)
{
    const size_t m = (size_t)q->m;
    double *space = dsc_scope_alloc(work, m, 3 * sizeof *space);
    int *integers = dsc_scope_alloc(work, m, sizeof *integers);
    if (!space || !integers)
        return 0;
    int info = 0;
    double norm, reciprocal = 0;
    form_gram(q, gram, space, &norm);
    q->blas->dpotrf("L", &q->m, gram, &q->m, &info, 1);
    if (info == 0)
        q->blas->dpocon("L", &q->m, gram, &q->m, &norm, &reciprocal, space, integers, &info, 1);
    return info == 0 && reciprocal > 16 * sqrt((double)q->m) * DBL_EPSILON;
}

/* Solves with the factor and refines; 0 if the corrections do not shrink to rounding errors. Unknowns c (k x
   m) are the weights or, if dual, the multipliers. The first round, from zero, is the solution itself. */
static int refine(dsc_scope *work, const struct problem *q, const double *factor)
{
    const size_t unknowns = (size_t)q->k * (size_t)q->m;
    double *c = q->dual ? dsc_scope_alloc(work, unknowns, sizeof *c) : q->wt;
    double *step = dsc_scope_alloc(work, unknowns, sizeof *step);
    if (!c || !step)
        return 0;
    double size = 0, last = INFINITY;
    memset(q->wt, 0, (size_t)q->k * (size_t)q->p * sizeof *q->wt);
    memcpy(q->rt, q->yt, (size_t)q->k * (size_t)q->n * sizeof *q->rt);
    for (int round = 0; round <= REFINEMENTS; round++) {
        int info = 0;
        if (round > 0)
            update_residual(q);
        if (q->dual)
            memcpy(step, q->rt, unknowns * sizeof *step);
        else
            multiply(q->blas, 0, 0, q->k, q->p, q->n, 1, q->rt, q->x, 0, step);
        for (size_t i = 0; i < unknowns; i++)
            step[i] -= q->ridge * c[i];
        q->blas->dpotrs("L", &q->m, &q->k, factor, &q->m, step, &q->m, &info, 1);
        const double change = sqrt(sum_of_squares(step, unknowns));
        if (info != 0 || !isfinite(change))
            return 0;
        if (change > 0.5 * last)
            break; /* as far as rounding lets it go */
        for (size_t i = 0; i < unknowns; i++)
            c[i] += step[i];
        if (q->dual)
            multiply(q->blas, 0, 0, q->k, q->p, q->n, 1, step, q->x, 1, q->wt);
        size = sqrt(sum_of_squares(c, unknowns));
        const double next = change * (change / last); /* what another round would add */
        last = change;
        if (change == 0 || (round > 0 && next <= DBL_EPSILON * size))
            break;
    }
    return last <= 1e-4 * size;
}

/* trace of x (x'x + ridge)^-1 x' = m - ridge trace((gram + ridge)^-1), the trace from the inverse of the
   factor, which is overwritten. */
static double gram_dof(const struct problem *q, double *factor)
{
    const size_t m = (size_t)q->m;
    int info = 0;
    if (q->ridge == 0)
        return (double)m;
    q->blas->dtrtri("L", "N", &q->m, factor, &q->m, &info, 1, 1);
    double trace = 0;
    for (size_t i = 0; i < m; i++)
        trace += sum_of_squares(factor + i * m + i, m - i);
    return (double)m - q->ridge * trace;
}

/* 1 if the Gram path solved the problem; 0 sends it to singular values. */
static int solve_gram(dsc_scope *work, const struct problem *q, int want_dof,
                      dsc_least_squares_result *result)
{
    const size_t m = (size_t)q->m;
    if (q->m <= SVD_LIMIT || q->tolerance > 0)
        return 0;
    double *gram = dsc_scope_alloc(work, m * m, sizeof *gram);
    if (!gram || !factor_gram(work, q, gram) || !refine(work, q, gram))
        return 0;
    result->path = q->dual ? DSC_PATH_GRAM_DUAL : DSC_PATH_GRAM_PRIMAL;
    result->rank = m;
    result->effective_dof = want_dof || q->ridge == 0 ? gram_dof(q, gram) : NAN;
    return 1;
}

/* The factors of x' (p x n to LAPACK, which reads x's rows as columns): Q R if p >= n, L Q else; the
   reflectors of Q with their scales, and R or L. */
struct orthogonal {
    double *factor, *scale, *space;
    int space_length;
};

/* 0 if x is rank-deficient to working precision: LAPACK's estimate of the triangle's reciprocal condition
 * number. */
static int factor_orthogonal(dsc_scope *work, const struct problem *q, struct orthogonal *o)
{
    enum { BLOCK = 64 };
    const int longest = q->n > q->p ? q->n : q->p;
    o->space_length = BLOCK * (longest > q->k ? longest : q->k);
    o->factor = dsc_scope_alloc(work, (size_t)q->n, (size_t)q->p * sizeof *o->factor);
    o->scale = dsc_scope_alloc(work, (size_t)q->m, sizeof *o->scale);
    o->space = dsc_scope_alloc(work, (size_t)o->space_length, sizeof *o->space);
    int *integers = dsc_scope_alloc(work, (size_t)q->m, sizeof *integers);
    if (!o->factor || !o->scale || !o->space || !integers)
        return 0;
    memcpy(o->factor, q->x, (size_t)q->n * (size_t)q->p * sizeof *o->factor);
    int info = 0;
    double reciprocal = 0;
    (q->dual ? q->blas->dgeqrf : q->blas->dgelqf)(&q->p, &q->n, o->factor, &q->p, o->scale, o->space,
                                                  &o->space_length, &info);
    if (info == 0)
        q->blas->dtrcon("1", q->dual ? "U" : "L", "N", &q->m, o->factor, &q->p, &reciprocal, o->space,
                        integers, &info, 1, 1, 1);
    return info == 0 && reciprocal > (double)longest * DBL_EPSILON;
}

/* step (k x p) = the minimum-norm or least-squares solution for the residual rt, which is overwritten:
   Q R^-T r if p >= n, else L^-T Q r. */
static int solve_orthogonal(const struct problem *q, const struct orthogonal *o, double *step)
{
    const size_t n = (size_t)q->n, p = (size_t)q->p;
    int info = 0;
    if (q->dual) {
        q->blas->dtrtrs("U", "T", "N", &q->n, &q->k, o->factor, &q->p, q->rt, &q->n, &info, 1, 1, 1);
        memset(step, 0, (size_t)q->k * p * sizeof *step);
        for (int t = 0; t < q->k; t++)
            memcpy(step + (size_t)t * p, q->rt + (size_t)t * n, n * sizeof *step);
        if (info == 0)
            q->blas->dormqr("L", "N", &q->p, &q->k, &q->n, o->factor, &q->p, o->scale, step, &q->p, o->space,
                            &o->space_length, &info, 1, 1);
        return info == 0;
    }
    q->blas->dormlq("L", "N", &q->n, &q->k, &q->p, o->factor, &q->p, o->scale, q->rt, &q->n, o->space,
                    &o->space_length, &info, 1, 1);
    for (int t = 0; t < q->k; t++)
        memcpy(step + (size_t)t * p, q->rt + (size_t)t * n, p * sizeof *step);
    if (info == 0)
        q->blas->dtrtrs("L", "T", "N", &q->p, &q->k, o->factor, &q->p, step, &q->p, &info, 1, 1, 1);
    return info == 0;
}

/* 1 if an orthogonal factor of x solved the problem: it works on x's own condition number where the Gram
   matrix squares it, at a few times the cost. The second round takes away the rounding errors of the first.
 */
static int solve_qr(dsc_scope *work, const struct problem *q, dsc_least_squares_result *result)
{
    struct orthogonal o = { 0 };
    const size_t unknowns = (size_t)q->k * (size_t)q->p;
    if (q->m <= SVD_LIMIT || q->tolerance > 0 || q->ridge > 0 || !factor_orthogonal(work, q, &o))
        return 0;
    double *step = dsc_scope_alloc(work, unknowns, sizeof *step);
    if (!step)
        return 0;
    memset(q->wt, 0, unknowns * sizeof *q->wt);
    for (int round = 0; round < 2; round++) {
        update_residual(q);
        if (!solve_orthogonal(q, &o, step))
            return 0;
        for (size_t i = 0; i < unknowns; i++)
            q->wt[i] += step[i];
    }
    result->path = DSC_PATH_QR;
    result->rank = (size_t)q->m;
    result->effective_dof = (double)q->m;
    return 1;
}

/* Singular values kept, and in place of each s the s / (s^2 + ridge) that multiplies it; the trace of the
 * smoother. */
static size_t filter(double *s, size_t m, double tolerance, double ridge, double *dof)
{
    const double least = tolerance * s[0];
    size_t rank = 0;
    *dof = 0;
    for (size_t i = 0; i < m; i++) {
        const double kept = s[i] > least ? s[i] : 0;
        const double square = kept * kept + ridge;
        rank += kept > 0;
        s[i] = kept > 0 ? kept / square : 0;
        *dof += kept * s[i];
    }
    return rank;
}

/* w' += (f v' r)' u' for the filter f, with r the residual; the second round takes away the rounding errors
   of the first where the residual is the whole gradient (no ridge). */
static void solve_svd(dsc_scope *work, const struct problem *q, dsc_least_squares_result *result)
{
    const size_t n = (size_t)q->n, p = (size_t)q->p, k = (size_t)q->k, m = (size_t)q->m;
    const dsc_matrix copy = dsc_matrix_make(work, n, p);
    double *s = dsc_scope_alloc(work, m, sizeof *s), *v = dsc_scope_alloc(work, n * m, sizeof *v);
    double *ut = dsc_scope_alloc(work, m * p, sizeof *ut), *t = dsc_scope_alloc(work, k * m, sizeof *t);
    if (!copy.data || !s || !v || !ut || !t)
        return;
    memcpy(copy.data, q->x, n * p * sizeof *copy.data);
    if (dsci_svd(work, q->blas, copy, s, v, ut) != DSC_OK)
        return;
    const double tolerance = q->tolerance > 0 ? q->tolerance : (double)(n > p ? n : p) * DBL_EPSILON;
    result->path = DSC_PATH_SVD;
    result->rank = filter(s, m, tolerance, q->ridge, &result->effective_dof);
    memset(q->wt, 0, k * p * sizeof *q->wt);
    for (int round = 0; round < (q->ridge > 0 ? 1 : 2); round++) {
        update_residual(q);
        multiply(q->blas, 0, 0, q->k, q->m, q->n, 1, q->rt, v, 0, t);
        for (size_t i = 0; i < k; i++)
            for (size_t j = 0; j < m; j++)
                t[i * m + j] *= s[j];
        multiply(q->blas, 0, 0, q->k, q->p, q->m, 1, t, ut, 1, q->wt);
    }
}

static dsc_status check(dsc_scope *scope, dsc_matrix x, dsc_matrix y,
                        const dsc_least_squares_options *options)
{
    static const char name[] = "least squares";
    if (dsci_matrix_check(scope, x, name, "x") != DSC_OK || dsci_matrix_check(scope, y, name, "y") != DSC_OK)
        return dsc_scope_status(scope);
    if (x.rows != y.rows)
        return dsc_scope_fail(scope, DSC_ERROR_SHAPE, "%s: x has %zu rows, y has %zu; expected as many", name,
                              x.rows, y.rows);
    if (!(options->ridge >= 0) || !isfinite(options->ridge))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "%s: ridge is %g; expected a finite number of at least 0", name,
                              options->ridge);
    if (!(options->tolerance >= 0 && options->tolerance < 1))
        return dsc_scope_fail(scope, DSC_ERROR_ARGUMENT,
                              "%s: tolerance is %g; expected 0 or a number below 1", name,
                              options->tolerance);
    return DSC_OK;
}

dsc_least_squares_result dsc_least_squares(dsc_scope *scope, dsc_matrix x, dsc_matrix y,
                                           const dsc_least_squares_options *options)
{
    const dsc_least_squares_options o = options ? *options : (dsc_least_squares_options){ 0 };
    dsc_least_squares_result result = { 0 };
    const dsci_blas *blas = dsci_blas_get(scope);
    if (!blas || check(scope, x, y, &o) != DSC_OK)
        return result;
    const size_t n = x.rows, p = x.cols, k = y.cols;
    const dsc_matrix weights = dsc_matrix_make(scope, p, k);
    dsc_scope *work = dsci_work_open(scope);
    double *yt = dsc_scope_alloc(work, k * n, sizeof *yt), *rt = dsc_scope_alloc(work, k * n, sizeof *rt);
    double *wt = dsc_scope_alloc(work, k * p, sizeof *wt);
    if (yt && rt && wt) {
        const struct problem q = { .blas = blas,
                                   .n = (int)n,
                                   .p = (int)p,
                                   .k = (int)k,
                                   .m = (int)(n < p ? n : p),
                                   .dual = p > n,
                                   .ridge = o.ridge,
                                   .tolerance = o.tolerance,
                                   .x = x.data,
                                   .yt = yt,
                                   .wt = wt,
                                   .rt = rt };
        const dsci_blas_mode mode = dsci_blas_enter();
        transpose(yt, y.data, n, k);
        if (!solve_gram(work, &q, o.want_dof, &result) && !solve_qr(work, &q, &result) &&
            dsc_scope_status(work) == DSC_OK)
            solve_svd(work, &q, &result);
        update_residual(&q);
        result.residual = sum_of_squares(rt, k * n) / ((double)k * (double)n);
        result.norm = sqrt(sum_of_squares(wt, k * p));
        transpose(weights.data, wt, k, p);
        dsci_blas_leave(mode);
    }
    dsci_work_close(scope, &work);
    if (dsc_scope_status(scope) == DSC_OK && !isfinite(result.norm))
        dsc_scope_fail(scope, DSC_ERROR_NUMERIC, "least squares: the weights overflow; rescale x (%zu x %zu)",
                       n, p);
    result.weights = weights;
    return dsc_scope_status(scope) == DSC_OK ? result : (dsc_least_squares_result){ 0 };
}
