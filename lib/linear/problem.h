/* problem.h - a classification of two kinds of rows, as the solvers see it, and the products that they need.
 */
#ifndef DESCENT_LINEAR_PROBLEM_H
#define DESCENT_LINEAR_PROBLEM_H

#include <descent/linear.h>

/* Vectors of weights have size = features + 1 elements, the last of them the bias, or features without one.
 */
typedef struct dsci_problem {
    const dsc_sparse *x;               /* by rows */
    const dsc_sparse *by_column;       /* its transpose; NULL for solvers that need none */
    const double *y;                   /* 1 or -1 of each row */
    double balance;                    /* the smaller kind's share of the rows */
    const dsc_linear_options *options; /* none of them 0 */
    size_t size;
} dsci_problem;

/* What a solver leaves beside the weights. */
typedef struct dsci_solution {
    double objective, residual;
    size_t iterations;
} dsci_solution;

/* Each minimises from w = 0, which the caller gives. Memory is taken from the scope, which is the solver's
   own. */
dsci_solution dsci_solve_newton(dsc_scope *scope, const dsci_problem *problem, double *w);
dsci_solution dsci_solve_lasso(dsc_scope *scope, const dsci_problem *problem, double *w);
dsci_solution dsci_solve_coordinate_ascent(dsc_scope *scope, const dsci_problem *problem, double *w);

/* dst[i] = row i . w + b. */
void dsci_problem_scores(const dsci_problem *problem, const double *w, double *dst);

/* dst = the sum over the rows of u[i] times the row and, for the bias, 1. With squares, of the squared
   elements. */
void dsci_problem_sums(const dsci_problem *problem, const double *u, bool squares, double *dst);

/* log(1 + exp(-m)), and 1 / (1 + exp(m)). */
double dsci_logistic_loss(double m, double *share);

/* The sum of c log(1 + exp(-m)) with the margins m of scores + step * change (change may be NULL). */
double dsci_logistic_sum(const dsci_problem *problem, const double *scores, const double *change,
                         double step);

double dsci_dot(const double *a, const double *b, size_t n);

#endif
