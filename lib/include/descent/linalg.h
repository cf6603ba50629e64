/* linalg.h - fp64 least squares and factors of matrices over LAPACK (OpenBLAS, one thread per call).
 *
 * Matrices are row-major and dense. Results have the same bits for any number of threads of the caller on one
 * OpenBLAS core type (dsc_linalg_core()), which is chosen from the instruction-set level in use, not by
 * OpenBLAS.
 */
#ifndef DESCENT_LINALG_H
#define DESCENT_LINALG_H

#include <stddef.h>

#include <descent/export.h>
#include <descent/scope.h>

/* rows x cols elements, row r at data + r * cols. */
typedef struct dsc_matrix {
    size_t rows, cols;
    double *data;
} dsc_matrix;

/* A zeroed matrix in the scope; {0, 0, NULL} if that fails. */
DSC_API dsc_matrix dsc_matrix_make(dsc_scope *scope, size_t rows, size_t cols);

/* dst = alpha op(a) op(b) + beta dst, op(x) = x or its transpose. Shapes that do not fit fail the scope. */
typedef struct dsc_matrix_product_options {
    int transpose_a, transpose_b;
    double alpha; /* 0 means 1 */
    double beta;
} dsc_matrix_product_options;
DSC_API dsc_status dsc_matrix_product(dsc_scope *scope, dsc_matrix dst, dsc_matrix a, dsc_matrix b,
                                      const dsc_matrix_product_options *options);

/* The least-squares problem min ||x w - y||^2 + ridge ||w||^2, x: n x p, y: n x k, w: p x k. With ridge 0 the
   solution is the one of minimum Euclidean norm, for p < n, p > n and any rank. */
typedef struct dsc_least_squares_options {
    double ridge;     /* >= 0, added to x'x as it is (not scaled by n) */
    double tolerance; /* singular values up to tolerance * the largest count as zero; 0: max(n, p) * epsilon.
                         Given, it selects the SVD path. */
    int want_dof;     /* compute effective_dof where it costs extra: ridge > 0 on the Gram paths */
} dsc_least_squares_options;

typedef enum dsc_least_squares_path {
    DSC_PATH_GRAM_PRIMAL, /* Cholesky of x'x + ridge (p <= n, full rank) */
    DSC_PATH_GRAM_DUAL,   /* Cholesky of xx' + ridge (p > n, full rank) */
    DSC_PATH_QR, /* orthogonal factor of x: ridge 0 and a Gram matrix too ill-conditioned, full rank */
    DSC_PATH_SVD /* singular values of x: min(n, p) <= 256, or rank-deficient problems */
} dsc_least_squares_path;

typedef struct dsc_least_squares_result {
    dsc_matrix weights;   /* p x k */
    double norm;          /* Frobenius norm of the weights */
    double residual;      /* mean over the n k entries of (x w - y)^2 */
    double effective_dof; /* trace of x (x'x + ridge)^+ x'; the rank if ridge is 0; NaN if not wanted */
    size_t rank;          /* n or p at full rank; numerical rank on the SVD path */
    dsc_least_squares_path path; /* how it was computed */
} dsc_least_squares_result;

/* Solves it. Weights live in the scope. Errors: shapes, memory, non-finite input. */
DSC_API dsc_least_squares_result dsc_least_squares(dsc_scope *scope, dsc_matrix x, dsc_matrix y,
                                                   const dsc_least_squares_options *options);

/* Singular values of x in decreasing order (min(rows, cols) of them), in the scope. */
DSC_API double *dsc_singular_values(dsc_scope *scope, dsc_matrix x);

/* The same with the vectors: x = u diag(s) vt, u: rows x m, vt: m x cols, m = min(rows, cols); either both or
   neither may be NULL. */
DSC_API double *dsc_singular_vectors(dsc_scope *scope, dsc_matrix x, dsc_matrix *u, dsc_matrix *vt);

/* Replaces x, which has at least as many rows as columns, by q with q'q = 1 and x = q r; r (NULL: not wanted)
   is upper triangular, in the scope. Blocks of rows, cut by the shape alone, are factored each by itself by
   LAPACK on up to `threads` threads, then their triangles together (Demmel, Grigori, Hoemmen & Langou, SIAM
   J. Sci. Comput. 34, 2012). Columns that depend on others still give orthonormal ones. */
DSC_API dsc_status dsc_orthonormalize(dsc_scope *scope, dsc_matrix x, dsc_matrix *r, int threads);

/* Eigenvalues of a symmetric matrix in increasing order, in the scope; vectors (columns) if not NULL. */
DSC_API double *dsc_symmetric_eigen(dsc_scope *scope, dsc_matrix a, dsc_matrix *vectors);

/* cos and sin of n angles (SLEEF, the same bits at every level); either destination may be NULL. */
DSC_API void dsc_cos_sin(const double *angles, double *cosines, double *sines, size_t n);

/* OpenBLAS's core type in use ("SkylakeX", "Haswell", "Prescott"), and its version and build: parts of a
   file's provenance. "unavailable" if it cannot be loaded, which then is the error of every function above
   but the last. It is loaded at the first use of any of them; a program that starts threads calls one of
   these two before (the core type is handed over in the environment). It follows the instruction-set level in
   use alone; $OPENBLAS_CORETYPE is not looked at. */
DSC_API const char *dsc_linalg_core(void);
DSC_API const char *dsc_linalg_config(void);

#endif
