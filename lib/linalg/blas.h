/* blas.h - the functions of OpenBLAS that Descent calls, loaded at run time.
 *
 * OpenBLAS picks its kernels in its constructor. It is therefore opened by dlopen() after the core type has
 * been chosen from the instruction-set level in use, instead of being linked, where its constructor runs
 * before main().
 */
#ifndef DESCENT_LINALG_BLAS_H
#define DESCENT_LINALG_BLAS_H

#include <stddef.h>

#include <descent/scope.h>

/* CBLAS's constants. */
enum dsci_blas_constant {
    DSCI_ROW_MAJOR = 101,
    DSCI_NO_TRANS = 111,
    DSCI_TRANS = 112,
    DSCI_UPPER = 121,
    DSCI_LOWER = 122
};

/* CBLAS for products, LAPACK's Fortran interface for the rest: column-major, everything by address, and
   behind the arguments the length of each character argument. */
typedef struct dsci_blas {
    void (*dgemm)(int order, int transpose_a, int transpose_b, int m, int n, int k, double alpha,
                  const double *a, int lda, const double *b, int ldb, double beta, double *c, int ldc);
    void (*dsyrk)(int order, int triangle, int transpose, int n, int k, double alpha, const double *a,
                  int lda, double beta, double *c, int ldc);
    void (*dpotrf)(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);
    void (*dpotrs)(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda,
                   double *b, const int *ldb, int *info, size_t);
    void (*dpocon)(const char *uplo, const int *n, const double *a, const int *lda, const double *norm,
                   double *rcond, double *work, int *iwork, int *info, size_t);
    void (*dtrtri)(const char *uplo, const char *diag, const int *n, double *a, const int *lda, int *info,
                   size_t, size_t);
    void (*dtrtrs)(const char *uplo, const char *trans, const char *diag, const int *n, const int *nrhs,
                   const double *a, const int *lda, double *b, const int *ldb, int *info, size_t, size_t,
                   size_t);
    void (*dtrcon)(const char *norm, const char *uplo, const char *diag, const int *n, const double *a,
                   const int *lda, double *rcond, double *work, int *iwork, int *info, size_t, size_t,
                   size_t);
    void (*dgeqrf)(const int *m, const int *n, double *a, const int *lda, double *tau, double *work,
                   const int *lwork, int *info);
    void (*dormqr)(const char *side, const char *trans, const int *m, const int *n, const int *k,
                   const double *a, const int *lda, const double *tau, double *c, const int *ldc,
                   double *work, const int *lwork, int *info, size_t, size_t);
    void (*dgelqf)(const int *m, const int *n, double *a, const int *lda, double *tau, double *work,
                   const int *lwork, int *info);
    void (*dorglq)(const int *m, const int *n, const int *k, double *a, const int *lda, const double *tau,
                   double *work, const int *lwork, int *info);
    void (*dormlq)(const char *side, const char *trans, const int *m, const int *n, const int *k,
                   const double *a, const int *lda, const double *tau, double *c, const int *ldc,
                   double *work, const int *lwork, int *info, size_t, size_t);
    void (*dgesdd)(const char *job, const int *m, const int *n, double *a, const int *lda, double *s,
                   double *u, const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork,
                   int *iwork, int *info, size_t);
    void (*dsyevd)(const char *job, const char *uplo, const int *n, double *a, const int *lda, double *w,
                   double *work, const int *lwork, int *iwork, const int *liwork, int *info, size_t, size_t);
    char *(*core_name)(void);
    char *(*config)(void);
    void (*set_threads)(int count);
} dsci_blas;

/* The table; loads the library at the first call. NULL (and DSC_ERROR_UNSUPPORTED with the package to
   install) if it cannot be loaded, or (and DSC_ERROR_MEMORY) if a limit of the process leaves no room for the
   buffer that this thread's calls need. */
const dsci_blas *dsci_blas_get(dsc_scope *scope);

/* Around every call: OpenBLAS uses as many threads as OpenMP would give the caller, so the caller's count is
   one in between; denormals are flushed as everywhere. */
typedef struct dsci_blas_mode {
    int threads;
    unsigned float_mode;
} dsci_blas_mode;
dsci_blas_mode dsci_blas_enter(void);
void dsci_blas_leave(dsci_blas_mode saved);

#endif
