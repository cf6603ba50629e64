/* minimize.h - minimisation of a smooth function of many variables, in double precision.
 *
 * Full-batch methods that choose their own step: steepest descent with backtracking, and L-BFGS. What counts
 * is the number of evaluations, which a line search spends more of than iterations.
 */
#ifndef DESCENT_MINIMIZE_H
#define DESCENT_MINIMIZE_H

#include <stdbool.h>
#include <stddef.h>

#include <descent/export.h>
#include <descent/scope.h>

/* The value at x (n numbers); writes the n derivatives into gradient. A value or derivative that is not
   finite says that x lies outside the domain: the line search then takes a shorter step. */
typedef double dsc_objective_fn(void *user, const double *x, double *gradient);

/* A point that was accepted; the pointers are valid during the call alone. */
typedef struct dsc_iterate {
    size_t iteration;   /* 0: the starting point */
    size_t evaluations; /* so far */
    const double *x, *gradient;
    double value, gradient_norm;
} dsc_iterate;

/* Sees each accepted point. Returns whether to go on. */
typedef bool dsc_iterate_fn(void *user, const dsc_iterate *iterate);

typedef enum dsc_minimizer {
    DSC_MINIMIZE_LBFGS = 0, /* limited-memory BFGS (Nocedal 1980; Nocedal and Wright 2006, algorithms 7.4
                               and 7.5), step by the strong Wolfe conditions (algorithms 3.5 and 3.6) */
    DSC_MINIMIZE_GRADIENT_DESCENT /* x -= step g, step halved until f falls by c1 step |g|^2 (Armijo 1966);
                                     each search begins at twice the last step */
} dsc_minimizer;

/* Zeros mean the defaults in brackets. */
typedef struct dsc_minimize_options {
    dsc_minimizer method;
    size_t history;            /* L-BFGS: pairs of steps and gradients kept [10]; at most 1000 */
    size_t max_iterations;     /* [1000] */
    size_t max_evaluations;    /* [10000] */
    double gradient_tolerance; /* done when the gradient's Euclidean norm is no longer than that [1e-8] */
    double c1;                 /* sufficient decrease [1e-4] */
    double c2;                 /* L-BFGS: curvature [0.9]; c1 < c2 < 1 */
    double first_step;         /* gradient descent: where the first search begins [1] */
    dsc_iterate_fn *watch;     /* may be NULL; gets the same user as the objective */
} dsc_minimize_options;

typedef enum dsc_minimize_reason {
    DSC_MINIMIZE_FAILED = 0,  /* the scope has the error */
    DSC_MINIMIZE_CONVERGED,   /* gradient_tolerance is reached */
    DSC_MINIMIZE_NO_PROGRESS, /* no step along the gradient lowers the value: rounding, or a wrong gradient */
    DSC_MINIMIZE_MAX_ITERATIONS,  /* the limit is reached */
    DSC_MINIMIZE_MAX_EVALUATIONS, /* the limit is reached */
    DSC_MINIMIZE_STOPPED          /* by watch */
} dsc_minimize_reason;

typedef struct dsc_minimize_result {
    double value, gradient_norm; /* at the x that is returned */
    size_t evaluations, iterations;
    dsc_minimize_reason reason;
} dsc_minimize_result;

/* Minimises the objective from x (n numbers), which is replaced by the last accepted point: the lowest that
   was found; its value never exceeds the first. Allocates about (2 history + 7) n numbers before it starts
   and frees them. Repetition gives the same bits if the objective does. The objective runs in the library's
   float mode (subnormal numbers count as zero). Fails (x unchanged) for n = 0, missing pointers, options out
   of range, memory, and with DSC_ERROR_NUMERIC if the value or gradient at the start is not finite. options
   may be NULL. */
DSC_API dsc_minimize_result dsc_minimize(dsc_scope *scope, size_t n, double *x, dsc_objective_fn *objective,
                                         void *user, const dsc_minimize_options *options);

DSC_API const char *dsc_minimize_reason_name(dsc_minimize_reason reason); /* "converged" */

#endif
