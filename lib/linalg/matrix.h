/* matrix.h - checks and temporaries that the files of linear algebra share. */
#ifndef DESCENT_LINALG_MATRIX_H
#define DESCENT_LINALG_MATRIX_H

#include <stddef.h>

#include <descent/linalg.h>
#include <descent/scope.h>

#include "linalg/blas.h"

/* Fails the scope unless x has rows, columns and data, its sizes fit LAPACK's integers and every element is
 * finite. */
dsc_status dsci_matrix_check(dsc_scope *scope, dsc_matrix x, const char *function, const char *name);

/* Decompositions need scratch memory for their own time only: a scope that dies with the call. */
dsc_scope *dsci_work_open(dsc_scope *scope);
void dsci_work_close(dsc_scope *scope, dsc_scope **work);

/* The thin singular value decomposition, m = min(rows, cols): a = v diag(s) ut, v: rows x m, ut: m x cols,
   row-major; a is overwritten. v and ut NULL: singular values alone. */
dsc_status dsci_svd(dsc_scope *work, const dsci_blas *blas, dsc_matrix a, double *s, double *v, double *ut);

#endif
