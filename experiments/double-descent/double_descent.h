/* double_descent.h - the cases of the double-descent experiment. */
#ifndef DOUBLE_DESCENT_H
#define DOUBLE_DESCENT_H

#include <descent.h>

extern const dsc_case double_descent_mlp, double_descent_epochs, double_descent_cnn, double_descent_linear,
    double_descent_ridge, double_descent_spline, double_descent_relu_features, double_descent_rff,
    double_descent_samples;

/* The label of the mark that every figure of this experiment carries. */
#define THRESHOLD_LABEL "interpolation threshold"

/* Number of entries of an array. */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Writes multiples of unit, rounded to integers of at least 1 and without repeats: an axis derived from a
   size. Returns how many. */
size_t axis_from_ratios(const double *ratios, size_t count, double unit, double *values, size_t capacity);

/* Rows of scores against one-hot targets: the fraction whose largest score is not at the label, and the
   squared error summed over classes, averaged over rows. scores: rows x classes. */
typedef struct score_errors {
    double error_rate, squared_loss;
} score_errors;
score_errors classify(const double *scores, const int32_t *labels, size_t rows, size_t classes);

#endif
