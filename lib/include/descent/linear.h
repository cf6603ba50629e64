/* linear.h - linear classifiers of sparse rows, solved until a stated condition holds.
 *
 *     const dsc_linear_model *model =
 *         dsc_linear_fit(scope, &x, labels, 2, &(dsc_linear_options){ .kind = DSC_LINEAR_SVM, .c = 0.1 });
 *     const int32_t *predicted = dsc_linear_predict(scope, model, &x_test);
 *
 * Of two classes a model has one row of weights and one score, positive for class 1; of more it has a row for
 * each, fitted against all others, and the largest score wins, of equal ones the first. Results have the same
 * bits for any number of threads and at every instruction-set level: the products with the matrix are shared
 * by rows, or by rows of its transpose, and each is one sum.
 */
#ifndef DESCENT_LINEAR_H
#define DESCENT_LINEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <descent/export.h>
#include <descent/scope.h>
#include <descent/sparse.h>

/* What is minimised, with y = 1 for the class and -1 for the others, and m = y (w . x + b) a row's margin.
   The bias b is the weight of a column of ones and is penalised as the others are. */
typedef enum dsc_linear_kind {
    /* (|w|^2 + b^2) / 2 + c sum log(1 + exp(-m)), by Newton's method with preconditioned conjugate gradients
       and a line search (Galli and Lin 2021, IEEE TNNLS). Solved when the gradient's norm is at most
       tolerance times its norm at w = 0, times the smaller class's share of the rows. */
    DSC_LINEAR_LOGISTIC = 0,
    /* |w|_1 + |b| + c sum log(1 + exp(-m)), by newGLMNET (Yuan, Ho and Lin 2012, JMLR 13): coordinate descent
       on a quadratic model, and a line search. Solved when the sum of the smallest subgradients' absolute
       values is at most tolerance times that at w = 0, times the smaller class's share. */
    DSC_LINEAR_LOGISTIC_L1,
    /* (|w|^2 + b^2) / 2 + c sum max(0, 1 - m)^2, by dual coordinate ascent (Hsieh et al. 2008, ICML), the
       rows in random order. Solved when the duality gap is at most tolerance times the objective. */
    DSC_LINEAR_SVM
} dsc_linear_kind;

/* Zeros mean the defaults in brackets. */
typedef struct dsc_linear_options {
    dsc_linear_kind kind;
    double c;              /* [1] */
    bool no_bias;          /* b = 0 */
    double tolerance;      /* [1e-3] */
    size_t max_iterations; /* of the outer loop [1000] */
    uint64_t seed;         /* of the orders of rows and columns */
    int threads;           /* [1]; results do not depend on it */
} dsc_linear_options;

typedef struct dsc_linear_model {
    size_t classes, features;
    size_t outputs;        /* rows of weights: 1 of two classes, else classes */
    const double *weights; /* outputs x features */
    const double *bias;    /* outputs */
    double objective;      /* at the solution, the sum over the outputs; 0 of naive Bayes */
    double residual;       /* what was to fall to the tolerance, the largest of the outputs' */
    bool converged;        /* false: max_iterations were not enough */
    size_t iterations;     /* of all outputs */
    size_t nonzero;        /* weights that are not 0 */
} dsc_linear_model;

/* Fits a model of the rows of x, whose labels are 0..classes-1. options may be NULL. Errors: a matrix that is
   none (sparse.h), labels out of range, fewer than two classes, a class without rows, options out of range; a
   value of the objective that is not finite (DSC_ERROR_NUMERIC); out of memory. NULL after one. A model that
   has not converged is no error. */
DSC_API const dsc_linear_model *dsc_linear_fit(dsc_scope *scope, const dsc_sparse *x, const int32_t *labels,
                                               size_t classes, const dsc_linear_options *options);

/* Multinomial naive Bayes: the log-odds, or of more than two classes the logarithms, of the columns' shares
   in a class, its sums with alpha added to each (0: 1), and of the class's share of the rows. Negative values
   fail the scope. */
DSC_API const dsc_linear_model *dsc_naive_bayes_fit(dsc_scope *scope, const dsc_sparse *x,
                                                    const int32_t *labels, size_t classes, double alpha);

/* Zeros mean the defaults in brackets. */
typedef struct dsc_nbsvm_options {
    dsc_linear_options linear; /* but for the kind, which is DSC_LINEAR_SVM, or with logistic
                                  DSC_LINEAR_LOGISTIC */
    bool logistic;
    double alpha; /* of naive Bayes [1] */
    double beta;  /* the share of the fitted weights [0.25]; at most 1, which is them alone */
} dsc_nbsvm_options;

/* NBSVM (Wang and Manning 2012, ACL): a linear classifier of the columns times r, the log-odds of naive Bayes
   (of a class against all others), whose weights w become (1 - beta) mean |w| + beta w, and its bias beta b:
   the scores are a mean of those of naive Bayes, scaled, and of the classifier. The weights of the model are
   those of x itself. options may be NULL. Errors as of both. */
DSC_API const dsc_linear_model *dsc_nbsvm_fit(dsc_scope *scope, const dsc_sparse *x, const int32_t *labels,
                                              size_t classes, const dsc_nbsvm_options *options);

/* The scores of rows, rows x outputs, in the scope; NULL, and the scope fails, for a matrix of another number
   of columns (DSC_ERROR_SHAPE). */
DSC_API const double *dsc_linear_scores(dsc_scope *scope, const dsc_linear_model *model, const dsc_sparse *x);

/* The classes of rows. */
DSC_API const int32_t *dsc_linear_predict(dsc_scope *scope, const dsc_linear_model *model,
                                          const dsc_sparse *x);

#endif
