/* naive_bayes.h - shares of columns in classes, which naive Bayes and NBSVM both start from. */
#ifndef DESCENT_LINEAR_NAIVE_BAYES_H
#define DESCENT_LINEAR_NAIVE_BAYES_H

#include <descent/linear.h>

/* dst[j] = log of (alpha + the sum of column j over the rows with the label) over the sum of that over all
   columns; other: over the rows that do not have it. */
void dsci_log_shares(const dsc_sparse *x, const int32_t *labels, int32_t label, bool other, double alpha,
                     double *dst);

/* Fails the scope for a matrix, labels or classes that no classifier can be fitted to. */
bool dsci_linear_check(dsc_scope *scope, const dsc_sparse *x, const int32_t *labels, size_t classes);

/* A model without values; NULL if the scope fails. */
dsc_linear_model *dsci_linear_make(dsc_scope *scope, size_t classes, size_t features);

/* Counts the weights that are not 0. */
size_t dsci_linear_nonzero(const dsc_linear_model *model);

#endif
