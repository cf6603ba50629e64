/* regression.h - what the regression cases share: sin(2 pi x) at fixed points, seen through noise. */
#ifndef REGRESSION_H
#define REGRESSION_H

#include "bias_variance.h"

/* The curve that is learnt. */
double regression_truth(double x);

/* The design: count inputs in 0..1, the same for every training set, and the curve there. */
typedef struct design {
    size_t count;
    double *x, *truth;
} design;

/* count evenly spaced points from 0 to 1, both ends. */
design design_make(dsc_scope *scope, size_t count);

/* y of sets training sets, a column each (count x sets): truth + N(0, noise_sd^2), drawn by the scope's
   seed. */
dsc_matrix design_draw(dsc_scope *scope, const design *d, size_t sets, double noise_sd);

/* Exact terms. */
typedef struct regression_theory {
    double bias, variance, test_error, train_error;
} regression_theory;

/* Exact terms at the design's points of the linear smoother that predicts h y, h symmetric: bias^2 =
   ||(I - H) f||^2 / n, variance = noise tr(H H') / n, train error = bias^2 + noise tr((I - H)^2) / n. The
   test error is that of new y at the same points. */
regression_theory smoother_theory(dsc_scope *scope, const design *d, dsc_matrix h, double noise_sd);

/* Leaves the measured terms of predictions at the design's points (count x sets) and the theory as outputs.
   test_error: measured by the caller. */
void regression_put(dsc_cell *cell, const design *d, dsc_matrix y, dsc_matrix predictions, double test_error,
                    double noise_sd, const regression_theory *theory);

/* The table of outputs, ended by an entry without a name. */
extern const dsc_output regression_outputs[];

/* The measured terms over an axis, with their theory as lines. */
dsc_figure regression_figure(const char *title, const char *x, const char *x_label, const char *test_label);

#endif
